// What events brought and nobody has claimed yet: endpoints, results of look-ups. A ticket names one of them, once.
//
//   ticket: | generation, 15 bits | slot, 17 bits |      never 0

import { WordVector } from "../base/word-vector";

const SLOT_BITS: u32 = 17;
const SLOT_MASK: u32 = (1 << SLOT_BITS) - 1;
const GENERATION_MASK: u32 = (1 << (32 - SLOT_BITS)) - 1;

// Kinds, so that a ticket of one is none of the other.
export const ENDPOINT: u32 = 0;
export const LOOKUP: u32 = 1;
const KINDS: u32 = 1;

/** By slot: the record with its kind in the lowest bit, or 0; and the ticket that names it. */
const records = new WordVector(16);
const tickets = new WordVector(16);
const freeSlots = new WordVector(16);

export function deposit(record: usize, kind: u32): u32 {
  let slot: u32;
  if (freeSlots.length) {
    slot = freeSlots.pop();
  } else {
    slot = <u32>records.length;
    assert(slot <= SLOT_MASK);
    records.push(0);
    tickets.push(slot);
  }
  records.set(<i32>slot, <u32>record | kind);
  const generation = ((tickets.get(<i32>slot) >>> SLOT_BITS) % GENERATION_MASK) + 1;
  const ticket = generation << SLOT_BITS | slot;
  tickets.set(<i32>slot, ticket);
  return ticket;
}

/** The record, which is the caller's now; 0 for a ticket that was used, or never was one of this kind. */
export function take(ticket: u64, kind: u32): usize {
  const slot = <i32>(<u32>ticket & SLOT_MASK);
  if (!ticket || slot >= records.length || <u64>tickets.get(slot) != ticket) return 0;
  const record = records.get(slot);
  if (!record || (record & KINDS) != kind) return 0;
  records.set(slot, 0);
  freeSlots.push(<u32>slot);
  return record & ~KINDS;
}

/** Records that wait for their claim. */
export function liveCount(): i32 {
  return records.length - freeSlots.length;
}
