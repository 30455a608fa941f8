// The nameservers of the system, in turn: whoever asks again asks the next one.

import type { SocketAddress } from "../wasi/ip-address.js";
import { addressFrom } from "./addresses.js";

const PORT = 53;
/** How long the list is believed, since to read it costs more than to send to a server. */
const READ_AGAIN_MS = 1000;

export class SystemServers {
  private servers: SocketAddress[] = [];
  private readAtMs = -Infinity;
  private turns = 0;

  /** `read` gives the list as `dns.getServers()` does: `1.2.3.4`, `1.2.3.4:5353`, `::1`, `[::1]:5353`. */
  constructor(private readonly read: () => readonly string[]) {}

  /** All of them, in the order in which to try them; those of the other family come last. */
  inTurn(family: SocketAddress["family"]): SocketAddress[] {
    const now = performance.now();
    if (now - this.readAtMs > READ_AGAIN_MS) {
      this.servers = this.read().map(parseServer).filter((server) => server !== null);
      this.readAtMs = now;
    }
    const first = this.servers.length === 0 ? 0 : this.turns++ % this.servers.length;
    const rotated = [...this.servers.slice(first), ...this.servers.slice(0, first)];
    return [
      ...rotated.filter((server) => server.family === family), ...rotated.filter((server) => server.family !== family),
    ];
  }
}

function parseServer(text: string): SocketAddress | null {
  const [, bracketed, digits] = /^\[(.*)\](?::(\d+))?$/.exec(text) ?? /^([^:]+):(\d+)$/.exec(text) ?? [];
  return addressFrom(bracketed ?? text, digits === undefined ? PORT : Number(digits));
}
