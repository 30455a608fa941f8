// A datagram socket of the main thread as the guest's worker has it.

import type { DatagramEvents, DatagramSocket } from "../../wasi/datagram-transport.js";
import type { ErrorCode, Outcome } from "../../wasi/error-code.js";
import type { SocketAddress } from "../../wasi/ip-address.js";
import {
  ADDRESS_BYTES, Command, encodeAddresses, encodeDatagram, Event, mustDecodeAddress, STEP_BYTES,
} from "./messages.js";
import type { RemoteShared } from "./remote-connection.js";
import type { RemoteObject } from "./remote-link.js";

export class RemoteDatagrams implements DatagramSocket, RemoteObject {
  /** As far as was told: the last few of it may have left. */
  queuedCount = 0;
  /** Bytes heard, and no credit given for them yet. */
  private owed = 0;

  constructor(
    private readonly shared: RemoteShared,
    private readonly id: number,
    public localAddress: SocketAddress,
    private readonly events: DatagramEvents,
  ) {
    shared.link.add(id, this);
    shared.openCount++;
  }

  send(source: Uint8Array, remote: SocketAddress | null, start = 0, end = source.length): void {
    this.queuedCount++;
    const frame = encodeDatagram(remote, source, start, end);
    this.shared.link.tellBytes(Command.SendDatagram, this.id, 0, frame, 0, ADDRESS_BYTES + end - start);
  }

  connect(remote: SocketAddress | null): Outcome {
    const { value, bytes } = this.shared.link.call(Command.ConnectDatagrams, this.id, encodeAddresses([remote]));
    this.localAddress = mustDecodeAddress(bytes, 0);
    return value as Outcome;
  }

  setHopLimit(limit: number): void {
    this.shared.link.tell(Command.HopLimit, this.id, limit);
  }

  setReceiveBuffer(bytes: number): void {
    this.shared.link.tell(Command.ReceiveBuffer, this.id, bytes);
  }

  setSendBuffer(bytes: number): void {
    this.shared.link.tell(Command.SendBuffer, this.id, bytes);
  }

  close(): void {
    this.shared.openCount--;
    this.shared.link.forget(this.id);
    this.shared.link.tell(Command.Close, this.id);
  }

  event(kind: Event, value: number, bytes: Uint8Array, start: number, end: number): void {
    switch (kind) {
      case Event.Datagram:
        this.credit(end - start);
        this.events.datagramArrived(bytes.slice(start + ADDRESS_BYTES, end), mustDecodeAddress(bytes, start));
        return;
      case Event.Taken:
        this.queuedCount -= value;
        this.events.roomMade();
        return;
      case Event.Failed:
        this.events.failed(value as ErrorCode);
        return;
      default:
        throw new Error(`channel: a datagram socket hears of ${Event[kind] ?? kind}`);
    }
  }

  private credit(count: number): void {
    this.owed += count;
    if (this.owed < STEP_BYTES) return;
    this.shared.link.tell(Command.Credit, this.id, this.owed);
    this.owed = 0;
  }
}
