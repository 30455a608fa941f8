// A block: bytes in linear memory that slices share by counting references.
//
//   | refs | capacity | account | owner | bytes …           allocate: refs 1;  the last unref gives it back
//
// Who pays for a block is not this layer's business: `account` is told about every block that comes and goes on
// behalf of `owner`; see quota/memory-allocator.ts.

import * as chunks from "./chunks";

@unmanaged
export class Block {
  /** References; the block is given back when the last one goes. */
  refs: u32;
  /** Bytes after the header that belong to the block. */
  capacity: u32;
  /** Table index of a `(owner: usize, bytes: i32) => void`; 0: nobody counts this block. */
  account: u32;
  owner: usize;
}

/** Bytes of a block beside its capacity. */
export const HEADER_BYTES: u32 = chunks.PREFIX_BYTES;
/** Most bytes of one block. */
export const CAPACITY_MAX: u32 = chunks.CHUNK_BYTES_MAX;

let live: i32 = 0;

/** Blocks that somebody holds a reference of. */
export function liveBlocks(): i32 {
  return live;
}

/** A block of at least `capacity` bytes that nobody pays for. Not zeroed. The caller holds the one reference. */
export function allocate(capacity: u32): Block {
  return make(chunks.roundUp(capacity), 0, 0);
}

/**
 * A block of exactly `capacity` bytes that somebody already paid for: HEADER_BYTES + `capacity`. When it goes,
 * `account(owner, -bytes)` is called; when a copy of it is made, `account(owner, bytes)`.
 */
export function allocatePaid(capacity: u32, account: (owner: usize, bytes: i32) => void, owner: usize): Block {
  return make(capacity, account.index, owner);
}

/** A block of at least `capacity` bytes that the payer of `model` pays for, too. */
export function allocateLike(model: Block, capacity: u32): Block {
  const account = model.account;
  if (account == 0) return allocate(capacity);
  call_indirect<void>(account, model.owner, <i32>(capacity + HEADER_BYTES));
  return make(capacity, account, model.owner);
}

@inline export function ref(block: Block): void {
  const refs = block.refs;
  assert(refs - 1 < 0x7fff_ffff, "the block is gone");
  block.refs = refs + 1;
}

export function unref(block: Block): void {
  const refs = block.refs;
  assert(refs != 0, "the block is gone");
  block.refs = refs - 1;
  if (refs != 1) return;
  live--;
  const account = block.account;
  const owner = block.owner;
  const capacity = block.capacity;
  chunks.free(changetype<usize>(block), capacity);
  if (account) call_indirect<void>(account, owner, -<i32>(capacity + HEADER_BYTES));
}

/** Address of the block's first byte. */
@inline export function bytesOf(block: Block): usize {
  return changetype<usize>(block) + HEADER_BYTES;
}

function make(capacity: u32, account: u32, owner: usize): Block {
  const block = changetype<Block>(chunks.allocate(capacity));
  live++;
  block.refs = 1;
  block.capacity = capacity;
  block.account = account;
  block.owner = owner;
  return block;
}
