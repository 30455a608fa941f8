// What a TypeScript body is, and what it gets: engines whose time and network are the arm's.
//
// When a body is over the arm closes its engines and asks each what is left: the leak law.
import type { EventEngine } from "#host/engine/event-engine.js";
import type { Status } from "#host/engine/interfaces.js";

export interface World {
  /** An engine of the arm, closed after the body; two can be had. */
  makeEngine(): Promise<EventEngine>;
  /** What closures and callbacks threw, of both engines. Anything that a body leaves here is a failure. */
  readonly uncaught: unknown[];
  /** Milliseconds of the arm's time. */
  sleep(ms: number): Promise<void>;
  /** Milliseconds of the arm's monotonic clock. */
  nowMs(): number;
  /** The arm's date. */
  date(): Date;
  /** More bytes than the arm's system keeps for a peer that does not read. */
  readonly largeBytes: number;
  /** An address at which connections are neither accepted nor refused. */
  blackHole(): Promise<string>;
  /** Whether nobody holds the object any more: collects garbage and looks. */
  isCollected(reference: WeakRef<object>): Promise<boolean>;
  /** The nameserver that has the names of names.ts, open until the body is over. */
  nameserver(): Promise<BodyNameserver>;
}

export interface BodyNameserver {
  readonly address: string;
  /** All questions that reached it so far: type and name, in small letters, sorted. */
  asked(): string[];
}

/** A nanosecond: what differences of two times in milliseconds, which are no whole numbers, may be off by. */
export const ROUNDING_MS = 1e-6;

export function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

export interface FaceBody {
  readonly name: string;
  readonly title: string;
  run(world: World): Promise<void>;
}

export function body(name: string, title: string, run: (world: World) => Promise<void>): FaceBody {
  return { name, title, run };
}

/** A callback that counts its calls, and a promise of the first. */
export class Heard<T> {
  readonly values: T[] = [];
  readonly first: Promise<T>;
  #resolve: (value: T) => void = () => {};
  #onCall: () => void = () => {};

  constructor() {
    this.first = new Promise((resolve) => { this.#resolve = resolve; });
  }

  readonly hear = (value: T): void => {
    this.values.push(value);
    this.#resolve(value);
    this.#onCall();
  };

  /** Resolves when it was called this often. */
  async times(count: number): Promise<void> {
    while (this.count < count) await new Promise<void>((resolve) => { this.#onCall = resolve; });
  }

  get count(): number {
    return this.values.length;
  }
}

export const heardStatus = (): Heard<Status> => new Heard<Status>();
