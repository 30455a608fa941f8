// Addresses between node:net's text and the host's numbers.

import type net from "node:net";
import { Family, hostText, makeAddress, parseIp, type SocketAddress } from "../wasi/ip-address.js";

export function addressFrom(host: string | undefined, port: number | undefined): SocketAddress | null {
  const ip = host === undefined ? null : parseIp(host);
  return ip === null ? null : makeAddress(ip.family, ip.parts, port ?? 0);
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
  return hostText(address) + (hasZone ? `%${address.scopeId}` : "");
}
