// The interface `engine`.

import * as loop from "../engine/loop";
import * as stats from "../engine/stats";
import { ownCount } from "./charges";
import { none, present, presentWide } from "./results";
import { ALLOCATORS, QUOTAS, live } from "../live";
import * as hold from "./hold";

export function engine$shutdown(): u32 {
  return hold.shut();
}

export function engine$live(kind: u32): usize {
  const count = live(<i32>kind);
  if (count < 0) return none();
  return present(kind == QUOTAS || kind == ALLOCATORS ? count - ownCount() : count);
}

export function engine$setTurnBound(calls: u32): void {
  loop.setTurnBound(calls);
}

export function engine$statistic(kind: u32): usize {
  return stats.isKnown(kind) ? presentWide(stats.value(kind)) : none();
}
