// Clients, two proxies and an echo on a hostile network: refused and unanswered connects, resets, cut clients.

import { HOSTILE } from "../conditions.js";
import { startPeer } from "../peers/meeting.js";
import type { PatternPeer, PeerPlan } from "../peers/pattern-peer.js";
import type { Scenario, Stage } from "./scenario.js";

const CLIENTS_MAX = 12;
const BYTES_MAX = 60_000;

export const proxyChain: Scenario = {
  name: "proxy-chain",
  summary: "a chain of two proxies on a hostile network tells each client of every break, and leaks nothing",
  conditions: HOSTILE,
  async run(stage: Stage): Promise<void> {
    const { sim } = stage;
    const { random } = sim;
    const echo = await stage.serve(sim.host("10.0.0.3"), "echo", "--listen", "10.0.0.3:7000");
    const inner = await stage.serve(
      sim.host("10.0.0.2"), "proxy", "--listen", "10.0.0.2:7001", "--to", "10.0.0.3:7000");
    const outer = await stage.serve(
      sim.host("10.0.0.1"), "proxy", "--listen", "10.0.0.1:7002", "--to", "10.0.0.2:7001");
    const clients = sim.host("10.0.0.9");
    const peers: PatternPeer[] = [];
    const count = random.between([2, CLIENTS_MAX]);
    for (let index = 0; index < count; index++) {
      sim.after(random.between([0, 40_000]), () => {
        peers.push(startPeer(clients, "10.0.0.1", 7002, planFor(index)));
      });
    }
    function planFor(stream: number): PeerPlan {
      const sends = random.sizeBetween([0, BYTES_MAX]);
      const plan = { sends, stream };
      return random.chance(0.2) && sends > 0 ? { ...plan, abortsAfter: random.between([1, sends]) } : plan;
    }
    await sim.settle();
    stage.same(peers.length, count, "peers");
    stage.checkPeers(peers, false);
    // How much came back says nothing: WASI has no way to reset, so a broken chain may end for its client in order.
    stage.checkQueues();
    await stage.stopAtRest(outer, "the outer proxy");
    await stage.stopAtRest(inner, "the inner proxy");
    await stage.stopAtRest(echo, "echo");
  },
};
