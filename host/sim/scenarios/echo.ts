// Many clients of `echo` on a ragged network: segments, reads and windows of every size, late and stalled.

import { RAGGED } from "../conditions.js";
import { startPeer } from "../peers/meeting.js";
import type { PatternPeer } from "../peers/pattern-peer.js";
import type { Scenario, Stage } from "./scenario.js";

const BYTES_MAX = 100_000;

export const echo: Scenario = {
  name: "echo",
  summary: "many clients of echo on a ragged network get back every byte in its place",
  conditions: RAGGED,
  async run(stage: Stage): Promise<void> {
    const { sim } = stage;
    const { random } = sim;
    const served = await stage.serve(sim.host("10.0.0.1"), "echo", "--listen", "0.0.0.0:7000");
    const hosts = [sim.host("10.0.0.2"), sim.host("10.0.0.3"), sim.host("10.0.0.1")];
    const peers: PatternPeer[] = [];
    const count = random.between([2, 16]);
    for (let index = 0; index < count; index++) {
      const host = hosts[index % hosts.length] as (typeof hosts)[number];
      const address = index % hosts.length === 2 ? "127.0.0.1" : "10.0.0.1";
      sim.after(random.between([0, 50]), () => {
        peers.push(startPeer(host, address, 7000, { sends: random.sizeBetween([0, BYTES_MAX]), stream: index }));
      });
    }
    await sim.settle();
    stage.same(peers.length, count, "peers");
    stage.checkPeers(peers, true);
    stage.checkQueues();
    await stage.stopAtRest(served, "echo");
  },
};
