// wasi:io/poll

import { RETURN_AREA } from "../abi/return-area";
import { countPoll } from "../base/traffic";

// @ts-ignore: decorator
@external("wasi:io/poll@0.2.0", "[method]pollable.ready")
declare function pollableReady(self: u32): i32;
// @ts-ignore: decorator
@external("wasi:io/poll@0.2.0", "[method]pollable.block")
declare function pollableBlock(self: u32): void;
// @ts-ignore: decorator
@external("wasi:io/poll@0.2.0", "[resource-drop]pollable")
declare function pollableDrop(self: u32): void;
// @ts-ignore: decorator
@external("wasi:io/poll@0.2.0", "poll")
declare function pollList(list: usize, length: i32, result: usize): void;

/** Address of the u32 indexes that the latest `poll` returned; they live in the arena. */
export let readyIndexes: usize = 0;

@inline export function ready(pollable: u32): bool {
  return pollableReady(pollable) != 0;
}

@inline export function block(pollable: u32): void {
  pollableBlock(pollable);
}

@inline export function drop(pollable: u32): void {
  pollableDrop(pollable);
}

/** Blocks until one of `length` handles is ready. Returns how many are; an empty list would trap. */
export function poll(list: usize, length: i32): i32 {
  assert(length > 0);
  countPoll(length);
  pollList(list, length, RETURN_AREA);
  readyIndexes = load<usize>(RETURN_AREA);
  return load<i32>(RETURN_AREA, 4);
}
