// A client and server sessions over channels in memory, on a simulated network with peers beyond the gateway: streams
// both ways, look-ups and datagrams by chance, and the laws that hold whatever happens.
import * as assert from "uvu/assert";
import { GatewayTransport } from "#host/gateway/client/transport.js";
import { ALLOW_ALL } from "#host/gateway/server/policy.js";
import { NO_LIMITS } from "#host/gateway/server/session-limits.js";
import { GatewaySession } from "#host/gateway/server/session.js";
import { type Conditions, type SimHost, type SimRandom, Simulation } from "#host/sim/index.js";
import { listenAt, startPeer } from "#host/sim/peers/meeting.js";
import { outcomeText, PatternPeer, type PeerPlan } from "#host/sim/peers/pattern-peer.js";
import { errorCodeName, OK } from "#host/wasi/error-code.js";
import { Family, makeAddress, type SocketAddress } from "#host/wasi/ip-address.js";
import type { Binding, Connection } from "#host/wasi/transport.js";
import { ChannelPair } from "./channel-pair.js";

const PEER = "10.0.0.3";
const GATEWAY = "10.0.0.2";
const address = (last: number, port: number): SocketAddress => makeAddress(Family.Ipv4, [10, 0, 0, last], port);

export interface WorldOptions {
  readonly seed: number;
  readonly conditions: Partial<Conditions>;
  /** Bytes that a stream may have under way, either way; drawn when left out. */
  readonly window?: number;
  /** Messages after which each channel is lost, drawn anew for each; none when left out. */
  readonly cutAfter?: (random: SimRandom) => number;
}

/** Two ends of one stream, which check each other. */
interface Pairing {
  readonly what: string;
  readonly ours: PatternPeer;
  theirs: PatternPeer | null;
}

function textOf({ outcome, sent, received, plan }: PatternPeer): string {
  const aborts = plan.abortsAfter === undefined ? "" : `, aborts after ${plan.abortsAfter}`;
  return `${outcomeText(outcome)}, sent ${sent} of ${plan.sends}${aborts}, received ${received}`;
}

export class GatewayWorld {
  readonly sim: Simulation;
  readonly transport: GatewayTransport;
  readonly random: SimRandom;
  readonly pairings: Pairing[] = [];
  /** How often each operation ended. */
  readonly endings: number[] = [];
  readonly cancelled = new Set<number>();
  sessions = 0;
  /** Streams may be cut by their ends. */
  mayAbort = false;
  private pairs: ChannelPair[] = [];
  private readonly page: SimHost;
  private readonly gateway: SimHost;
  private readonly peer: SimHost;
  private readonly bindings: Binding[] = [];

  constructor({ seed, conditions, window, cutAfter }: WorldOptions) {
    this.sim = new Simulation({ seed, name: "gateway", conditions });
    this.random = this.sim.random.fork("world");
    this.page = this.sim.host("10.0.0.1");
    this.gateway = this.sim.host(GATEWAY);
    this.peer = this.sim.host(PEER);
    this.sim.setName("peer.test", [PEER]);
    const { random } = this;
    const windowBytes = window ?? random.sizeBetween([1024, 300_000]);
    const frameBytes = random.sizeBetween([1024, 70_000]);
    this.transport = new GatewayTransport({
      clock: this.page.clock,
      window: window ?? random.sizeBetween([1024, 300_000]),
      open: (events) => {
        this.sessions++;
        const pair = new ChannelPair(this.sim, random.fork(`pair ${this.sessions}`), cutAfter?.(random) ?? Infinity);
        this.pairs.push(pair);
        return pair.openClient(events, (open) => {
          const { transport, clock } = this.gateway;
          new GatewaySession({
            open, transport, clock, admit: () => ALLOW_ALL, limits: { ...NO_LIMITS, windowBytes, frameBytes },
          });
        });
      },
    });
  }

  /** Counts the end of an operation; the answer cancels it. */
  private counted(begin: (ended: () => void) => { cancel(): void }): { cancel(): void } {
    const index = this.endings.push(0) - 1;
    const request = begin(() => {
      if (this.cancelled.has(index)) throw new Error(`operation ${index} ended although it was cancelled`);
      this.endings[index] = (this.endings[index] as number) + 1;
    });
    return {
      cancel: () => {
        if (this.endings[index] === 0) this.cancelled.add(index);
        request.cancel();
      },
    };
  }

  /** A stream from here to a peer that listens on a port of its own. */
  connect(number: number): { cancel(): void } {
    const port = 1000 + number;
    const ours = this.end(this.page, 2 * number, 2 * number + 1);
    const pairing: Pairing = { what: `stream ${number}`, ours, theirs: null };
    this.pairings.push(pairing);
    this.bindings.push(listenAt(this.peer, PEER, port, (connection) => {
      pairing.theirs = this.end(this.peer, 2 * number + 1, 2 * number);
      pairing.theirs.begin(connection);
    }));
    return this.counted((ended) => this.transport.connect({ remote: address(3, port), local: null }, (result) => {
      ended();
      if (typeof result === "number") pairing.ours.failed(result);
      else pairing.ours.begin(result);
    }));
  }

  /** A listener at the gateway, and a peer that connects to it. */
  accept(number: number, closesAfterMs: number | null): void {
    const port = 5000 + number;
    this.counted((ended) => this.transport.bind({ address: address(2, port), backlog: 5 }, (result) => {
      ended();
      if (typeof result === "number") return;
      this.bindings.push(result);
      const listening = this.counted((done) => this.listen(result, number, done));
      if (closesAfterMs !== null) this.sim.after(closesAfterMs, () => listening.cancel());
    }));
  }

  private listen(binding: Binding, number: number, done: () => void): { cancel(): void } {
    const what = `accepted ${number}`;
    const connectionArrived = (connection: Connection): void => {
      const pairing = this.pairings.find((other) => other.what === what);
      if (pairing === undefined || pairing.theirs !== null) return connection.abort();
      pairing.theirs = this.end(this.page, 2 * number, 2 * number + 1);
      pairing.theirs.begin(connection);
    };
    binding.listen({ connectionArrived }, 5, (outcome) => {
      done();
      if (outcome !== OK) return;
      const ours = startPeer(this.peer, GATEWAY, binding.localAddress.port, this.plan(2 * number + 1, 2 * number));
      this.pairings.push({ what, ours, theirs: null });
    });
    return { cancel: () => binding.close() };
  }

  /** Writes so much to a peer that reads at that pace, closes, and gives what the peer got when all is over. */
  async flush(bytes: number, bytesPerSecond: number, lingerMs: number): Promise<string> {
    const log: string[] = [];
    let received = 0;
    this.bindings.push(listenAt(this.peer, PEER, 999, (connection) => {
      connection.attach({
        bytesArrived: (_, start, end) => {
          received += end - start;
          this.sim.after(((end - start) * 1000) / bytesPerSecond, () => connection.resume());
          return false;
        },
        bytesGiven(...arrival) { return this.bytesArrived(...arrival); },
        endArrived: () => {
          log.push("end");
          connection.close(0);
        },
        failed: (code) => log.push(errorCodeName(code)),
        roomMade: () => {},
      });
    }));
    this.counted((ended) => this.transport.connect({ remote: address(3, 999), local: null }, (result) => {
      ended();
      if (typeof result === "number") throw new Error(errorCodeName(result));
      result.write(new Uint8Array(bytes), 0, bytes);
      result.close(lingerMs);
    }));
    await this.run(1_000_000);
    return `${received} ${log}`;
  }

  lookup(): { cancel(): void } {
    return this.counted((ended) => this.transport.lookup("peer.test", ended));
  }

  /** A UDP socket that sends to itself and to a peer that is not there. */
  datagrams(): { cancel(): void } {
    const events = { datagramArrived: () => {}, failed: () => {}, roomMade: () => {} };
    return this.counted((ended) => this.transport.bindDatagrams(address(2, 0), events, (socket) => {
      ended();
      if (typeof socket === "number") return;
      for (let count = this.random.between([0, 5]); count > 0; count--) {
        const bytes = new Uint8Array(this.random.sizeBetween([0, 1500]));
        socket.send(bytes, this.random.chance(0.5) ? socket.localAddress : address(3, 9));
      }
      if (this.random.chance(0.5)) socket.connect(address(3, 9));
      this.sim.after(this.random.fraction() * 50, () => socket.close());
    }));
  }

  /** Runs until nothing is left to happen, or until then. */
  async run(untilMs = Infinity): Promise<void> {
    while ((this.sim.nowMs < untilMs) && this.sim.step()) {
      if (!this.pairs.some(({ hasPromises }) => hasPromises)) continue;
      for (const pair of this.pairs) pair.hasPromises = false;
      await new Promise((resolve) => { setImmediate(resolve); });
    }
  }

  cut(): void {
    this.pairs.at(-1)?.cut();
  }

  get messages(): number {
    return this.pairs.reduce((sum, { messages }) => sum + messages, 0);
  }

  /** Every byte that came is right, and what both took for complete is complete. */
  bytesAreRight(): void {
    for (const { what, ours, theirs } of this.pairings) {
      for (const peer of [ours, theirs]) assert.is(peer?.wrongAt ?? null, null, `a wrong byte of ${what}`);
      if (theirs === null) continue;
      const about = [ours, theirs].map(textOf).join("; ");
      assert.ok(ours.received <= theirs.sent && theirs.received <= ours.sent, `${what}: ${about}`);
      if (ours.outcome === "complete") assert.is(ours.received, theirs.plan.sends, `${what}: ${about}`);
      // A connect that is cancelled when it has just succeeded ends in order, without a byte.
      const sends = ours.outcome === null ? 0 : ours.plan.sends;
      if (theirs.outcome === "complete") assert.is(theirs.received, sends, `${what}: ${about}`);
    }
  }

  /** Both ends of every stream are complete; only where nothing was lost, cut or cancelled. */
  allIsComplete(): void {
    for (const { what, ours, theirs } of this.pairings) {
      const outcomes = [ours, theirs].map((peer) => outcomeText(peer?.outcome ?? null));
      assert.equal(outcomes, ["complete", "complete"], what);
    }
  }

  /** Gives everything back; then every operation has ended once, and nothing is left anywhere. */
  async finish(): Promise<void> {
    for (const binding of this.bindings) binding.close();
    await this.run();
    this.transport.close();
    await this.run();
    for (const [index, count] of this.endings.entries()) {
      assert.is(count, this.cancelled.has(index) ? 0 : 1, `operation ${index} ended ${count} times`);
    }
    for (const { what, ours, theirs } of this.pairings) {
      assert.ok(ours.outcome !== null || this.cancelled.size > 0, `${what} is not over`);
      assert.ok(theirs === null || theirs.outcome !== null, `the other end of ${what} is not over`);
    }
    assert.is(this.transport.openCount, 0, "the client has something open");
    for (const host of [this.gateway, this.peer]) assert.is(host.transport.openCount, 0, "sockets are left");
    assert.is(this.sim.pendingEvents, 0, "something is left to happen");
  }

  private end(host: SimHost, stream: number, expects: number): PatternPeer {
    return new PatternPeer(host, this.plan(stream, expects));
  }

  private plan(stream: number, expectsStream: number): PeerPlan {
    const { random } = this;
    return {
      stream, expectsStream,
      sends: this.sendsOf(stream),
      writeBytes: random.chance(0.5) ? [1, 200] : [1, 65_536],
      ...(random.chance(0.3) ? { writePauseMs: [0, 5] } : {}),
      ...(random.chance(0.3) ? { readPauseMs: [0, 5] } : {}),
      ...(random.chance(0.2) ? { readsAfterMs: random.between([1, 100]) } : {}),
      ...(this.mayAbort && random.chance(0.2) ? { abortsAfter: random.sizeBetween([1, 50_000]) } : {}),
    };
  }

  private sendsOf(stream: number): number {
    return this.sim.random.fork(`sends ${stream}`).sizeBetween([0, 400_000]);
  }
}
