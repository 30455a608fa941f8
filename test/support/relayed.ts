// A relay over fake connections: an echo, two endpoints joined, or the standard streams joined with one.
import type { FakeConnection } from "./fake-host.js";
import { NetProbe } from "./net-probe.js";

export interface Relayed {
  net: NetProbe;
  a: FakeConnection;
  b: FakeConnection;
  /** What was said about the end: `ok`, `failed`, or nothing yet. */
  outcome(): string[];
  /** Both peers take all until nothing moves any more. */
  drain(): void;
}

export type Kind = "echo" | "join" | "stdio";

export async function relay(
  kind: Kind, prepare: (a: FakeConnection, b: FakeConnection) => void = () => {},
): Promise<Relayed> {
  const net = await NetProbe.create();
  const outcomes: string[] = [];
  net.onEvent = () => void outcomes.push(net.call.relayFailed() === 1 ? "failed" : "ok");
  const first = kind === "stdio" ? net.host.standardStreams() : net.host.connect();
  const a = first.connection;
  const endpoint = net.call.endpointCreate(...first.handles);
  let b = a;
  if (kind === "echo") {
    prepare(a, a);
    net.call.echo(endpoint, 1);
  } else {
    const second = net.host.connect();
    b = second.connection;
    prepare(a, b);
    net.call.join(endpoint, net.call.endpointCreate(...second.handles), kind === "stdio" ? 1 : 0, 1);
  }
  const drain = (): void => {
    for (let round = 0; round < 50; round++) {
      net.settle();
      for (const { output } of [a, b]) output.take(Infinity);
    }
    net.settle();
  };
  net.settle();
  return { net, a, b, outcome: () => outcomes.splice(0), drain };
}
