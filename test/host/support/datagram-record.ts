// What a datagram socket told its owner.
import type { DatagramEvents } from "#host/wasi/datagram-transport.js";
import type { ErrorCode } from "#host/wasi/error-code.js";
import type { SocketAddress } from "#host/wasi/ip-address.js";

export class DatagramRecord implements DatagramEvents {
  texts: string[] = [];
  lengths: number[] = [];
  remotes: SocketAddress[] = [];
  errors: ErrorCode[] = [];
  rooms = 0;
  onArrival: () => void = () => {};

  datagramArrived(bytes: Uint8Array, remote: SocketAddress): void {
    this.texts.push(Buffer.from(bytes).toString());
    this.lengths.push(bytes.length);
    this.remotes.push(remote);
    this.onArrival();
  }

  roomMade(): void {
    this.rooms++;
  }

  failed(code: ErrorCode): void {
    this.errors.push(code);
  }
}
