// A listener whose connections go to a Node server as sockets, and the end of all that.
import type { EventEngine } from "#host/engine/interfaces.js";
import { EndpointSocket, type EndpointSocketOptions } from "#host/node/duplex.js";
import { within } from "./guard.js";

export interface SocketServer {
  readonly port: number;
  /** Connections accepted so far. */
  readonly sockets: EndpointSocket[];
  /** Stops listening and destroys what is left. */
  close(): Promise<void>;
}

export function serveSockets(
  engine: EventEngine, accepted: (socket: EndpointSocket) => void, options: EndpointSocketOptions = {},
): SocketServer {
  let isShut = (): void => {};
  const shut = new Promise<void>((resolve) => { isShut = resolve; });
  const sockets: EndpointSocket[] = [];
  const listener = engine.createListener((endpoint) => {
    const socket = new EndpointSocket(engine, endpoint, options);
    socket.on("error", () => {});
    sockets.push(socket);
    accepted(socket);
  }, () => isShut());
  const port = listener.bind("127.0.0.1:0");
  listener.start();
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    listener.close();
    await within("the end of the listener", shut);
  };
  return { port, sockets, close };
}
