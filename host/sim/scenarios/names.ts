// `connect` by name: look-ups that fail or take long, addresses that answer never or too late, a stdout that nobody
// reads for a while.

import { RAGGED } from "../conditions.js";
import { EchoPeer } from "../peers/echo-peer.js";
import { listenAt } from "../peers/meeting.js";
import { fillPattern, patternMismatch } from "../peers/pattern.js";
import type { Scenario, Stage } from "./scenario.js";

const DEAD = "10.0.0.5";
const ALIVE = "10.0.0.6";
/** What connects give up after in the engine. */
const PATIENCE_MS = 30_000;
const LATE_NS = 31e9;

export const names: Scenario = {
  name: "names",
  summary: "connect tries the addresses of a name in order, and brings stdin there and back to a held-up stdout",
  conditions: { ...RAGGED, lostSyn: 0, lookupFailure: 0.2 },
  async run(stage: Stage): Promise<void> {
    const { sim } = stage;
    const { random } = sim;
    const deadFirst = random.between([0, 3]);
    sim.setName("peer.test", [...Array.from({ length: deadFirst }, () => DEAD), ALIVE]);
    if (random.chance(0.5)) {
      sim.addRule({ fate: "black-hole", to: `${DEAD}:7000` });
    } else { // answers when nobody wants it any more
      const late = sim.host({ addresses: [DEAD], conditions: { latencyNs: [LATE_NS, LATE_NS] } });
      listenAt(late, DEAD, 7000, (connection) => { new EchoPeer(connection); });
    }
    listenAt(sim.host(ALIVE), ALIVE, 7000, (connection) => { new EchoPeer(connection); });

    const host = sim.host("10.0.0.1");
    const { stdin, stdout } = host.streams;
    const program = await stage.program(host, "connect", "peer.test:7000");
    const input = new Uint8Array(random.sizeBetween([1, 400_000]));
    fillPattern(input, 0, 0);
    stdin.feed(input);
    stdin.end();
    stdout.hold();
    const readsAtMs = deadFirst * PATIENCE_MS + random.between([0, 5000]);
    sim.at(readsAtMs, () => stdout.release());
    await sim.settle();

    stage.check(program.failure === null, `connect trapped: ${String(program.failure)}`);
    if (program.exitCode === 1) {
      stage.same(program.stderr, "event-engine: connect: cannot reach peer.test:7000: "
        + "temporary resolver failure\n", "stderr of a failed look-up");
    } else {
      const { bytes } = stdout;
      stage.same([program.exitCode, program.stderr, bytes.length], [0, "", input.length], "exit, stderr, stdout bytes");
      stage.same(patternMismatch(bytes, 0, bytes.length, 0, 0), -1, "the first wrong byte");
      stage.check(sim.nowMs >= deadFirst * PATIENCE_MS, "an address that does not answer was given up too early");
    }
    const { handles, sockets, open } = program.holdings();
    stage.same([handles, sockets, open], [0, 0, 0], "what connect left: handles, sockets, open connections");
  },
};
