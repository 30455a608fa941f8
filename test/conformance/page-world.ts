// The world of the TypeScript bodies on a network within a page. It needs nothing of a page that Node has not, so Node
// can be the page.
import * as assert from "uvu/assert";
import { PageNetwork } from "#host/browser/network/network.js";
import { pagePlatform } from "#host/browser/platform.js";
import { EventEngine } from "#host/engine/event-engine.js";
import type { Binding } from "#host/wasi/transport.js";
import type { Platform } from "#host/wasi/wasi-host.js";
import type { FaceWorld } from "./face-bodies.js";
import { openPageHole, openPageNameserver, PAGE_HOLE } from "./page-peers.js";
import type { OpenNameserver } from "./seam-nameserver.js";

/** More than both directions of a connection keep. */
const LARGE_BYTES = 4 << 20;

export interface PageWorldOptions {
  /** The component. */
  readonly wasm: Uint8Array;
  /** Nothing may be open on it before and after a body. Default: one of its own for each world. */
  readonly platform?: Platform;
  isCollected(reference: WeakRef<object>): Promise<boolean>;
}

export function pageWorld(options: PageWorldOptions): FaceWorld {
  const { wasm, platform = pagePlatform({ network: new PageNetwork() }), isCollected } = options;
  const { transport, clock } = platform;
  let hole: Binding | undefined;
  let server: OpenNameserver | undefined;
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });
  return {
    create: (onUncaught) => EventEngine.create({ wasm, platform, onUncaught }),
    sleep,
    nowMs: () => clock.monotonicNow() / 1e6,
    date: () => new Date(),
    largeBytes: LARGE_BYTES,
    isCollected,
    blackHole: async () => {
      hole ??= openPageHole(platform);
      return PAGE_HOLE;
    },
    nameserver: async () => server ??= openPageNameserver(platform),
    drive: async (run) => {
      await run();
      hole?.close();
      server?.end();
      for (let waits = 0; transport.openCount > 0 && waits < 100; waits++) await sleep(1);
      assert.is(transport.openCount, 0, "nothing of the network is left");
    },
    end: () => {},
  };
}
