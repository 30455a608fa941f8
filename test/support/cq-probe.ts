// Completion queues as a test sees them: the probe `cq` under a virtual clock and a simulated poll.
import * as assert from "uvu/assert";
import { compileProbe, Probe } from "./probe.js";
import { SimulatedPoll } from "./simulated-poll.js";

export const [NEXT, PLUCK, CALLBACK] = [0, 1, 2];
export const [DEFAULT_POLLING, NON_LISTENING, NON_POLLING] = [0, 1, 2];
export const [QUEUE_SHUTDOWN, QUEUE_TIMEOUT, OP_COMPLETE] = [0, 1, 2];
export const NEVER = -1n; // 2^64 - 1 as the engine reads it

export interface Event {
  tag: bigint;
  code: number;
  reason: number;
  value: number;
}

const module = await compileProbe("cq");

export class QueueProbe {
  readonly host: SimulatedPoll;
  /** Owners of queues that told that they are ready, in order. */
  readonly told: number[] = [];
  /** What happens when a timer or a source of this owner runs. */
  readonly onRun = new Map<number, () => void>();
  #probe: Probe | undefined;

  private constructor(cooperative: boolean) {
    this.host = new SimulatedPoll(cooperative);
  }

  static async create(cooperative = false): Promise<QueueProbe> {
    const queues = new QueueProbe(cooperative);
    const probe: Probe = await Probe.create(module, {
      ...queues.host.imports(() => probe),
      "poll/pollable.ready": (handle: number) => {
        queues.host.happen();
        return Number(queues.host.isReady(handle) && queues.host.step());
      },
      "test/ready": (owner: number) => void queues.told.push(owner),
      "test/run": (owner: number) => queues.onRun.get(owner)?.(),
    });
    queues.#probe = probe;
    return queues;
  }

  get probe(): Probe {
    return this.#probe!;
  }

  get call(): Probe["call"] {
    return this.probe.call;
  }

  make(completionType: number, pollingType = DEFAULT_POLLING, shutdownTag = 0n): number {
    return this.call.make!(this.call.lookup!(2, completionType, pollingType), shutdownTag);
  }

  begin(queue: number, tag: number | bigint): number {
    const operation = this.call.beginOp!(queue, BigInt(tag));
    assert.is.not(operation, 0, "no operation could begin");
    return operation;
  }

  end(operation: number, code = 0, reason = 0, value = 0): boolean {
    return this.call.endOp!(operation, code, reason, value) === 1;
  }

  /** Begins and ends. */
  pass(queue: number, tag: number | bigint): void {
    assert.ok(this.end(this.begin(queue, tag)));
  }

  get event(): Event {
    const code = this.call.eventCode!();
    return {
      tag: BigInt.asUintN(64, this.probe.callLong.eventTag!()),
      code: code & 255,
      reason: code >>> 8,
      value: this.call.eventValue!(),
    };
  }

  /** The tag of the oldest event, or null. */
  take(queue: number): number | null {
    return this.call.take!(queue) === 1 ? Number(this.event.tag) : null;
  }

  takeTag(queue: number, tag: number | bigint): boolean {
    const taken = this.call.takeTag!(queue, BigInt(tag)) === 1;
    if (taken) assert.is(this.event.tag, BigInt(tag));
    return taken;
  }

  takeCallback(): number | null {
    return this.call.takeCallback!() === 1 ? Number(this.event.tag) : null;
  }

  takeAll(queue: number): number[] {
    const tags: number[] = [];
    for (let tag = this.take(queue); tag !== null; tag = this.take(queue)) tags.push(tag);
    return tags;
  }

  takeAllCallbacks(): number[] {
    const tags: number[] = [];
    for (let tag = this.takeCallback(); tag !== null; tag = this.takeCallback()) tags.push(tag);
    return tags;
  }

  next(queue: number, deadlineNs: bigint = NEVER): number {
    return this.call.next!(queue, deadlineNs);
  }

  pluck(queue: number, tag: number | bigint, deadlineNs: bigint = NEVER): number {
    return this.call.pluck!(queue, BigInt(tag), deadlineNs);
  }

  /** The leak law. */
  finish(): void {
    this.call.close!();
    assert.is(this.call.liveQueues!(), 0, "queues are left");
    assert.is(this.call.liveOperations!(), 0, "operations are left");
    assert.is(this.call.livePollables!(), 0, "pollables are left");
    assert.is(this.call.liveSources!(), 0, "sources are left");
    assert.is(this.call.usedBytes!(), 0, "the arena is in use");
    assert.is(this.host.liveClocks, 0, "clock pollables are left");
  }
}
