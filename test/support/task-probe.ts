// Tasks as a test sees them: the probe `exec` under a virtual clock, what ran, and what to do while it runs.
import * as assert from "uvu/assert";
import { compileProbe, Probe } from "./probe.js";
import { SimulatedPoll } from "./simulated-poll.js";

export const [SILENT, CALLS] = [0, 1];
export const [OK, CANCELLED] = [0, 1];
/** Kinds of what happens. */
export const [RUN, BATCH, TASK, TIMER, SOURCE] = [0, 1, 2, 3, 4];
export const INVALID = 0xffff_ffff;
/** Priorities. */
export const [LOW, MED, HIGH, IMMEDIATE, SYSTEM] = [0, 1, 2, 3, 4];
export const LEVELS = 5;
/** The bound of one turn, and what every priority may run beyond it. */
export const PER_TURN = 1024;
export const LOWER_SHARE = 16;
export const NEVER = 2n ** 64n - 1n;

export interface Handle {
  slot: number;
  generation: number;
}

export interface Happening {
  kind: number;
  owner: number;
  code: number;
  count: number;
}

const module = await compileProbe("exec");

export class TaskProbe {
  readonly host = new SimulatedPoll(false);
  /** Everything that ran, in order; `owners` is the short form. */
  readonly happened: Happening[] = [];
  /** What happens while something of this owner runs, and while anything does. */
  readonly onRun = new Map<number, (happening: Happening) => void>();
  onAny: (happening: Happening) => void = (happening) => void this.happened.push(happening);
  #probe: Probe | undefined;

  static async create(): Promise<TaskProbe> {
    const tasks = new TaskProbe();
    const probe: Probe = await Probe.create(module, {
      ...tasks.host.imports(() => probe),
      "test/happened": (kind: number, owner: number, code: number, count: number) => {
        const happening = { kind, owner, code, count };
        tasks.onAny(happening);
        tasks.onRun.get(owner)?.(happening);
      },
    });
    tasks.#probe = probe;
    return tasks;
  }

  get probe(): Probe {
    return this.#probe!;
  }

  get call(): Probe["call"] {
    return this.probe.call;
  }

  get owners(): number[] {
    return this.happened.map(({ owner }) => owner);
  }

  get nowNs(): bigint {
    return this.host.nowNs;
  }

  /** Without a priority by the calls that do not name one. */
  run(owner: number, priority?: number): void {
    if (priority === undefined) this.call.run!(owner);
    else this.call.runAs!(owner, priority);
  }

  runMany(owner: number, count: number, priority = MED): void {
    this.call.runManyAs!(owner, count, priority);
  }

  runAt(deadlineNs: bigint, owner: number, mode = SILENT, priority?: number, slackNs = 0n): Handle {
    const deadline = BigInt.asIntN(64, deadlineNs);
    return this.#handle(priority === undefined ? this.call.runAt!(deadline, owner, mode)
      : this.call.runAtAs!(deadline, owner, mode, BigInt.asIntN(64, slackNs), priority));
  }

  runWithStatus(owner: number, priority?: number): Handle {
    return this.#handle(priority === undefined ? this.call.runWithStatus!(owner)
      : this.call.runWithStatusAs!(owner, priority));
  }

  /** Takes it out silently, whatever its mode and state. */
  drop({ slot, generation }: Handle): boolean {
    return this.call.drop!(slot, generation) === 1;
  }

  cancel({ slot, generation }: Handle): boolean {
    return this.call.cancel!(slot, generation) === 1;
  }

  /** One turn after `passNs`; returns when the next one is wanted. */
  turn(passNs = 0n): number {
    this.host.nowNs += passNs;
    const next = this.call.turn!();
    this.check();
    return next;
  }

  /** Turns until none is wanted at once, and returns how many that took. */
  turnOut(passNs = 0n): number {
    let turns = 1;
    for (let next = this.turn(passNs); next === 0; turns++) next = this.turn();
    return turns;
  }

  check(): void {
    assert.is(this.call.isValid!(), 1, "an invariant is broken");
  }

  /** The leak law. */
  end(): void {
    this.check();
    assert.is(this.call.liveCount!(), 0, "tasks are left");
    assert.is(this.call.recordCount!(), 0, "records are left");
    assert.is(this.call.queuedCount!(), 0, "the queue is not empty");
    assert.is(this.call.scheduledCount!(), 0, "timers are left");
  }

  #handle(slot: number): Handle {
    return { slot: slot >>> 0, generation: this.call.lastGeneration!() >>> 0 };
  }
}
