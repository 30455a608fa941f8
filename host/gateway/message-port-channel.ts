// A channel over a MessagePort, the same on both ends: between a page and its workers. `null` as a message says that
// the other side is done; a thread that just ends is noticed where ports tell of it, and otherwise by its silence.

import type { OpenChannel } from "./channel.js";

/** What is used of a MessagePort, of a page or of Node. */
export interface MessagePortLike {
  onmessage: unknown;
  onclose?: unknown;
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  close(): void;
}

const EMPTY = new Uint8Array();

/** A port is one channel: opened a second time it is closed from the beginning. */
export function messagePortChannel(port: MessagePortLike): OpenChannel {
  let isUsed = false;
  return (events) => {
    let isOpen = !isUsed;
    isUsed = true;
    const shut = (): void => {
      isOpen = false;
      port.onmessage = port.onclose = null;
      port.close();
    };
    const closed = (): void => {
      if (isOpen) shut();
      events.closed("the port is closed");
    };
    if (!isOpen) queueMicrotask(closed);
    else {
      queueMicrotask(() => {
        if (isOpen) events.opened();
      });
      port.onclose = closed;
      port.onmessage = ({ data }: { data: unknown }) => {
        if (data === null) closed();
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
