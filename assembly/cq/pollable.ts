// Pollables of our own, for programs that wait for more than one thing: WASI cannot make one out of several.
//
//   ofQueue   ready while the queue has an event, and when it is shut down for good; of a CALLBACK queue, which has
//             none, while a functor of any such queue is to run
//   ofWasi    whatever another interface gave out, ready when that is
//
// All are level-triggered: nothing is used up by asking, and any number of one queue wake up together. A wait drives
// the engine like one on a queue of DEFAULT_POLLING.

import { Pool } from "../base/pool";
import { step } from "../base/steps";
import * as readiness from "../poll/readiness";
import { IDLE, Source } from "../poll/source";
import * as clock from "../time/clock";
import { NEVER } from "../time/timer-heap";
import * as wasi from "../wasi/poll";
import * as queues from "./completion-queue";
import { CompletionQueue } from "./completion-queue";
import * as waiting from "./waiting";

@unmanaged
export class Pollable {
  /** One of the two is 0. */
  queue: usize;
  source: usize;
}

const pool = new Pool(offsetof<Pollable>(), 16);
/** A list of one. */
const only: usize = memory.data(8, 4);

/** To be dropped before the queue is destroyed. */
export function ofQueue(queue: CompletionQueue): Pollable {
  const pollable = changetype<Pollable>(pool.take());
  pollable.queue = changetype<usize>(queue);
  queue.watchers++;
  return pollable;
}

/** Takes over the WASI pollable `handle`, which is dropped with it. */
export function ofWasi(handle: u32): Pollable {
  const pollable = changetype<Pollable>(pool.take());
  const source = readiness.create((owner: usize): void => {}, 0); // it only has to end the wait
  readiness.subscribe(source, handle);
  source.pinned = true;
  pollable.source = changetype<usize>(source);
  return pollable;
}

export function drop(pollable: Pollable): void {
  if (pollable.queue) changetype<CompletionQueue>(pollable.queue).watchers--;
  else readiness.free(changetype<Source>(pollable.source));
  pool.give(changetype<usize>(pollable));
}

/** Never waits. A queue that looks empty gets one turn first, or who asks again and again would never see it fill. */
export function ready(pollable: Pollable): bool {
  waiting.giveWay();
  if (isReady(pollable)) return true;
  turn(0);
  return isReady(pollable);
}

/** Waits until it is ready. */
export function block(pollable: Pollable): void {
  store<usize>(only, changetype<usize>(pollable));
  poll(only, 1);
}

/**
 * Waits until one of the `count` pollables whose addresses are at `list` is ready. Returns how many are, and puts
 * their indexes, in order, in place of the addresses. An empty list would wait for ever and is refused.
 */
export function poll(list: usize, count: i32): i32 {
  assert(count > 0, "a poll of nothing could never end");
  waiting.giveWay();
  let found = collect(list, count);
  while (!found) {
    setWaiting(list, count, true);
    turn(NEVER);
    setWaiting(list, count, false);
    found = collect(list, count);
  }
  return found;
}

/** Pollables that were not dropped. */
export function liveCount(): i32 {
  return pool.live;
}

@inline function at(list: usize, index: i32): Pollable {
  return changetype<Pollable>(load<usize>(list + (<usize>index << 2)));
}

/** Indexes take the place of addresses that were looked at before; without any, the list stays as it is. */
function collect(list: usize, count: i32): i32 {
  let found = 0;
  for (let i = 0; i < count; i++) {
    if (isReady(at(list, i))) store<u32>(list + (<usize>(found++) << 2), i);
  }
  return found;
}

/** Those of WASI are part of the turn's poll; one that is listed twice is there once. */
function setWaiting(list: usize, count: i32, isWaiting: bool): void {
  for (let i = 0; i < count; i++) {
    const source = changetype<Source>(at(list, i).source);
    if (!changetype<usize>(source)) continue;
    if (!isWaiting) readiness.rest(source);
    else if (source.state == IDLE) readiness.wait(source);
  }
}

function isReady(pollable: Pollable): bool {
  if (pollable.queue) return queues.isReady(changetype<CompletionQueue>(pollable.queue));
  const isReady = wasi.ready(changetype<Source>(pollable.source).pollable);
  if (isReady) step();
  return isReady;
}

function turn(boundNs: u64): void {
  clock.update();
  waiting.fullTurn(boundNs);
}
