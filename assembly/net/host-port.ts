// `HOST:PORT` as people write it: `127.0.0.1:80`, `[::1]:80`, `localhost:80`.

import { SocketAddress } from "../wasi/network";
import { parseDecimal, parseIp } from "./ip-address";

const scratch = changetype<SocketAddress>(memory.data(offsetof<SocketAddress>(), 4));

export class HostPort {
  constructor(
    /** A literal without brackets, or a name. */
    public host: string,
    public port: u16,
  ) {}
}

/** Why the latest `parseHostPort` gave null. */
export let hostPortError: string = "";

export function parseHostPort(text: string): HostPort | null {
  const colon = text.lastIndexOf(":");
  if (colon < 0 || text.endsWith("]")) return refuse("no port in '" + text + "' (want HOST:PORT)");
  const port = parseDecimal(text, colon + 1, text.length, 65535);
  if (port < 0) return refuse("bad port in '" + text + "' (want 0 to 65535)");
  let host = text.substring(0, colon);
  if (host.startsWith("[")) {
    const isClosed = host.endsWith("]");
    host = host.substring(1, host.length - 1);
    if (!isClosed || !host.includes(":") || !parseIp(host, scratch)) {
      return refuse("bad IPv6 address in '" + text + "'");
    }
  } else if (host.includes(":")) {
    return refuse("IPv6 address without brackets in '" + text + "' (want [HOST]:PORT)");
  }
  if (!host.length) return refuse("no host in '" + text + "' (want HOST:PORT)");
  if (host.length > 253) return refuse("host name too long in '" + text.substring(0, 32) + "…'");
  return new HostPort(host, <u16>port);
}

function refuse(why: string): HostPort | null {
  hostPortError = why;
  return null;
}
