// What running a program and running a component have in common.

import { platformDefaults } from "../../engine/platform-defaults.js";
import type { Grants, Platform } from "../../wasi/wasi-host.js";
import { pageStreams, type StreamOptions } from "../standard-streams.js";

export interface RunOptions extends StreamOptions {
  /** Where sockets, time and random bytes come from; streams of its own are not used. Default: this platform's own. */
  readonly platform?: Platform;
  readonly env?: Grants["env"];
}

export interface Running {
  /** The exit code. Rejects with what kept it from running, or with a trap. Afterwards nothing of it is open. */
  readonly exitCode: Promise<number>;
  stop(): void;
}

export function platformOf(options: RunOptions): Platform {
  const base = options.platform ?? platformDefaults().makePlatform();
  const { transport, clock, environment } = base;
  return {
    transport, clock, environment, streams: pageStreams(options), fillRandom: (target) => base.fillRandom(target),
  };
}
