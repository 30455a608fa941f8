// Descriptors (the EventManager text): who owns one is told when an endpoint can be read, can be written, or has
// failed, and then reads and writes by itself, without waiting. A descriptor has its endpoint from `register` on.
//
//   register() --> OPEN -- release() --> CLOSED, and the endpoint is the caller's again
//                   |                      ^  |
//                   +-- close() -----------+  +-- destroy() --> gone
//
// Each of READABLE, WRITABLE and HAS_ERROR is in one of three states; "queues" is said of the closure:
//
//                    notifyWhen()                     an event, force(): queues, READY
//   +---------------+ ----------> +------------------+ ----------> +-------------+
//   | CLEAR, nobody |             | CLEAR, somebody  |             | SET, nobody | <-+
//   |               | <---------- | is REGISTERED    |             |             | --+ notifyWhen(): queues, READY
//   +---------------+             +------------------+             +-------------+
//     |   ^       its deadline: queues, TIMED_OUT                    |  ^
//     |   |       close(), release(): queues, READY                  |  |
//     |   +--------------------------- clear() ----------------------+  |
//     +------- force(), or an event that somebody else waited for ------+
//
// A closure runs exactly once per registration, from the task queue, at the priority that its condition had when it was
// queued; never inside of the call that queued it. What came first wins, and what is queued runs even if the descriptor
// is gone by then.
//
// A status is what was seen, not what is: it stays SET until `clear`. The streams of WASI are level-triggered, so
// after `clear` what is still there counts as new. Nothing is ever lost; the same event may be told twice. Only while
// somebody is registered is the stream looked at: first at once, then when the host has an event. So an idle
// descriptor wakes nobody.
//
// WASI has no event for errors; they are found by reading and writing. While a closure waits for HAS_ERROR, a small
// piece of the input is read when something is there; it stays with the endpoint (endpoint.ts) and comes first when
// somebody reads. With a piece in hand no more is read, so an error behind unread bytes is not seen, and neither is one
// of the output before somebody registers, writes, or is told of room. What failed or ended is ready, too.

import { READ_AHEAD_BYTES, READ_BYTES_MAX, ROUNDS_PER_RUN_MAX, WRITE_BYTES_MAX } from "../base/limits";
import { Pool } from "../base/pool";
import { COUNT, MED } from "../base/priority";
import * as buffers from "../data/slice-buffer";
import { SliceBuffer } from "../data/slice-buffer";
import * as tasks from "../exec/tasks";
import * as readiness from "../poll/readiness";
import { IDLE } from "../poll/source";
import * as waitList from "../poll/wait-list";
import { DIRECT } from "../time/timer";
import * as timers from "../time/timer-heap";
import { NEVER, Timer } from "../time/timer-heap";
import * as streams from "../wasi/streams";
import * as endpoints from "./endpoint";
import { Endpoint } from "./endpoint";
import * as reader from "./reader";
import { STREAM_FAILED } from "./reason";
import * as teardown from "./teardown";
import * as writer from "./writer";

export const READABLE: u32 = 0;
export const WRITABLE: u32 = 1;
export const HAS_ERROR: u32 = 2;
const CONDITIONS: u32 = 3;

// Outcomes.
export const READY: u8 = 0;
export const TIMED_OUT: u8 = 1;

@unmanaged
export class Descriptor {
  /** 0: closed or released. */
  endpoint: usize;
  /** A Registration or 0 for each condition. */
  readable: usize;
  writable: usize;
  hasError: usize;
  /** One bit for each condition that is SET. */
  status: u32;
  /** A byte for each condition. */
  priorities: u32;
}

/** From `notifyWhen` until its closure runs. The timer is its deadline. */
@unmanaged
class Registration extends Timer {
  descriptor: Descriptor;
  /** Table index of a `(owner: usize) => void`, and what it is called with. */
  closure: u32;
  closureOwner: usize;
  condition: u32;
  outcome: u8;
}

/** Of the closure that runs now. */
export let lastCondition: u32 = READABLE;
export let lastOutcome: u8 = READY;

const pool = new Pool(offsetof<Descriptor>());
const registrations = new Pool(offsetof<Registration>());

/** Takes an endpoint without outstanding reads and writes; nobody else uses it until `release`. */
export function register(endpoint: Endpoint): Descriptor {
  assert(!endpoints.isAdopted(endpoint), "the endpoint is a descriptor's");
  assert(reader.isIdle(endpoint) && writer.isIdle(endpoint), "a read or write is outstanding");
  reader.leave(endpoint);
  writer.leave(endpoint);
  const descriptor = changetype<Descriptor>(pool.take());
  descriptor.endpoint = changetype<usize>(endpoint);
  descriptor.priorities = MED | MED << 8 | MED << 16;
  endpoints.adopt(endpoint, inputEvent, outputEvent, changetype<usize>(descriptor));
  return descriptor;
}

/** Descriptors that were not destroyed. */
export function liveCount(): i32 {
  return pool.live;
}

/** Registrations, and closures that are queued. */
export function closureCount(): i32 {
  return registrations.live;
}

/**
 * `closure` runs exactly once: when the condition holds, or at `deadlineNs` of the monotonic clock (NEVER: none) if it
 * does not hold before; the outcome is `lastOutcome`. One registration per condition at a time, one more traps.
 */
export function notifyWhen(
  self: Descriptor, condition: u32, deadlineNs: u64, closure: (owner: usize) => void, owner: usize,
): void {
  const endpoint = endpointOf(self);
  assert(!registered(self, condition), "a closure is already registered");
  const registration = changetype<Registration>(registrations.take());
  timers.prepare(registration, expired, changetype<usize>(registration), DIRECT);
  registration.descriptor = self;
  registration.condition = condition;
  registration.closure = closure.index;
  registration.closureOwner = owner;
  if (isSet(self, condition)) return queue(registration, READY);
  setRegistered(self, condition, registration);
  if (deadlineNs != NEVER) timers.schedule(registration, deadlineNs);
  if (condition == HAS_ERROR) {
    permit(self);
    if (endpoint.inputEnding == STREAM_FAILED || endpoint.outputEnding == STREAM_FAILED) set(self, HAS_ERROR);
  }
  watch(self);
}

/** CLEAR. Closures that are queued stay queued. */
export function clear(self: Descriptor, condition: u32): void {
  self.status &= ~(1 << condition);
}

/** SET, and a registered closure is queued, as if the host had told an event. */
export function force(self: Descriptor, condition: u32): void {
  set(self, condition);
  if (self.endpoint) watch(self);
}

/** For closures that are queued from now on; MED at first. */
export function setPriority(self: Descriptor, condition: u32, priority: u32): void {
  assert(priority < COUNT);
  const shift = condition << 3;
  self.priorities = self.priorities & ~(0xff << shift) | priority << shift;
}

/**
 * Appends up to `most` bytes to `buffer` and never waits. Returns how many: fewer than were asked for, up to
 * READ_BYTES_MAX, say that no more was there. 0: nothing now. Below zero: the reason, negated, why there is no more.
 */
export function read(self: Descriptor, buffer: SliceBuffer, most: u32): i32 {
  const endpoint = endpointOf(self);
  let total = endpoints.takeAhead(endpoint, buffer, most);
  for (let round = 0; round < ROUNDS_PER_RUN_MAX && total < most && !endpoint.inputEnding; round++) {
    const count = reader.readOnce(endpoint, buffer, min<u32>(most - total, READ_BYTES_MAX));
    if (count > 0) total += count;
    if (count < <i32>reader.lastRoom) break;
  }
  if (endpoint.inputEnding == STREAM_FAILED) set(self, HAS_ERROR);
  watch(self); // a piece that was in the way may be gone
  return total ? <i32>total : -endpoint.inputEnding;
}

/**
 * Takes what the stream takes from the front of `buffer`, and never waits. Returns how many bytes that were, 0 when
 * there is no room now, or a reason, negated: the rest of the buffer stays as it is.
 */
export function write(self: Descriptor, buffer: SliceBuffer): i32 {
  const endpoint = endpointOf(self);
  let total: u32 = 0;
  for (let round = 0; round < ROUNDS_PER_RUN_MAX && buffer.length; round++) {
    const room = permit(self);
    if (room <= 0) break;
    const before = buffer.length;
    if (!writer.writeOnce(endpoint, buffer, min<u32>(room, WRITE_BYTES_MAX))) {
      outputFailed(self);
      break;
    }
    total += before - buffer.length;
  }
  watch(self); // a failure may have been what somebody waited for
  return total ? <i32>total : -endpoint.outputEnding;
}

/** Ends the output behind what was written: no more is taken. More than once is fine. */
export function shutdownSend(self: Descriptor): void {
  writer.endNow(endpointOf(self));
  force(self, WRITABLE);
}

export function isClosed(self: Descriptor): bool {
  return !self.endpoint;
}

/** Queues every registered closure and drops the endpoint; bytes that it took still leave. More than once is fine. */
export function close(self: Descriptor): void {
  if (self.endpoint) teardown.destroy(release(self));
}

/** Queues every registered closure. The endpoint is the caller's, with every byte that was not read. */
export function release(self: Descriptor): Endpoint {
  const endpoint = endpointOf(self);
  self.endpoint = 0;
  for (let condition = READABLE; condition < CONDITIONS; condition++) dismiss(self, condition);
  endpoints.handBack(endpoint);
  return endpoint;
}

/** Closes it, unless it is, and gives it back. The caller forgets it; queued closures still run. */
export function destroy(self: Descriptor): void {
  close(self);
  pool.give(changetype<usize>(self));
}

/** Bits, counted by condition: 0 SET, 4 REGISTERED. 8: closed. 9: a piece that was read ahead waits to be read. */
export function stateOf(self: Descriptor): u32 {
  let bits = self.status;
  for (let condition = READABLE; condition < CONDITIONS; condition++) {
    if (registered(self, condition)) bits |= 16 << condition;
  }
  if (!self.endpoint) return bits | 256;
  return changetype<Endpoint>(self.endpoint).ahead ? bits | 512 : bits;
}

function endpointOf(self: Descriptor): Endpoint {
  assert(self.endpoint != 0, "the descriptor is closed");
  return changetype<Endpoint>(self.endpoint);
}

@inline function isSet(self: Descriptor, condition: u32): bool {
  return (self.status >> condition & 1) != 0;
}

function registered(self: Descriptor, condition: u32): usize {
  assert(condition < CONDITIONS);
  return load<usize>(changetype<usize>(self) + (<usize>condition << 2), offsetof<Descriptor>("readable"));
}

function setRegistered(self: Descriptor, condition: u32, registration: Registration | null): void {
  store<usize>(changetype<usize>(self) + (<usize>condition << 2), changetype<usize>(registration),
    offsetof<Descriptor>("readable"));
}

function set(self: Descriptor, condition: u32): void {
  self.status |= 1 << condition;
  dismiss(self, condition);
}

/** Queues the registered closure, if there is one. */
function dismiss(self: Descriptor, condition: u32): void {
  const registration = registered(self, condition);
  if (!registration) return;
  setRegistered(self, condition, null);
  queue(changetype<Registration>(registration), READY);
}

function queue(registration: Registration, outcome: u8): void {
  timers.cancel(registration);
  registration.outcome = outcome;
  const priority = registration.descriptor.priorities >> (registration.condition << 3) & 0xff;
  tasks.run(runClosure, changetype<usize>(registration), priority);
}

/** The descriptor may be gone. */
function runClosure(owner: usize): void {
  const registration = changetype<Registration>(owner);
  const closure = registration.closure;
  const closureOwner = registration.closureOwner;
  lastCondition = registration.condition;
  lastOutcome = registration.outcome;
  registrations.give(owner);
  call_indirect<void>(closure, closureOwner);
}

/** A deadline. */
function expired(owner: usize): void {
  const registration = changetype<Registration>(owner);
  const self = registration.descriptor;
  setRegistered(self, registration.condition, null);
  queue(registration, TIMED_OUT);
  watch(self);
}

/** Waits for what somebody is registered for, and for nothing else. Whoever waits has looked before. */
function watch(self: Descriptor): void {
  const endpoint = changetype<Endpoint>(self.endpoint);
  if (self.writable && endpoint.writable.state == IDLE) lookAtOutput(self, false);
  if (wantsInput(self, endpoint) && endpoint.readable.state == IDLE) lookAtInput(self, false);
  if (!self.writable) readiness.rest(endpoint.writable);
  if (!wantsInput(self, endpoint)) readiness.rest(endpoint.readable);
}

@inline function wantsInput(self: Descriptor, endpoint: Endpoint): bool {
  return self.readable != 0 || (self.hasError != 0 && !endpoint.ahead && !endpoint.inputEnding);
}

function inputEvent(owner: usize): void {
  const self = changetype<Descriptor>(owner);
  lookAtInput(self, waitList.listed);
  watch(self);
}

function outputEvent(owner: usize): void {
  const self = changetype<Descriptor>(owner);
  lookAtOutput(self, waitList.listed);
  watch(self);
}

/** `isSure`: the host was asked and said that it is ready. What comes by handle is only a hint. */
function lookAtInput(self: Descriptor, isSure: bool): void {
  const endpoint = changetype<Endpoint>(self.endpoint);
  if (self.hasError && !endpoint.ahead && !endpoint.inputEnding) readAhead(endpoint);
  if (endpoint.ahead || endpoint.inputEnding || (!self.hasError && (isSure || endpoints.isReadable(endpoint)))) {
    set(self, READABLE);
    if (endpoint.inputEnding == STREAM_FAILED) set(self, HAS_ERROR);
  } else {
    endpoints.waitReadable(endpoint);
  }
}

function readAhead(endpoint: Endpoint): void {
  const piece = buffers.create();
  if (reader.readOnce(endpoint, piece, READ_AHEAD_BYTES) > 0) endpoint.ahead = changetype<usize>(piece);
  else buffers.destroy(piece);
}

function lookAtOutput(self: Descriptor, isSure: bool): void {
  const room = self.hasError || !isSure ? permit(self) : 1;
  if (room || isSure) set(self, WRITABLE);
  else endpoints.waitWritable(changetype<Endpoint>(self.endpoint));
}

/** Bytes that the next write may take, 0 when there is no room; below zero the output has ended. */
function permit(self: Descriptor): i32 {
  const endpoint = changetype<Endpoint>(self.endpoint);
  if (endpoint.outputEnding) return -1;
  const room = streams.checkWrite(endpoint.output);
  if (room < 0) outputFailed(self);
  return room;
}

function outputFailed(self: Descriptor): void {
  changetype<Endpoint>(self.endpoint).outputEnding = STREAM_FAILED;
  set(self, HAS_ERROR);
}
