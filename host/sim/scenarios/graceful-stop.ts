// A stop under load: who is being served is served to the end, newcomers are refused, and it is over within the
// limit.

import { RAGGED } from "../conditions.js";
import { ErrorCode } from "../../wasi/error-code.js";
import { startPeer } from "../peers/meeting.js";
import { outcomeText, type PatternPeer } from "../peers/pattern-peer.js";
import type { Scenario, Stage } from "./scenario.js";

const STOP_MS = 400;
/** The engine's grace, and how long closed connections may flush after it. */
const OVER_MS_MAX = STOP_MS + 5000;

export const gracefulStop: Scenario = {
  name: "graceful-stop",
  summary: "a stop under load hands on what arrived, refuses newcomers and ends within the grace time",
  conditions: {
    ...RAGGED, latencyNs: [50_000, 2_000_000], lostSyn: 0, stall: 0,
    segmentBytes: [256, 65_536], readBytes: [256, 65_536], windowBytes: [16_384, 262_144],
  },
  async run(stage: Stage): Promise<void> {
    const { sim } = stage;
    const { random } = sim;
    const { program } = await stage.serve(sim.host("10.0.0.1"), "echo", "--listen", "10.0.0.1:7000");
    const host = sim.host("10.0.0.2");
    const peers: PatternPeer[] = [];
    const idle = startPeer(host, "10.0.0.1", 7000, {
      sends: 10, stream: 99, writeBytes: [5, 5], writePauseMs: [1e7, 1e7],
    });
    const count = random.between([1, 10]);
    for (let stream = 0; stream < count; stream++) {
      sim.at(random.between([50, STOP_MS - 50]), () => {
        peers.push(startPeer(host, "10.0.0.1", 7000, {
          sends: random.sizeBetween([1000, 300_000]), stream, writeBytes: [1, 20_000], writePauseMs: [0, 20],
        }));
      });
    }
    let newcomer: PatternPeer | null = null;
    sim.at(STOP_MS, () => program.stop());
    sim.at(STOP_MS + 20, () => { newcomer = startPeer(host, "10.0.0.1", 7000, { sends: 10, stream: 100 }); });
    await sim.settle(OVER_MS_MAX);
    stage.same(program.exitCode, 0, `exit code by ${OVER_MS_MAX} ms`);
    await sim.settle();
    stage.checkPeers([...peers, idle], false);
    for (const { outcome, sent, received, plan } of peers) {
      stage.same([outcomeText(outcome), received], ["complete", plan.sends], `a client in flight that sent ${sent}`);
    }
    stage.same(outcomeText((newcomer as PatternPeer | null)?.outcome ?? null), outcomeText(ErrorCode.ConnectionRefused),
      "who came after the stop");
    stage.checkQueues();
    stage.checkEnded(program, "echo");
  },
};
