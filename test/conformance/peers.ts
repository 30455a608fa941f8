// Peers outside of the engine, on the platform's own sockets: what the engine says is checked by somebody else.
import type { CoreEnding } from "./arms.js";

export type RunBody = (words: readonly string[], onOutput?: (text: string) => void) => Promise<CoreEnding>;
export type Peer = (run: RunBody) => Promise<CoreEnding>;

/** By the name that bodies give with `with(...)`. */
export const PEERS: Readonly<Record<string, Peer>> = {};
