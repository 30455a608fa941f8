// Connections of the in-page network under random calls. What must hold after every step: bytes arrive in order and
// unchanged, none twice; an end comes once, behind all bytes of a sender that ended; a failure comes once and last;
// nothing is called from inside a call, nor after close and abort; and at the end nothing is left.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ErrorCode } from "#host/wasi/error-code.js";
import type { Connection, ConnectionEvents } from "#host/wasi/transport.js";
import { Random, SEED } from "../../support/bytes.js";
import { PageWorld, PIPE_BYTES } from "./page-pair.js";

console.log(`seed ${SEED}`);

const LINGER_MS = 100;

/** What one byte of a stream is, by its place. */
const byteAt = (place: number): number => (place * 31 + (place >>> 8) * 7) & 0xff;

class ModelEnd implements ConnectionEvents {
  peer!: ModelEnd;
  written = 0;
  received = 0;
  /** `end` was called, or `close`. */
  hasEnded = false;
  isOver = false;
  isAborted = false;
  endsHeard = 0;
  failures = 0;
  wantsMore = true;
  isPaused = false;
  /** When it was told of room, or looked. */
  queuedBefore = 0;

  constructor(readonly trial: Trial, readonly connection: Connection) {}

  bytesArrived(bytes: Uint8Array, start: number, end: number): boolean {
    this.heard();
    assert.is(this.endsHeard, 0, "no bytes behind the end");
    assert.not(this.isPaused, "nothing while paused");
    for (let at = start; at < end; at++) {
      if (bytes[at] !== byteAt(this.received)) assert.is(bytes[at], byteAt(this.received), `byte ${this.received}`);
      this.received++;
    }
    assert.ok(this.received <= this.peer.written);
    this.trial.react(this);
    const wantsMore = this.wantsMore && this.trial.random.below(6) !== 0;
    this.isPaused ||= !wantsMore;
    return wantsMore;
  }

  bytesGiven(bytes: Uint8Array, start: number, end: number): boolean {
    return this.bytesArrived(bytes, start, end);
  }

  endArrived(): void {
    this.heard();
    this.endsHeard++;
    assert.ok(this.peer.hasEnded, "somebody ended");
    assert.is(this.received, this.peer.written, "an end is behind all bytes");
    this.trial.react(this);
  }

  roomMade(): void {
    this.heard();
    this.queuedBefore = this.connection.queuedBytes;
    this.trial.react(this);
  }

  failed(_code: ErrorCode): void {
    this.heard();
    this.failures++;
    this.isOver = true;
  }

  /** Whether everything that the peer wrote must come to here. */
  get mustHearAll(): boolean {
    return !this.isOver && !this.peer.isAborted;
  }

  private heard(): void {
    assert.not(this.trial.isInCall, "not from inside a call");
    assert.not(this.isOver, "nothing once it is over");
  }
}

class Trial {
  readonly world = new PageWorld();
  isInCall = false;
  readonly random: Random;
  private readonly ends: ModelEnd[] = [];

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step++) {
      if (this.ends.length < 8 && this.random.below(20) === 0) this.join();
      const end = this.pick();
      if (end !== undefined) this.act(end, this.random.below(24));
      this.check();
    }
    this.finish();
  }

  /** Now and then calls come from inside what is told. */
  react(end: ModelEnd): void {
    if (this.random.below(12) === 0) this.act(this.random.below(2) === 0 ? end : end.peer, this.random.below(12));
  }

  private join(): void {
    const { binding, arrived } = this.world.listen();
    const client = this.world.mustConnect(binding.localAddress);
    binding.close();
    const [a, b] = [new ModelEnd(this, client), new ModelEnd(this, arrived[0]!)];
    a.peer = b;
    b.peer = a;
    this.ends.push(a, b);
    for (const each of [a, b]) each.connection.attach(each);
  }

  private pick(): ModelEnd | undefined {
    return this.ends[this.random.below(Math.max(1, this.ends.length))];
  }

  private act(end: ModelEnd, action: number): void {
    if (action >= 18) return this.pass(action);
    if (end.isOver) return;
    const outer = this.isInCall;
    this.isInCall = true;
    this.call(end, action);
    this.isInCall = outer;
  }

  /** Time goes on, a little. */
  private pass(action: number): void {
    if (this.isInCall) return;
    if (action < 23) this.world.clock.runSoon();
    else this.world.clock.advanceMs(LINGER_MS / 2);
  }

  private call(end: ModelEnd, action: number): void {
    if (action < 9) return this.write(end, action);
    if (action < 11) {
      end.wantsMore = true;
      end.isPaused = false;
      return end.connection.resume();
    }
    if (action < 13) {
      end.wantsMore = false;
      end.isPaused = true;
      return end.connection.pause();
    }
    if (action < 15) {
      end.hasEnded = true;
      return end.connection.end();
    }
    if (this.random.below(4) !== 0) return;
    end.isOver = true;
    end.hasEnded = true;
    // To close an end that has not read all resets the other one, and so may a peer that takes nothing for long.
    if (action === 15) end.isAborted = true;
    else end.isAborted ||= end.received < end.peer.written || end.connection.queuedBytes > 0;
    if (action === 15) end.connection.abort();
    else end.connection.close(LINGER_MS);
  }

  private write(end: ModelEnd, action: number): void {
    const most = [10, 100, 1000, 10_000, 70_000, 100, 100, 300_000, 65_536][action] as number;
    const count = 1 + this.random.below(most);
    // As an output stream, which gives no permit beyond.
    if (end.hasEnded || end.connection.queuedBytes + count > PIPE_BYTES) return;
    const bytes = new Uint8Array(count + 3);
    for (let index = 0; index < count; index++) bytes[index + 2] = byteAt(end.written + index);
    // What nobody reads any more does not count.
    if (!end.peer.isOver) end.written += count;
    end.connection.write(bytes, 2, count + 2);
    bytes.fill(0xa5);
  }

  private check(): void {
    for (const end of this.ends) {
      const { connection } = end;
      assert.ok(connection.queuedBytes >= 0 && connection.queuedBytes <= PIPE_BYTES, `${connection.queuedBytes}`);
      assert.ok(end.endsHeard <= 1 && end.failures <= 1);
      const isFailing = end.peer.isOver;
      if (!end.isOver && !isFailing) assert.ok(connection.queuedBytes >= end.queuedBefore, "it is told of room");
      end.queuedBefore = connection.queuedBytes;
    }
  }

  private finish(): void {
    const settled = (): void => {
      for (const end of this.ends) {
        end.wantsMore = true;
        if (!end.isPaused || end.isOver) continue;
        end.isPaused = false;
        end.connection.resume();
      }
      this.world.settle();
    };
    // Calls from inside may pause again, or write more: until it is quiet.
    for (let times = 0; times < 200; times++) settled();
    for (const end of this.ends) {
      if (!end.mustHearAll || end.isPaused) continue;
      assert.is(end.received, end.peer.written, "all that was written arrived");
      assert.is(end.endsHeard, end.peer.hasEnded ? 1 : 0);
    }
    for (const end of this.ends) {
      if (!end.isOver) end.connection.abort();
      end.isOver = true;
    }
    this.world.clock.advanceMs(LINGER_MS);
    this.world.nothingIsLeft();
  }
}

const trials = suite("random connections of a page");

trials("should hold together", () => {
  for (let trial = 0; trial < 300; trial++) {
    try {
      new Trial(SEED + trial).run(400);
    } catch (error) {
      console.log(`TEST_SEED=${SEED + trial}`);
      throw error;
    }
  }
});

trials.run();
