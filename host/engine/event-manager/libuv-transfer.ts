// One direction of a descriptor in the libuv flavour: bytes are moved first, and then the caller is told.
//
//           begin            event                 nothing left to do, or it ended
//   IDLE ----------> ARMED ----------> MOVING -----------------------------------> LAST: the upcall runs
//    ^                ^ ^                | |                                        |
//    |                | +-- (1) nothing -+ +-- (2) a part --> ARMED, and then the upcall runs
//    +------------------------------------------------------------------ it has returned
//
//   1  the event was an old one: what it stood for is cleared, and the next one is waited for
//   2  there may be more; armed before the upcall runs, which so may end the descriptor as any other call may
//
// A try that throws, because the engine failed, goes to LAST, too.
//
// `force` and `end` only leave a note: the event that they cause (the core's, for whoever is registered) does the rest.
// In MOVING the caller's allocator may run, and force or end the descriptor: the note is looked at behind it.
//
//            begin     event      force            end
//   IDLE     ARMED     a defect   nothing          nothing
//   ARMED    refused   MOVING     ends if nothing can be moved    ends at the next event, nothing is moved
//   MOVING   refused   a defect   ends if nothing can be moved    ends now, nothing is moved
//   LAST     refused   a defect   nothing          nothing

import { refuse, type Status } from "../status.js";
import { CANCELLED_STATUS } from "../status-table.js";

/** What a try came to. */
export enum Moved {
  Nothing,
  /** There may be more. */
  Part,
  /** All of it, or the stream has ended. */
  Last,
}

/** The bytes that one `begin` is about, and whom it tells. */
export interface Transferring {
  /** Before each try, and may run code of the caller's. */
  prepare(): void;
  /** Moves what can be moved now. */
  move(): Moved;
  /** Runs the upcall. `ended` is why it is over when the stream did not say so, else null. */
  tell(ended: Status | null, rearmed: boolean): void;
}

/** The condition that the transfer waits for. */
export interface TransferCondition {
  /** One event will come, later: when it holds or is forced, or the descriptor is closed or released. */
  arm(): void;
  /** What was told counts no more. */
  clear(): void;
  /** Why nothing can be moved, when the try threw `error`. */
  why(error: unknown): Status;
}

enum State {
  Idle,
  Armed,
  Moving,
  Last,
}

export class Transfer {
  private state = State.Idle;
  private work: Transferring | null = null;
  private isForced = false;
  private ended: Status | null = null;

  constructor(private readonly condition: TransferCondition) {}

  get isIdle(): boolean {
    return this.state === State.Idle;
  }

  /** `name` is the call's, for the message. `make` may throw: then nothing has begun. */
  begin(name: string, make: () => Transferring): void {
    if (this.state !== State.Idle) refuse(`${name} before the last one is over: its last upcall has to return first`);
    this.work = make();
    this.rearm();
  }

  /** The condition was forced. */
  force(): void {
    this.isForced = this.state === State.Armed || this.state === State.Moving;
  }

  /** The descriptor was closed or released: no `arm` any more. */
  end(status: Status): void {
    if (this.state === State.Armed || this.state === State.Moving) this.ended = status;
  }

  /** The event that `arm` asked for. */
  occurred(): void {
    if (this.state !== State.Armed) throw new Error("an event for a transfer that waits for none");
    this.state = State.Moving;
    const work = this.work as Transferring;
    if (this.ended === null) work.prepare();
    if (this.ended !== null) return this.last(this.ended);
    let moved: Moved;
    try {
      moved = work.move();
    } catch (error) {
      return this.last(this.condition.why(error)); // no event would come any more
    }
    switch (moved) {
      case Moved.Last:
        return this.last(null);
      case Moved.Part:
        this.rearm(); // (2)
        return work.tell(null, true);
      case Moved.Nothing:
        if (this.isForced) return this.last(CANCELLED_STATUS);
        this.condition.clear(); // (1)
        return this.rearm();
    }
  }

  private rearm(): void {
    this.state = State.Armed;
    this.isForced = false; // that was for the event before
    this.condition.arm();
  }

  private last(ended: Status | null): void {
    const work = this.work as Transferring;
    this.work = null;
    this.ended = null;
    this.state = State.Last;
    try {
      work.tell(ended, false);
    } finally {
      this.state = State.Idle;
    }
  }
}
