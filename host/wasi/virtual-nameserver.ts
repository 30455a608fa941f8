// The virtual nameserver: a guest cannot read which nameservers its system uses, so a platform that can forwards what
// is sent to one documented address, over UDP and TCP. Who may look names up may send there, and nobody else.

import { addressText, Family, isSameEndpoint, makeAddress, type SocketAddress } from "./ip-address.js";

/** 192.0.2.53, port 53: set aside for documentation (RFC 5737), so no machine has it. */
export const NAMESERVER: SocketAddress = makeAddress(Family.Ipv4, [192, 0, 2, 53], 53);

/** Tells a guest of it, by its environment. */
export const NAMESERVER_VARIABLE: readonly [name: string, value: string] =
  ["EVENT_ENGINE_HOST_DNS_SERVERS", addressText(NAMESERVER)];

export function isNameserver(address: SocketAddress): boolean {
  return address.port === NAMESERVER.port && isSameEndpoint(address, NAMESERVER);
}
