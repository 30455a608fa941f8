// The ports of one protocol: who is bound, and which ones connections go out from.

import { ErrorCode } from "../../wasi/error-code.js";
import { covers, isLoopback, isUnspecified, LOCALHOST, type SocketAddress, withPort } from "../../wasi/ip-address.js";

const EPHEMERAL_FIRST = 32_768;
const EPHEMERAL_LAST = 60_999;

export interface Bound {
  readonly boundAddress: SocketAddress;
}

export class PortTable<T extends Bound> {
  private readonly bound = new Map<number, T[]>();
  private readonly outgoing = new Set<number>();
  private latest = EPHEMERAL_LAST;

  /** The address with a port that may be bound, or why none may. */
  choose(wanted: SocketAddress): SocketAddress | ErrorCode {
    if (!isUnspecified(wanted) && !isLoopback(wanted)) return ErrorCode.AddressNotBindable;
    if (wanted.port === 0) return this.chooseEphemeral(wanted);
    const others = this.bound.get(wanted.port) ?? [];
    const isTaken = others.some(({ boundAddress }) => covers(boundAddress, wanted) || covers(wanted, boundAddress));
    return isTaken ? ErrorCode.AddressInUse : { ...wanted };
  }

  add(holder: T): void {
    const { port } = holder.boundAddress;
    const others = this.bound.get(port);
    if (others === undefined) this.bound.set(port, [holder]);
    else others.push(holder);
  }

  remove(holder: T): void {
    const { port } = holder.boundAddress;
    const left = (this.bound.get(port) ?? []).filter((other) => other !== holder);
    if (left.length === 0) this.bound.delete(port);
    else this.bound.set(port, left);
  }

  /** Who hears of what is sent to `address`. */
  find(address: SocketAddress): T | undefined {
    return this.bound.get(address.port)?.find(({ boundAddress }) => covers(boundAddress, address));
  }

  /** Takes a port to connect from, until it is given back. */
  takeOutgoing(address: SocketAddress): SocketAddress | ErrorCode {
    const local = address.port === 0 ? this.chooseEphemeral(address) : address;
    if (typeof local === "number") return local;
    if (!this.isFree(local.port)) return ErrorCode.AddressInUse;
    this.outgoing.add(local.port);
    return local;
  }

  giveOutgoing(port: number): void {
    this.outgoing.delete(port);
  }

  private isFree(port: number): boolean {
    return !this.bound.has(port) && !this.outgoing.has(port);
  }

  /** In turn, so that a port that was given back is not met again soon. */
  private chooseEphemeral(address: SocketAddress): SocketAddress | ErrorCode {
    for (let tries = EPHEMERAL_LAST - EPHEMERAL_FIRST; tries >= 0; tries--) {
      this.latest = this.latest === EPHEMERAL_LAST ? EPHEMERAL_FIRST : this.latest + 1;
      if (this.isFree(this.latest)) return withPort(address, this.latest);
    }
    return ErrorCode.AddressInUse;
  }
}

/** What `remote` sees as the sender. */
export function sourceTo(remote: SocketAddress, port: number): SocketAddress {
  return withPort(LOCALHOST[remote.family] as SocketAddress, port);
}
