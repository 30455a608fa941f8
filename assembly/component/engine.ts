// The interface `engine`.

import * as tasks from "../exec/tasks";
import { ownCount } from "./charges";
import { none, present } from "./results";
import { ALLOCATORS, QUOTAS, live } from "../live";
import { dropSilent } from "./guest-tasks";

export function engine$shutdown(): u32 {
  assert(!tasks.isShutDown, "the engine is shut down");
  const dropped = dropSilent();
  tasks.shutDown();
  return dropped;
}

export function engine$live(kind: u32): usize {
  const count = live(<i32>kind);
  if (count < 0) return none();
  return present(kind == QUOTAS || kind == ALLOCATORS ? count - ownCount() : count);
}
