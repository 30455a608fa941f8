// Clients that send without reading, and read slowly after a minute: what the engine takes in meanwhile is bounded.

import { RAGGED } from "../conditions.js";
import { INPUT_HIGH_WATER_BYTES, OUTPUT_HIGH_WATER_BYTES } from "../../wasi/limits.js";
import { startPeer } from "../peers/meeting.js";
import type { Scenario, Stage } from "./scenario.js";

const BYTES = 2 * 1024 * 1024;
const SILENT_MS = 60_000;
/** Both queues of the engine's host, one read on its way between them. */
const ENGINE_BYTES_MAX = INPUT_HIGH_WATER_BYTES + OUTPUT_HIGH_WATER_BYTES + 2 * 65_536;
/** Both directions' windows and send buffers at their largest, and what the client itself lets queue. */
const NETWORK_BYTES_MAX = 2 * (262_144 + 131_072) + 2 * 65_536;

export const slowReader: Scenario = {
  name: "slow-reader",
  summary: "clients that do not read are held back by bounded queues, and get every byte once they read",
  conditions: { ...RAGGED, segmentBytes: [512, 65_536], readBytes: [512, 65_536], windowBytes: [16_384, 262_144] },
  async run(stage: Stage): Promise<void> {
    const { sim } = stage;
    const served = await stage.serve(sim.host("10.0.0.1"), "echo", "--listen", "10.0.0.1:7000");
    const host = sim.host("10.0.0.2");
    const beganMs = sim.nowMs;
    const peers = [0, 1].map((stream) => startPeer(host, "10.0.0.1", 7000, {
      sends: BYTES, stream, readsAfterMs: SILENT_MS, readPauseMs: [0, 5],
    }));
    await sim.settle(beganMs + SILENT_MS - 1);
    for (const { sent, received } of peers) {
      stage.same(received, 0, "bytes received by who does not read");
      stage.check(sent <= ENGINE_BYTES_MAX + NETWORK_BYTES_MAX, `${sent} bytes were taken from who does not read`);
    }
    await sim.settle();
    stage.checkPeers(peers, true);
    stage.checkQueues();
    await stage.stopAtRest(served, "echo");
  },
};
