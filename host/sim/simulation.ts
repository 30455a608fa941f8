// A simulation: hosts in one network under one virtual clock, all of it decided by one seed.
//
// Nothing here waits for real time, and nothing is random but by the seed. With the same seed, the same script and
// the same file, everything happens in the same order, which the hash proves.

import type { ErrorCode } from "../wasi/error-code.js";
import { LOCALHOST } from "../wasi/ip-address.js";
import type { Conditions } from "./conditions.js";
import { EventQueue } from "./event-queue.js";
import { parseAddress, SimHost, type SimHostOptions } from "./host.js";
import { Network } from "./network/network.js";
import type { Rule } from "./network/rules.js";
import { SimRandom } from "./random.js";
import { Trace } from "./trace.js";

const MILLISECOND_NS = 1_000_000;
const EVENTS_MAX = 5_000_000;

export interface SimulationOptions {
  /** Decides everything: a whole number from 0 to 2^53 - 1. */
  readonly seed: number;
  /** For messages. */
  readonly name?: string;
  /** What differs from `CALM` for every host. */
  readonly conditions?: Partial<Conditions>;
  /** Events after which a simulation that has not come to rest counts as broken; 5 million when left out. */
  readonly eventsMax?: number;
  /** Hears of every entry of the trace. */
  readonly onTrace?: (line: string) => void;
}

/** The simulation did not come to rest, or came to rest without an answer. The message has the seed. */
export class SimulationError extends Error {
  override readonly name = "SimulationError";
}

export class Simulation {
  readonly seed: number;
  /** For what a script wants to leave to chance. */
  readonly random: SimRandom;
  /** Looked at by tests of the network. */
  readonly network: Network;
  private readonly queue: EventQueue;
  private readonly trace: Trace;
  private readonly hosts = new Map<string, SimHost>();
  private hostCount = 0;

  constructor(private readonly options: SimulationOptions) {
    this.seed = options.seed;
    this.random = new SimRandom(options.seed);
    this.trace = new Trace(options.onTrace);
    this.queue = new EventQueue(this.trace);
    this.network = new Network(this.queue, this.random.fork("network"), this.trace);
    this.network.names.set("localhost", { result: LOCALHOST });
  }

  /** The host with these addresses; made when first asked for. Options count only then. */
  host(options: string | SimHostOptions): SimHost {
    const given = typeof options === "string" ? { addresses: [options] } : options;
    const key = given.addresses.join(" ");
    const known = this.hosts.get(key);
    if (known !== undefined) return known;
    const host = new SimHost(this.network, this.hostCount++, this.options.conditions ?? {}, given);
    this.hosts.set(key, host);
    return host;
  }

  /** What a name resolves to: addresses, or the error of the look-up. Other names are unresolvable. */
  setName(name: string, result: readonly string[] | ErrorCode, delayMs?: number): void {
    const record = { result: typeof result === "number" ? result : result.map(parseAddress) };
    this.network.names.set(name, delayMs === undefined ? record : { ...record, delayMs });
  }

  /** A fault by script; the first rule that says something about an attempt counts. */
  addRule(rule: Rule): void {
    this.network.addRule(rule);
  }

  /** Runs `step` at that time, in milliseconds since the beginning; the past means now. */
  at(atMs: number, step: () => void): void {
    this.queue.at(atMs * MILLISECOND_NS, "script", 0, step);
  }

  /** Runs `step` that many milliseconds from now. */
  after(delayMs: number, step: () => void): void {
    this.queue.after(delayMs * MILLISECOND_NS, "script", 0, step);
  }

  /** Adds to the trace what a script saw. */
  note(text: string): void {
    this.trace.add(this.queue.nowNs, "note", 0, text.length);
    this.trace.addText(text);
  }

  /** Virtual milliseconds since the beginning. */
  get nowMs(): number {
    return this.queue.nowNs / MILLISECOND_NS;
  }

  /** Events so far. */
  get events(): number {
    return this.queue.executed;
  }

  /** Events that are still to come. */
  get pendingEvents(): number {
    return this.queue.length;
  }

  /** 16 hexadecimal digits over everything that happened so far. */
  get hash(): string {
    return this.trace.hash;
  }

  /**
   * Runs events until none is left, or until `untilMs` (since the beginning), which is the time then. Promises that
   * events settle have their say only afterwards: `runUntil` and `settle` are for scripts that wait for some.
   */
  run(untilMs = Infinity): void {
    const untilNs = untilMs * MILLISECOND_NS;
    while (this.queue.runNext(untilNs)) this.checkBound();
    if (untilMs !== Infinity) this.queue.passUntil(untilNs);
  }

  /** Runs the next event; false when there is none. */
  step(): boolean {
    const hasRun = this.queue.runNext(Infinity);
    this.checkBound();
    return hasRun;
  }

  /** Like `run`, and after each event everything that waits for a promise goes on before the next one. */
  async settle(untilMs = Infinity): Promise<void> {
    const untilNs = untilMs * MILLISECOND_NS;
    await promisesHaveSettled();
    while (this.queue.runNext(untilNs)) {
      this.checkBound();
      await promisesHaveSettled();
    }
    if (untilMs !== Infinity) this.queue.passUntil(untilNs);
  }

  /** Runs events, and what waits for promises between them, until `promise` settles, and gives its outcome. */
  async runUntil<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = (): void => { isSettled = true; };
    promise.then(settled, settled);
    await promisesHaveSettled();
    while (!isSettled) {
      if (!this.queue.runNext(Infinity)) {
        throw this.error("nothing is left to happen, and the promise that was waited for has not settled");
      }
      this.checkBound();
      await promisesHaveSettled();
    }
    return promise;
  }

  /** An error that says by its message where it happened and how to see it again. */
  error(what: string): SimulationError {
    return new SimulationError(`${this.options.name ?? "simulation"} with seed ${this.seed}: ${what}`);
  }

  private checkBound(): void {
    const eventsMax = this.options.eventsMax ?? EVENTS_MAX;
    if (this.queue.executed < eventsMax) return;
    throw this.error(`has not come to rest after ${eventsMax} events (${this.nowMs} ms of virtual time)`);
  }
}

/** Takes a round of the real event loop: by then every promise chain that could go on has gone on. */
function promisesHaveSettled(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
