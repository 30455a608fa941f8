// The search list: domains that a short name is tried with, when the resolver was given some.
//
//   name without a dot      name.domain1, name.domain2, …, name
//   name with dots          name, name.domain1, name.domain2, …
//   name with a dot at its end is never searched

import { SEARCH_MAX } from "../base/limits";
import { MemoryAllocator } from "../quota/memory-allocator";
import * as records from "../quota/record";
import * as names from "./name";
import { NAME_MAX } from "./name";

const NAME_BYTES: usize = 256;

const scratch: usize = memory.data(256 * 8); // SEARCH_MAX names

/** How many domains the latest `parse` found; -1 when one is no name or localhost, and where it is. */
export let count: i32 = 0;
export let badStart: u32 = 0;
export let badLength: u32 = 0;

/** Reads domains with spaces or commas between. The list is a record for the caller to destroy; 0 when empty or bad. */
export function parse(text: usize, length: u32, allocator: MemoryAllocator): usize {
  count = 0;
  for (let start: u32 = 0; start < length;) {
    if (isSeparator(load<u8>(text + start))) {
      start++;
      continue;
    }
    let end = start;
    while (end < length && !isSeparator(load<u8>(text + end))) end++;
    const domain = scratch + <usize>count * NAME_BYTES;
    badStart = start;
    badLength = end - start;
    const isName = count < SEARCH_MAX && names.fromText(text + start, badLength, domain) != 0;
    if (!isName || names.isLocalhost(domain)) {
      count = -1;
      return 0;
    }
    names.lower(domain);
    count++;
    start = end;
  }
  if (!count) return 0;
  const bytes = <u32>count * <u32>NAME_BYTES;
  const list = records.createBytes(allocator, bytes);
  memory.copy(list, scratch, bytes);
  return list;
}

/** The place in the order of tries at which the name stands as it is. */
export function placeOfItself(name: usize, domains: i32): i32 {
  return load<u8>(name + 1 + <usize>load<u8>(name)) ? 0 : domains;
}

/** Writes the name that is tried at `place` and returns its bytes; 0 when it would be too long. */
export function write(list: usize, domains: i32, name: usize, place: i32, target: usize): u32 {
  const length = names.wireLength(name);
  const itself = placeOfItself(name, domains);
  if (place == itself) {
    memory.copy(target, name, length);
    return length;
  }
  const domain = list + <usize>(place > itself ? place - 1 : place) * NAME_BYTES;
  const domainLength = names.wireLength(domain);
  if (length - 1 + domainLength > NAME_MAX) return 0;
  memory.copy(target, name, length - 1);
  memory.copy(target + length - 1, domain, domainLength);
  return length - 1 + domainLength;
}

function isSeparator(byte: u8): bool {
  return byte == 32 || byte == 44;
}
