// A datagram socket of the main thread that a worker's guest works with. Datagrams that find the window used up, or the
// channel full, are dropped: UDP has no way to hold its senders back.

import type { DatagramEvents, DatagramSocket } from "../../wasi/datagram-transport.js";
import type { ErrorCode } from "../../wasi/error-code.js";
import type { SocketAddress } from "../../wasi/ip-address.js";
import {
  ADDRESS_BYTES, Command, decodeAddress, encodeAddresses, encodeDatagram, Event, WINDOW_BYTES,
} from "./messages.js";
import { type ServedObject, type ServedObjects, unexpected } from "./served-object.js";

/** Of so many sent datagrams the worker is told together, and of fewer not: far fewer than its queue holds. */
const TOLD_TOGETHER = 32;

export class ServedDatagrams implements ServedObject, DatagramEvents {
  /** Sent by the worker, and not told yet that the system took them. */
  private untold = 0;
  /** Bytes under way to the worker. */
  private pending = 0;
  private socket: DatagramSocket | null = null;
  private id = -1;

  constructor(private readonly objects: ServedObjects) {}

  /** Takes the socket over and tells the worker of it. Nothing comes from it before. */
  announce(socket: DatagramSocket, request: number): void {
    this.socket = socket;
    this.id = this.objects.add(() => this);
    const address = encodeAddresses([socket.localAddress]);
    this.objects.link.send(Event.Bound, request, this.id, address, 0, address.length);
  }

  command(kind: Command, value: number, bytes: Uint8Array, start: number, end: number): void {
    const { socket } = this;
    if (socket === null) return;
    switch (kind) {
      case Command.SendDatagram:
        this.untold++;
        socket.send(bytes, decodeAddress(bytes, start), start + ADDRESS_BYTES, end);
        return this.roomMade();
      case Command.ConnectDatagrams: {
        const outcome = socket.connect(decodeAddress(bytes, start));
        return this.objects.link.reply(outcome, encodeAddresses([socket.localAddress]));
      }
      case Command.HopLimit: return socket.setHopLimit(value);
      case Command.ReceiveBuffer: return socket.setReceiveBuffer(value);
      case Command.SendBuffer: return socket.setSendBuffer(value);
      case Command.Credit:
        this.pending -= value;
        return;
      case Command.Close:
      case Command.Abort: return this.cut();
      default: return unexpected("datagram socket", kind);
    }
  }

  cut(): void {
    if (this.socket === null) return;
    this.socket.close();
    this.socket = null;
    this.objects.free(this.id);
  }

  datagramArrived(bytes: Uint8Array, remote: SocketAddress): void {
    const { link } = this.objects;
    const count = ADDRESS_BYTES + bytes.length;
    if (this.socket === null || link.isCrowded || this.pending + count > WINDOW_BYTES) return;
    this.pending += count;
    link.send(Event.Datagram, this.id, 0, encodeDatagram(remote, bytes, 0, bytes.length), 0, count);
  }

  roomMade(): void {
    if (this.socket === null) return;
    const taken = this.untold - this.socket.queuedCount;
    if (taken < TOLD_TOGETHER) return;
    this.untold -= taken;
    this.objects.link.tell(Event.Taken, this.id, taken);
  }

  failed(code: ErrorCode): void {
    if (this.socket !== null) this.objects.link.tell(Event.Failed, this.id, code);
  }
}
