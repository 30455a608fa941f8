// A channel over a MessagePort, the same on both ends: between a page and its workers. `null` as a message says that
// the other side is done; a thread that just ends is noticed where ports tell of it, and otherwise by its silence.

import type { OpenChannel } from "./channel.js";

/** What is used of a MessagePort, of a page or of Node. */
export interface MessagePortLike {
  onmessage?: unknown;
  addEventListener?(type: "close", listener: () => void): void;
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  close(): void;
}

const EMPTY = new Uint8Array();

/** A port is one channel: opened a second time it is closed from the beginning. */
export function messagePortChannel(port: MessagePortLike): OpenChannel {
  let isUsed = false;
  return (events) => {
    let isOpen = !isUsed;
    const closed = (): void => events.closed("the port is closed");
    const shut = (): void => {
      isOpen = false;
      port.onmessage = null;
      port.close();
    };
    const ended = (): void => {
      if (!isOpen) return;
      shut();
      closed();
    };
    queueMicrotask(() => {
      if (isOpen) events.opened();
    });
    if (isUsed) queueMicrotask(closed);
    else {
      isUsed = true;
      port.addEventListener?.("close", ended);
      port.onmessage = ({ data }: { data: unknown }) => {
        if (data === null) ended();
        else events.messageArrived(data instanceof Uint8Array ? data : EMPTY);
      };
    }
    return {
      bufferedBytes: 0,
      send: (frame) => {
        if (isOpen) port.postMessage(frame, [frame.buffer as ArrayBuffer]);
      },
      close: () => {
        if (!isOpen) return;
        port.postMessage(null, []);
        shut();
      },
    };
  };
}
