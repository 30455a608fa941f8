// Sources that wait, oldest first, with their handles side by side as wasi:io/poll wants them.
//
//   slots:    | taken … taken | head … oldest to newest … |
//   handles:                    h     h    h    h              sources: the same slots
//
// Polls take windows from the head and put what was not ready behind the newest, so everyone's turn comes.

import { WordVector } from "../base/word-vector";
import { Source } from "./source";

/** Slots before the head that are put up with before everything moves down. */
const TAKEN_MAX: i32 = 1024;

@final
export class WaitQueue {
  private readonly handles: WordVector = new WordVector(64);
  private readonly sources: WordVector = new WordVector(64);
  private head: i32 = 0;

  @inline get length(): i32 {
    return this.handles.length - this.head;
  }

  /** The source at `index` places behind the oldest. */
  @inline at(index: i32): Source {
    return changetype<Source>(<usize>this.sources.get(this.head + index));
  }

  push(source: Source): void {
    source.slot = this.handles.length;
    this.handles.push(source.pollable);
    this.sources.push(changetype<u32>(source));
  }

  /** Takes the oldest out. */
  shift(): Source {
    const source = this.at(0);
    this.head++;
    this.tidy();
    return source;
  }

  /** Takes one out of the middle; the newest takes its place. */
  remove(source: Source): void {
    const slot = source.slot;
    assert(slot >= this.head && this.sources.get(slot) == changetype<u32>(source));
    const handle = this.handles.pop();
    const newest = this.sources.pop();
    if (newest != changetype<u32>(source)) {
      this.handles.set(slot, handle);
      this.sources.set(slot, newest);
      changetype<Source>(<usize>newest).slot = slot;
    }
    this.tidy();
  }

  /** Copies the handles of the `count` oldest to `target`. */
  copyHandles(target: usize, count: i32): void {
    assert(count <= this.length);
    memory.copy(target, this.handles.start + (<usize>this.head << 2), <usize>count << 2);
  }

  /** Moves everything down once the empty part is the larger one: a constant cost per shift. */
  private tidy(): void {
    const length = this.length;
    if (length && (this.head < TAKEN_MAX || this.head < length)) return;
    const from = <usize>this.head << 2;
    memory.copy(this.handles.start, this.handles.start + from, <usize>length << 2);
    memory.copy(this.sources.start, this.sources.start + from, <usize>length << 2);
    this.handles.length = length;
    this.sources.length = length;
    this.head = 0;
    for (let slot = 0; slot < length; slot++) this.at(slot).slot = slot;
  }
}
