// Descriptors under random calls of both flavours, with releases and new registrations in between: every byte once and
// in order, every upcall exactly once, and every call refused or taken as the rules say. TEST_SEED repeats a run.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Descriptor, NotificationOutcome } from "#host/engine/event-manager/descriptor-interfaces.js";
import { EventManager } from "#host/engine/event-manager/event-manager.js";
import type { Endpoint } from "#host/engine/interfaces.js";
import { Random, SEED } from "../../support/bytes.js";
import type { FakeConnection } from "../support/fake-platform.js";
import { accept, type DrivenEngine, drivenEngine } from "./driven-engine.js";

/** Beyond that the host asks the transport to wait, which the double does not. */
const UNREAD_MAX = 20_000;
const CONDITIONS = ["readable", "writable", "has-error"] as const;
const REFUSED = /while|before the last one/;

interface Upcall {
  ran: number;
  /** Of the libuv flavour: it will run again. */
  again: boolean;
  mayTimeOut: boolean;
}

/** What is to come of one descriptor. */
class Expected {
  /** Whether something of the libuv flavour is outstanding, by direction. */
  readonly transfers = [false, false];
  /** Upcalls of the epoll flavour that have not run, by condition. */
  readonly waiting = [0, 0, 0];

  constructor(readonly descriptor: Descriptor) {}
}

/** What has come up at all, over all rounds: a run without it shows nothing. */
const seen = { refused: 0, timedOut: 0, rearmed: 0, cancelled: 0, inside: 0, released: 0 };

class RandomRun {
  private readonly upcalls: Upcall[] = [];
  private readonly all: Expected[] = [];
  private readonly manager: EventManager;
  private now: Expected;
  private isInside = false;
  private arrived = 0;
  private received = 0;
  private written: number[] = [];

  constructor(
    private readonly driven: DrivenEngine,
    private readonly endpoint: Endpoint,
    private readonly connection: FakeConnection,
    private readonly choices: Random,
  ) {
    this.manager = new EventManager(driven.engine);
    this.now = this.register();
  }

  step(): void {
    const { choices, driven } = this;
    switch (choices.below(14)) {
      case 0: return this.arrive();
      case 1: case 2: case 3: return this.notify(choices.below(3));
      case 4: return this.change(choices.below(3));
      case 5: return this.read();
      case 6: return this.write();
      case 7: case 8: return this.notifyAfterRead();
      case 9: return this.notifyAfterWrite();
      case 10: return choices.below(4) === 0 ? this.reregister() : undefined;
      case 11: return this.isInside ? undefined : driven.passMs(choices.below(4));
      default: return this.isInside ? undefined : driven.settle();
    }
  }

  finish(): void {
    this.now.descriptor.close();
    this.driven.settle();
    for (const upcall of this.upcalls) assert.equal([upcall.ran, upcall.again], [1, false]);
    for (const { waiting, transfers } of this.all) assert.equal([waiting, transfers], [[0, 0, 0], [false, false]]);
    assert.equal(this.connection.written, this.written);
  }

  private register(): Expected {
    const expected = new Expected(this.manager.registerFileDescriptor(this.endpoint));
    this.all.push(expected);
    return expected;
  }

  /** Now and then the next step is made from inside of an upcall. */
  private goOnInside(): void {
    if (this.choices.below(4) !== 0 || this.now.descriptor.isClosed) return;
    this.isInside = true;
    seen.inside++;
    this.step();
    this.isInside = false;
  }

  private arrive(): void {
    const count = 1 + this.choices.below(3000);
    if (this.arrived - this.received + count > UNREAD_MAX) return;
    const bytes = Uint8Array.from({ length: count }, (_, index) => (this.arrived + index) % 251);
    this.arrived += count;
    this.connection.arriveBytes(bytes);
  }

  private receive(bytes: Uint8Array): void {
    const wrong = bytes.findIndex((byte, index) => byte !== (this.received + index) % 251);
    assert.is(wrong, -1, `byte ${this.received + wrong} is another one`);
    this.received += bytes.length;
    assert.ok(this.received <= this.arrived);
  }

  private isRegistered(condition: number): boolean {
    return new RegExp(`${CONDITIONS[condition]} (set|clear) and registered`).test(String(this.now.descriptor));
  }

  private attempt(isAllowed: boolean, call: () => void): boolean {
    if (isAllowed) {
      call();
      return true;
    }
    assert.throws(call, REFUSED);
    seen.refused++;
    return false;
  }

  private notify(condition: number): void {
    const { descriptor, transfers, waiting } = this.now;
    const isAllowed = !this.isRegistered(condition) && (condition === 2 || !transfers[condition]);
    const timeoutMs = condition < 2 && this.choices.below(2) === 0 ? this.choices.below(5) : null;
    const upcall: Upcall = { ran: 0, again: false, mayTimeOut: timeoutMs !== null };
    const run = (outcome: NotificationOutcome): void => {
      upcall.ran++;
      waiting[condition]!--;
      if (outcome === NotificationOutcome.TIMED_OUT) {
        seen.timedOut++;
        assert.ok(upcall.mayTimeOut);
      }
      this.goOnInside();
    };
    const call = (): void => {
      if (condition === 2) descriptor.notifyWhenHasError(run as () => void);
      else if (timeoutMs !== null && condition === 0) descriptor.notifyWhenReadableOrTimeout(run, timeoutMs);
      else if (timeoutMs !== null) descriptor.notifyWhenWritableOrTimeout(run, timeoutMs);
      else if (condition === 0) descriptor.notifyWhenReadable(run as () => void);
      else descriptor.notifyWhenWritable(run as () => void);
    };
    if (!this.attempt(isAllowed, call)) return;
    this.upcalls.push(upcall);
    waiting[condition]!++;
  }

  private change(condition: number): void {
    const { choices, now: { descriptor } } = this;
    const name = (["Readable", "Writable", "HasError"] as const)[condition]!;
    const which = choices.below(3);
    if (which === 0) descriptor[`clear${name}`]();
    else if (which === 1) descriptor[`force${name}`]();
    else descriptor[`set${(["Read", "Write", "Error"] as const)[condition]!}Priority`](choices.below(5));
  }

  private read(): void {
    const buffer = this.driven.engine.createSliceBuffer();
    this.attempt(!this.now.transfers[0], () => {
      const count = this.now.descriptor.read(buffer, 1 + this.choices.below(2000));
      assert.is(count, buffer.length);
    });
    this.receive(buffer.toUint8Array());
    buffer.destroy();
  }

  private bytesToWrite(): Uint8Array {
    return Uint8Array.from({ length: this.choices.below(500) }, () => this.choices.below(256));
  }

  private write(): void {
    const buffer = this.driven.engine.createSliceBuffer();
    const bytes = this.bytesToWrite();
    buffer.append(bytes);
    this.attempt(!this.now.transfers[1], () => {
      const count = this.now.descriptor.write(buffer) as number;
      assert.is(count, bytes.length - buffer.length);
      this.written.push(...bytes.subarray(0, count));
    });
    buffer.destroy();
  }

  private notifyAfterRead(): void {
    const { descriptor, transfers, waiting } = this.now;
    const isAllowed = !transfers[0] && waiting[0] === 0;
    const upcall: Upcall = { ran: 0, again: true, mayTimeOut: false };
    const call = (): void => descriptor.notifyAfterRead(({ status, bytes, rearmed }) => {
      this.receive(bytes);
      if (!status.ok) seen.cancelled++;
      assert.ok(status.ok || status.reason === "cancelled" || status.reason === "endpoint-closed", status.reason);
      this.over(upcall, rearmed);
      this.goOnInside();
      if (!rearmed) transfers[0] = false;
    }, () => new Uint8Array(1 + this.choices.below(3000)));
    if (!this.attempt(isAllowed, call)) return;
    this.upcalls.push(upcall);
    transfers[0] = true;
  }

  private notifyAfterWrite(): void {
    const { descriptor, transfers, waiting } = this.now;
    const isAllowed = !transfers[1] && waiting[1] === 0;
    const upcall: Upcall = { ran: 0, again: true, mayTimeOut: false };
    const bytes = this.bytesToWrite();
    let at = 0;
    const call = (): void => descriptor.notifyAfterWrite(({ bytesWritten, bytesLeft, rearmed }) => {
      this.written.push(...bytes.subarray(at, at + bytesWritten));
      at += bytesWritten;
      assert.is(bytesLeft, bytes.length - at);
      this.over(upcall, rearmed);
      if (!rearmed) transfers[1] = false;
    }, { bytes });
    if (!this.attempt(isAllowed, call)) return;
    this.upcalls.push(upcall);
    transfers[1] = true;
  }

  private over(upcall: Upcall, rearmed: boolean): void {
    assert.ok(upcall.again, "an upcall after the last one");
    upcall.again = rearmed;
    if (rearmed) seen.rearmed++;
    else upcall.ran++;
  }

  /** The endpoint comes back, is read from as it always could, and goes to a new descriptor. */
  private reregister(): void {
    assert.is(this.now.descriptor.release(), this.endpoint);
    seen.released++;
    if (!this.isInside) {
      const buffer = this.driven.engine.createSliceBuffer();
      let isOver = false;
      this.endpoint.read(({ ok }) => { isOver = ok; }, buffer);
      this.connection.arrive(this.arrived++ % 251); // so that it ends
      this.driven.settle();
      assert.ok(isOver);
      this.receive(buffer.toUint8Array());
      buffer.destroy();
    }
    this.now = this.register();
  }
}

const random = suite(`random descriptors (TEST_SEED=${SEED})`);

random("should keep every promise", async () => {
  for (let round = 0; round < 20; round++) {
    const driven = await drivenEngine();
    const { endpoint, connection } = accept(driven);
    const run = new RandomRun(driven, endpoint, connection, new Random(SEED + round));
    for (let step = 0; step < 400; step++) run.step();
    run.finish();
    await driven.close();
    assert.equal(driven.thrown, [], `round ${round}`);
  }
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 0, what);
});

random.run();
