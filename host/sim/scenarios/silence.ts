// Clients that vanish without a word: the others are served as ever, and a stop does not wait for the dead.

import { RAGGED } from "../conditions.js";
import { startPeer } from "../peers/meeting.js";
import type { PatternPeer } from "../peers/pattern-peer.js";
import type { Scenario, Stage } from "./scenario.js";

const CLIENTS = 8;
const BYTES_MAX = 50_000;
/** When everything is done that will ever be done, and the engine is told to stop. */
const STOP_MS = 100_000;
const GRACE_MS = 5000;

export const silence: Scenario = {
  name: "silence",
  summary: "clients fall silent for ever; the others get every byte, and a stop ends within the grace time",
  conditions: RAGGED,
  async run(stage: Stage): Promise<void> {
    const { sim } = stage;
    const { random } = sim;
    const { program } = await stage.serve(sim.host("10.0.0.1"), "echo", "--listen", "10.0.0.1:7000");
    const host = sim.host("10.0.0.2");
    const living: PatternPeer[] = [];
    const dead: PatternPeer[] = [];
    for (let stream = 0; stream < CLIENTS; stream++) {
      const sends = random.between([1, BYTES_MAX]);
      const isDead = random.chance(0.5);
      if (isDead) {
        const direction = random.chance(0.5) ? "out" : "back";
        sim.addRule({ fate: "silence", connection: stream, direction, afterBytes: random.between([1, sends]) });
      }
      (isDead ? dead : living).push(startPeer(host, "10.0.0.1", 7000, { sends, stream }));
    }
    await sim.settle(STOP_MS);
    stage.checkPeers(living, true);
    stage.check(dead.every(({ wrongAt }) => wrongAt === null), "a wrong byte before the silence");
    program.stop();
    await sim.settle(STOP_MS + GRACE_MS + 1);
    stage.same(program.exitCode, 0, "the exit code after the grace time");
    await sim.settle(); // what was written to the dead is given up by the system meanwhile
    stage.checkEnded(program, "echo");
    stage.checkQueues();
    stage.same(sim.pendingEvents, 0, "events to come");
  },
};
