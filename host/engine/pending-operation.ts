// An operation of a completion queue:
//
//   PENDING -- end() --> OVER: its event carries the tag, the status and the value; a functor runs
//      +------ drop() -> OVER: nobody hears of it

import type { CompletionQueues } from "./completion-queues.js";
import type { Endpoint } from "./interfaces.js";
import { refuse, type Status } from "./status.js";

export class PendingOperation {
  /** Another one of the same tag, where only tags are known. */
  other: PendingOperation | null = null;
  private isOver = false;

  constructor(
    private readonly all: CompletionQueues,
    private readonly isFunctor: boolean,
    /** The number of its tag, and the core's record. */
    private readonly tagNumber: number,
    private readonly address: number,
  ) {}

  end(status: Status, value: Endpoint | undefined): void {
    this.finish();
    if (!this.all.end(this.address, status, value)) {
      this.all.tags.release(this.tagNumber);
      value?.destroy(); // nobody will ever take it
    }
    this.all.changed(this.isFunctor);
  }

  drop(): void {
    this.finish();
    this.all.core.exports.cq_drop_op(this.address);
    this.all.tags.release(this.tagNumber);
    this.all.changed(this.isFunctor);
  }

  private finish(): void {
    if (this.isOver) refuse("an operation of a completion queue ends once");
    this.isOver = true;
  }
}
