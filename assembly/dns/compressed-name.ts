// Names inside a message, where a pointer may stand for the rest of a name (RFC 1035 §4.1.4).
//
// Every pointer must lead to before the part of the name that it stands in, so a walk always ends, and no walk needs
// recursion. A message has a budget of bytes, labels and pointers that all walks through it share: names that point at
// long names many times cost time in proportion to the message, not to its square.

import { NAME_STEPS_MAX } from "../base/limits";
import { DIFFERENT, LABEL_MAX, NAME_MAX, compare } from "./name";

export const HEADER_BYTES: usize = 12;

/** `equals`: another name, the same name, or no name at all. */
export const OTHER: i32 = 0;
export const EQUAL: i32 = 1;
export const BAD: i32 = 2;

let message: usize = 0;
let messageEnd: usize = 0;
let steps: i32 = 0;

/** Where what follows the name begins that `expand` read last. */
export let after: usize = 0;

/** From here on names are read from this message. */
export function begin(address: usize, length: u32): void {
  message = address;
  messageEnd = address + length;
  steps = NAME_STEPS_MAX;
}

/** Where what follows the name at `at` begins, 0 when there is no name. Pointers are not followed. */
export function skip(at: usize): usize {
  const end = min(messageEnd, at + NAME_MAX);
  while (at < end) {
    const length = <usize>load<u8>(at);
    steps--;
    if (length >= 0xc0) return steps > 0 && at + 2 <= messageEnd ? at + 2 : 0;
    if (length > LABEL_MAX) return 0;
    at += 1 + length;
    if (!length) return steps > 0 ? at : 0;
  }
  return 0;
}

/** Where the pointer at `at` leads, 0 when it is bad: not to before `segment`, into the header, or one too many. */
export function follow(at: usize, segment: usize): usize {
  if (at + 2 > messageEnd || --steps <= 0) return 0;
  const target = message + (<usize>(load<u8>(at) & 0x3f) << 8 | <usize>load<u8>(at, 1));
  return target < segment && target >= message + HEADER_BYTES ? target : 0;
}

/** Whether the name at `at` is the one at `wire`, whatever the case: OTHER, EQUAL or BAD. */
export function equals(at: usize, wire: usize): i32 {
  for (let segment = at; at < messageEnd;) {
    const length = <usize>load<u8>(at);
    if (length >= 0xc0) {
      at = segment = follow(at, segment);
      if (!at) return BAD;
      continue;
    }
    if (length > LABEL_MAX) return BAD;
    if (length != load<u8>(wire)) return OTHER;
    if (!length) return EQUAL;
    const next = at + 1 + length;
    steps -= <i32>length;
    if (next >= messageEnd || steps <= 0) return BAD;
    if (compare(at + 1, wire + 1, <u32>length) == DIFFERENT) return OTHER;
    at = next;
    wire += 1 + length;
  }
  return BAD;
}

/** Copies the name at `at` to `target` as a wire name and sets `after`; returns its length, 0 when it is bad. */
export function expand(at: usize, target: usize): u32 {
  after = 0;
  const start = target;
  const last = target + NAME_MAX - 1;
  for (let segment = at; at < messageEnd;) {
    const length = <usize>load<u8>(at);
    if (length >= 0xc0) {
      if (!after) after = at + 2;
      at = segment = follow(at, segment);
      if (!at) return 0;
      continue;
    }
    const next = at + 1 + length;
    steps -= <i32>length;
    if (length > LABEL_MAX || next > messageEnd || steps <= 0) return 0;
    if (!length) {
      if (!after) after = next;
      store<u8>(target, 0);
      return <u32>(target - start) + 1;
    }
    if (target + 1 + length > last) return 0;
    for (; at < next; at++, target++) store<u8>(target, load<u8>(at));
  }
  return 0;
}
