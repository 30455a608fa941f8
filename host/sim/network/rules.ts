// Faults by script: what happens to which connection, when or at which byte. Chance has no part in them.

import type { SocketAddress } from "../../wasi/ip-address.js";
import { addressText } from "../../wasi/ip-address.js";

export interface Rule {
  /**
   * The attempt is refused, never answered, or answered with "unreachable"; or the connection that it makes is
   * reset for both ends, or falls silent: nothing arrives any more and nobody is told.
   */
  readonly fate: "refuse" | "black-hole" | "unreachable" | "reset" | "silence";
  /** Only the attempt of this number: all attempts of a simulation count, from 0. */
  readonly connection?: number;
  /** Only attempts to this address, as `addressText` writes it. */
  readonly to?: string;
  /** Only attempts that begin in this time, in milliseconds; `untilMs` is not part of it. */
  readonly fromMs?: number;
  readonly untilMs?: number;
  /** reset, silence: right behind this many bytes in `direction`, "out" being from who connected. */
  readonly afterBytes?: number;
  readonly direction?: "out" | "back";
  /** reset, silence without `afterBytes`: this long after the connection was made; 0 when left out. */
  readonly afterMs?: number;
}

export type AttemptFate = "refuse" | "black-hole" | "unreachable";

export function rulesFor(rules: readonly Rule[], number: number, remote: SocketAddress, nowNs: number): Rule[] {
  return rules.filter(({ connection, to, fromMs = 0, untilMs = Infinity }) =>
    (connection === undefined || connection === number) && (to === undefined || to === addressText(remote))
      && nowNs >= fromMs * 1e6 && nowNs < untilMs * 1e6);
}

export function attemptFate(rules: readonly Rule[]): AttemptFate | null {
  for (const { fate } of rules) if (fate !== "reset" && fate !== "silence") return fate;
  return null;
}
