// A day without traffic: hundreds of connections are open, nothing happens at all, and each still works after it.

import { CALM } from "../conditions.js";
import { startPeer } from "../peers/meeting.js";
import type { Scenario, Stage } from "./scenario.js";

const CLIENTS = 200;
const DAY_MS = 24 * 3600 * 1000;

export const idleDay: Scenario = {
  name: "idle-day",
  summary: "an engine with 200 idle connections takes no turn in a whole day, and serves all of them after it",
  conditions: CALM,
  async run(stage: Stage): Promise<void> {
    const { sim } = stage;
    const served = await stage.serve(sim.host("10.0.0.1"), "echo", "--listen", "10.0.0.1:7000");
    const host = sim.host("10.0.0.2");
    const beganMs = sim.nowMs;
    const peers = Array.from({ length: CLIENTS }, (_, stream) => startPeer(host, "10.0.0.1", 7000, {
      sends: 20, stream, writeBytes: [10, 10], writePauseMs: [DAY_MS + 1000, DAY_MS + 2000],
    }));
    await sim.settle(beganMs + 1000);
    const eventsBefore = sim.events;
    await sim.settle(beganMs + DAY_MS);
    stage.same(sim.events - eventsBefore, 0, "events of an idle day");
    await sim.settle();
    stage.checkPeers(peers, true);
    await stage.stopAtRest(served, "echo");
  },
};
