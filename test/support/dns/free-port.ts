// Loopback ports that are free for UDP and TCP alike, as nameservers and their stand-ins need them.
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";

/** Loopback addresses that this machine has. */
export const LOOPBACKS: string[] = ["127.0.0.1", ...(hasV6() ? ["::1"] : [])];

function hasV6(): boolean {
  return Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === "::1"));
}

/** `host:port`, with brackets where they belong. */
export function authority(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * A port that UDP and TCP could have on every loopback address a moment ago. Another process may take it before its
 * user does, so whoever starts a server on it is ready to try another one.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = await bindUdp("127.0.0.1", 0);
    if (port === undefined) continue;
    const free = await Promise.all(LOOPBACKS.flatMap((host) => [bindUdp(host, port), bindTcp(host, port)]));
    if (free.every((each) => each === port)) return port;
  }
  throw new Error("no loopback port is free for UDP and TCP");
}

function bindUdp(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: host.includes(":") ? "udp6" : "udp4", ipv6Only: host.includes(":") });
    socket.once("error", () => socket.close(() => resolve(undefined)));
    socket.bind(port, host, () => {
      const bound = socket.address().port;
      socket.close(() => resolve(bound));
    });
  });
}

function bindTcp(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, host, () => server.close(() => resolve(port)));
  });
}
