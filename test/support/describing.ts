// A descriptor over a fake connection, on a host that tells by handle or by list. Checks after each step what always
// holds.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { append } from "./exchanging.js";
import type { FakeConnection } from "./fake-host.js";
import type { Telling } from "./host-turns.js";
import { NetProbe } from "./net-probe.js";

export const READABLE = 0;
export const WRITABLE = 1;
export const HAS_ERROR = 2;
export const CONDITIONS = [READABLE, WRITABLE, HAS_ERROR] as const;
/** No deadline. */
export const NEVER = -1n;
/** What read and write answer instead of a count. */
export const ENDED = -32;
export const FAILED = -35;
export const SHUT = -10;

export interface State {
  /** By condition. */
  set: boolean[];
  registered: boolean[];
  isClosed: boolean;
  holdsBytes: boolean;
}

export class Describing {
  /** The buffer of reads, and the one of writes. */
  readonly input: number;
  readonly output: number;
  readonly self: number;
  isDestroyed = false;
  /** Somebody else has the endpoint again. */
  isReleased = false;

  constructor(readonly net: NetProbe, readonly connection: FakeConnection, readonly endpoint: number) {
    this.input = net.call.bufferCreate!();
    this.output = net.call.bufferCreate!();
    this.self = net.call.register!(endpoint);
  }

  get state(): State {
    const bits = this.net.call.stateOf!(this.self);
    return {
      set: CONDITIONS.map((condition) => (bits >> condition & 1) === 1),
      registered: CONDITIONS.map((condition) => (bits >> (4 + condition) & 1) === 1),
      isClosed: (bits & 256) !== 0,
      holdsBytes: (bits & 512) !== 0,
    };
  }

  /** Whether the input and the output are waited for. */
  get waits(): { input: boolean; output: boolean } {
    const bits = this.net.call.waits!(this.endpoint);
    return { input: (bits & 1) !== 0, output: (bits & 2) !== 0 };
  }

  notify(condition: number, owner: number, deadlineNs = NEVER): void {
    this.net.call.notify!(this.self, condition, deadlineNs, owner);
  }

  clear(condition: number): void {
    this.net.call.clear!(this.self, condition);
  }

  force(condition: number): void {
    this.net.call.force!(this.self, condition);
  }

  setPriority(condition: number, priority: number): void {
    this.net.call.setPriority!(this.self, condition, priority);
  }

  /** The bytes, or a number from 0 down. */
  read(most = 65_536): Buffer | number {
    const count = this.net.call.descriptorRead!(this.self, this.input, most);
    const bytes = this.take();
    if (count <= 0) {
      assert.is(bytes.length, 0, "bytes or a reason, never both");
      return count;
    }
    assert.is(bytes.length, count);
    return bytes;
  }

  /** What the buffer of reads holds; it is empty then. */
  take(): Buffer {
    const { call, probe } = this.net;
    assert.is(call.bufferIsValid!(this.input), 1);
    return Buffer.from(probe.bytes(call.bytesAddress!(), call.bufferTake!(this.input)));
  }

  /** Appends the bytes to what an earlier write left, and writes. */
  write(bytes: Uint8Array = Buffer.alloc(0)): number {
    append(this.net, this.output, bytes);
    return this.net.call.descriptorWrite!(this.self, this.output);
  }

  /** Bytes that writes have not taken. */
  get unwritten(): number {
    return this.net.call.bufferLength!(this.output);
  }

  push(text: string): void {
    this.connection.input.push(Buffer.from(text));
  }

  close(): void {
    this.net.call.close!(this.self);
  }

  release(): void {
    assert.is(this.net.call.release!(this.self), this.endpoint);
    this.isReleased = true;
  }

  destroy(): void {
    this.net.call.destroyDescriptor!(this.self);
    this.isDestroyed = true;
  }

  /** What closures saw, oldest first, after everything has settled. */
  settled(): string[] {
    this.net.settle();
    return this.net.takeEvents();
  }

  /** What holds whenever nothing of the descriptor is on the stack. */
  check(): void {
    if (this.isDestroyed) return;
    const { set, registered, isClosed, holdsBytes } = this.state;
    assert.is(this.net.call.isClosed!(this.self) === 1, isClosed);
    for (const condition of CONDITIONS) {
      assert.not(set[condition] && registered[condition], "nobody is registered for what is set");
    }
    assert.not(isClosed && registered.includes(true), "nobody is registered once it is closed");
    if (isClosed) return;
    const { input, output } = this.waits;
    assert.is(output, registered[WRITABLE], "the output is waited for exactly while somebody is registered");
    if (!registered[READABLE] && !registered[HAS_ERROR]) assert.not(input, "an idle descriptor wakes nobody");
    if (registered[READABLE]) assert.ok(input, "the input is waited for");
    if (holdsBytes) assert.not(input, "with a piece in hand the input is not waited for");
  }

  /** Destroys everything, lets bytes leave, and checks the leak law. Returns what was told meanwhile. */
  end(): string[] {
    const { net } = this;
    if (!this.isDestroyed) this.destroy();
    if (this.isReleased) net.call.destroy!(this.endpoint);
    for (let round = 0; round < 100 && net.call.live!(2) > 0; round++) {
      this.connection.output.take(Infinity);
      net.settle();
    }
    net.settle();
    for (const buffer of [this.input, this.output]) net.call.bufferDestroy!(buffer);
    net.checkNothingLeft();
    return net.takeEvents();
  }
}

export async function describing(telling: Telling): Promise<Describing> {
  const net = await NetProbe.create(telling);
  net.host.readsFollowPermits = false;
  const { connection, handles } = net.host.connect();
  return new Describing(net, connection, net.call.endpointCreate!(...handles));
}

type Test = (telling: Telling) => Promise<void> | void;

/** A suite whose every test runs on both kinds of hosts. */
export function suiteOfBoth(name: string): { (sentence: string, test: Test): void; run(): void } {
  const both = (["by handle", "by list"] as const).map((telling) => {
    return { telling, tests: suite<unknown>(`${name}, ${telling}`) };
  });
  const add = (sentence: string, test: Test): void => {
    for (const { telling, tests } of both) tests(sentence, () => test(telling));
  };
  return Object.assign(add, { run: () => both.forEach(({ tests }) => tests.run()) });
}
