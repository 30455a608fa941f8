// The transport seam in a worker: sockets of the main thread, behind the channel. See host/wasi/transport.ts for what
// the seam promises; here every answer comes at a waiting point of the guest, that of bind too.

import type { ByteQueuePool } from "../../wasi/byte-queue.js";
import type { DatagramEvents, DatagramSocket } from "../../wasi/datagram-transport.js";
import type { ErrorCode, Outcome } from "../../wasi/error-code.js";
import type { SocketAddress } from "../../wasi/ip-address.js";
import type {
  Binding, BindOptions, Connection, ConnectOptions, ListenerEvents, Request, Transport,
} from "../../wasi/transport.js";
import {
  ADDRESS_BYTES, Command, decodeAddress, encodeAddresses, encodeText, Event, mustDecodeAddress,
} from "./messages.js";
import { RemoteConnection, type RemoteShared } from "./remote-connection.js";
import { RemoteDatagrams } from "./remote-datagrams.js";
import type { RemoteLink, RemoteObject } from "./remote-link.js";

export class RemoteTransport implements Transport {
  /** As the main thread's, which is Node's. */
  readonly hasNameserver = true;
  private readonly shared: RemoteShared;

  constructor(link: RemoteLink, pool: ByteQueuePool) {
    this.shared = { link, pool, openCount: 0 };
  }

  get openCount(): number {
    return this.shared.openCount;
  }

  bind({ address, backlog }: BindOptions, done: (result: Binding | ErrorCode) => void): Request {
    return this.request(Command.Bind, backlog, encodeAddresses([address]), (kind, value, bytes, start) => {
      if (kind !== Event.Bound) done(value as ErrorCode);
      else done(new RemoteBinding(this.shared, value, mustDecodeAddress(bytes, start)));
    });
  }

  connect({ remote, local }: ConnectOptions, done: (result: Connection | ErrorCode) => void): Request {
    return this.request(Command.Connect, 0, encodeAddresses([remote, local]), (kind, value, bytes, start) => {
      if (kind !== Event.Connected) done(value as ErrorCode);
      else done(connectionFrom(this.shared, value, bytes, start));
    });
  }

  lookup(name: string, done: (result: SocketAddress[] | ErrorCode) => void): Request {
    const text = encodeText(name);
    return this.request(Command.Lookup, 0, text, (kind, value, bytes, start, end) => {
      if (kind !== Event.Found) return done(value as ErrorCode);
      const found: SocketAddress[] = [];
      for (let at = start; at < end; at += ADDRESS_BYTES) found.push(mustDecodeAddress(bytes, at));
      done(found);
    });
  }

  bindDatagrams(
    address: SocketAddress, events: DatagramEvents, done: (result: DatagramSocket | ErrorCode) => void,
  ): Request {
    return this.request(Command.BindDatagrams, 0, encodeAddresses([address]), (kind, value, bytes, start) => {
      if (kind !== Event.Bound) done(value as ErrorCode);
      else done(new RemoteDatagrams(this.shared, value, mustDecodeAddress(bytes, start), events));
    });
  }

  private request(command: Command, value: number, bytes: Uint8Array,
    end: Parameters<RemoteLink["request"]>[3]): Request {
    const { link } = this.shared;
    const request = link.request(command, value, bytes, end);
    return { cancel: () => link.cancel(request) };
  }
}

function connectionFrom(shared: RemoteShared, id: number, bytes: Uint8Array, start: number): RemoteConnection {
  return new RemoteConnection(shared, id, decodeAddress(bytes, start), decodeAddress(bytes, start + ADDRESS_BYTES));
}

/** Its number is taken until RELEASED, since connections may be under way to it. */
class RemoteBinding implements Binding, RemoteObject {
  private events: ListenerEvents | null = null;
  private listening: (outcome: Outcome) => void = () => {};
  private released: () => void = () => {};
  private isClosed = false;

  constructor(
    private readonly shared: RemoteShared,
    private readonly id: number,
    readonly localAddress: SocketAddress,
  ) {
    shared.link.add(id, this);
    shared.openCount++;
  }

  listen(events: ListenerEvents, backlog: number, done: (outcome: Outcome) => void): void {
    this.events = events;
    this.listening = done;
    this.shared.link.tell(Command.Listen, this.id, backlog);
  }

  close(released?: () => void): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.events = null;
    this.released = released ?? this.released;
    this.shared.openCount--;
    this.shared.link.tell(Command.Close, this.id);
  }

  event(kind: Event, value: number, bytes: Uint8Array, start: number): void {
    switch (kind) {
      case Event.Listening:
        if (!this.isClosed) this.listening(value as Outcome);
        return;
      case Event.Arrived:
        if (this.events === null) this.shared.link.tell(Command.Abort, value);
        else this.events.connectionArrived(connectionFrom(this.shared, value, bytes, start));
        return;
      case Event.Released:
        this.shared.link.forget(this.id);
        this.released();
        return;
      default:
        throw new Error(`channel: a binding hears of ${Event[kind] ?? kind}`);
    }
  }
}
