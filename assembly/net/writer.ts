// Writes of slice buffers to an endpoint, one at a time.
//
//   IDLE -- write() --> WRITING -- the stream took every byte, or failed --> IDLE, and `done` runs
//    |                    ^  |
//    |                    |  +-- the endpoint is destroyed --> gone, and `done` runs later with ENDPOINT_CLOSED
//    |          permits: as many bytes as the stream takes now
//    +-- true: every byte was taken at once, `done` does not run
//    +-- the outcome is known at once: SETTLED -- later --> IDLE, and `done` runs
//
// A failure stays: every later write fails the same way. `end()` is the FIN: behind an outstanding write.
//
// What the stream does not take at once moves into a buffer of the writer's own, so the caller's is empty and free
// for other things when `write` returns. Small slices are gathered into one write of the stream: each costs a call
// of the host, and often a packet.

import { mark, realloc, release } from "../abi/arena";
import { GATHER_BYTES_MAX, ROUNDS_PER_RUN_MAX, WRITE_BYTES_MAX } from "../base/limits";
import { Pool } from "../base/pool";
import * as buffers from "../data/slice-buffer";
import { SliceBuffer } from "../data/slice-buffer";
import * as tasks from "../exec/tasks";
import * as readiness from "../poll/readiness";
import * as errors from "../wasi/error-code";
import * as streams from "../wasi/streams";
import * as endpoints from "./endpoint";
import { Endpoint } from "./endpoint";
import { ENDPOINT_CLOSED, OK, Reason, STREAM_FAILED } from "./reason";

const IDLE: u8 = 0;
const WRITING: u8 = 1;
const SETTLED: u8 = 2;

// What `push` came to.
const TAKEN: i32 = 0;
const WAITS: i32 = 1;
const BROKEN: i32 = 2;

@unmanaged
class Writer {
  endpoint: Endpoint;
  /** What is left to write while WRITING, or 0. The writer's own. */
  rest: usize;
  maxFrameBytes: u32;
  state: u8;
  /** `end` came while WRITING. */
  endsBehind: bool;
  /** Of the outstanding write while SETTLED. */
  outcome: Reason;
  /** Table index of a `(owner: usize) => void`. */
  done: u32;
  owner: usize;
}

/** How the write whose `done` runs now ended. */
export let lastReason: Reason = OK;

const pool = new Pool(offsetof<Writer>());

/**
 * Takes all bytes out of `buffer`, which is empty and the caller's again when this returns. Returns true when the
 * stream took them at once and `mayCompleteInline`: then `done` does not run. Otherwise `done` runs exactly once,
 * never within this call: with OK when the stream took every byte. A second outstanding write traps.
 *
 * No single write of the stream has more than `maxFrameBytes` (at least 1). Without bytes it is over at once.
 */
export function write(
  endpoint: Endpoint, buffer: SliceBuffer, maxFrameBytes: u32, mayCompleteInline: bool,
  done: (owner: usize) => void, owner: usize,
): bool {
  const writer = writerOf(endpoint);
  assert(writer.state == IDLE, "a write is already outstanding");
  assert(maxFrameBytes != 0);
  writer.maxFrameBytes = maxFrameBytes;
  writer.done = done.index;
  writer.owner = owner;
  let step = endpoint.outputEnding ? BROKEN : TAKEN;
  if (step == TAKEN && buffer.length) step = push(writer, buffer);
  if (step == TAKEN && mayCompleteInline) return true;
  if (step == WAITS) {
    const rest = buffers.create();
    buffers.swap(rest, buffer);
    writer.rest = changetype<usize>(rest);
    writer.state = WRITING;
    return false;
  }
  buffers.clear(buffer);
  writer.state = SETTLED;
  writer.outcome = endpoint.outputEnding;
  readiness.hurry(endpoint.writable);
  return false;
}

/** Ends the output once the outstanding write is over; later writes fail with INVALID_STATE. More than once is fine. */
export function end(endpoint: Endpoint): void {
  const writer = writerOf(endpoint);
  if (writer.state == WRITING) writer.endsBehind = true;
  else endNow(endpoint);
}

/** Whether no write is outstanding. */
export function isIdle(endpoint: Endpoint): bool {
  return !endpoint.writer || changetype<Writer>(endpoint.writer).state == IDLE;
}

/** The endpoint is destroyed, or handed on without a write: what is outstanding ends later, what was not taken goes. */
export function leave(endpoint: Endpoint): void {
  if (!endpoint.writer) return;
  const writer = changetype<Writer>(endpoint.writer);
  endpoint.writer = 0;
  if (writer.state == IDLE) {
    pool.give(changetype<usize>(writer));
    return;
  }
  if (writer.state == WRITING) {
    dropRest(writer);
    writer.outcome = ENDPOINT_CLOSED;
  }
  tasks.run(left, changetype<usize>(writer));
}

/** Endpoints that have written and are not destroyed, and writes that still are to end. */
export function liveCount(): i32 {
  return pool.live;
}

function writerOf(endpoint: Endpoint): Writer {
  if (endpoint.writer) return changetype<Writer>(endpoint.writer);
  assert(!endpoints.isAdopted(endpoint), "the endpoint is a descriptor's");
  const writer = changetype<Writer>(pool.take());
  endpoint.writer = changetype<usize>(writer);
  writer.endpoint = endpoint;
  endpoints.setWriter(endpoint, run, changetype<usize>(writer));
  return writer;
}

function run(owner: usize): void {
  const writer = changetype<Writer>(owner);
  assert(writer.state != IDLE);
  if (writer.state == WRITING) {
    if (push(writer, changetype<SliceBuffer>(writer.rest)) == WAITS) return;
    dropRest(writer);
    writer.outcome = writer.endpoint.outputEnding;
    if (writer.endsBehind) endNow(writer.endpoint);
  }
  writer.state = IDLE;
  lastReason = writer.outcome;
  call_indirect<void>(writer.done, writer.owner);
}

function left(owner: usize): void {
  const writer = changetype<Writer>(owner);
  const done = writer.done;
  const doneOwner = writer.owner;
  lastReason = writer.outcome;
  pool.give(owner);
  call_indirect<void>(done, doneOwner);
}

/** Behind the bytes that the stream took. Nothing happens when the output has ended already. */
export function endNow(endpoint: Endpoint): void {
  if (endpoint.outputEnding) return;
  endpoint.outputEnding = errors.INVALID_STATE;
  endpoints.endOutput(endpoint);
}

function dropRest(writer: Writer): void {
  buffers.destroy(changetype<SliceBuffer>(writer.rest));
  writer.rest = 0;
}

/** Hands bytes over, a few writes at most, and makes sure of a later run when some are left. */
function push(writer: Writer, buffer: SliceBuffer): i32 {
  const endpoint = writer.endpoint;
  for (let round = 0; round < ROUNDS_PER_RUN_MAX; round++) {
    const permit = streams.checkWrite(endpoint.output);
    if (permit == 0) {
      endpoints.waitWritable(endpoint);
      return WAITS;
    }
    if (permit < 0 || !writeOnce(endpoint, buffer, min<u32>(permit, writer.maxFrameBytes))) {
      endpoint.outputEnding = STREAM_FAILED;
      return BROKEN;
    }
    if (!buffer.length) return TAKEN;
  }
  readiness.hurry(endpoint.writable);
  return WAITS;
}

/** One write of at most `limit` bytes: a part of the first slice, or several small slices gathered. */
export function writeOnce(endpoint: Endpoint, buffer: SliceBuffer, limit: u32): bool {
  const wanted = min(limit, buffer.length);
  const first = buffers.lengthAt(buffer, 0);
  let count = min(wanted, first);
  let status = 0;
  if (first >= wanted || first >= GATHER_BYTES_MAX) {
    status = streams.write(endpoint.output, buffers.addressAt(buffer, 0), count);
  } else {
    count = min<u32>(wanted, WRITE_BYTES_MAX);
    const position = mark();
    const gathered = realloc(0, 0, 1, count);
    buffers.copyOut(buffer, 0, count, gathered);
    status = streams.write(endpoint.output, gathered, count);
    release(position);
  }
  buffers.trimStart(buffer, count);
  return status == 0;
}
