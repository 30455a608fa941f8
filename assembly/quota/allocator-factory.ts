// An allocator factory: where a listener gets the allocator of each connection that it accepts.

import { Pool } from "../base/pool";
import * as allocators from "./memory-allocator";
import { MemoryAllocator } from "./memory-allocator";
import { MemoryQuota } from "./memory-quota";

@unmanaged
export class AllocatorFactory {
  /** Table index of a `(owner: usize, peer: usize) => usize`. */
  make: u32;
  owner: usize;
}

const pool = new Pool(offsetof<AllocatorFactory>(), 8);

/**
 * `make(owner, peer)` returns a MemoryAllocator that whoever asked owns. `peer` is the address of the peer's
 * SocketAddress record, good for the length of the call, or 0. The caller owns the factory until `destroy`.
 */
export function create(make: (owner: usize, peer: usize) => usize, owner: usize): AllocatorFactory {
  const factory = changetype<AllocatorFactory>(pool.take());
  factory.make = make.index;
  factory.owner = owner;
  return factory;
}

/** A factory whose allocators all draw on one quota, which must not be destroyed before the factory. */
export function ofQuota(quota: MemoryQuota): AllocatorFactory {
  return create(makeOfQuota, changetype<usize>(quota));
}

/** What it made lives on. */
export function destroy(factory: AllocatorFactory): void {
  pool.give(changetype<usize>(factory));
}

/** A new allocator; the caller owns it until `shutdown`. */
export function createAllocator(factory: AllocatorFactory, peer: usize): MemoryAllocator {
  return changetype<MemoryAllocator>(call_indirect<usize>(factory.make, factory.owner, peer));
}

/** Factories that were not destroyed. */
export function liveFactories(): i32 {
  return pool.live;
}

function makeOfQuota(owner: usize, peer: usize): usize {
  return changetype<usize>(allocators.create(changetype<MemoryQuota>(owner)));
}
