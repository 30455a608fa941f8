// An address taken in the main thread that a worker's guest listens on.

import type { Binding, Connection, ListenerEvents } from "../../wasi/transport.js";
import { Command, encodeAddresses, Event } from "./messages.js";
import { ServedConnection } from "./served-connection.js";
import { type ServedObject, type ServedObjects, unexpected } from "./served-object.js";

export class ServedBinding implements ServedObject, ListenerEvents {
  private isClosed = false;

  private constructor(
    private readonly objects: ServedObjects,
    private readonly id: number,
    private readonly binding: Binding,
  ) {}

  /** Takes the binding over and tells the worker of it. */
  static announce(objects: ServedObjects, binding: Binding, request: number): void {
    const id = objects.add((id) => new ServedBinding(objects, id, binding));
    const address = encodeAddresses([binding.localAddress]);
    objects.link.send(Event.Bound, request, id, address, 0, address.length);
  }

  command(kind: Command, value: number): void {
    switch (kind) {
      case Command.Listen:
        return this.binding.listen(this, value, (outcome) => {
          this.objects.link.tell(Event.Listening, this.id, outcome);
        });
      case Command.Close:
      case Command.Abort: return this.cut();
      default: return unexpected("binding", kind);
    }
  }

  cut(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.binding.close(() => {
      this.objects.link.tell(Event.Released, this.id);
      this.objects.free(this.id);
    });
  }

  connectionArrived(connection: Connection): void {
    if (!this.objects.link.hasRoomForArrival) connection.abort();
    else ServedConnection.announce(this.objects, connection, Event.Arrived, this.id);
  }
}
