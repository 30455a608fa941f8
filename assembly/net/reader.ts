// Reads of an endpoint into slice buffers, one at a time.
//
//   IDLE -- read() --> READING -- bytes, the end, a failure --> IDLE, and `done` runs
//    ^                    |
//    +--- true: bytes were there, `done` does not run
//                         +-- the endpoint is destroyed --> gone, and `done` runs later with ENDPOINT_CLOSED
//
// A read goes on until it has as many bytes as its caller wished for, one at least. It ends with fewer when the end, a
// failure or memory pressure comes before. The end and a failure stay: every later read has the same outcome. Bytes
// that came before are delivered first, and a read has either bytes or an error.
//
// A read that emptied the input leaves the endpoint waiting for the next event, so that the next `read` costs no
// call of the host until something is there. Nothing is read ahead: bytes stay with the host until they are asked for.
// The exception is a piece that a descriptor read before us (endpoint.ts); it comes first.
//
// Bytes land directly in the block that the slice will own. How much is asked for follows what the reads bring; when
// a read brings less than half a block, the bytes move into a smaller one. So memory held is at most about twice the
// bytes, and an endpoint that waits holds none.

import { mark, redirect, release } from "../abi/arena";
import { READ_BYTES_MAX, READ_BYTES_MIN, READ_HINT_MAX, ROUNDS_PER_RUN_MAX } from "../base/limits";
import { Pool } from "../base/pool";
import * as blocks from "../data/block";
import { Block } from "../data/block";
import * as slices from "../data/slice";
import { Slice } from "../data/slice";
import * as buffers from "../data/slice-buffer";
import { SliceBuffer } from "../data/slice-buffer";
import * as tasks from "../exec/tasks";
import * as readiness from "../poll/readiness";
import { IDLE } from "../poll/source";
import * as allocators from "../quota/memory-allocator";
import { MemoryAllocator } from "../quota/memory-allocator";
import * as streams from "../wasi/streams";
import * as endpoints from "./endpoint";
import { Endpoint } from "./endpoint";
import { END_OF_STREAM, ENDPOINT_CLOSED, OK, Reason, STREAM_FAILED } from "./reason";

@unmanaged
class Reader {
  endpoint: Endpoint;
  /** The buffer of the outstanding read, or 0. The caller's. */
  buffer: usize;
  /** At most READ_HINT_MAX, so that nobody's wish gives a peer much of our memory. */
  hintBytes: u32;
  /** Bytes that the next read of the stream asks for. */
  readBytes: u32;
  /** Table index of a `(owner: usize) => void`. */
  done: u32;
  owner: usize;
}

/** How the read whose `done` runs now ended. */
export let lastReason: Reason = OK;

/** Bytes that were read into slices since `forgetBytes`. */
export let bytesRead: u32 = 0;

const pool = new Pool(offsetof<Reader>());
const scratch = changetype<Slice>(memory.data(16, 8));

/**
 * Clears `buffer` and fills it with what the peer sends. Returns true when bytes were there and `mayCompleteInline`:
 * then `done` does not run. Otherwise `done` runs exactly once, never within this call, with OK and at least one
 * byte, or with another reason and none. The buffer is the reader's until then. A second outstanding read traps.
 *
 * The read goes on until there are `hintBytes`: who wishes for more than the peer will send waits for its end.
 */
export function read(
  endpoint: Endpoint, buffer: SliceBuffer, hintBytes: u32, mayCompleteInline: bool,
  done: (owner: usize) => void, owner: usize,
): bool {
  const reader = readerOf(endpoint);
  assert(!reader.buffer, "a read is already outstanding");
  buffers.clear(buffer);
  reader.buffer = changetype<usize>(buffer);
  reader.hintBytes = max<u32>(min<u32>(hintBytes, READ_HINT_MAX), 1);
  reader.done = done.index;
  reader.owner = owner;
  if (endpoint.readable.state != IDLE) return false; // it waits, or its event is on the way
  if (mayCompleteInline && !endpoint.inputEnding) {
    fill(reader);
    if (isDone(reader) && buffer.length) {
      reader.buffer = 0;
      return true;
    }
    if (!endpoint.inputEnding) return false;
  }
  readiness.hurry(endpoint.readable);
  return false;
}

/** Whether no read is outstanding. */
export function isIdle(endpoint: Endpoint): bool {
  return !endpoint.reader || !changetype<Reader>(endpoint.reader).buffer;
}

/** The endpoint is destroyed, or handed on without a read: what is outstanding ends in a later turn. */
export function leave(endpoint: Endpoint): void {
  if (!endpoint.reader) return;
  const reader = changetype<Reader>(endpoint.reader);
  endpoint.reader = 0;
  if (reader.buffer) {
    buffers.clear(changetype<SliceBuffer>(reader.buffer));
    tasks.run(left, changetype<usize>(reader));
  } else pool.give(changetype<usize>(reader));
}

export function forgetBytes(): void {
  bytesRead = 0;
}

export function countBytes(count: u32): void {
  bytesRead += count;
}

/** Endpoints that have read and are not destroyed, and reads that still are to end. */
export function liveCount(): i32 {
  return pool.live;
}

function readerOf(endpoint: Endpoint): Reader {
  if (endpoint.reader) return changetype<Reader>(endpoint.reader);
  assert(!endpoints.isAdopted(endpoint), "the endpoint is a descriptor's");
  const reader = changetype<Reader>(pool.take());
  endpoint.reader = changetype<usize>(reader);
  reader.endpoint = endpoint;
  reader.readBytes = READ_BYTES_MIN;
  endpoints.setReader(endpoint, run, changetype<usize>(reader));
  return reader;
}

function run(owner: usize): void {
  const reader = changetype<Reader>(owner);
  const buffer = changetype<SliceBuffer>(reader.buffer);
  if (!reader.buffer) return; // the next read will find what came
  if (!reader.endpoint.inputEnding) fill(reader);
  if (!isDone(reader)) return; // `fill` waits again
  reader.buffer = 0;
  finish(reader, buffer.length ? OK : reader.endpoint.inputEnding);
}

function isDone(reader: Reader): bool {
  return reader.endpoint.inputEnding != OK || changetype<SliceBuffer>(reader.buffer).length >= reader.hintBytes;
}

function left(owner: usize): void {
  const reader = changetype<Reader>(owner);
  const done = reader.done;
  const doneOwner = reader.owner;
  pool.give(owner);
  lastReason = ENDPOINT_CLOSED;
  call_indirect<void>(done, doneOwner);
}

function finish(reader: Reader, reason: Reason): void {
  lastReason = reason;
  call_indirect<void>(reader.done, reader.owner);
}

/** Reads until the input is empty or the hint is met, and sees to it that a read that is not done goes on. */
function fill(reader: Reader): void {
  const endpoint = reader.endpoint;
  const buffer = changetype<SliceBuffer>(reader.buffer);
  if (endpoint.ahead) {
    endpoints.takeAhead(endpoint, buffer, u32.MAX_VALUE);
    if (isDone(reader)) return;
  }
  for (let round = 0; round < ROUNDS_PER_RUN_MAX; round++) {
    const asked = min<u32>(max<u32>(reader.readBytes, reader.hintBytes - buffer.length), READ_BYTES_MAX);
    const count = readOnce(endpoint, buffer, asked);
    if (count < 0) return;
    if (lastRoom < asked >> 1) reader.hintBytes = 1; // memory is short: no more is wished for
    if (<u32>count < lastRoom) { // the input is empty: to ask again now would be a call for nothing
      // Nothing at all says nothing about how much comes at once.
      if (count && <u32>count << 3 < reader.readBytes) {
        reader.readBytes = max<u32>(reader.readBytes >> 1, READ_BYTES_MIN);
      }
      endpoints.waitReadable(endpoint);
      return;
    }
    reader.readBytes = min<u32>(reader.readBytes << 2, READ_BYTES_MAX);
    if (buffer.length >= reader.hintBytes) return;
  }
  readiness.hurry(endpoint.readable);
}

/** Bytes that the latest `readOnce` had room for; under memory pressure fewer than asked. */
export let lastRoom: u32 = 0;

/** Appends what one read of the stream brings. Returns its bytes; below zero the input has ended, and says why. */
export function readOnce(endpoint: Endpoint, buffer: SliceBuffer, asked: u32): i32 {
  const payer = endpoint.allocator;
  const block = newBlock(payer, min<u32>(asked, READ_BYTES_MIN), asked);
  const target = blocks.bytesOf(block);
  lastRoom = min<u32>(block.capacity, asked);
  const position = mark();
  redirect(target, lastRoom);
  const count = streams.read(endpoint.input, lastRoom);
  if (count > 0 && streams.readAddress != target) memory.copy(target, streams.readAddress, count);
  release(position);
  if (count <= 0) {
    blocks.unref(block);
    if (count < 0) endpoint.inputEnding = count == streams.CLOSED ? END_OF_STREAM : STREAM_FAILED;
    return count;
  }
  countBytes(count);
  if (<u32>count << 1 >= block.capacity) {
    slices.setPart(scratch, block, 0, count);
    buffers.append(buffer, scratch);
  } else {
    appendSmall(buffer, payer, target, count);
    blocks.unref(block);
  }
  return count;
}

/** Bytes that would keep a block alive that is much larger than they are. */
function appendSmall(buffer: SliceBuffer, payer: usize, address: usize, count: u32): void {
  if (count <= slices.INLINED_BYTES_MAX) {
    slices.setInlined(scratch, address, count);
  } else {
    const block = newBlock(payer, count, count);
    memory.copy(blocks.bytesOf(block), address, count);
    slices.setPart(scratch, block, 0, count);
  }
  buffers.append(buffer, scratch);
}

function newBlock(payer: usize, least: u32, most: u32): Block {
  if (payer) return allocators.makeBlock(changetype<MemoryAllocator>(payer), least, most);
  return blocks.allocate(most);
}
