// Composes the Node arms of the seams.

import { webcrypto } from "node:crypto";
import type { Platform } from "../wasi/wasi-host.js";
import { NodeClock } from "./clock.js";
import { processStreams } from "./standard-streams.js";
import { NodeTransport, type NodeTransportOptions } from "./tcp-transport.js";

/** getRandomValues gives at most this many bytes per call. */
const RANDOM_STEP_BYTES = 65_536;

export function fillRandom(target: Uint8Array): void {
  for (let start = 0; start < target.length; start += RANDOM_STEP_BYTES) {
    webcrypto.getRandomValues(target.subarray(start, start + RANDOM_STEP_BYTES));
  }
}

export function nodePlatform(options: NodeTransportOptions = {}): Platform {
  return {
    transport: new NodeTransport(options),
    clock: new NodeClock(),
    streams: processStreams(),
    fillRandom,
  };
}
