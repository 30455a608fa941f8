// The interface `engine`.

import { ownCount } from "./charges";
import { none, present } from "./results";
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
  assert(calls == 1024, "only 1024 at this moment");
}

export function engine$statistic(kind: u32): usize {
  return none();
}
