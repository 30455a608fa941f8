// Handles of tasks, connection attempts and look-ups: what `cancel`, `cancelConnect` and `cancelLookup` are given.
//
// A handle names a slot of the core and the slot's generation, so a stale one matches nothing; and the space that
// the slot belongs to, so a handle of another engine, or of the other kind, matches nothing either.

const SPACE_UNIT = 4294967296;
const MINUS_ONE_TEXT = "f".repeat(16);

let spaces = 0;

/** A number for the handles of one engine and one kind, for `new TaskHandle(slot, generation, space)` and the like. */
export function newSpace(): number {
  spaces++;
  return spaces;
}

abstract class Handle {
  /** For engines: of ours, or of an application's own, whose `space` is from `newHandleSpace`. */
  constructor(
    readonly slot: number,
    readonly generation: number,
    readonly space: number,
  ) {}

  /** Two numbers that tell it from every other handle; both are -1 in the invalid one. */
  get keys(): readonly [number, number] {
    return this.space === 0 ? [-1, -1] : [this.slot, this.space * SPACE_UNIT + this.generation];
  }

  equals(other: this): boolean {
    return this.slot === other.slot && this.generation === other.generation && this.space === other.space;
  }

  toString(): string {
    return `{${this.keys.map((key) => key < 0 ? MINUS_ONE_TEXT : key.toString(16).padStart(16, "0")).join(",")}}`;
  }
}

/** A scheduled task. Holding it keeps nothing alive; it may be given to `cancel` at any time, and often. */
export class TaskHandle extends Handle {
  private declare readonly kind: "task";
  /** @internal What will be called; null once it was, or was cancelled. */
  entry: unknown = null;
  /** @internal Its entry is in the ring: the core no longer knows the task. */
  hasBegun = false;
  /** A handle of no task: its keys are -1 and `cancel` answers false. */
  static readonly invalid = new TaskHandle(-1, 0, 0);
}

/** A connection attempt. Holding it keeps nothing alive; it may be given to `cancelConnect` at any time. */
export class ConnectionHandle extends Handle {
  private declare readonly kind: "connection";
  /** A handle of no attempt: its keys are -1 and `cancelConnect` answers false. */
  static readonly invalid = new ConnectionHandle(-1, 0, 0);
}

/** A look-up. Holding it keeps nothing alive; it may be given to its resolver's `cancelLookup` at any time. */
export class LookupHandle extends Handle {
  private declare readonly kind: "lookup";
  /** @internal Which look-up it is of; null once that is over. */
  lookup: object | null = null;
  /** A handle of no look-up: its keys are -1 and `cancelLookup` answers false. */
  static readonly invalid = new LookupHandle(-1, 0, 0);
}
