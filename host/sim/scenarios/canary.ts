// Must fail: it expects what cannot be, so that a test can prove that failures are seen and named.

import { RAGGED } from "../conditions.js";
import { startPeer } from "../peers/meeting.js";
import type { Scenario, Stage } from "./scenario.js";

export const canary: Scenario = {
  name: "canary",
  summary: "must fail: the client expects bytes that echo never saw",
  conditions: RAGGED,
  async run(stage: Stage): Promise<void> {
    const { sim } = stage;
    await stage.serve(sim.host("10.0.0.1"), "echo", "--listen", "10.0.0.1:7000");
    const peer = startPeer(sim.host("10.0.0.2"), "10.0.0.1", 7000, { sends: 1000, stream: 0, expectsStream: 1 });
    await sim.settle();
    stage.checkPeers([peer], true);
  },
};
