// Operations by age or by tag: events that wait to be taken, and a program's own operations that are outstanding.
//
//   few, or only taken by age:   one chain, oldest first
//   many, taken by tag:          | chain 0 | chain 1 | … |    16 times as many chains whenever there are 8 events
//                                                             per chain; one tag is always in one chain
//
// Events of one tag keep their order, because they are in one chain and a chain is only appended to.

import { Operation } from "./operation";

/** Bits of the number of events per chain at which there are more chains, and of how many times more. */
const FULL_BITS: u32 = 3;
const GROWTH_BITS: u32 = 4;
const CHAIN_BITS: usize = 3;

/** Begins a larger record, or lies by itself; all zero but for `chains`, see `clear`. */
@unmanaged
export class Events {
  /** The one chain, as long as there is one: its first and its last event. */
  first: usize;
  last: usize;
  /** Where the chains are: the two words above, or a block of such pairs. */
  chains: usize;
  /** The number of chains less one, which is a power of two less one. */
  mask: u32;
  length: i32;
}

/** To be called once before the first use, and in the end to give the chains back. No event is in it. */
export function clear(events: Events): void {
  if (events.mask) heap.free(events.chains);
  events.chains = changetype<usize>(events);
  events.mask = 0;
}

export function append(events: Events, operation: Operation, isByTag: bool): void {
  if (isByTag && <u32>events.length >= (events.mask + 1) << FULL_BITS) grow(events);
  events.length++;
  link(chainOf(events, operation.tag), operation);
}

/** The oldest; there is one, and no more than one chain. */
@inline export function shift(events: Events): Operation {
  const operation = changetype<Operation>(events.first);
  unlink(events, changetype<usize>(events), 0, operation);
  return operation;
}

/** The oldest of those with `tag`, or null. */
export function pick(events: Events, tag: u64): Operation | null {
  const chain = chainOf(events, tag);
  let before: usize = 0;
  for (let at = load<usize>(chain); at; at = changetype<Operation>(at).next) {
    const operation = changetype<Operation>(at);
    if (operation.tag == tag) {
      unlink(events, chain, before, operation);
      return operation;
    }
    before = at;
  }
  return null;
}

/** Takes all of them out, each given to `each` once, for an owner that ends. */
export function takeAll(events: Events, each: (operation: Operation) => void): void {
  const end = events.chains + (<usize>(events.mask + 1) << CHAIN_BITS);
  for (let chain = events.chains; chain < end; chain += 1 << CHAIN_BITS) {
    while (load<usize>(chain)) {
      const first = changetype<Operation>(load<usize>(chain));
      unlink(events, chain, 0, first);
      each(first);
    }
  }
}

/** Tags are often addresses or small numbers: both spread in the upper half of a product. */
@inline function chainOf(events: Events, tag: u64): usize {
  const hash = <u32>((tag * 0x9e3779b97f4a7c15) >> 32);
  return events.chains + (<usize>(hash & events.mask) << CHAIN_BITS);
}

function link(chain: usize, operation: Operation): void {
  const last = load<usize>(chain, 4);
  operation.next = 0;
  if (last) changetype<Operation>(last).next = changetype<usize>(operation);
  else store<usize>(chain, changetype<usize>(operation));
  store<usize>(chain, changetype<usize>(operation), 4);
}

@inline function unlink(events: Events, chain: usize, before: usize, operation: Operation): void {
  const next = operation.next;
  if (before) changetype<Operation>(before).next = next;
  else store<usize>(chain, next);
  if (!next) store<usize>(chain, before, 4);
  events.length--;
}

function grow(events: Events): void {
  const count = events.mask + 1;
  const bytes = <usize>count << (CHAIN_BITS + GROWTH_BITS);
  const old = events.chains;
  const chains = heap.alloc(bytes);
  memory.fill(chains, 0, bytes);
  events.chains = chains;
  events.mask = (count << GROWTH_BITS) - 1;
  for (let chain = old, end = old + (<usize>count << CHAIN_BITS); chain < end; chain += 1 << CHAIN_BITS) {
    for (let at = load<usize>(chain); at;) {
      const operation = changetype<Operation>(at);
      at = operation.next;
      link(chainOf(events, operation.tag), operation);
    }
  }
  if (count > 1) heap.free(old);
}
