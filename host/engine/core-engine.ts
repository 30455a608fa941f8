// The core module behind the TypeScript face: its exports, its memory, and the two conventions that all calls share.
//
// (1) Further results of a call lie in the words behind the ring's state; they are read right after the call.
// (2) A call that can make work is followed by `touch()`. Outside of a turn that asks for one; inside of one it is
//     only noted, because the turn asks for the next one when it ends (engine-turns.ts).
//
//   WORKING -- fail: a turn threw, an assertion failed --> FAILED
//
// Of a core that failed, what lies in memory can still be looked at; to give something back does nothing; and whatever
// else is asked of it is refused, saying why it failed.

import type { CoreMemory } from "../abi/core-memory.js";
import { Family, type SocketAddress } from "../wasi/ip-address.js";
import type { Clock } from "../wasi/clock.js";
import type { EngineExports } from "./core-exports.js";
import { makeStatus, refuse, StatusCode, StatusError } from "./status.js";
import type { Ending } from "./status-table.js";
import { TagTable } from "./tag-table.js";

/** Whoever entries of the completion ring belong to. */
export interface Receiver {
  /**
   * `kind` is the low byte of `ending`; the code is above it, the reason above that. `a` as the kind says. When the
   * engine failed `ending` is a status, `a` is 0, and the call may come twice, as READ and as WRITE.
   */
  completed(kind: number, ending: Ending, a: number): void;
  /** The engine closes: ends what this stands for, so that its callbacks run, none of them before this returns. */
  close(): void;
}

/** The ring's state in words (assembly/exec/completion-ring.ts). */
const RESULTS = 4;

export const ADDRESS_BYTES = 28;
/** The options of a socket follow the addresses in the argument area (assembly/exports/arguments.ts). */
export const ADDRESSES_MAX = 16;
export const OPTIONS_AT = ADDRESS_BYTES * ADDRESSES_MAX;

/** What needs neither turns nor handles nor room: what lies in memory, events of completion queues among it. */
const STILL_WORKS = /^(cq_|slice_(?!.*(create|allocate|space|destroy))|endpoint_(local|peer)|statistic)/;
const GIVES_BACK = /_(destroy|close|cancel|drop|finish|shutdown|release)$/;

export class CoreEngine {
  readonly receivers = new TagTable<Receiver>();
  /** Word index of the ring's state. */
  readonly stateAt: number;
  readonly argumentsAt: number;
  /** The core works, or its completions are being handed out. */
  isInTurn = false;
  /** Something was asked of the core since the turn's answer was computed. */
  isTouched = false;
  /** `close` has begun: nothing new is taken on. */
  isClosing = false;
  /** Why it failed; what is thrown says the same. */
  failure: StatusError | null = null;
  /** Asks for a turn soon. */
  wake: () => void = () => {};
  /** Calls back soon, also while the engine closes. */
  post: (callback: () => void) => void = () => {};
  /** What was made and not given back, by kind. */
  readonly live = {
    endpoints: 0, listeners: 0, connects: 0, sliceBuffers: 0, slices: 0, quotas: 0, allocators: 0, reservations: 0,
    reclaimers: 0, queues: 0, resolvers: 0, lookups: 0, descriptors: 0,
  };

  constructor(
    public exports: EngineExports,
    readonly memory: CoreMemory,
    readonly clock: Clock,
  ) {
    this.stateAt = exports.ring_state() >>> 2;
    this.argumentsAt = exports.argument_area() >>> 0;
  }

  /** The first call counts. Nobody is told here, because this may be inside of anybody's call. */
  fail(cause: unknown): void {
    if (this.failure !== null) return;
    let why = "what was thrown is no Error";
    try {
      if (cause instanceof Error) why = String(cause);
    } catch {
      // It has code of its own, which throws, too.
    }
    this.failure = new StatusError(
      makeStatus(StatusCode.INTERNAL, "engine-failed", `the event engine failed: ${why}`), { cause });
    this.isClosing = true;
    const { exports } = this;
    this.exports = new Proxy({} as EngineExports, {
      get: (_, name: keyof EngineExports) => {
        if (STILL_WORKS.test(name)) return exports[name];
        return GIVES_BACK.test(name) ? () => 0 : this.refuse("");
      },
    });
  }

  /** Refuses `what` once the engine closes. */
  checkOpen(what: string): void {
    if (this.isClosing) this.refuse(`${what} after close: the event engine is closed`);
  }

  /** Refuses a call that breaks `rule`, or comes after a failure. */
  refuse(rule: string): never {
    const { failure } = this;
    if (failure !== null) throw new StatusError(failure.status, failure);
    refuse(rule);
  }

  touch(): void { // (2)
    if (this.isInTurn) this.isTouched = true;
    else this.wake();
  }

  /** Linear memory as words, current. */
  words(): Uint32Array {
    this.memory.refresh();
    return this.memory.words;
  }

  /** Linear memory as bytes, current. */
  bytes(): Uint8Array {
    this.memory.refresh();
    return this.memory.bytes;
  }

  /** Further result `index` of the latest call. */
  result(index: number): number { // (1)
    return this.words()[this.stateAt + RESULTS + index] as number;
  }

  /** Puts an address into the argument area (the layout is in assembly/wasi/network.ts). */
  putAddress(index: number, address: SocketAddress): void {
    this.memory.refresh();
    const { words, halves } = this.memory;
    const at = this.argumentsAt + index * ADDRESS_BYTES;
    halves[at >>> 1] = address.family;
    halves[(at >>> 1) + 1] = address.port;
    words[(at >>> 2) + 1] = address.flowInfo;
    words[(at >>> 2) + 2] = address.scopeId;
    for (let part = 0; part < 8; part++) halves[(at >>> 1) + 6 + part] = address.parts[part] ?? 0;
  }

  /** Reads the first address of the argument area. */
  takeAddress(): SocketAddress {
    this.memory.refresh();
    return this.addressAt(this.argumentsAt);
  }

  /** Reads the address at `at` from views that are current. */
  addressAt(at: number): SocketAddress {
    const { words, halves } = this.memory;
    const family = (halves[at >>> 1] as number) & 0xff;
    const count = family === Family.Ipv4 ? 4 : 8;
    const parts: number[] = [];
    for (let part = 0; part < count; part++) parts.push(halves[(at >>> 1) + 6 + part] as number);
    return {
      family,
      port: halves[(at >>> 1) + 1] as number,
      parts,
      flowInfo: words[(at >>> 2) + 1] as number,
      scopeId: words[(at >>> 2) + 2] as number,
    };
  }
}
