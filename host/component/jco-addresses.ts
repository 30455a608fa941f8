// Addresses as jco's glue has them: `{ tag, val }`.

import { Family, type SocketAddress } from "../wasi/ip-address.js";

export type FamilyName = "ipv4" | "ipv6";

export interface JcoSocketAddress {
  readonly tag: FamilyName;
  readonly val: {
    readonly port: number;
    readonly address: readonly number[];
    readonly flowInfo?: number;
    readonly scopeId?: number;
  };
}

export function fromJco({ tag, val }: JcoSocketAddress): SocketAddress {
  return {
    family: tag === "ipv6" ? Family.Ipv6 : Family.Ipv4, port: val.port, parts: [...val.address],
    flowInfo: val.flowInfo ?? 0, scopeId: val.scopeId ?? 0,
  };
}

export function toJco({ family, port, parts, flowInfo, scopeId }: SocketAddress): JcoSocketAddress {
  if (family === Family.Ipv4) return { tag: "ipv4", val: { port, address: parts } };
  return { tag: "ipv6", val: { port, flowInfo, address: parts, scopeId } };
}
