// The world of the TypeScript bodies on a network within a page. It needs nothing of a page that Node has not, so Node
// can be the page.
import * as assert from "uvu/assert";
import { PageNetwork } from "#host/browser/network/network.js";
import { pagePlatform } from "#host/browser/platform.js";
import { EventEngine } from "#host/engine/event-engine.js";
import { SimRandom } from "#host/sim/random.js";
import { OK } from "#host/wasi/error-code.js";
import { addressText, LOCALHOST } from "#host/wasi/ip-address.js";
import type { Binding } from "#host/wasi/transport.js";
import type { Platform } from "#host/wasi/wasi-host.js";
import { SEED } from "../support/bytes.js";
import type { FaceWorld } from "./face-bodies.js";
import { type OpenNameserver, seamNameserver } from "./seam-nameserver.js";

/** More than both directions of a connection keep. */
const LARGE_BYTES = 4 << 20;

export interface PageWorldOptions {
  /** The component. */
  readonly wasm: Uint8Array;
  /** Nothing may be open on it before and after a body. Default: one of its own for each world. */
  readonly platform?: Platform;
  isCollected(reference: WeakRef<object>): Promise<boolean>;
}

/** A listener whose queue has no place: connects to it wait. */
function openBlackHole({ transport }: Platform): Binding {
  const found: Binding[] = [];
  transport.bind({ address: { ...LOCALHOST.at(-1)!, port: 0 }, backlog: 0 }, (result) => {
    if (typeof result !== "number") found.push(result);
  });
  const [binding] = found;
  if (binding === undefined) throw new Error("cannot bind the black hole");
  binding.listen({ connectionArrived: () => assert.unreachable("nobody gets in") }, 0, (outcome) => {
    assert.is(outcome, OK);
  });
  return binding;
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
    blackHole: async () => addressText((hole ??= openBlackHole(platform)).localAddress),
    nameserver: async () => {
      return server ??= seamNameserver({ transport, clock, random: new SimRandom(SEED) }, "127.0.0.1");
    },
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
