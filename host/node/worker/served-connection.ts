// A connection of the main thread that a worker's guest works with.

import type { ErrorCode } from "../../wasi/error-code.js";
import type { Connection, ConnectionEvents } from "../../wasi/transport.js";
import { Command, encodeAddresses, Event } from "./messages.js";
import { ServedIncoming, ServedOutgoing } from "./served-flow.js";
import { type ServedObject, type ServedObjects, unexpected } from "./served-object.js";

export class ServedConnection implements ServedObject, ConnectionEvents {
  private readonly incoming: ServedIncoming;
  private readonly outgoing: ServedOutgoing;

  private constructor(
    private readonly objects: ServedObjects,
    private readonly id: number,
    private readonly connection: Connection,
  ) {
    this.incoming = new ServedIncoming(objects.link, id, connection);
    this.outgoing = new ServedOutgoing(objects.link, id, connection);
  }

  /** Takes the connection over and tells the worker of it: `kind` of the object or request `about`. */
  static announce(objects: ServedObjects, connection: Connection, kind: Event, about: number): void {
    const id = objects.add((id) => new ServedConnection(objects, id, connection));
    const addresses = encodeAddresses([connection.localAddress, connection.remoteAddress]);
    objects.link.send(kind, about, id, addresses, 0, addresses.length);
  }

  command(kind: Command, value: number, bytes: Uint8Array, start: number, end: number): void {
    const { connection } = this;
    switch (kind) {
      case Command.Write: return this.outgoing.write(bytes, start, end);
      case Command.Credit: return this.incoming.credit(value);
      case Command.WantRoom: return this.outgoing.wantRoom();
      case Command.Attach: return connection.attach(this);
      case Command.End: return connection.end();
      case Command.KeepAlive: return connection.setKeepAlive(value >= 0, Math.max(0, value));
      case Command.Close:
        this.leave();
        return connection.close(value);
      case Command.Abort: return this.cut();
      default: return unexpected("connection", kind);
    }
  }

  cut(): void {
    this.leave();
    this.connection.abort();
  }

  bytesArrived(bytes: Uint8Array, start: number, end: number): boolean {
    return this.incoming.arrived(bytes, start, end);
  }

  bytesGiven(bytes: Uint8Array, start: number, end: number): boolean {
    return this.incoming.arrived(bytes, start, end);
  }

  endArrived(): void {
    this.objects.link.tell(Event.Ended, this.id);
  }

  roomMade(): void {
    this.outgoing.roomMade();
  }

  failed(code: ErrorCode): void {
    this.incoming.close();
    this.outgoing.close();
    this.objects.link.tell(Event.Failed, this.id, code);
  }

  private leave(): void {
    this.incoming.close();
    this.outgoing.close();
    this.objects.free(this.id);
  }
}
