// Settings of sockets: read from a plain record or from anything that answers `get(key)`, checked, and handed to the
// core behind the addresses of the argument area (the layout is in assembly/net/socket-options.ts). 0 leaves a setting
// as the platform has it.

import { OPTIONS_AT, type CoreEngine } from "./core-engine.js";
import type { EndpointConfig, EndpointOptions } from "./interfaces.js";
import { refuseArgument } from "./status.js";

/** The greatest value of each. */
const MOST: Required<EndpointOptions> = {
  keepAliveIdleMs: 0xffff_ffff,
  keepAliveIntervalMs: 0xffff_ffff,
  keepAliveCount: 255,
  receiveBufferSize: 0x7fff_ffff,
  sendBufferSize: 0x7fff_ffff,
  hopLimit: 255,
  backlog: 65_535,
};
const MILLISECOND_NS = 1_000_000;

export type Settings = Record<keyof EndpointOptions, number>;

/** Checked settings of a config, 0 where it has none. Asks for each once. */
export function settingsOf(config: EndpointConfig | EndpointOptions | undefined): Settings {
  const settings = { ...MOST };
  for (const key of Object.keys(MOST) as (keyof EndpointOptions)[]) settings[key] = setting(config, key);
  return settings;
}

export function putSettings(core: CoreEngine, settings: Settings): void {
  const at = core.argumentsAt + OPTIONS_AT;
  const words = core.words();
  core.memory.setU64(at, settings.keepAliveIdleMs * MILLISECOND_NS);
  core.memory.setU64(at + 8, settings.keepAliveIntervalMs * MILLISECOND_NS);
  words[(at + 16) >>> 2] = settings.keepAliveCount;
  words[(at + 20) >>> 2] = settings.receiveBufferSize;
  words[(at + 24) >>> 2] = settings.sendBufferSize;
  words[(at + 28) >>> 2] = settings.backlog;
  const isKeptAlive = settings.keepAliveIdleMs !== 0;
  words[(at + 32) >>> 2] = settings.hopLimit | (isKeptAlive ? 1 << 8 : 0);
}

function setting(config: EndpointConfig | EndpointOptions | undefined, key: keyof EndpointOptions): number {
  const value = valueOf(config, key);
  if (value === undefined) return 0;
  if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= MOST[key]) return value;
  refuseArgument(`${key} is ${String(value)}: want 1 to ${MOST[key]}`);
}

function valueOf(config: EndpointConfig | EndpointOptions | undefined, key: keyof EndpointOptions): unknown {
  if (config === undefined) return undefined;
  return "get" in config && typeof config.get === "function" ? config.get(key) : (config as EndpointOptions)[key];
}
