// What becomes of a question that reached the scripted nameserver, by script or by chance.

import type { Range, SimRandom } from "../random.js";
import { type Damage, DAMAGES, FORGERIES, type Forgery } from "./nameserver-forgeries.js";
import type { Query } from "./nameserver-message.js";

export type Carrier = "udp" | "tcp";

/**
 * `truncate` says by a datagram that only TCP can carry the answer; over TCP the answer comes. `reset` and `end` are
 * TCP's: the connection breaks, or ends in order, in the middle of the answer.
 */
export type Fate =
  | "answer" | "silence" | "servfail" | "refused" | "notimp" | "truncate" | "damage" | "reset" | "end";

export interface Treatment {
  readonly fate: Fate;
  /** Milliseconds until the answer leaves. */
  readonly delayMs: number;
  /** Sent at once, before the answer; by datagrams only. */
  readonly forgeries: readonly Forgery[];
  /** For the fate `damage`. */
  readonly damage: Damage;
}

export const TREATED_WELL: Treatment = { fate: "answer", delayMs: 0, forgeries: [], damage: "cut" };

/** Probabilities from 0 to 1, at most one of the first seven for each question. */
export interface NameserverFaults {
  readonly silence: number;
  readonly servfail: number;
  readonly refused: number;
  readonly truncate: number;
  readonly damage: number;
  readonly reset: number;
  readonly end: number;
  /** For each of up to `FORGERIES_MAX` forgeries. */
  readonly forgery: number;
  readonly delayMs: Range;
}

export const NO_FAULTS: NameserverFaults = {
  silence: 0, servfail: 0, refused: 0, truncate: 0, damage: 0, reset: 0, end: 0, forgery: 0, delayMs: [0, 0],
};

const FORGERIES_MAX = 4;
const FATES = ["silence", "servfail", "refused", "truncate", "damage", "reset", "end"] as const;

/** Treats each question as chance has it. */
export function byChance(random: SimRandom, faults: NameserverFaults): (query: Query, carrier: Carrier) => Treatment {
  return () => {
    const forgeries: Forgery[] = [];
    for (let tries = 0; tries < FORGERIES_MAX; tries++) {
      if (random.chance(faults.forgery)) forgeries.push(pick(random, FORGERIES));
    }
    return {
      fate: fateByChance(random, faults), delayMs: random.between(faults.delayMs), forgeries,
      damage: pick(random, DAMAGES),
    };
  };
}

function fateByChance(random: SimRandom, faults: NameserverFaults): Fate {
  let point = random.fraction();
  for (const fate of FATES) {
    point -= faults[fate];
    if (point < 0) return fate;
  }
  return "answer";
}

function pick<T>(random: SimRandom, choices: readonly T[]): T {
  return choices[random.between([0, choices.length - 1])] as T;
}
