// Readiness: the state machine of a source.
//
//            wait()                     event                       turn
//   +------+ --1--> +---------+ --------3--------> +-------+ --5--> runs, is IDLE again
//   | IDLE |        | WAITING |                    | READY |
//   +------+ <--2-- +---------+                    +-------+
//      |     rest()                                  ^   |
//      +-------------------4 hurry()-----------------+   +--6 free()--> DEAD --> the turn gives it back
//
//   1  the owner tried, got nothing, and wants to hear of it
//   2  the owner lost interest (an event that was on its way is forgotten)
//   3  the host said that the pollable is ready
//   4  the owner has more to do and lets others go first: no event is needed
//   5  a prompt source runs as soon as the host has told all its events, before timers and tasks; it only takes a
//      note, and tasks that it queues run in the same turn. Nobody hurries it. The others run after the tasks.
//   6  a source that is queued cannot leave the queue at once
//
// An event for a source that is IDLE is dropped on purpose: the owner always tries before it waits, so it can
// miss nothing, and it hears nothing that it did not ask for.

import { Pool } from "../base/pool";
import * as poll from "../wasi/poll";
import { DEAD, IDLE, READY, Source, WAITING } from "./source";
import * as waitList from "./wait-list";

const pool = new Pool(offsetof<Source>());

// The ready queue, first in, first out, and the same for prompt sources.
let first: usize = 0;
let last: usize = 0;
let firstPrompt: usize = 0;
let lastPrompt: usize = 0;
/** Sources that are queued to run, without the prompt ones. */
export let readyCount: i32 = 0;
/** Prompt sources that ran so far. */
export let promptCount: u64 = 0;

export function create(run: (owner: usize) => void, owner: usize): Source {
  const source = changetype<Source>(pool.take());
  source.eventNs = waitList.nowNs;
  source.run = run.index;
  source.owner = owner;
  return source;
}

/** Sources that are not freed. */
export function liveCount(): i32 {
  return pool.live;
}

/** 1: asks for one event. */
export function wait(source: Source): void {
  assert(source.state == IDLE);
  assert(source.pollable != 0);
  source.state = WAITING;
  waitList.add(source);
}

/** 2: no event, please. Does nothing to a source that waits for none. */
export function rest(source: Source): void {
  if (source.state == WAITING) {
    waitList.remove(source);
    source.state = IDLE;
  }
}

/** 3: the host's word that the pollable is ready. */
export function signal(source: Source, nowNs: u64): void {
  if (source.state != WAITING) return;
  waitList.remove(source);
  wake(source, nowNs);
}

/** 3: the same for a source that was taken off the wait list already. */
export function wake(source: Source, nowNs: u64): void {
  assert(source.state == WAITING);
  source.eventNs = nowNs;
  enqueue(source);
}

/** 4: runs again in a later turn, behind everything that is queued. */
export function hurry(source: Source): void {
  if (source.state == READY) return;
  assert(!source.prompt);
  rest(source);
  assert(source.state == IDLE);
  enqueue(source);
}

/** 5: runs every prompt source that is ready. To be called when the host has told all that it has to tell. */
export function runPrompt(): void {
  while (firstPrompt) {
    const source = changetype<Source>(firstPrompt);
    firstPrompt = source.next;
    promptCount++;
    run(source);
  }
}

/** 5: runs the oldest ready source. */
export function runNext(): void {
  assert(first != 0);
  const source = changetype<Source>(first);
  first = source.next;
  if (!first) last = 0;
  readyCount--;
  run(source);
}

function run(source: Source): void {
  if (source.state == DEAD) {
    pool.give(changetype<usize>(source));
    return;
  }
  assert(source.state == READY);
  source.state = IDLE;
  call_indirect<void>(source.run, source.owner);
}

/** Drops the pollable and gives the source back. The caller forgets it. */
export function free(source: Source): void {
  assert(source.state != DEAD);
  rest(source);
  unsubscribe(source);
  if (source.state == READY) {
    source.state = DEAD; // 6
    return;
  }
  pool.give(changetype<usize>(source));
}

/** Gives `source` the pollable that it will wait on, and owns it from here. */
export function subscribe(source: Source, pollable: u32): void {
  assert(source.state != DEAD);
  assert(source.pollable == 0);
  assert(pollable != 0);
  source.pollable = pollable;
  waitList.register(source);
}

/** Drops the pollable, which must go before what it watches. */
export function unsubscribe(source: Source): void {
  if (!source.pollable) return;
  rest(source);
  waitList.unregister(source);
  poll.drop(source.pollable);
  source.pollable = 0;
}

function enqueue(source: Source): void {
  source.state = READY;
  source.next = 0;
  if (source.prompt) {
    if (firstPrompt) changetype<Source>(lastPrompt).next = changetype<usize>(source);
    else firstPrompt = changetype<usize>(source);
    lastPrompt = changetype<usize>(source);
    return;
  }
  if (last) changetype<Source>(last).next = changetype<usize>(source);
  else first = changetype<usize>(source);
  last = changetype<usize>(source);
  readyCount++;
}
