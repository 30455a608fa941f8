// Everybody connects at once through a proxy, whose upstream first does not answer, then refuses, then is there. The
// proxy's half a minute of patience takes no real time.

import { RAGGED } from "../conditions.js";
import { EchoPeer } from "../peers/echo-peer.js";
import { listenAt, startPeer } from "../peers/meeting.js";
import type { PatternPeer } from "../peers/pattern-peer.js";
import type { Scenario, Stage } from "./scenario.js";

const UPSTREAM = "10.0.0.9:80";
const BLACK_HOLE_UNTIL_MS = 50_000;
const UPSTREAM_OPENS_MS = 100_000;
/** What connects give up after in the engine. */
const PATIENCE_MS = 30_000;

export const connectStorm: Scenario = {
  name: "connect-storm",
  summary: "a storm of clients meets a proxy whose upstream is a black hole, then refuses, then answers",
  // Five lost packets in a row would use up the patience; at this rate they are too rare to be met.
  conditions: { ...RAGGED, lostSyn: 0.01, acceptQueueMax: 8 },
  async run(stage: Stage): Promise<void> {
    const { sim } = stage;
    const { random } = sim;
    sim.addRule({ fate: "black-hole", to: UPSTREAM, untilMs: BLACK_HOLE_UNTIL_MS });
    const served = await stage.serve(sim.host("10.0.0.1"), "proxy", "--listen", "10.0.0.1:7000", "--to", UPSTREAM);
    const clients = sim.host({ addresses: ["10.0.0.2"], conditions: { lostSyn: 0 } });
    const upstream = sim.host("10.0.0.9");
    const echoes: EchoPeer[] = [];
    sim.at(UPSTREAM_OPENS_MS, () => {
      listenAt(upstream, "10.0.0.9", 80, (connection) => { echoes.push(new EchoPeer(connection)); });
    });
    const storm = async (atMs: number, sends: number): Promise<PatternPeer[]> => {
      await sim.settle(atMs);
      const peers = Array.from({ length: random.between([10, 40]) }, (_, stream) =>
        startPeer(clients, "10.0.0.1", 7000, { sends, stream }));
      return peers;
    };

    const unanswered = await storm(1000, 0);
    await sim.settle(1000 + PATIENCE_MS - 1);
    stage.check(unanswered.every(({ outcome }) => outcome === null), "a client heard of a black hole too early");
    await sim.settle(BLACK_HOLE_UNTIL_MS);
    stage.checkPeers(unanswered, false);

    const refused = await storm(BLACK_HOLE_UNTIL_MS + 1000, 0);
    await sim.settle(UPSTREAM_OPENS_MS);
    stage.checkPeers(refused, false);

    const served2 = await storm(UPSTREAM_OPENS_MS + 5000, 3000);
    await sim.settle();
    stage.checkPeers(served2, true);
    stage.same(echoes.length, served2.length, "connections that reached the upstream");
    stage.checkQueues();
    await stage.stopAtRest(served, "the proxy");
  },
};
