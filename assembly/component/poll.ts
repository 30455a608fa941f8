// The interface `poll`.

import * as pollables from "../cq/pollable";
import { Pollable } from "../cq/pollable";
import { POLLABLE_COST, charge, discharge } from "./charges";
import { newPollable } from "./resources";
import { list, listSpace, releaseLists } from "./results";

export function poll$static$pollable$fromWasi(handle: u32): u32 {
  charge(POLLABLE_COST);
  return newPollable(changetype<usize>(pollables.ofWasi(handle)));
}

export function poll$method$pollable$ready(pollable: Pollable): bool {
  return pollables.ready(pollable);
}

export function poll$method$pollable$block(pollable: Pollable): void {
  pollables.block(pollable);
}

export function poll$poll(pollablesIn: usize, count: u32): usize {
  assert(count != 0, "a poll of nothing would never end");
  const found = pollables.poll(pollablesIn, count);
  // The indexes are written over the list that was passed in, which is at least as long.
  return list(pollablesIn, found);
}

export function poll$post$poll(area: usize): void {
  releaseLists();
}

export function poll$dtor$pollable(pollable: Pollable): void {
  pollables.drop(pollable);
  discharge(POLLABLE_COST);
}
