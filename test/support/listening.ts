// A listener over a fake host whose owner makes an endpoint of every connection, for the tests of listeners.
import * as assert from "uvu/assert";
import { FakeConnection, type FakeSocket } from "./fake-host.js";
import { NetProbe } from "./net-probe.js";

export const ADDRESS_IN_USE = 12;
export const NEW_SOCKET_LIMIT = 10;
export const CONNECTION_RESET = 15;
export const CONNECTION_ABORTED = 16;

export interface Listening {
  net: NetProbe;
  listener: number;
  /** What bind and start returned. */
  bound: number;
  started: number;
  socket(): FakeSocket;
  /** Connections that come in. */
  arrive(count: number): void;
  /** Closes what was accepted and the listener, and checks the leak law. */
  end(): void;
}

/** Starts to listen; the script is set before. */
export async function open(
  prepare: (net: NetProbe) => void = () => {}, literal = "127.0.0.1", later = false,
): Promise<Listening> {
  const net = await NetProbe.create();
  prepare(net);
  const accepted: number[] = [];
  net.onEvent = (event) => {
    if (!event.startsWith("accepted")) return;
    accepted.push(net.call.accepted());
  };
  const listener = net.call.listenerCreate(1, later ? 1 : 0);
  const bound = net.call.listenerBind(listener, net.put(literal), 80);
  const started = net.call.listenerStart(listener);
  const socket = (): FakeSocket => net.host.resources.get<FakeSocket>(1, "tcp-socket");
  return {
    net, listener, socket, bound, started,
    arrive: (count) => {
      for (let each = 0; each < count; each++) socket().backlog.push(new FakeConnection());
    },
    end: () => {
      for (const endpoint of accepted) net.call.finish(endpoint);
      net.call.listenerClose(listener);
      net.settle();
      assert.equal(net.takeEvents().filter((event) => event === "shut down 1").length, 1);
      net.checkNothingLeft();
    },
  };
}
