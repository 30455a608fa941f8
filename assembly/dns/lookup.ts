// Look-ups: one call of a user's, from its start to its one end.
//
//                    answered, and nothing left to search for       its turn
//   start ──> WAITING ────────────────────────────────────> ENDED ──────────> `done`, gone
//     │        │  │ deadline, tryCancel, resolver destroyed   ▲ │
//     │        │  └───────────────────────────────────────────┤ └ cancel ──> DEAD ── its turn ──> gone
//     │        └ cancel ──> gone                              │
//     └ literal, localhost, cached, wrong, refused ───────────┘
//
// What has ENDED keeps its end until `done` is told it, or it is cancelled. `done` never runs inside of the call that
// starts or ends a look-up, only from the task queue: in a later turn, after what was queued before. A WAITING look-up
// waits for one question; the answer may send it on to the next name of the search list.

import { LOOKUPS_MAX } from "../base/limits";
import * as tasks from "../exec/tasks";
import { CANCELLED, DEADLINE_EXCEEDED, NO_RECORDS, Reason } from "../net/reason";
import * as allocators from "../quota/memory-allocator";
import { MemoryAllocator } from "../quota/memory-allocator";
import * as quotas from "../quota/memory-quota";
import * as records from "../quota/record";
import * as clock from "../time/clock";
import * as timers from "../time/timer-heap";
import { NEVER, Timer } from "../time/timer-heap";
import * as errors from "../wasi/error-code";
import { SocketAddress } from "../wasi/network";
import * as cache from "./cache";
import * as failure from "./failure";
import { literal, localhost } from "./local-result";
import * as table from "./lookup-record";
import { DEAD, ENDED, Lookup, WAITING } from "./lookup-record";
import { TYPE_SRV, TYPE_TXT } from "./message";
import { hashOf } from "./name-table";
import * as questions from "./question";
import { QUESTION_BYTES_MAX } from "./question";
import { HOST } from "./question-record";
import { Resolver } from "./resolver-record";
import * as results from "./result";
import { ADDRESSES, Result } from "./result";
import * as searchList from "./search-list";
import * as target from "./target";

const ADDRESS_BYTES: u32 = offsetof<SocketAddress>();
const LOOKUP_BYTES: u32 = offsetof<Lookup>();
/** Bytes that must be left for a look-up to begin; what answers take beyond them may overcommit the quota. */
const ROOM_BYTES: u32 = LOOKUP_BYTES + QUESTION_BYTES_MAX;

const candidate: usize = memory.data(256, 8);
/** The default port of what is looked up without one. */
const NO_PORT: usize = memory.data<u8>([48]);

/** The second word of the handle that the latest start returned. Read it right after the call. */
export let lastGeneration: u32 = 0;
/** While `done` runs: how it ended, FAILURE or not. That function owns the reference. */
export let lastResult: Result = changetype<Result>(0);

/** Look-ups whose `done` has not run. */
export function liveCount(): i32 {
  return table.liveCount();
}

/**
 * Looks the addresses of a target up (target.ts): all of them, in the order of RFC 6724, each with the port. Both texts
 * are copied. `port` is the default port and may be empty. `deadlineNs` is a time of the monotonic clock, or NEVER.
 *
 * Returns the slot of its handle; the generation is `lastGeneration`. `done(owner)` runs exactly once, in a later turn,
 * unless `cancel` answered true; also for a target that cannot be read. LOOKUPS_MAX may be outstanding.
 */
export function hostname(
  resolver: Resolver, name: usize, nameLength: u32, port: usize, portLength: u32, deadlineNs: u64,
  done: (owner: usize) => void, owner: usize,
): u32 {
  const lookup = create(resolver, HOST, done, owner);
  start(lookup, resolver, name, nameLength, port, portLength, deadlineNs);
  return lookup.slot;
}

/**
 * The same for the SRV records of a name, by priority. A port behind the name is ignored and the search list is not
 * used, as in gRPC.
 */
export function srv(
  resolver: Resolver, name: usize, nameLength: u32, deadlineNs: u64, done: (owner: usize) => void, owner: usize,
): u32 {
  const lookup = create(resolver, TYPE_SRV, done, owner);
  start(lookup, resolver, name, nameLength, NO_PORT, 1, deadlineNs);
  return lookup.slot;
}

/** The same for the TXT records of a name, one entry per record. A port behind the name is ignored. */
export function txt(
  resolver: Resolver, name: usize, nameLength: u32, deadlineNs: u64, done: (owner: usize) => void, owner: usize,
): u32 {
  const lookup = create(resolver, TYPE_TXT, done, owner);
  start(lookup, resolver, name, nameLength, NO_PORT, 1, deadlineNs);
  return lookup.slot;
}

/** True: `done` will never run (the text of 2022). False: it ran already, or nothing has this handle. */
export function cancel(slot: u32, generation: u32): bool {
  const lookup = table.find(slot, generation);
  if (!lookup) return false;
  const wasEnded = lookup.state == ENDED;
  stop(lookup);
  table.forget(lookup);
  table.part(lookup);
  lookup.state = DEAD;
  if (!wasEnded) free(lookup);
  return true;
}

/**
 * `done` runs in a later turn, with CANCELLED (the text of 2021), or as it ended if it has ended before. Does nothing
 * when nothing has this handle.
 */
export function tryCancel(slot: u32, generation: u32): void {
  const lookup = table.find(slot, generation);
  if (lookup && lookup.state == WAITING) endAs(lookup, CANCELLED);
}

/** The owner of a look-up whose `done` has not run; 0 for every other handle. */
export function ownerOf(slot: u32, generation: u32): usize {
  const lookup = table.find(slot, generation);
  return lookup ? lookup.owner : 0;
}

/** Every look-up of the resolver, which goes now, ends with CANCELLED if it has not ended. */
export function cancelAll(resolver: Resolver): void {
  while (resolver.firstLookup) {
    const lookup = changetype<Lookup>(resolver.firstLookup);
    if (lookup.state == WAITING) endAs(lookup, CANCELLED);
    table.part(lookup);
  }
}

function create(resolver: Resolver, type: u16, done: (owner: usize) => void, owner: usize): Lookup {
  const lookup = table.take();
  lookup.type = type;
  lookup.answered = answered.index;
  lookup.done = done.index;
  lookup.owner = owner;
  lookup.allocator = resolver.allocator;
  allocators.reserve(resolver.allocator, LOOKUP_BYTES, LOOKUP_BYTES);
  table.join(lookup, resolver);
  lastGeneration = table.lastGeneration;
  return lookup;
}

function start(
  lookup: Lookup, resolver: Resolver, name: usize, length: u32, port: usize, portLength: u32, deadlineNs: u64,
): void {
  const type = lookup.type;
  if (!isAdmitted(resolver)) return refuse(lookup, errors.OUT_OF_MEMORY, name, length);
  let kind = target.parseTarget(name, length, port, portLength);
  if (kind == target.LITERAL && type != HOST) kind = target.refuse("an address is no name");
  lookup.port = target.port;
  if (kind == target.INVALID) return refuse(lookup, errors.INVALID_ARGUMENT, name, length);
  if (deadlineNs <= clock.now()) return refuse(lookup, DEADLINE_EXCEEDED, name, length);
  if (kind == target.LITERAL) return end(lookup, literal(resolver.allocator));
  if (kind == target.LOCALHOST) return end(lookup, localhost(resolver.allocator, type));
  if (type != HOST && !resolver.channel) return refuse(lookup, errors.NOT_SUPPORTED, name, length);
  if (resolver.searchCount && type != TYPE_SRV && !target.isAbsolute) {
    lookup.name = records.createBytes(resolver.allocator, target.wireLength);
    memory.copy(lookup.name, target.wire, target.wireLength);
    searchFrom(lookup, resolver, 0);
  } else {
    seek(lookup, resolver, target.wire, target.wireLength);
  }
  if (lookup.state != WAITING || deadlineNs == NEVER) return;
  const deadline = timers.create(deadlinePassed, changetype<usize>(lookup));
  lookup.deadline = changetype<usize>(deadline);
  timers.schedule(deadline, deadlineNs);
}

/** Whether there may be one more. What the cache holds makes room for it. */
function isAdmitted(resolver: Resolver): bool {
  if (table.liveCount() > LOOKUPS_MAX) return false;
  if (hasRoom(resolver.allocator)) return true;
  cache.clear(resolver.cache);
  return hasRoom(resolver.allocator);
}

function hasRoom(allocator: MemoryAllocator): bool {
  return <i64>allocator.cachedBytes + quotas.availableBytes(allocator.quota) >= <i64>ROOM_BYTES;
}

/** Finds a wire name out, from the cache or by a question. */
function seek(lookup: Lookup, resolver: Resolver, name: usize, length: u32): void {
  const hash = hashOf(name, length);
  const known = cache.find(resolver.cache, hash, name, length, lookup.type);
  if (known) settle(lookup, resolver, known);
  else questions.ask(resolver, hash, name, length, lookup.type, lookup);
}

/** Goes through the search list from `place` on, up to the first name that has to be waited for. */
function searchFrom(lookup: Lookup, resolver: Resolver, place: i32): void {
  const domains = resolver.searchCount;
  let length: u32 = 0;
  while (!length) length = searchList.write(resolver.search, domains, lookup.name, place++, candidate);
  lookup.place = place;
  seek(lookup, resolver, candidate, length);
}

function answered(waiter: usize): void {
  const lookup = changetype<Lookup>(waiter);
  settle(lookup, lookup.resolver!, questions.lastResult);
}

/** The name that was sought has this result, which somebody else holds. */
function settle(lookup: Lookup, resolver: Resolver, result: Result): void {
  const isNowhere = result.reason == errors.NAME_UNRESOLVABLE || result.reason == NO_RECORDS;
  if (lookup.name && isNowhere) {
    // The failure of the name itself is told, which is the one that the caller knows.
    const domains = resolver.searchCount;
    const isItself = lookup.place - 1 == searchList.placeOfItself(lookup.name, domains);
    if (isItself || !lookup.result) setResult(lookup, results.retain(result));
    if (hasNext(lookup, resolver)) return searchFrom(lookup, resolver, lookup.place);
    return end(lookup, results.retain(changetype<Result>(lookup.result)));
  }
  if (result.kind != ADDRESSES) return end(lookup, results.retain(result));
  const copy = results.create(resolver.allocator, ADDRESSES, result.count, result.bytes);
  memory.copy(copy.payload, result.payload, result.bytes);
  for (let at = copy.payload, stop = at + copy.bytes; at < stop; at += ADDRESS_BYTES) {
    changetype<SocketAddress>(at).port = lookup.port;
  }
  end(lookup, copy);
}

/** Whether another name is to be tried; names that would be too long are passed over. */
function hasNext(lookup: Lookup, resolver: Resolver): bool {
  const domains = resolver.searchCount;
  while (lookup.place <= domains) {
    if (searchList.write(resolver.search, domains, lookup.name, lookup.place, candidate)) return true;
    lookup.place++;
  }
  return false;
}

function deadlinePassed(owner: usize): void {
  endAs(changetype<Lookup>(owner), DEADLINE_EXCEEDED);
}

/** Ends one that is WAITING without an answer. */
function endAs(lookup: Lookup, reason: Reason): void {
  failure.beginName(lookup.type, questions.nameOf(lookup));
  failure.add(failure.wordsOf(reason));
  if (reason == DEADLINE_EXCEEDED) questions.explainSoFar(lookup);
  end(lookup, failure.finish(lookup.allocator, reason));
}

/** Ends what did not begin. */
function refuse(lookup: Lookup, reason: Reason, name: usize, length: u32): void {
  failure.beginQuote(lookup.type, name, length);
  if (reason == errors.INVALID_ARGUMENT) failure.add(target.error);
  else failure.add(failure.wordsOf(reason));
  end(lookup, failure.finish(lookup.allocator, reason));
}

/** Takes the reference. `done` runs with it, soon. */
function end(lookup: Lookup, result: Result): void {
  stop(lookup);
  lookup.result = changetype<usize>(result);
  lookup.state = ENDED;
  tasks.run(tell, changetype<usize>(lookup));
}

function setResult(lookup: Lookup, result: Result): void {
  if (lookup.result) results.release(changetype<Result>(lookup.result));
  lookup.result = changetype<usize>(result);
}

/** Nothing is under way any more, and nothing kept. */
function stop(lookup: Lookup): void {
  if (lookup.question) questions.leave(lookup);
  if (lookup.deadline) timers.free(changetype<Timer>(lookup.deadline));
  if (lookup.name) records.destroy(lookup.name);
  if (lookup.result) results.release(changetype<Result>(lookup.result));
  lookup.deadline = 0;
  lookup.name = 0;
  lookup.result = 0;
}

function tell(owner: usize): void {
  const lookup = changetype<Lookup>(owner);
  if (lookup.state == DEAD) return free(lookup);
  const done = lookup.done;
  const who = lookup.owner;
  const result = changetype<Result>(lookup.result);
  table.forget(lookup);
  table.part(lookup);
  free(lookup);
  lastResult = result;
  call_indirect<void>(done, who);
}

function free(lookup: Lookup): void {
  const allocator = lookup.allocator;
  table.give(lookup);
  allocators.release(allocator, LOOKUP_BYTES);
}
