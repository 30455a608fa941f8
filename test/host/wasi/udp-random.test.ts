// A udp-socket against a small model of it: random calls and events, each answer compared, and after every step what
// must always hold: readiness says what the calls would answer, and whoever waits was woken.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ErrorCode, OK, type Outcome } from "#host/wasi/error-code.js";
import type { SocketAddress } from "#host/wasi/ip-address.js";
import { DATAGRAM_SEND_QUEUE_MAX, DATAGRAMS_PER_CALL_MAX } from "#host/wasi/limits.js";
import type { Pollable } from "#host/wasi/pollable.js";
import type { DatagramStreams } from "#host/wasi/udp-socket.js";
import { Random, SEED } from "../../support/bytes.js";
import { LOOPBACK } from "../support/fake-platform.js";
import { nothingIsLeft } from "../support/leak-law.js";
import { OTHER, PEER, udpWorld, type UdpWorld } from "../support/udp-world.js";

console.log(`seed ${SEED}`);

type State = "unbound" | "binding" | "bound";

interface Waiting {
  pollable: Pollable;
  /** It was looked at and was not ready, so it must be queued by the time it is. */
  mustWake: boolean;
}

class Trial {
  readonly world: UdpWorld = udpWorld();
  private readonly random: Random;
  private state: State = "unbound";
  private bindEnds: Outcome | null = null;
  private peer: SocketAddress | null = null;
  private pair: DatagramStreams | null = null;
  private readonly old: DatagramStreams[] = [];
  private heard: number[] = [];
  private senders: SocketAddress[] = [];
  private failure: ErrorCode | null = null;
  private permit = 0;
  private next = 1;
  private waiting: Waiting[] = [];

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step++) {
      const action = this.random.below(16);
      this.act(action);
      this.check(`step ${step}, action ${action}`);
    }
    this.world.host.close();
    this.world.platform.transport.settle();
    nothingIsLeft(this.world.host, this.world.platform);
  }

  private act(action: number): void {
    switch (action) {
      case 0: return this.startBind();
      case 1: return this.endBind();
      case 2: return this.finishBind();
      case 3: return this.stream(this.random.below(3));
      case 4: return this.dropOld();
      case 5: return this.fail();
      case 6: case 7: return this.receive(this.random.below(4));
      case 8: return this.checkSend();
      case 9: case 10: return this.send(this.random.below(4));
      case 11: return this.takeAll();
      case 12: return this.watch();
      default: return this.arrive(this.random.below(2) === 0 ? PEER : OTHER);
    }
  }

  private startBind(): void {
    const expected = { unbound: OK, binding: ErrorCode.ConcurrencyConflict, bound: ErrorCode.InvalidState }[this.state];
    assert.is(this.world.socket.startBind(LOOPBACK), expected);
    if (this.state !== "unbound") return;
    this.state = "binding";
    this.bindEnds = null;
  }

  private endBind(): void {
    const { transport } = this.world.platform;
    if (this.state !== "binding" || this.bindEnds !== null) return;
    if (this.random.below(3) === 0) transport.failNext = ErrorCode.AddressInUse;
    this.bindEnds = transport.failNext ?? OK;
    transport.settle();
  }

  private finishBind(): void {
    const answer = this.world.socket.finishBind();
    if (this.state !== "binding") return assert.is(answer, ErrorCode.NotInProgress);
    if (this.bindEnds === null) return assert.is(answer, ErrorCode.WouldBlock);
    assert.is(answer, this.bindEnds);
    this.state = answer === OK ? "bound" : "unbound";
    if (answer === OK) this.world.platform.transport.datagrams!.isSlow = true;
  }

  private stream(which: number): void {
    const remote = [null, PEER, OTHER][which] as SocketAddress | null;
    const { host, socket } = this.world;
    const pair = socket.stream(remote);
    if (this.state !== "bound") return assert.is(pair, ErrorCode.InvalidState);
    if (typeof pair === "number") throw new Error(ErrorCode[pair]);
    if (this.pair !== null) this.old.push(this.pair);
    this.pair = pair;
    this.peer = remote;
    this.failure = null;
    this.permit = 0;
    if (remote !== null) {
      this.heard = this.heard.filter((_, index) => this.senders[index] === remote);
      this.senders = this.senders.filter((sender) => sender === remote);
    }
    host.table.add(pair.incoming, socket);
    host.table.add(pair.outgoing, socket);
  }

  private dropOld(): void {
    const pair = this.old.pop();
    if (pair === undefined) return;
    assert.is(pair.incoming.receive(1), ErrorCode.InvalidState);
    assert.is(pair.outgoing.checkSend(), ErrorCode.InvalidState);
    const { table } = this.world.host;
    for (const stream of [pair.incoming, pair.outgoing]) {
      for (const entry of this.waiting.filter(({ pollable }) => pollable.source === stream)) {
        table.drop(entry.pollable.handle, entry.pollable.kind);
      }
      this.waiting = this.waiting.filter(({ pollable }) => pollable.source !== stream);
      table.drop(stream.handle, stream.kind);
    }
  }

  private arrive(from: SocketAddress): void {
    if (this.state === "unbound" || (this.state === "binding" && this.bindEnds !== OK)) return;
    const value = this.next++ & 0xff;
    this.world.platform.transport.datagrams!.arrive(from, value);
    if (this.peer !== null && this.peer !== from) return;
    this.heard.push(value);
    this.senders.push(from);
  }

  private fail(): void {
    if (this.state !== "bound") return;
    this.world.platform.transport.datagrams!.failNow(ErrorCode.ConnectionRefused);
    if (this.pair !== null && this.peer !== null) this.failure = ErrorCode.ConnectionRefused;
  }

  private receive(max: number): void {
    if (this.pair === null) return;
    const answer = this.pair.incoming.receive(max);
    if (max > 0 && this.heard.length === 0 && this.failure !== null) {
      assert.is(answer, this.failure);
      this.failure = null;
      return;
    }
    if (typeof answer === "number") throw new Error(ErrorCode[answer]);
    assert.equal(answer.map(({ bytes }) => bytes[0]), this.heard.splice(0, max));
    assert.equal(answer.map(({ remote }) => remote), this.senders.splice(0, max));
  }

  private checkSend(): void {
    if (this.pair === null) return;
    const answer = this.pair.outgoing.checkSend();
    this.permit = 0;
    if (this.takeFailure(answer)) return;
    const room = DATAGRAM_SEND_QUEUE_MAX - this.world.platform.transport.datagrams!.queuedCount;
    this.permit = Math.min(DATAGRAMS_PER_CALL_MAX, Math.max(0, room));
    assert.is(this.pair.outgoing.permit, this.permit);
  }

  private send(count: number): void {
    if (this.pair === null) return;
    const { outgoing } = this.pair;
    const sent = this.world.platform.transport.datagrams!.sent.length;
    const one = { source: Uint8Array.of(1), start: 0, end: 1, remote: this.peer === null ? OTHER : null };
    const list = new Array<typeof one>(count).fill(one);
    if (count > this.permit) {
      assert.throws(() => outgoing.send(list), /exceeds the permit/);
      return;
    }
    const answer = outgoing.send(list);
    if (count === 0) return assert.equal([answer, outgoing.sentCount], [OK, 0]);
    this.permit = 0;
    const taken = this.takeFailure(answer) ? 0 : count;
    assert.is(outgoing.sentCount, taken);
    assert.is(this.world.platform.transport.datagrams!.sent.length, sent + taken);
  }

  private takeFailure(answer: Outcome): boolean {
    assert.is(answer, this.failure ?? OK);
    const hadFailure = this.failure !== null;
    this.failure = null;
    return hadFailure;
  }

  /** The system takes everything, or nearly nothing. */
  private takeAll(): void {
    if (this.state !== "bound") return;
    const datagrams = this.world.platform.transport.datagrams!;
    if (this.random.below(2) === 0) datagrams.takeAll();
    else datagrams.queuedCount = Math.max(datagrams.queuedCount, DATAGRAM_SEND_QUEUE_MAX - this.random.below(4));
  }

  private watch(): void {
    const { host, socket } = this.world;
    const source = [socket, this.pair?.incoming, this.pair?.outgoing][this.random.below(3)];
    if (source === undefined || this.waiting.length > 20) return;
    const pollable = host.subscribe(source);
    host.table.add(pollable, source);
    this.waiting.push({ pollable, mustWake: false });
  }

  /** What must hold after every step. */
  private check(where: string): void {
    const { host, socket } = this.world;
    assert.is(socket.isReady(), this.state !== "binding" || this.bindEnds !== null, where);
    if (this.pair !== null) {
      assert.is(this.pair.incoming.isReady(), this.heard.length > 0 || this.failure !== null, where);
      const hasRoom = this.world.platform.transport.datagrams!.queuedCount < DATAGRAM_SEND_QUEUE_MAX;
      assert.is(this.pair.outgoing.isReady(), hasRoom || this.failure !== null, where);
    }
    const hints = new Set<Pollable>();
    for (let hint = host.ready.shift(); hint !== null; hint = host.ready.shift()) hints.add(hint);
    for (const entry of this.waiting) {
      const isReady = entry.pollable.isReady();
      if (entry.mustWake && isReady) assert.ok(hints.has(entry.pollable), `${where}: nobody woke the guest`);
      entry.mustWake = !isReady;
    }
  }
}

const trials = suite("random calls of a udp-socket");

for (let index = 0; index < 60; index++) {
  trials(`should be answered as by the model, trial ${index}`, () => {
    try {
      new Trial(SEED + index).run(400);
    } catch (error) {
      (error as Error).message += ` (seed ${SEED}, trial ${index})`;
      throw error;
    }
  });
}

trials.run();
