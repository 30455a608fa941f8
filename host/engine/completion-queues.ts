// What all completion queues of an engine share: the core's side of tags and results, the factory, and the functors of
// "callback" queues with their execution context.
//
//   an operation ends --> the core's list of functors --> they run: when the outermost applicationCallbackScope ends,
//                                                         or soon, in the engine's turn, when there is none
//
// So a functor never runs inside of a call of the user's.

import { CoreCompletionQueue } from "./completion-queue.js";
import type { CoreEngine } from "./core-engine.js";
import type { TaskHandle } from "./handles.js";
import type {
  CompletionFunctor, CompletionQueue, CompletionQueueAttributes, CompletionQueueFactory, WaitOptions,
} from "./queue-interfaces.js";
import { checkFunctor, QueueTags, runFunctor } from "./queue-tags.js";
import { OK_STATUS, refuse, refuseArgument, type Status } from "./status.js";
import { statusFrom } from "./status-table.js";
import { TagTable } from "./tag-table.js";
import type { TaskRunner } from "./task-runner.js";

const COMPLETION_TYPES = ["next", "pluck", "callback"];
const POLLING_TYPES = ["default", "non-listening", "non-polling"];
/** The first version of the attributes that can name what a shutdown runs. */
const VERSION_WITH_SHUTDOWN = 2;
/** Functors in a row; then other work has its turn first. */
const FUNCTORS_MAX = 1024;

interface Result {
  readonly status: Status;
  readonly value: unknown;
}

export interface TakenEvent extends Result {
  readonly tag: unknown;
}

export class CompletionQueues {
  readonly tags = new QueueTags();
  /** True when the engine has ended: no entry of the ring will come any more. */
  isOver = false;
  private readonly results = new TagTable<Result>();
  private readonly queues = new Set<CoreCompletionQueue>();
  private scopeDepth = 0;
  private isDrainPosted = false;

  constructor(
    readonly core: CoreEngine,
    private readonly tasks: TaskRunner,
    private readonly uncaught: (error: unknown) => void,
  ) {}

  /** Tags and results that this side of the boundary holds. */
  get liveCount(): number {
    return this.tags.liveCount + this.results.liveCount;
  }

  factory(attributes: CompletionQueueAttributes): CompletionQueueFactory {
    const { version, completionType, pollingType, onShutdown } = attributes;
    const type = COMPLETION_TYPES.indexOf(completionType);
    const found = this.core.exports.cq_factory_lookup(version, type, POLLING_TYPES.indexOf(pollingType));
    if (!Number.isInteger(version) || found === 0) {
      refuseArgument(`no factory makes completion queues of version ${version}, ${completionType}, ${pollingType}`);
    }
    if (onShutdown !== undefined) {
      if (version < VERSION_WITH_SHUTDOWN || completionType !== "callback") {
        refuseArgument("onShutdown belongs to a completion queue of type callback, version 2");
      }
      checkFunctor(onShutdown);
    }
    // The record is the caller's, and may say something else when a queue is made.
    const read = { version, completionType, pollingType, ...(onShutdown && { onShutdown }) };
    return { create: () => this.create(found, read) };
  }

  /** Runs `run`; functors that become due meanwhile run when the outermost scope ends. */
  scope<T>(run: () => T): T {
    this.scopeDepth++;
    try {
      return run();
    } finally {
      if (--this.scopeDepth === 0 && this.runFunctors()) this.functorsAreDue();
    }
  }

  /** An event or a shutdown may have to be told of: a functor's by running it, others by an entry of the ring. */
  changed(isFunctor: boolean): void {
    if (isFunctor) this.functorsAreDue();
    else this.core.touch();
  }

  private functorsAreDue(): void {
    if (this.scopeDepth > 0 || this.isDrainPosted) return;
    this.isDrainPosted = true;
    const drain = (): void => {
      this.isDrainPosted = false;
      if (this.scopeDepth === 0 && this.runFunctors()) this.functorsAreDue();
    };
    if (this.isOver) queueMicrotask(drain);
    else this.core.post(drain);
  }

  /** Ends an operation of the core. False: its queue is gone. */
  end(operation: number, status: Status, value: unknown): boolean {
    const isPlain = status === OK_STATUS && value === undefined;
    const result = isPlain ? 0 : this.results.add({ status, value }) + 1;
    if (this.core.exports.cq_end_op(operation, status.code, 0, result) !== 0) return true;
    if (result !== 0) this.results.remove(result - 1);
    return false;
  }

  /** The event that the core has just put into its results. */
  taken(): TakenEvent {
    const { core } = this;
    const tag = this.tags.release(core.result(0));
    const result = core.result(2);
    if (result === 0) return { tag, status: statusFrom(core.result(1) << 8), value: undefined };
    const { status, value } = this.results.at(result - 1);
    this.results.remove(result - 1);
    return { tag, status, value };
  }

  /** Calls `expire` when it is time and one more turn is over; null when that is never, or the engine closes. */
  timer(until: Date | WaitOptions | undefined, expire: () => void): TaskHandle | null {
    const { deadline, timeoutMs } = until instanceof Date ? { deadline: until } : { ...until };
    if (deadline !== undefined && timeoutMs !== undefined) refuse("a deadline and a timeoutMs: give one of them");
    const later = (): void => this.core.post(expire);
    if (this.core.isClosing || (deadline ?? timeoutMs) === undefined) return null;
    return deadline === undefined ? this.tasks.runAfter(timeoutMs as number, later, 0)
      : this.tasks.runAt(deadline, later, 0);
  }

  cancel(timer: TaskHandle): void {
    this.tasks.cancel(timer);
  }

  /** A queue that was destroyed. */
  forget(queue: CoreCompletionQueue): void {
    this.queues.delete(queue);
  }

  /** The engine has ended: functors run, and whoever waits is told a shutdown. */
  finish(): void {
    this.isOver = true;
    this.isDrainPosted = false;
    this.guarded(() => { while (this.runFunctors()); });
    for (const queue of this.queues) {
      // No entry of the ring has said so.
      if (this.core.failure !== null) this.guarded(() => queue.completed());
      queue.giveUp();
    }
  }

  private create(found: number, attributes: CompletionQueueAttributes): CompletionQueue {
    this.core.checkOpen("a completion queue");
    const queue = new CoreCompletionQueue(this, found, attributes);
    this.queues.add(queue);
    return queue;
  }

  /** True: there may be more. */
  private runFunctors(): boolean {
    for (let left = FUNCTORS_MAX; left > 0; left--) {
      if (this.core.exports.cq_take_callback() === 0) return false;
      const { tag, status } = this.taken();
      try {
        runFunctor(tag as CompletionFunctor, status.ok);
      } catch (error) {
        this.uncaught(error);
      }
    }
    return true;
  }

  private guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.uncaught(error);
    }
  }
}
