// The in-page network: the loopback addresses of one thread, shared by all engines of it that are given the same one.
// Nothing leaves the thread.
//
//   127/8 and ::1   ports of TCP and of UDP, "localhost"; what is bound to an unspecified address hears of all of them
//   anything else   is not there: address-not-bindable, remote-unreachable, name-unresolvable

import { ByteQueuePool } from "../../wasi/byte-queue.js";
import type { Clock } from "../../wasi/clock.js";
import type { DatagramEvents, DatagramSocket } from "../../wasi/datagram-transport.js";
import { ErrorCode } from "../../wasi/error-code.js";
import { isLoopback, isUnspecified, LOCALHOST, makeAddress, type SocketAddress } from "../../wasi/ip-address.js";
import { isLocalName } from "../../wasi/lookup-name.js";
import type { Binding, BindOptions, Connection, ConnectOptions, Request, Transport } from "../../wasi/transport.js";
import { pageClock } from "../clock.js";
import { Attempt } from "./attempt.js";
import { type BindingHome, PageBinding } from "./binding.js";
import type { PageConnection } from "./connection.js";
import { PageDatagrams } from "./datagrams.js";
import { PortTable, sourceTo } from "./ports.js";

const nothingToCancel: Request = { cancel: () => {} };

export class PageNetwork implements Transport, BindingHome {
  openCount = 0;
  /** @internal */
  readonly ports = new PortTable<PageBinding>();
  /** @internal */
  readonly datagramPorts = new PortTable<PageDatagrams>();
  /** @internal */
  readonly pool = new ByteQueuePool();

  constructor(readonly clock: Clock = pageClock()) {}

  /** The one of this page or worker. */
  static shared(): PageNetwork {
    return shared ??= new PageNetwork();
  }

  /** Answers before it returns. */
  bind({ address }: BindOptions, done: (result: Binding | ErrorCode) => void): Request {
    const chosen = this.ports.choose(address);
    if (typeof chosen === "number") {
      done(chosen);
    } else {
      const binding = new PageBinding(this, chosen);
      this.ports.add(binding);
      this.openCount++;
      done(binding);
    }
    return nothingToCancel;
  }

  connect({ remote, local }: ConnectOptions, done: (result: Connection | ErrorCode) => void): Request {
    if (!isLoopback(remote)) return this.answer(() => done(ErrorCode.RemoteUnreachable));
    const isOpen = local === null || isUnspecified(local);
    if (!isOpen && !isLoopback(local)) return this.answer(() => done(ErrorCode.AddressNotBindable));
    const from = this.ports.takeOutgoing(isOpen ? sourceTo(remote, local?.port ?? 0) : local);
    if (typeof from === "number") return this.answer(() => done(from));
    return new Attempt(this, from, remote, done);
  }

  /** Answers before it returns. */
  bindDatagrams(
    address: SocketAddress, events: DatagramEvents, done: (result: DatagramSocket | ErrorCode) => void,
  ): Request {
    const chosen = this.datagramPorts.choose(address);
    if (typeof chosen === "number") {
      done(chosen);
    } else {
      const socket = new PageDatagrams(this, chosen, events);
      this.datagramPorts.add(socket);
      this.openCount++;
      done(socket);
    }
    return nothingToCancel;
  }

  lookup(name: string, done: (result: SocketAddress[] | ErrorCode) => void): Request {
    return this.answer(() => done(isLocalName(name) ? localhost() : ErrorCode.NameUnresolvable));
  }

  /** @internal The owner of a connection has it from here; its port is given back with it. */
  handedOut(connection: PageConnection, port?: number): void {
    this.openCount++;
    connection.onGone = () => {
      this.openCount--;
      if (port !== undefined) this.ports.giveOutgoing(port);
    };
  }

  /** @internal */
  closed(binding: PageBinding): void {
    this.ports.remove(binding);
    this.openCount--;
  }

  /** @internal */
  datagramsClosed(socket: PageDatagrams): void {
    this.datagramPorts.remove(socket);
    this.openCount--;
  }

  private answer(run: () => void): Request {
    let isCancelled = false;
    this.clock.soon(() => {
      if (!isCancelled) run();
    });
    return { cancel: () => { isCancelled = true; } };
  }
}

let shared: PageNetwork | null = null;

function localhost(): SocketAddress[] {
  return LOCALHOST.map(({ family, parts }) => makeAddress(family, [...parts], 0));
}
