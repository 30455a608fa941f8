// What a session tells of itself: every decision and every end, each as one entry.

import type { Decision } from "./policy.js";

export interface AuditEntry {
  /**
   * `session` it was admitted or not; `connect`, `bind`, `listen`, `udp` (once per peer), `resolve` were asked for;
   * `told` addresses of an answer were kept back, one line for all; `accept` a connection came; `end` a stream is over;
   * `goodbye` the session is.
   */
  readonly event:
    "session" | "connect" | "bind" | "listen" | "udp" | "resolve" | "told" | "accept" | "end" | "goodbye";
  /** The id in the protocol. */
  readonly id?: number;
  readonly allowed?: boolean;
  /** The rule that allowed it, what refused it, or how it ended. */
  readonly reason: string;
  readonly address?: string;
  readonly name?: string;
  /** Bytes that the client sent, of an end. */
  readonly sent?: number;
  /** Bytes that the client was sent. */
  readonly received?: number;
}

export type Audit = (entry: AuditEntry) => void;

/** What the log is told of a decision. */
export function verdict({ allowed, reason }: Decision): Pick<AuditEntry, "allowed" | "reason"> {
  return { allowed, reason };
}
