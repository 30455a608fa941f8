// Who waits, in the two ways in which hosts can tell us.
//
// A host that knows readiness by handle (ours) writes the ready handles into the ready buffer, so a turn
// costs as much as there are events: `byHandle` finds the source. A host that only has wasi:io/poll gets a
// list, and looks at every entry of it, at about 0.2 µs each in Wasmtime. Ten thousand idle connections would
// then cost 2 ms per poll. So the list is partitioned:
//
//   handles:  | clock | hot … hot | cold … cold |        sources: the same indexes
//             0       1           1+hotCount    length
//
// A source is hot for a while after its latest event. When there are many, poller.ts asks for windows of the hot
// ones, and for everything only now and then. The word before a window is lent to the clock pollable that the
// poll needs, so that no list is ever copied.

import { WordVector } from "../base/word-vector";
import { DEMOTIONS_PER_POLL, HOT_NS, HOT_PER_SOURCE_NS } from "../base/limits";
import { Source } from "./source";

const handles = new WordVector(64);
const sources = new WordVector(64);
const byHandle = new WordVector(64);

let hotCount: i32 = 0;
let demotionHand: i32 = 0;
/** Time of the latest poll: new sources count as busy from then on. */
export let latestNs: u64 = 0;

handles.push(0);
sources.push(0);

/** False when the host delivers readiness by handle: then nothing is listed. */
export let listed: bool = true;

export function deliverByHandle(): void {
  assert(handles.length == 1);
  listed = false;
}

export function add(source: Source): void {
  if (!listed) return;
  const slot = handles.length;
  handles.push(source.pollable);
  sources.push(changetype<u32>(source));
  source.slot = slot;
  swap(slot, ++hotCount); // new ones are hot: they are busy by definition
}

export function remove(source: Source): void {
  if (!listed) return;
  let slot = source.slot;
  assert(sources.get(slot) == changetype<u32>(source));
  if (slot <= hotCount) {
    swap(slot, hotCount);
    slot = hotCount--;
  }
  swap(slot, handles.length - 1);
  handles.pop();
  sources.pop();
  source.slot = 0;
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

/** Address of the handles from `slot` on. */
@inline export function from(slot: i32): usize {
  return handles.start + (<usize>slot << 2);
}

/** Puts `handle` into `slot` and returns what was there, which must be put back. */
export function lend(slot: i32, handle: u32): u32 {
  const previous = handles.get(slot);
  handles.set(slot, handle);
  return previous;
}

/** The source at `slot`, 1 or more. */
@inline export function at(slot: i32): Source {
  return changetype<Source>(<usize>sources.get(slot));
}

@inline export function hot(): i32 {
  return hotCount;
}

@inline export function all(): i32 {
  return handles.length - 1;
}

/**
 * Moves a few hot sources that had no event for long behind the hot ones. The more sources there are, the longer
 * a busy one may be silent, because its turn comes around less often.
 */
export function demote(nowNs: u64): void {
  latestNs = nowNs;
  const silenceNs = HOT_NS + <u64>all() * HOT_PER_SOURCE_NS;
  for (let i = min(DEMOTIONS_PER_POLL, hotCount); i > 0 && hotCount > 0; i--) {
    if (demotionHand >= hotCount) demotionHand = 0;
    const slot = ++demotionHand;
    const source = at(slot);
    if (source.pinned || source.eventNs + silenceNs > nowNs) continue;
    swap(slot, hotCount);
    hotCount--;
    demotionHand--; // the one that came here has not been looked at
  }
}

function swap(a: i32, b: i32): void {
  if (a == b) return;
  const handle = handles.get(a);
  const source = sources.get(a);
  move(b, a);
  handles.set(b, handle);
  sources.set(b, source);
  at(b).slot = b;
}

function move(from: i32, to: i32): void {
  handles.set(to, handles.get(from));
  sources.set(to, sources.get(from));
  at(to).slot = to;
}
