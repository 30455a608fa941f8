// Addresses between node:net's text and the host's numbers.

import type net from "node:net";
import { networkInterfaces } from "node:os";
import { Family, hostText, makeAddress, parseIp, type SocketAddress } from "../wasi/ip-address.js";

export function addressFrom(host: string | undefined, port: number | undefined): SocketAddress | null {
  const ip = host === undefined ? null : parseIp(host);
  if (host === undefined || ip === null) return null;
  const zoneAt = host.indexOf("%");
  const address = makeAddress(ip.family, ip.parts, port ?? 0);
  return zoneAt < 0 ? address : { ...address, scopeId: scopeOf(host.slice(zoneAt + 1)) };
}

export function localAddressOf(socket: net.Socket): SocketAddress | null {
  return addressFrom(socket.localAddress, socket.localPort);
}

export function remoteAddressOf(socket: net.Socket): SocketAddress | null {
  return addressFrom(socket.remoteAddress, socket.remotePort);
}

/** The host as node:net takes it: with `%zone` where there is one. */
export function zonedHost(address: SocketAddress): string {
  const hasZone = address.family === Family.Ipv6 && address.scopeId !== 0;
  return hostText(address) + (hasZone ? `%${zoneOf(address.scopeId)}` : "");
}

/** Systems take the name of an interface for its number, and Windows the number itself. */
function zoneOf(scopeId: number): string {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    if (process.platform !== "win32" && addresses?.some((one) => one.scopeid === scopeId)) return name;
  }
  return `${scopeId}`;
}

/** The number of a zone that is told by name or number; 0 when there is none of that name. */
function scopeOf(zone: string): number {
  if (/^\d+$/.test(zone)) return Number(zone);
  return networkInterfaces()[zone]?.find((one) => one.family === "IPv6" && one.scopeid > 0)?.scopeid ?? 0;
}
