// Rival in a page: a bare MessageChannel, whose other end posts back what it gets. A view is cloned with its buffer;
// transferred, only its owner changes.
import type { EchoLink, OpenLink, Talk } from "./conversation.js";
import { web } from "./web.js";

export const openClonedChannel: OpenLink = (talk) => {
  const { port1, port2 } = new web.MessageChannel();
  port2.onmessage = ({ data }) => port2.postMessage(data);
  port1.onmessage = ({ data }) => talk.arrived(data);
  return Promise.resolve({
    send: (bytes) => port1.postMessage(bytes),
    close: () => port1.close(),
  });
};

/** Sends the buffers that came back, so that none are made anew. */
class TransferringLink implements EchoLink {
  private readonly channel = new web.MessageChannel();
  private readonly spare: Uint8Array[] = [];

  constructor(talk: Talk) {
    const { port1, port2 } = this.channel;
    port2.onmessage = ({ data }) => port2.postMessage(data, [data.buffer]);
    port1.onmessage = ({ data }) => {
      this.spare.push(data);
      talk.arrived(data);
    };
  }

  send(bytes: Uint8Array): void {
    const copy = this.spare.pop() ?? new Uint8Array(bytes.length);
    copy.set(bytes);
    this.channel.port1.postMessage(copy, [copy.buffer]);
  }

  close(): void {
    this.channel.port1.close();
  }
}

export const openTransferringChannel: OpenLink = (talk) => Promise.resolve(new TransferringLink(talk));
