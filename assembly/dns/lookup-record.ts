// The record of a look-up, the handle that people know it by, and its place in the list of its resolver.

import { Pool } from "../base/pool";
import { Slots } from "../base/slots";
import { MemoryAllocator } from "../quota/memory-allocator";
import { Waiter } from "./question-record";
import { Resolver } from "./resolver-record";

/** See the diagram in lookup.ts. */
export const WAITING: u8 = 0;
export const ENDED: u8 = 1;
export const DEAD: u8 = 2;

@unmanaged
export class Lookup extends Waiter {
  /** First word of its handle. */
  slot: u32;
  state: u8;
  /** Type of the question. */
  type: u16;
  /** What the addresses are given as their port. */
  port: u16;
  /** Null once that is destroyed. */
  resolver: Resolver | null;
  allocator: MemoryAllocator;
  /** Neighbours among the look-ups of the resolver. */
  next: usize;
  previous: usize;
  /** The Timer of its deadline, or 0. */
  deadline: usize;
  /** While names are searched: a record with the name as it was given, and the place in the order of tries. */
  name: usize;
  place: i32;
  /** Once it has ended; before that, while names are searched, the failure that is told if every one fails. */
  result: usize;
  /** Table index of a `(owner: usize) => void`, run once. */
  done: u32;
  owner: usize;
}

const pool = new Pool(offsetof<Lookup>());
const slots = new Slots();

/** The second word of the handle of the look-up that was taken last. */
export let lastGeneration: u32 = 0;

/** A zeroed look-up with a handle. */
export function take(): Lookup {
  const lookup = changetype<Lookup>(pool.take());
  lookup.slot = slots.take(changetype<usize>(lookup));
  lastGeneration = slots.generation;
  return lookup;
}

/** The handle means nothing any more. */
export function forget(lookup: Lookup): void {
  slots.forget(lookup.slot);
}

export function give(lookup: Lookup): void {
  pool.give(changetype<usize>(lookup));
}

export function find(slot: u32, generation: u32): Lookup | null {
  return changetype<Lookup | null>(slots.find(slot, generation));
}

/** Records in use. */
export function liveCount(): i32 {
  return pool.live;
}

/** Puts the look-up into the list of its resolver. */
export function join(lookup: Lookup, resolver: Resolver): void {
  lookup.resolver = resolver;
  lookup.next = resolver.firstLookup;
  if (resolver.firstLookup) changetype<Lookup>(resolver.firstLookup).previous = changetype<usize>(lookup);
  resolver.firstLookup = changetype<usize>(lookup);
}

export function part(lookup: Lookup): void {
  const resolver = lookup.resolver;
  if (!resolver) return;
  if (lookup.next) changetype<Lookup>(lookup.next).previous = lookup.previous;
  if (lookup.previous) changetype<Lookup>(lookup.previous).next = lookup.next;
  else resolver.firstLookup = lookup.next;
  lookup.resolver = null;
}
