// The way to real sockets: one WebSocket to the gateway, which the server of this page runs. It is opened by the first
// use, with a token that the server gives to its own page only and that is good for a minute.

import { GatewayTransport, PageClock, webSocketChannel } from "wasi-event-engine";

export class GatewayLink {
  #events = null;
  #channel = null;

  /** `onState(state, why)` is told "opening", "open" and "lost", and why it was lost. */
  constructor(url, onState) {
    const open = webSocketChannel(url);
    this.transport = new GatewayTransport({
      open: (events) => this.#keep(events, open),
      clock: new PageClock(),
      token: fetchToken,
      onState,
    });
  }

  get isOpen() {
    return this.#channel !== null;
  }

  /** The fault: the WebSocket is gone, without a word. Answers whether there was one. */
  drop() {
    const [channel, events] = [this.#channel, this.#events];
    if (channel === null) return false;
    this.#channel = null;
    this.#events = null;
    channel.close();
    events.closed("dropped by a button");
    return true;
  }

  /** Stands between the transport and its channel, so that this channel can be dropped and hears nothing after. */
  #keep(events, open) {
    let isMine = true;
    const channel = open({
      opened: () => isMine && events.opened(),
      messageArrived: (bytes) => isMine && events.messageArrived(bytes),
      closed: (reason) => {
        if (!isMine) return;
        this.#channel = this.#events = null;
        events.closed(reason);
      },
    });
    this.#channel = channel;
    this.#events = {
      closed: (reason) => {
        isMine = false;
        events.closed(reason);
      },
    };
    return channel;
  }
}

async function fetchToken() {
  const response = await fetch("/token", { method: "POST" });
  if (!response.ok) throw new Error(`no token for the gateway: ${response.status}`);
  return response.text();
}
