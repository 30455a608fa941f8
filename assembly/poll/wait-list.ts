// Who waits, in the two ways in which hosts can tell us.
//
// A host that knows readiness by handle (ours) writes the ready handles into the ready buffer, so a turn costs as
// much as there are events: `find` gives the source of a handle. A host that only has wasi:io/poll gets a list,
// and looks at every entry of it, at about 0.2 µs each in Wasmtime. Ten thousand idle connections would then cost
// 2 ms per poll. So there are two queues, and poller.ts decides which part of which it asks for:
//
//            add                       window: not ready, and no event for long
//   new ------------> HOT, oldest first ---------------------------------------> COLD, oldest first
//                      ^   window: not ready, goes behind the newest               | window: the same
//                      +--- an event, a run, and it waits again ------------------+

import { WordVector } from "../base/word-vector";
import { HOT_NS, HOT_PER_SOURCE_NS } from "../base/limits";
import { Source } from "./source";
import { WaitQueue } from "./wait-queue";

export const hot = new WaitQueue();
export const cold = new WaitQueue();
const byHandle = new WordVector(64);

/** Time of the latest poll. New sources count as busy from then on. */
export let nowNs: u64 = 0;

/** False when the host delivers readiness by handle: then nothing is listed. */
export let listed: bool = true;

export function deliverByHandle(): void {
  assert(all() == 0);
  listed = false;
}

@inline export function all(): i32 {
  return hot.length + cold.length;
}

export function setNow(timeNs: u64): void {
  nowNs = timeNs;
}

export function add(source: Source): void {
  if (!listed) return;
  source.isCold = false;
  hot.push(source);
}

export function remove(source: Source): void {
  if (!listed) return;
  if (source.isCold) cold.remove(source);
  else hot.remove(source);
}

/**
 * Puts a source that was taken from a window and was not ready back: behind the hot ones, or, when it has been
 * silent for long, behind the cold ones. The more sources there are, the longer a busy one may be silent,
 * because its turn comes around less often.
 */
export function putBack(source: Source): void {
  const silenceNs = HOT_NS + <u64>(all() + 1) * HOT_PER_SOURCE_NS;
  source.isCold = !source.pinned && source.eventNs + silenceNs <= nowNs;
  if (source.isCold) cold.push(source);
  else hot.push(source);
}

/** Makes `source` findable by its pollable's handle. */
export function register(source: Source): void {
  if (listed) return;
  const handle = <i32>source.pollable;
  byHandle.extend(handle + 1);
  assert(byHandle.get(handle) == 0);
  byHandle.set(handle, changetype<u32>(source));
}

export function unregister(source: Source): void {
  if (listed) return;
  byHandle.set(<i32>source.pollable, 0);
}

/** The source of a handle that the host named; null for one that we dropped meanwhile. */
export function find(handle: u32): Source | null {
  if (handle >= <u32>byHandle.length) return null;
  return changetype<Source | null>(<usize>byHandle.get(<i32>handle));
}
