// A simulated wasi:io/poll with a virtual clock, for tests of the poller.
//
// The cooperative kind behaves like Wasmtime on tokio: a ready report, a permit and an accept cost one step each of
// a budget of 128. Past it everything reads as not ready, until a poll as a whole had to wait once. A pollable of
// no duration that is polled for the first time is not ready, which alone in a list makes the poll wait; it costs no
// step. Ready indexes come in the order of handles.
import type { Imports, Probe } from "./probe.js";

export const BUDGET = 128;
const POLL_NS = 1000n;
const POLL_ITEM_NS = 200n;

interface Pollable {
  ready: boolean;
  /** Only for clock pollables: when they are ready. */
  dueNs?: bigint;
  /** A clock pollable of no duration that was not polled yet. */
  fresh: boolean;
  /** A clock pollable of no duration, which never costs a step. */
  free?: boolean;
}

interface PlannedEvent {
  atNs: bigint;
  happen: () => void;
}

export class SimulatedPoll {
  nowNs = 1_000_000_000n;
  polls = 0;
  /** Handles that the latest poll was asked for, and what it answered. */
  latest: number[] = [];
  latestReady: number[] = [];
  instantsMade = 0;
  readonly #cooperative: boolean;
  #budget = BUDGET;
  #nextHandle = 1;
  readonly #pollables = new Map<number, Pollable>();
  /** A binary heap by time. */
  readonly #planned: PlannedEvent[] = [];

  constructor(cooperative: boolean) {
    this.#cooperative = cooperative;
  }

  create(): number {
    return this.#add({ ready: false, fresh: false });
  }

  setReady(handle: number, ready: boolean): void {
    this.#get(handle).ready = ready;
  }

  isReady(handle: number): boolean {
    return this.#get(handle).ready;
  }

  get liveClocks(): number {
    return [...this.#pollables.values()].filter(({ dueNs }) => dueNs !== undefined).length;
  }

  /** What a permit or an accept costs; false means that the runtime says "not ready" instead. */
  step(): boolean {
    if (!this.#cooperative) return true;
    if (this.#budget === 0) return false;
    this.#budget--;
    return true;
  }

  /** Makes something happen once the clock is there. */
  plan(atNs: bigint, happen: () => void): void {
    const heap = this.#planned;
    heap.push({ atNs, happen });
    for (let at = heap.length - 1; at > 0;) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.atNs <= heap[at]!.atNs) break;
      [heap[parent], heap[at]] = [heap[at]!, heap[parent]!];
      at = parent;
    }
  }

  imports(probeOf: () => Probe): Imports {
    return {
      "poll/poll": (list: number, length: number, result: number) => {
        const found = this.poll(probeOf().words(list, length));
        const address = probeOf().call.cabi_realloc(0, 0, 4, 4 * found.length);
        const view = probeOf().view();
        found.forEach((index, at) => view.setUint32(address + 4 * at, index, true));
        view.setUint32(result, address, true);
        view.setUint32(result + 4, found.length, true);
      },
      "poll/drop pollable": (handle: number) => {
        this.#get(handle);
        this.#pollables.delete(handle);
      },
      "monotonic-clock/now": () => this.nowNs,
      "monotonic-clock/subscribe-instant": (dueNs: bigint) => {
        this.instantsMade++;
        return this.#add({ ready: false, dueNs: BigInt.asUintN(64, dueNs), fresh: false });
      },
      "monotonic-clock/subscribe-duration": (durationNs: bigint) => {
        const none = durationNs === 0n;
        return this.#add({ ready: false, dueNs: this.nowNs + durationNs, fresh: none, free: none });
      },
    };
  }

  poll(list: number[]): number[] {
    if (list.length === 0) throw new Error("poll of an empty list");
    if (new Set(list).size !== list.length) throw new Error("a pollable twice in one poll");
    this.polls++;
    this.latest = list;
    this.nowNs += POLL_NS + POLL_ITEM_NS * BigInt(list.length);
    for (;;) {
      this.happen();
      const { ready, again } = this.#pass(list);
      if (ready.length > 0) return (this.latestReady = ready);
      this.#budget = BUDGET; // The poll as a whole waits, so the runtime gets its turn.
      if (!again) this.#sleep(list);
    }
  }

  /** Lets everything happen that was planned for the time until now. */
  happen(): void {
    while (this.#planned.length > 0 && this.#planned[0]!.atNs <= this.nowNs) this.#takePlanned().happen();
  }

  #pass(list: number[]): { ready: number[]; again: boolean } {
    const ready: number[] = [];
    let again = false;
    const order = list.map((handle, index) => ({ handle, index })).sort((one, other) => one.handle - other.handle);
    for (const { handle, index } of order) {
      const pollable = this.#get(handle);
      if (pollable.fresh && this.#cooperative) {
        pollable.fresh = false;
        again = true;
      } else if (pollable.ready || (pollable.dueNs !== undefined && pollable.dueNs <= this.nowNs)) {
        if (pollable.free || this.step()) ready.push(index);
        else again = true;
      }
    }
    return { ready, again };
  }

  /** Goes on to the next thing that can end this poll. */
  #sleep(list: number[]): void {
    const times = list.flatMap((handle) => this.#get(handle).dueNs ?? []);
    if (this.#planned.length > 0) times.push(this.#planned[0]!.atNs);
    if (times.length === 0) throw new Error("this poll would wait for ever");
    this.nowNs = times.reduce((least, time) => (time < least ? time : least));
  }

  #takePlanned(): PlannedEvent {
    const heap = this.#planned;
    const first = heap[0]!;
    const moved = heap.pop()!;
    if (heap.length > 0) heap[0] = moved;
    for (let at = 0; ;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && heap[child]!.atNs < heap[least]!.atNs) least = child;
      }
      if (least === at) return first;
      [heap[least], heap[at]] = [heap[at]!, heap[least]!];
      at = least;
    }
  }

  #add(pollable: Pollable): number {
    this.#pollables.set(this.#nextHandle, pollable);
    return this.#nextHandle++;
  }

  #get(handle: number): Pollable {
    const pollable = this.#pollables.get(handle);
    if (pollable === undefined) throw new Error(`no pollable has the handle ${handle}`);
    return pollable;
  }
}
