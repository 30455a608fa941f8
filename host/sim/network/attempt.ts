// One connect in the making.
//
//                        nobody there: unreachable            queue full, packet lost: sent again at 1, 3, 7.. s
//                       +--------------------------> REFUSED      +------+
//                       |  not listening, a fault: refused        |      v
//   start() --> ASKING -+------------------------------------> ASKING again ---(connectTimeoutNs)--> TIMED OUT
//                       |
//                       +--> one end waits to be accepted; the answer travels back --> CONNECTED
//
//   cancel() in any state: `done` does not run; a connection that was made already is reset.

import { ErrorCode } from "../../wasi/error-code.js";
import { isLoopback, type SocketAddress } from "../../wasi/ip-address.js";
import type { Connection, Request } from "../../wasi/transport.js";
import type { SimEvent } from "../event-queue.js";
import type { TraceKind } from "../trace.js";
import type { SimConnection } from "./connection.js";
import { Pair } from "./pair.js";
import { attemptFate, type AttemptFate, type Rule } from "./rules.js";
import type { Station } from "./station.js";

const FIRST_RETRY_NS = 1_000_000_000;

export interface AttemptOptions {
  readonly station: Station;
  readonly remote: SocketAddress;
  /** With its port, which is taken already and belongs to the attempt. */
  readonly local: SocketAddress;
  readonly done: (result: Connection | ErrorCode) => void;
}

export class Attempt implements Request {
  private readonly number: number;
  private readonly station: Station;
  private readonly rules: Rule[];
  private readonly fate: AttemptFate | null;
  private isOver = false;
  /** How long after the first packet the next one is sent: 1, 3, 7, 15 s. */
  private retryNs = FIRST_RETRY_NS;
  private readonly beganNs: number;
  private next: SimEvent | null = null;
  private readonly timeout: SimEvent;
  private pair: Pair | null = null;

  constructor(private readonly options: AttemptOptions) {
    const { station, remote } = options;
    const { network, conditions } = station;
    this.station = station;
    this.beganNs = network.queue.nowNs;
    this.number = network.nextAttempt();
    this.rules = network.rulesFor(this.number, remote);
    this.fate = attemptFate(this.rules) ?? this.drawFate();
    station.pendingCount++;
    this.timeout = network.queue.after(conditions.connectTimeoutNs, "timeout", this.number, () =>
      this.finish(ErrorCode.Timeout));
    this.ask();
  }

  cancel(): void {
    if (this.isOver) return;
    this.settle();
    this.pair?.client.abort();
    if (this.pair === null) this.givePortBack();
  }

  private drawFate(): AttemptFate | null {
    const { random, conditions } = this.station;
    if (random.chance(conditions.refuse)) return "refuse";
    if (random.chance(conditions.blackHole)) return "black-hole";
    return random.chance(conditions.unreachable) ? "unreachable" : null;
  }

  /** Sends the first packet, or another one in its place. */
  private ask(): void {
    if (this.fate === "black-hole") return;
    if (this.station.random.chance(this.station.conditions.lostSyn)) this.askAgain();
    else this.schedule("connect", this.oneWay(this.station), () => this.arrive());
  }

  private askAgain(): void {
    const delayNs = this.beganNs + this.retryNs - this.station.network.queue.nowNs;
    this.retryNs = this.retryNs * 2 + FIRST_RETRY_NS;
    this.schedule("syn-lost", delayNs, () => this.ask());
  }

  private arrive(): void {
    const { remote, local } = this.options;
    const server = this.station.route(remote);
    if (server === null || this.fate === "unreachable") return this.answerWith(ErrorCode.RemoteUnreachable);
    const binding = server.bindingFor(remote);
    if (binding === null || !binding.isListening || this.fate === "refuse") {
      return this.answerWith(ErrorCode.ConnectionRefused);
    }
    if (!binding.hasRoom) return this.askAgain();
    const pair = new Pair(this.station.network, {
      number: this.number, client: this.station, server, clientAddress: local, serverAddress: remote, rules: this.rules,
    });
    this.pair = pair;
    pair.client.onGone = () => this.givePortBack();
    binding.enqueue(pair.server);
    this.schedule("established", this.oneWay(server), () => this.establish(pair.client));
  }

  private establish(client: SimConnection): void {
    const { station } = this;
    this.settle();
    station.opened();
    client.onGone = () => {
      station.closed();
      this.givePortBack();
    };
    this.options.done(client);
  }

  private answerWith(code: ErrorCode): void {
    const from = this.station.route(this.options.remote) ?? this.station;
    this.schedule("refused", this.oneWay(from), () => this.finish(code));
  }

  private finish(code: ErrorCode): void {
    this.settle();
    this.pair?.client.abort();
    if (this.pair === null) this.givePortBack();
    this.options.done(code);
  }

  private settle(): void {
    const { queue } = this.station.network;
    this.isOver = true;
    this.station.pendingCount--;
    queue.cancel(this.timeout);
    queue.cancel(this.next);
  }

  private givePortBack(): void {
    const { station, options: { local } } = this;
    const { timeWaitNs } = station.conditions;
    if (timeWaitNs === 0 || this.pair === null) station.ports.give(local.port);
    else station.network.queue.after(timeWaitNs, "released", station.number, () => station.ports.give(local.port));
  }

  private oneWay(from: Station): number {
    const { latencyNs, loopbackLatencyNs } = from.conditions;
    return from.random.between(isLoopback(this.options.remote) ? loopbackLatencyNs : latencyNs);
  }

  private schedule(kind: TraceKind, delayNs: number, run: () => void): void {
    this.next = this.station.network.queue.after(delayNs, kind, this.number, run);
  }
}
