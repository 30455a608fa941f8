// Work of this layer that must not happen inside of the call that caused it: sweeps and finished waits.
//
//   add -> [ item, item, … ] -> wake(), once -> (the engine, a little later) runDue() -> whenDue(item), …
//
// The layer that runs tasks is above this one, so it tells us once how it wants to be woken. An item is a record
// that has its place in the list in itself: what is freed takes itself out, so nothing has to live on for the list.

@unmanaged
export class DueItem {
  previousDue: usize;
  nextDue: usize;
  isDue: bool;
  /** Table index of a `(item: usize) => void`. */
  whenDue: u32;
}

/** Items that one `runDue` runs at most; the rest waits for the next one. */
const ITEMS_PER_RUN_MAX: i32 = 256;

let first: usize = 0;
let last: usize = 0;
let count: i32 = 0;
let woken: bool = false;
let running: bool = false;
/** Table index of a `() => void`. */
let wake: u32 = 0;

/** `run` is called when there is something to do, once until the next `runDue`, and must not call that inline. */
export function onDue(run: () => void): void {
  wake = run.index;
}

/** Items that wait for `runDue`. */
export function dueCount(): i32 {
  return count;
}

/** Does what is due, at most a bounded part of it; asks to be woken again for the rest. */
export function runDue(): void {
  assert(!running, "runDue inside of what it runs");
  running = true;
  woken = false;
  for (let left = min(count, ITEMS_PER_RUN_MAX); left > 0 && first; left--) {
    const item = changetype<DueItem>(first);
    remove(item);
    call_indirect<void>(item.whenDue, changetype<usize>(item));
  }
  running = false;
  if (first) askOnce();
}

/** Puts `item` at the end of the list unless it is there. */
export function add(item: DueItem): void {
  if (item.isDue) return;
  item.isDue = true;
  item.previousDue = last;
  item.nextDue = 0;
  if (last) changetype<DueItem>(last).nextDue = changetype<usize>(item);
  else first = changetype<usize>(item);
  last = changetype<usize>(item);
  count++;
  askOnce();
}

/** Takes `item` out if it is there. */
export function remove(item: DueItem): void {
  if (!item.isDue) return;
  item.isDue = false;
  if (item.previousDue) changetype<DueItem>(item.previousDue).nextDue = item.nextDue;
  else first = item.nextDue;
  if (item.nextDue) changetype<DueItem>(item.nextDue).previousDue = item.previousDue;
  else last = item.previousDue;
  count--;
}

function askOnce(): void {
  if (woken || wake == 0) return;
  woken = true;
  call_indirect<void>(wake);
}
