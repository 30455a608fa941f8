// Connecting and listening on a simulated host, in one call each.

import type { ErrorCode } from "../../wasi/error-code.js";
import { OK } from "../../wasi/error-code.js";
import type { Binding, Connection, Request, Transport } from "../../wasi/transport.js";
import { parseAddress, type SimHost } from "../host.js";
import { PatternPeer, type PeerPlan } from "./pattern-peer.js";

const BACKLOG = 4096;

/** Connects and carries the plan out. The peer knows its outcome when it is over. */
export function startPeer(
  host: SimHost, address: string, port: number, plan: PeerPlan, done?: (peer: PatternPeer) => void,
): PatternPeer {
  const peer = new PatternPeer(host, plan, done);
  connectTo(host, address, port, (result) => {
    if (typeof result === "number") peer.failed(result);
    else peer.begin(result);
  });
  return peer;
}

export function connectTo(
  host: SimHost, address: string, port: number, done: (result: Connection | ErrorCode) => void,
): Request {
  return host.transport.connect({ remote: { ...parseAddress(address), port }, local: null }, done);
}

/** Listens at once; throws when the address cannot be had. */
export function listenAt(
  host: { readonly transport: Transport }, address: string, port: number,
  accepted: (connection: Connection) => void, backlog = BACKLOG,
): Binding {
  let outcome: Binding | ErrorCode | null = null;
  host.transport.bind({ address: { ...parseAddress(address), port }, backlog }, (result) => { outcome = result; });
  const binding = outcome as Binding | ErrorCode | null;
  if (binding === null || typeof binding === "number") throw new Error(`cannot bind ${address}:${port}: ${binding}`);
  binding.listen({ connectionArrived: accepted }, backlog, (code) => {
    if (code !== OK) throw new Error(`cannot listen on ${address}:${port}: ${code}`);
  });
  return binding;
}
