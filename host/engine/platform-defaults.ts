// What `EventEngine.create` takes when its options do not say: the entry of each platform (host/index.ts for Node)
// says it once, at import, because this folder knows no platform.

import type { Platform } from "../wasi/wasi-host.js";

export interface PlatformDefaults {
  makePlatform(): Platform;
  /** The bytes of the component: of the file at `url`, or of the one that comes with this package. */
  load(url?: URL): Promise<Uint8Array>;
  /** What the component may read of the environment: whom to ask for names (docs/dns.md), no more. */
  environment(): Record<string, string>;
}

let defaults: PlatformDefaults | null = null;
let manage = (platform: Platform): Platform => platform;
let wasGiven = false;

export function setPlatformDefaults(platform: PlatformDefaults): void {
  defaults = platform;
}

export function platformDefaults(): PlatformDefaults {
  if (defaults === null) throw new Error("no platform: give EventEngine.create the options platform and wasm");
  return defaults;
}

/** The platform of an engine that was given none. */
export function defaultPlatform(): Platform {
  wasGiven = true;
  return manage(platformDefaults().makePlatform());
}

/** Whether an engine has a platform of `defaultPlatform` already. */
export function wasDefaultGiven(): boolean {
  return wasGiven;
}

/** From now on `defaultPlatform` answers what `by` makes of a platform. */
export function managePlatforms(by: typeof manage): void {
  manage = by;
}
