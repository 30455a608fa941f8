// Composes the page's arms of the seams.

import { addressText } from "../wasi/ip-address.js";
import type { StandardStreams } from "../wasi/standard-streams.js";
import { NAMESERVER } from "../wasi/virtual-nameserver.js";
import type { Platform } from "../wasi/wasi-host.js";
import { pageClock } from "./clock.js";
import { PageNetwork } from "./network/network.js";
import { type PageRoutes, PageTransport } from "./page-transport.js";
import { consoleStreams } from "./standard-streams.js";

/** getRandomValues gives at most this many bytes per call. */
const RANDOM_STEP_BYTES = 65_536;

export interface PagePlatformOptions extends Partial<PageRoutes> {
  /** Default: no input; lines on the console. */
  readonly streams?: StandardStreams;
}

/**
 * What an engine or a guest stands on in a page or a worker. Loopback addresses lead to `network`, which is shared by
 * the whole thread unless given; addresses outside need a `gateway`, names a `nameserver` or a gateway.
 */
export function pagePlatform(options: PagePlatformOptions = {}): Platform {
  const { network = PageNetwork.shared(), streams = consoleStreams(), nameserver } = options;
  return {
    transport: new PageTransport({ ...options, network }),
    clock: pageClock(),
    streams,
    fillRandom,
    // With a nameserver of the page's own, addresses are asked for there too.
    environment: nameserver === undefined ? {} : { EVENT_ENGINE_DNS_SERVERS: addressText(NAMESERVER) },
  };
}

function fillRandom(target: Uint8Array): void {
  for (let start = 0; start < target.length; start += RANDOM_STEP_BYTES) {
    crypto.getRandomValues(target.subarray(start, start + RANDOM_STEP_BYTES));
  }
}
