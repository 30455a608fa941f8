// A connection of the main thread as the guest's worker has it.
//
//   arrived or connected --attach()--> delivering --FAILED--> broken
//          |                               |                    |
//          +---------- close(), abort(): forgotten, nothing is called back any more

import type { ByteQueuePool } from "../../wasi/byte-queue.js";
import type { ErrorCode } from "../../wasi/error-code.js";
import type { SocketAddress } from "../../wasi/ip-address.js";
import type { Connection, ConnectionEvents } from "../../wasi/transport.js";
import { Command, Event } from "./messages.js";
import { RemoteIncoming, RemoteOutgoing } from "./remote-flow.js";
import type { RemoteLink, RemoteObject } from "./remote-link.js";

/** What all connections of one transport share. */
export interface RemoteShared {
  readonly link: RemoteLink;
  readonly pool: ByteQueuePool;
  /** Bindings and connections that were not given back. */
  openCount: number;
}

export class RemoteConnection implements Connection, RemoteObject {
  private events: ConnectionEvents | null = null;
  private readonly incoming: RemoteIncoming;
  private readonly outgoing: RemoteOutgoing;
  private isEnding = false;
  private isBroken = false;
  private isClosed = false;

  constructor(
    private readonly shared: RemoteShared,
    private readonly id: number,
    readonly localAddress: SocketAddress | null,
    readonly remoteAddress: SocketAddress | null,
  ) {
    this.incoming = new RemoteIncoming(shared.link, id, shared.pool);
    this.outgoing = new RemoteOutgoing(shared.link, id);
    shared.link.add(id, this);
    shared.openCount++;
  }

  get queuedBytes(): number {
    return this.outgoing.queuedBytes;
  }

  attach(events: ConnectionEvents): void {
    this.events = events;
    this.incoming.open(events);
  }

  resume(): void {
    this.incoming.resume();
  }

  pause(): void {
    this.incoming.pause();
  }

  setKeepAlive(enabled: boolean, idleMs: number): void {
    if (!this.isClosed) this.shared.link.tell(Command.KeepAlive, this.id, enabled ? idleMs : -1);
  }

  write(source: Uint8Array, start: number, end: number): void {
    if (!this.isBroken && !this.isEnding) this.outgoing.write(source, start, end);
  }

  wantRoom(): void {
    if (!this.isClosed) this.outgoing.wantRoom();
  }

  end(): void {
    if (this.isEnding) return;
    this.isEnding = true;
    if (!this.isBroken) this.shared.link.tell(Command.End, this.id);
  }

  close(lingerMs: number): void {
    this.leave(Command.Close, lingerMs);
  }

  abort(): void {
    this.leave(Command.Abort, 0);
  }

  event(kind: Event, value: number, bytes: Uint8Array, start: number, end: number): void {
    switch (kind) {
      case Event.Data:
        this.incoming.arrived(bytes, start, end);
        return;
      case Event.Ended:
        this.incoming.ended();
        return;
      case Event.Taken:
        this.outgoing.taken(value);
        this.events?.roomMade();
        return;
      case Event.Failed:
        this.isBroken = true;
        this.outgoing.broke();
        this.incoming.flush();
        this.events?.failed(value as ErrorCode);
        return;
      default:
        throw new Error(`channel: a connection hears of ${Event[kind] ?? kind}`);
    }
  }

  private leave(command: Command, value: number): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.isEnding = true;
    this.events = null;
    this.incoming.close();
    this.shared.openCount--;
    this.shared.link.forget(this.id);
    this.shared.link.tell(command, this.id, value);
  }
}
