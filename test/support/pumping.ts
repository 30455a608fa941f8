// A pump between two fake connections, or one that echoes, for the tests of pumps.
import type { FakeConnection } from "./fake-host.js";
import { NetProbe } from "./net-probe.js";

export const [MOVING, DRAINING, ENDED, STOPPED, FAILED] = [0, 1, 2, 3, 4];

export interface Pumping {
  net: NetProbe;
  source: FakeConnection;
  target: FakeConnection;
  pump: number;
  endpoints: number[];
  state(): number;
  /** Frees everything and checks the leak law. */
  end(): void;
}

export async function createPump(kind: "join" | "echo" | "stdio" = "join"): Promise<Pumping> {
  const net = await NetProbe.create();
  const from = net.host.connect();
  const to = kind === "stdio" ? net.host.standardStreams() : net.host.connect();
  const source = net.call.endpointCreate(...from.handles);
  const target = kind === "echo" ? source : net.call.endpointCreate(...to.handles);
  const endpoints = kind === "echo" ? [source, net.call.endpointCreate(...to.handles)] : [source, target];
  const pump = net.call.pumpCreate(source, target, 1);
  const targetConnection = kind === "echo" ? from.connection : to.connection;
  return {
    net, source: from.connection, target: targetConnection, pump, endpoints,
    state: () => net.call.pumpState(pump),
    end: () => {
      net.call.pumpFree(pump);
      for (const endpoint of endpoints) net.call.finish(endpoint);
      targetConnection.output.take(Infinity);
      net.checkNothingLeft();
    },
  };
}

/** Runs the pump for the first time and lets everything settle. */
export function start({ net, pump }: Pumping): void {
  net.call.pumpRun(pump);
  net.settle();
}
