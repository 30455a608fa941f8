// The virtual nameserver of a page: DNS over HTTPS (RFC 8484) behind the transport seam. It is the way to one address,
// by datagrams and by TCP, and looks addresses up for components that do not ask nameservers themselves.

import { ByteQueuePool } from "../../wasi/byte-queue.js";
import type { DatagramEvents, DatagramSocket } from "../../wasi/datagram-transport.js";
import { ErrorCode } from "../../wasi/error-code.js";
import { Family, LOCALHOST, makeAddress, type SocketAddress, withPort } from "../../wasi/ip-address.js";
import { isLocalName, parseName } from "../../wasi/lookup-name.js";
import type { Binding, BindOptions, Connection, ConnectOptions, Request, Transport } from "../../wasi/transport.js";
import { isNameserver } from "../../wasi/virtual-nameserver.js";
import { DohConnection } from "./connection.js";
import { DohDatagrams } from "./datagrams.js";
import { Exchanges, type Fetch } from "./exchanges.js";
import { TIMEOUT_MS } from "./limits.js";
import { readAddresses, writeQuery } from "./message.js";
import { soon } from "./soon.js";

export interface DohOptions {
  /** Where the server takes messages, such as `https://dns.example/dns-query`; `http:` on this machine only. */
  readonly url: string | URL;
  /** In place of the platform's own. */
  readonly fetch?: Fetch;
  /** Milliseconds that one exchange may take; 10,000 unless told otherwise. */
  readonly timeoutMs?: number;
}

const LOOPBACK = /^(127\.[\d.]+|\[::1\])$/;
/** The first one tried first. */
const FAMILIES = [Family.Ipv6, Family.Ipv4];
const UNBOUND = makeAddress(Family.Ipv4, [0, 0, 0, 0], 0);
/** The first of the ports that sockets have which ask for any. */
const PORT_FIRST = 49_152;

/**
 * Sends what is meant for the virtual nameserver to the server at `url`, and nothing else anywhere. No name goes out
 * before one is asked for; cookies and the page's address never do. 64 exchanges run at once and 1,024 wait.
 */
export class DohNameserver implements Transport {
  readonly hasNameserver = true;
  /** Connections and datagram sockets that are not given back yet. */
  openCount = 0;
  private readonly exchanges: Exchanges;
  private readonly pool = new ByteQueuePool();
  private sockets = 0;

  /** Throws a TypeError where the URL would send names in the clear, or carries a password. */
  constructor({ url, fetch, timeoutMs }: DohOptions) {
    const { protocol, hostname, username, password, href } = new URL(url);
    const isSafe = protocol === "https:"
      || (protocol === "http:" && (isLocalName(hostname) || LOOPBACK.test(hostname)));
    if (!isSafe || username !== "" || password !== "") throw new TypeError(`no URL for DNS over HTTPS: ${url}`);
    const own: Fetch = (...request) => globalThis.fetch(...request);
    this.exchanges = new Exchanges(href, fetch ?? own, timeoutMs ?? TIMEOUT_MS);
  }

  /** Why the latest exchange failed that did, for people; null when none has. */
  get lastFailure(): string | null {
    return this.exchanges.lastFailure;
  }

  bind(_options: BindOptions, done: (result: Binding | ErrorCode) => void): Request {
    return soon(() => done(ErrorCode.NotSupported));
  }

  connect({ remote, local }: ConnectOptions, done: (result: Connection | ErrorCode) => void): Request {
    return soon(() => {
      if (!isNameserver(remote)) return done(ErrorCode.RemoteUnreachable);
      this.openCount++;
      done(new DohConnection(local ?? UNBOUND, this.exchanges, this.pool, () => this.openCount--));
    });
  }

  /** Keeps no port from others: as many as are wanted have one address. Answers before it returns. */
  bindDatagrams(
    address: SocketAddress, events: DatagramEvents, done: (result: DatagramSocket | ErrorCode) => void,
  ): Request {
    this.openCount++;
    const own = address.port === 0 ? withPort(address, PORT_FIRST + this.sockets++ % (65_536 - PORT_FIRST)) : address;
    done(new DohDatagrams(own, events, this.exchanges, () => this.openCount--));
    return { cancel: () => {} };
  }

  /** Asks for both families at once, and gives IPv6 first. Why one of them failed counts when both gave no address. */
  lookup(name: string, done: (result: SocketAddress[] | ErrorCode) => void): Request {
    const found = isLocalName(name) ? LOCALHOST : parseName(name);
    if (typeof found !== "string") {
      return soon(() => done(found === null ? ErrorCode.InvalidArgument : [found].flat().map((one) => ({ ...one }))));
    }
    const addresses: SocketAddress[][] = [];
    let failure = ErrorCode.NameUnresolvable;
    let left = FAMILIES.length;
    const requests = FAMILIES.map((family, index) => {
      const query = writeQuery(found, family);
      return this.exchanges.begin(query, 0, query.length, (answer) => {
        const result = typeof answer === "number" ? ErrorCode.TemporaryResolverFailure
          : readAddresses(answer, query, family);
        if (typeof result !== "number") addresses[index] = result;
        else if (result !== ErrorCode.NameUnresolvable) failure = result;
        if (--left > 0) return;
        const all = addresses.flat();
        done(all.length > 0 ? all : failure);
      });
    });
    return { cancel: () => requests.forEach((request) => request.cancel()) };
  }
}
