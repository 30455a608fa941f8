// A pump: moves bytes from one endpoint's input to another's output (or its own: an echo).
//
//            read, write              end of input
//   MOVING ---------------> MOVING ----------------> DRAINING ------> ENDED
//     |                                                 |
//     |  the input failed                               | the output failed or closed
//     +-----------------> FAILED                        +-----------> ENDED
//     |  the output failed or closed
//     +-----------------> STOPPED
//
// Backpressure: the output is asked for a permit first, and never more is read than the permit. So a pump holds
// no byte between runs, whatever its reader does, and a byte is copied once on its way through our memory.

import { mark, release } from "../abi/arena";
import { READ_BYTES_MAX, READ_BYTES_MIN, ROUNDS_PER_RUN_MAX } from "../base/limits";
import { Pool } from "../base/pool";
import * as readiness from "../poll/readiness";
import { IDLE } from "../poll/source";
import * as streams from "../wasi/streams";
import * as tcp from "../wasi/tcp";
import * as endpoint from "./endpoint";
import { Endpoint } from "./endpoint";

export const MOVING: u8 = 0;
export const DRAINING: u8 = 1;
/** Every byte to the end of the input was handed on, and the end with it. */
export const ENDED: u8 = 2;
/** The target takes no more; bytes may be left in the input. */
export const STOPPED: u8 = 3;
/** The input failed (a reset). */
export const FAILED: u8 = 4;

// What one round came to: bytes moved; it waits; the end of the moving.
const MOVED: i32 = 0;
const WAITS: i32 = 1;
const OVER: i32 = 2;

@unmanaged
export class Pump {
  source: Endpoint;
  target: Endpoint;
  state: u8;
  /** Bytes moved since the latest `isSilent`. */
  active: bool;
  /** `endSoon` was called. */
  ending: bool;
  /** Bytes that the next read asks for; follows what the reads bring. */
  readBytes: i32;
  /** Table index of a `(owner: usize) => void`, run once when the pump is ENDED, STOPPED or FAILED. */
  done: u32;
  owner: usize;
}

const pool = new Pool(offsetof<Pump>());

/** A pump that waits for its first `run`. It is the reader of `source` and the writer of `target`. */
export function create(source: Endpoint, target: Endpoint, done: (owner: usize) => void, owner: usize): Pump {
  const pump = changetype<Pump>(pool.take());
  pump.source = source;
  pump.target = target;
  pump.readBytes = READ_BYTES_MIN;
  pump.done = done.index;
  pump.owner = owner;
  endpoint.setReader(source, run, changetype<usize>(pump));
  endpoint.setWriter(target, run, changetype<usize>(pump));
  return pump;
}

export function free(pump: Pump): void {
  pool.give(changetype<usize>(pump));
}

export function liveCount(): i32 {
  return pool.live;
}

/** Moves what can be moved now, within limits; waits for the rest. */
export function run(owner: usize): void {
  const pump = changetype<Pump>(owner);
  if (pump.state == DRAINING) {
    drain(pump);
    return;
  }
  if (pump.state != MOVING) return; // an event that was on its way when the pump finished
  for (let round = 0; round < ROUNDS_PER_RUN_MAX; round++) {
    const step = moveOnce(pump);
    if (step == OVER) return; // the pump may have been given back
    if (step == WAITS) {
      if (pump.ending && pump.target.writable.state == IDLE) endInput(pump);
      return;
    }
  }
  readiness.hurry(pump.source.readable);
}

/**
 * True when nothing moved since the latest call and nothing is held back by a slow reader: what the peer sent
 * so far has been handed on.
 */
export function isSilent(pump: Pump): bool {
  const wasActive = pump.active;
  pump.active = false;
  return !wasActive && pump.state == MOVING && pump.target.writable.state == IDLE;
}

/** Counts the input as ended after one more look at it. For a graceful stop. */
export function endSoon(pump: Pump): void {
  pump.ending = true;
  readiness.hurry(pump.source.readable);
}

/** One permit, one read, one write. */
function moveOnce(pump: Pump): i32 {
  const permit = streams.checkWrite(pump.target.output);
  if (permit == 0) {
    endpoint.waitWritable(pump.target);
    return WAITS;
  }
  if (permit < 0) return finish(pump, STOPPED);
  const asked = min(permit, pump.readBytes);
  const position = mark();
  const count = streams.read(pump.source.input, asked);
  if (count <= 0) {
    release(position);
    if (count == streams.CLOSED) return endInput(pump);
    if (count == streams.FAILED) return finish(pump, FAILED);
    endpoint.waitReadable(pump.source);
    return WAITS;
  }
  pump.active = true;
  const written = streams.write(pump.target.output, streams.readAddress, count);
  release(position);
  if (written < 0) return finish(pump, STOPPED);
  if (count == asked) {
    pump.readBytes = min(pump.readBytes << 2, READ_BYTES_MAX);
    return MOVED;
  }
  // A short read emptied the input: to ask again now would be a call for nothing.
  if (count << 3 < pump.readBytes) pump.readBytes = max(pump.readBytes >> 1, READ_BYTES_MIN);
  endpoint.waitReadable(pump.source);
  return WAITS;
}

function endInput(pump: Pump): i32 {
  pump.state = DRAINING;
  const target = pump.target;
  if (target.socket) tcp.shutdown(target.socket, tcp.SHUTDOWN_SEND);
  else streams.flush(target.output);
  return drain(pump);
}

/** After a shutdown or flush the output gives no permit until every byte has left. */
function drain(pump: Pump): i32 {
  if (streams.checkWrite(pump.target.output) != 0) return finish(pump, ENDED);
  endpoint.waitWritable(pump.target);
  return OVER;
}

function finish(pump: Pump, state: u8): i32 {
  pump.state = state;
  call_indirect<void>(pump.done, pump.owner);
  return OVER;
}
