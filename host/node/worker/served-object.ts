// What the main thread keeps for a worker's guest: objects with a number, each of which takes the worker's commands and
// tells what happens to it.

import { Command } from "./messages.js";
import type { ServerLink } from "./server-link.js";

export interface ServedObject {
  /** `bytes[start, end)` is valid during the call. */
  command(kind: Command, value: number, bytes: Uint8Array, start: number, end: number): void;
  /** The guest is gone. */
  cut(): void;
}

/** Where objects get their numbers. */
export interface ServedObjects {
  readonly link: ServerLink;
  add(make: (id: number) => ServedObject): number;
  /** The number may be given again. */
  free(id: number): void;
}

export function unexpected(what: string, kind: Command): never {
  throw new Error(`channel: a ${what} was told ${Command[kind] ?? kind}`);
}
