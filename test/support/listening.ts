// A listener over a fake host whose owner makes an endpoint of every connection, for the tests of listeners.
import { FakeConnection, type FakeSocket } from "./fake-host.js";
import { NetProbe } from "./net-probe.js";

export const ADDRESS_IN_USE = 12;
export const NEW_SOCKET_LIMIT = 10;
export const CONNECTION_RESET = 15;
export const CONNECTION_ABORTED = 16;

export interface Listening {
  net: NetProbe;
  listener: number;
  socket(): FakeSocket;
  /** Connections that come in. */
  arrive(count: number): void;
  /** Closes what was accepted and the listener, and checks the leak law. */
  end(): void;
}

/** Starts to listen; the script is set before. */
export async function open(
  prepare: (net: NetProbe) => void = () => {}, literal = "127.0.0.1",
): Promise<Listening> {
  const net = await NetProbe.create();
  prepare(net);
  const accepted: number[] = [];
  net.onEvent = (event) => {
    if (!event.startsWith("accepted")) return;
    const handles = [net.call.acceptedSocket(), net.call.acceptedInput(), net.call.acceptedOutput()];
    accepted.push(net.call.endpointCreate(...handles));
  };
  const listener = net.call.listenerOpen(net.put(literal), 80, 1);
  const socket = (): FakeSocket => net.host.resources.get<FakeSocket>(1, "tcp-socket");
  return {
    net, listener, socket,
    arrive: (count) => {
      for (let each = 0; each < count; each++) socket().backlog.push(new FakeConnection());
    },
    end: () => {
      for (const endpoint of accepted) net.call.finish(endpoint);
      net.call.listenerClose(listener);
      net.checkNothingLeft();
    },
  };
}
