// A connection as the network sees it: two ends, a pipe each way, and what may befall both at once.

import type { SocketAddress } from "../../wasi/ip-address.js";
import type { SimRandom } from "../random.js";
import { SimConnection } from "./connection.js";
import type { Network } from "./network.js";
import { Pipe } from "./pipe.js";
import type { Rule } from "./rules.js";
import type { Station } from "./station.js";

export interface PairOptions {
  readonly number: number;
  readonly client: Station;
  readonly server: Station;
  readonly clientAddress: SocketAddress;
  readonly serverAddress: SocketAddress;
  readonly rules: readonly Rule[];
}

export class Pair {
  readonly random: SimRandom;
  readonly isLoopback: boolean;
  /** The end that connected, and the one that was accepted. */
  readonly client: SimConnection;
  readonly server: SimConnection;
  readonly out: Pipe;
  readonly back: Pipe;
  isSilent = false;
  private readonly byteRules: Rule[];

  constructor(
    readonly network: Network,
    { number, client, server, clientAddress, serverAddress, rules }: PairOptions,
  ) {
    this.random = network.random.fork(`connection ${number}`);
    this.isLoopback = client === server;
    this.client = new SimConnection(this, client, number * 2, clientAddress, serverAddress);
    this.server = new SimConnection(this, server, number * 2 + 1, serverAddress, clientAddress);
    this.out = new Pipe(this, this.client, this.server);
    this.back = new Pipe(this, this.server, this.client);
    this.client.join(this.back, this.out);
    this.server.join(this.out, this.back);
    this.byteRules = [];
    for (const rule of rules) this.arm(rule);
  }

  /** Nanoseconds of one way for what `sender` sends now. */
  latency(sender: Station): number {
    const { latencyNs, loopbackLatencyNs } = sender.conditions;
    return this.random.between(this.isLoopback ? loopbackLatencyNs : latencyNs);
  }

  /** Somebody between the ends resets the connection. */
  breakBoth(): void {
    this.out.sendReset();
    this.back.sendReset();
  }

  /** From now on nothing arrives; what is on its way already still does. */
  fallSilent(): void {
    if (this.isSilent) return;
    this.isSilent = true;
    this.client.silenceFell();
    this.server.silenceFell();
  }

  /** The first rule with a byte count is due. */
  scriptedBreak(): void {
    this.carryOut(this.byteRules[0] as Rule);
  }

  private arm(rule: Rule): void {
    if (rule.fate !== "reset" && rule.fate !== "silence") return;
    if (rule.afterBytes === undefined) {
      this.network.queue.after((rule.afterMs ?? 0) * 1e6, "script", this.client.number, () => this.carryOut(rule));
    } else if (this.byteRules.length === 0) {
      this.byteRules.push(rule);
      const pipe = rule.direction === "back" ? this.back : this.out;
      pipe.breakAt = Math.max(1, rule.afterBytes);
    } else {
      throw new Error("two rules break one connection at a byte: one must do");
    }
  }

  private carryOut({ fate }: Rule): void {
    if (fate === "reset") this.breakBoth();
    else this.fallSilent();
  }
}
