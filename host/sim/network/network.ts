// What all hosts of a simulation share: time, chance, the trace, who has which address, names and rules.

import { ByteQueuePool } from "../../wasi/byte-queue.js";
import { ErrorCode } from "../../wasi/error-code.js";
import { type SocketAddress, hostText } from "../../wasi/ip-address.js";
import type { EventQueue } from "../event-queue.js";
import type { SimRandom } from "../random.js";
import type { Trace } from "../trace.js";
import { type Rule, rulesFor } from "./rules.js";
import type { Station } from "./station.js";

/** The longest read: what a kernel would give at once. */
export const READ_BYTES_MAX = 65_536;

/** What a name resolves to. */
export interface NameRecord {
  readonly result: readonly SocketAddress[] | ErrorCode;
  /** How long the answer takes; the asking host's conditions decide when left out. Infinity: it never comes. */
  readonly delayMs?: number;
}

export class Network {
  readonly pool = new ByteQueuePool();
  /** Lent to readers; a few bytes longer than the longest read, so that the bytes can begin anywhere. */
  readonly readBuffer = new Uint8Array(READ_BYTES_MAX + 64);
  readonly names = new Map<string, NameRecord>();
  /** The most that ever was queued for the writer of one direction of a connection. */
  queuedPeak = 0;
  private readonly stations = new Map<string, Station>();
  private readonly rules: Rule[] = [];
  private attempts = 0;
  private datagramSockets = 0;

  constructor(
    readonly queue: EventQueue,
    readonly random: SimRandom,
    readonly trace: Trace,
  ) {}

  /** Connect attempts so far, which is the number of the next one. */
  get attemptCount(): number {
    return this.attempts;
  }

  nextAttempt(): number {
    return this.attempts++;
  }

  /** The number of one more datagram socket. */
  nextDatagramSocket(): number {
    return this.datagramSockets++;
  }

  join(station: Station): void {
    for (const address of station.addresses) {
      const text = hostText(address);
      if (this.stations.has(text)) throw new Error(`${text} belongs to two hosts`);
      this.stations.set(text, station);
    }
  }

  /** Who has that address, which is not a loopback one. */
  stationAt(address: SocketAddress): Station | null {
    return this.stations.get(hostText(address)) ?? null;
  }

  addRule(rule: Rule): void {
    this.rules.push(rule);
  }

  rulesFor(attempt: number, remote: SocketAddress): Rule[] {
    return rulesFor(this.rules, attempt, remote, this.queue.nowNs);
  }
}
