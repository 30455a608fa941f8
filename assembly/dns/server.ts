// What one resolver knows of one nameserver. Records only; the ports and the connection to it are others' work.
//
//   record | socket address | ports: those that may take another query, then those that only wait for answers

import { DNS_PORTS_TOTAL_MAX, DNS_SERVER_REST_NS, DNS_TRY_NS_MIN } from "../base/limits";
import * as clock from "../time/clock";
import { SocketAddress } from "../wasi/network";

const ADDRESS_AT: usize = (offsetof<Server>() + 3) & ~3;
const PORTS_AT: usize = ADDRESS_AT + 28;

/** Bytes of a record with what follows it. */
export const SERVER_BYTES: usize = (PORTS_AT + (<usize>DNS_PORTS_TOTAL_MAX << 2) + 7) & ~7;

@unmanaged
export class Server {
  /** Asked after the others until then: it failed lately. */
  restUntilNs: u64;
  /** Smoothed round trip and its variation in microseconds (RFC 6298); 0 while nothing was measured. */
  roundTripUs: u32;
  variationUs: u32;
  /** It does not know EDNS. */
  isPlain: bool;
  /** It answers with the name in a case of its own, so that case says nothing. */
  changesCase: bool;
  /** Ports that may take another query, and all ports. */
  freshCount: i32;
  portCount: i32;
  /** The connection to it, or 0. */
  stream: usize;

  @inline get address(): SocketAddress {
    return changetype<SocketAddress>(changetype<usize>(this) + ADDRESS_AT);
  }

  @inline portAt(index: i32): usize {
    return load<usize>(changetype<usize>(this) + PORTS_AT + (<usize>index << 2));
  }

  @inline setPort(index: i32, port: usize): void {
    store<usize>(changetype<usize>(this) + PORTS_AT + (<usize>index << 2), port);
  }

  /** An answer took `ns`. */
  measure(ns: u64): void {
    const sample = <u32>min<u64>(max<u64>(ns / 1000, 1), 60_000_000);
    if (!this.roundTripUs) {
      this.roundTripUs = sample;
      this.variationUs = sample >> 1;
      return;
    }
    const away = <i32>sample - <i32>this.roundTripUs;
    this.variationUs += ((away < 0 ? -away : away) - <i32>this.variationUs) / 4;
    this.roundTripUs = max<i32>(<i32>this.roundTripUs + away / 8, 1);
  }

  /** Nanoseconds that a first try waits for its answer: `mostNs` while nothing is known. */
  tryNs(mostNs: u64): u64 {
    if (!this.roundTripUs) return mostNs;
    const ns = (<u64>this.roundTripUs + 4 * <u64>this.variationUs) * 1000;
    return min(max(ns, DNS_TRY_NS_MIN), mostNs);
  }

  @inline isResting(): bool {
    return this.restUntilNs != 0 && this.restUntilNs > clock.now();
  }

  rest(): void {
    this.restUntilNs = clock.after(DNS_SERVER_REST_NS);
  }
}
