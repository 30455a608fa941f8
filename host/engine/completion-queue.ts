// A completion queue of the core, and those who wait for its events.
//
//   OPEN -- shutdown, and what is outstanding has ended --> SHUT DOWN -- every event was taken --> only shutdowns come
//     +-------------+----- destroy (no event, nobody waits) --> DESTROYED
//
//   a wait:   its event is there --> resolves at once
//             otherwise WAITING -- QUEUE entry in the ring, its event --> resolves with it
//                          |  +--- QUEUE entry, shut down ------------> resolves with the shutdown
//                          +------ the deadline, and one more turn ---> resolves with a timeout

import type { CompletionQueues } from "./completion-queues.js";
import type { Receiver } from "./core-engine.js";
import type { TaskHandle } from "./handles.js";
import type { AcceptCallback, Endpoint } from "./interfaces.js";
import { PLUCKERS_MAX } from "./limits.js";
import { PendingOperation } from "./pending-operation.js";
import type {
  CompletionQueue, CompletionQueueAttributes, CompletionType, Operation, QueueEvent, WaitOptions,
} from "./queue-interfaces.js";
import { checkFunctor } from "./queue-tags.js";
import { makeStatus, OK_STATUS, refuse, type Status, StatusCode, StatusError } from "./status.js";
import { CANCELLED_STATUS, type Ending } from "./status-table.js";

const SHUTDOWN: QueueEvent = Object.freeze({ type: "queue-shutdown" });
const TIMEOUT: QueueEvent = Object.freeze({ type: "queue-timeout" });

/** Somebody who waits. */
interface Wait {
  readonly isPluck: boolean;
  readonly tag: unknown;
  readonly resolve: (event: QueueEvent) => void;
  readonly timer: TaskHandle | null;
}

export class CoreCompletionQueue implements CompletionQueue, Receiver {
  onReady: (() => void) | null = null;
  private readonly word: number;
  /** 0 once destroyed. */
  private address: number;
  private readonly type: CompletionType;
  private readonly canListen: boolean;
  private readonly waits: Wait[] = [];
  /** Outstanding operations of `beginOp`: of each tag the latest, which leads to the others. */
  private readonly own = new Map<unknown, PendingOperation>();

  /** @internal */
  constructor(
    private readonly all: CompletionQueues,
    factory: number,
    attributes: CompletionQueueAttributes,
  ) {
    const { core, tags } = all;
    this.type = attributes.completionType;
    this.canListen = attributes.pollingType === "default";
    const shutdownTag = attributes.onShutdown === undefined ? 0 : tags.add(attributes.onShutdown);
    this.word = core.receivers.add(this);
    core.live.queues++;
    this.address = core.exports.cq_create(factory, this.word, shutdownTag);
  }

  operation(tag: unknown): Operation {
    const pending = this.begin(tag);
    if (pending !== null) {
      const operation = (status: Status, value?: Endpoint | null): void => pending.end(status, value ?? undefined);
      operation.drop = () => pending.drop();
      return operation;
    }
    if (this.isShutDown) this.all.core.refuse("the completion queue is shut down: no operation can begin");
    throw new StatusError(makeStatus(StatusCode.RESOURCE_EXHAUSTED, "operations",
      "too many operations of completion queues are outstanding or were not taken"));
  }

  beginOp(tag: unknown): boolean {
    const pending = this.begin(tag);
    if (pending === null) return false;
    pending.other = this.own.get(tag) ?? null;
    this.own.set(tag, pending);
    return true;
  }

  endOp(tag: unknown, success: boolean): void {
    this.checkAlive("endOp");
    const pending = this.own.get(tag);
    if (pending === undefined) refuse("endOp of a tag that no operation of beginOp has");
    if (pending.other === null) this.own.delete(tag);
    else this.own.set(tag, pending.other);
    pending.end(success ? OK_STATUS : CANCELLED_STATUS, undefined);
  }

  accepts(tag: unknown): AcceptCallback {
    if (!this.canListen) refuse("a completion queue that is not of polling type default cannot be told of connections");
    this.checkTag(tag);
    return (endpoint) => {
      let operation: Operation;
      try {
        operation = this.operation(tag);
      } catch (error) {
        endpoint.destroy();
        throw error;
      }
      operation(OK_STATUS, endpoint);
    };
  }

  async next(until?: Date | WaitOptions): Promise<QueueEvent> {
    this.checkNext();
    // Who came before is served before, although it has not been told yet.
    const event = this.waits.length > 0 ? null : this.tryNext();
    return event ?? this.wait(false, undefined, until);
  }

  tryNext(): QueueEvent | null {
    this.checkNext();
    if (this.all.core.exports.cq_take(this.address) !== 0) return this.takenEvent();
    return this.isShutDown ? SHUTDOWN : null;
  }

  async pluck(tag: unknown, until?: Date | WaitOptions): Promise<QueueEvent> {
    this.checkPluck();
    if (this.waits.length >= PLUCKERS_MAX) return TIMEOUT;
    return this.tryPluck(tag) ?? this.wait(true, tag, until);
  }

  tryPluck(tag: unknown): QueueEvent | null {
    this.checkPluck();
    const number = this.all.tags.find(tag);
    if (number !== 0 && this.all.core.exports.cq_pluck(this.address, number) !== 0) return this.takenEvent();
    return this.isShutDown ? SHUTDOWN : null;
  }

  get length(): number {
    return this.address === 0 ? 0 : this.all.core.exports.cq_length(this.address);
  }

  get isShutDown(): boolean {
    return this.address === 0 || this.all.core.exports.cq_is_shut_down(this.address) !== 0;
  }

  shutdown(): void {
    if (this.address === 0) return;
    this.all.core.exports.cq_shutdown(this.address);
    this.all.changed(this.type === "callback");
  }

  destroy(): void {
    if (this.address === 0) return;
    if (this.length > 0) refuse("destroy of a completion queue before its events were taken");
    if (this.waits.length > 0) refuse("destroy of a completion queue while somebody waits for its events");
    const { all } = this;
    for (const latest of this.own.values()) {
      for (let pending: PendingOperation | null = latest; pending !== null; pending = pending.other) pending.drop();
    }
    this.own.clear();
    all.core.exports.cq_destroy(this.address);
    this.address = 0;
    all.core.live.queues--;
    all.forget(this);
    if (this.type === "callback") all.changed(true);
    // An entry of the ring may still name it; those come before what is posted now.
    const remove = (): void => all.core.receivers.remove(this.word);
    if (all.isOver) remove();
    else all.core.post(remove);
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<QueueEvent & { type: "op-complete" }, void> {
    for (let event = await this.next(); event.type === "op-complete"; event = await this.next()) yield event;
  }

  /** @internal There is something to take, or it is shut down. When the engine failed that is told at the end. */
  completed(_kind?: number, ending?: Ending): void {
    if (this.address === 0 || typeof ending === "object") return;
    this.all.core.exports.cq_heard(this.address);
    let served = 0;
    while (served < this.waits.length) {
      const { isPluck, tag } = this.waits[served] as Wait;
      const event = isPluck ? this.tryPluck(tag) : this.tryNext();
      if (event !== null) this.settle(served, event);
      else served++;
    }
    if (this.length > 0 || this.isShutDown) this.onReady?.();
  }

  /** @internal The engine closes. What the engine does ends by itself, and then those who wait are told. */
  close(): void {
    this.shutdown();
  }

  /** @internal No turn will come any more. */
  giveUp(): void {
    while (this.waits.length > 0) this.settle(0, SHUTDOWN);
  }

  private wait(isPluck: boolean, tag: unknown, until: Date | WaitOptions | undefined): Promise<QueueEvent> {
    if (this.all.isOver) return Promise.resolve(SHUTDOWN);
    return new Promise((resolve) => {
      const wait: Wait = { isPluck, tag, resolve, timer: this.all.timer(until, () => this.expire(wait)) };
      this.waits.push(wait);
    });
  }

  private expire(wait: Wait): void {
    const index = this.waits.indexOf(wait);
    if (index >= 0) this.settle(index, TIMEOUT);
  }

  private settle(index: number, event: QueueEvent): void {
    const [wait] = this.waits.splice(index, 1) as [Wait];
    if (wait.timer !== null) this.all.cancel(wait.timer);
    wait.resolve(event);
  }

  private takenEvent(): QueueEvent {
    const { tag, status, value } = this.all.taken();
    return { type: "op-complete", tag, success: status.ok, status, value };
  }

  private begin(tag: unknown): PendingOperation | null {
    this.checkAlive("an operation");
    this.checkTag(tag);
    const { all } = this;
    const number = this.type === "pluck" ? all.tags.share(tag) : all.tags.add(tag);
    const address = all.core.exports.cq_begin_op(this.address, number);
    if (address !== 0) return new PendingOperation(all, this.type === "callback", number, address);
    all.tags.release(number);
    return null;
  }

  private checkTag(tag: unknown): void {
    if (this.type === "callback") checkFunctor(tag);
  }

  private checkNext(): void {
    this.checkAlive("next");
    if (this.type !== "next") refuse("next wants a completion queue of type next");
  }

  private checkPluck(): void {
    this.checkAlive("pluck");
    if (this.type !== "pluck") refuse("pluck wants a completion queue of type pluck");
  }

  private checkAlive(what: string): void {
    if (this.address === 0) refuse(`${what} on a destroyed completion queue`);
  }
}
