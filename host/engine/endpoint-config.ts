// Settings of sockets: read from a plain record or from anything that answers `get(key)`, checked, and handed to the
// core as seven words after the addresses of the argument area; 0 leaves a setting as the platform has it.

import { OPTIONS_AT, type CoreEngine } from "./core-engine.js";
import type { EndpointConfig, EndpointOptions } from "./interfaces.js";
import { refuseArgument } from "./status.js";

/** In the order of the core (assembly/exports/arguments.ts), with the greatest value of each. */
const SETTINGS: readonly (readonly [key: keyof EndpointOptions, most: number])[] = [
  ["keepAliveIdleMs", 0xffff_ffff],
  ["keepAliveIntervalMs", 0xffff_ffff],
  ["keepAliveCount", 255],
  ["receiveBufferSize", 0x7fff_ffff],
  ["sendBufferSize", 0x7fff_ffff],
  ["hopLimit", 255],
  ["backlog", 65_535],
];

/** Checked words of a config. Reads each setting once. */
export function settingsOf(config: EndpointConfig | EndpointOptions | undefined): number[] {
  return SETTINGS.map(([key, most]) => {
    const value = valueOf(config, key);
    if (value === undefined) return 0;
    if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= most) return value;
    refuseArgument(`${key} is ${String(value)}: want 1 to ${most}`);
  });
}

export function putSettings(core: CoreEngine, settings: readonly number[]): void {
  core.words().set(settings, (core.argumentsAt + OPTIONS_AT) >>> 2);
}

function valueOf(config: EndpointConfig | EndpointOptions | undefined, key: keyof EndpointOptions): unknown {
  if (config === undefined) return undefined;
  return "get" in config && typeof config.get === "function" ? config.get(key) : (config as EndpointOptions)[key];
}
