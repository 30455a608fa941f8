// A channel over a WebSocket: the one of a page, of a worker, of Node from version 22 on, or the one of `ws`.

import type { OpenChannel } from "../channel.js";

/** What is used of a WebSocket. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  onopen: unknown;
  onmessage: unknown;
  onclose: unknown;
  onerror: unknown;
  send(bytes: Uint8Array): void;
  close(): void;
}

export type WebSocketConstructor = new (url: string, protocols?: string[]) => WebSocketLike;

export interface WebSocketOptions {
  readonly protocols?: readonly string[];
  /** The platform's unless given. */
  readonly WebSocket?: WebSocketConstructor;
}

const OPEN = 1;
const EMPTY = new Uint8Array();

/** A channel to `url`, which begins with ws: or wss:, each time that one is wanted. */
export function webSocketChannel(url: string, options: WebSocketOptions = {}): OpenChannel {
  return (events) => {
    const Constructor = options.WebSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
    if (Constructor === undefined) throw new Error("this platform has no WebSocket");
    const socket = new Constructor(url, [...options.protocols ?? []]);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => events.opened();
    socket.onmessage = ({ data }: { data: unknown }) => {
      events.messageArrived(data instanceof ArrayBuffer ? new Uint8Array(data) : EMPTY);
    };
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => {
      events.closed(`WebSocket closed: ${code} ${reason}`.trimEnd());
    };
    socket.onerror = () => {}; // `onclose` comes behind it
    return {
      copies: options.WebSocket === undefined, // as the platform's own must
      get bufferedBytes() {
        return socket.bufferedAmount;
      },
      send: (frame) => {
        if (socket.readyState === OPEN) socket.send(frame);
      },
      close: () => {
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.close();
      },
    };
  };
}
