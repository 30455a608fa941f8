// A channel over a WebSocket that a server accepted.
//
// Frames of one turn of the event loop leave together: a small frame costs a system call otherwise.

import type { Duplex } from "node:stream";
import type { Channel, ChannelEvents, OpenChannel } from "../../gateway/channel.js";

/** What is used of a WebSocket of `ws`. */
export interface AcceptedSocket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  on(event: "message", listener: (data: unknown, isBinary: boolean) => void): unknown;
  on(event: "close", listener: (code: number) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  send(data: Uint8Array, options: { binary: true }, sent: () => void): void;
  close(code?: number): void;
}

const OPEN = 1;
const EMPTY = new Uint8Array();
/** What a frame that waits costs beside its bytes, roughly: small ones cost many times what they hold. */
const FRAME_COST_BYTES = 256;
/** What is held together at most. */
const TOGETHER_BYTES_MAX = 64 * 1024;

/** `raw` is the connection under the WebSocket. */
export function acceptedChannel(socket: AcceptedSocket, raw: Duplex): OpenChannel {
  return (events) => new AcceptedChannel(socket, raw, events);
}

class AcceptedChannel implements Channel {
  /** Bytes since the connection was corked; -1 when it is not. */
  private together = -1;
  private isClosed = false;
  private unsent = 0;

  constructor(
    private readonly socket: AcceptedSocket,
    private readonly raw: Duplex,
    private readonly events: ChannelEvents,
  ) {
    socket.on("message", (data, isBinary) => {
      if (!this.isClosed) events.messageArrived(isBinary && data instanceof Uint8Array ? data : EMPTY);
    });
    socket.on("error", () => {}); // "close" comes behind it
    socket.on("close", (code) => {
      if (this.isClosed) return;
      this.isClosed = true;
      events.closed(`WebSocket closed: ${code}`);
    });
  }

  get bufferedBytes(): number {
    return this.socket.bufferedAmount + this.unsent * FRAME_COST_BYTES;
  }

  send(frame: Uint8Array): void {
    if (this.socket.readyState !== OPEN) return;
    if (this.together < 0) {
      this.together = 0;
      this.raw.cork();
      setImmediate(this.uncork);
    }
    this.unsent++;
    this.socket.send(frame, { binary: true }, this.sent);
    this.together += frame.length;
    if (this.together < TOGETHER_BYTES_MAX) return;
    this.raw.uncork();
    this.raw.cork();
    this.together = 0;
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.socket.close(1000);
  }

  private readonly uncork = (): void => {
    this.together = -1;
    this.raw.uncork();
  };

  private readonly sent = (): void => {
    this.unsent--;
    if (!this.isClosed) this.events.roomMade?.();
  };
}
