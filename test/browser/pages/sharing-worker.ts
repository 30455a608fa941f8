// In a worker: one who uses the network of its page, at the word of it.
import { attachNetwork } from "#host/index.browser.js";
import type { Order } from "./sharing.js";
import { Peer } from "./peer.js";

interface Scope {
  onmessage: (event: { data: { port?: object } & Order }) => void;
  postMessage(message: unknown): void;
}

const scope = globalThis as unknown as Scope;
let peer: Promise<Peer>;

scope.onmessage = ({ data: { port, id, method, words } }) => {
  if (port !== undefined) {
    peer = Peer.on(attachNetwork(port as never));
    return;
  }
  const done = peer.then((each) => (each[method] as (...all: readonly string[]) => unknown).call(each, ...words));
  done.then((value) => scope.postMessage({ id, value }), (error: unknown) => {
    scope.postMessage({ id, error: String(error) });
  });
};
