// The virtual nameserver of a page: DNS over HTTPS (RFC 8484) behind the transport seam. It is the way to one address,
// by datagrams and by TCP, and looks addresses up for components that do not ask nameservers themselves.

import { ByteQueuePool } from "../../wasi/byte-queue.js";
import type { DatagramEvents, DatagramSocket } from "../../wasi/datagram-transport.js";
import { ErrorCode } from "../../wasi/error-code.js";
import { Family, LOCALHOST, makeAddress, type SocketAddress, withPort } from "../../wasi/ip-address.js";
import { isLocalName, parseName } from "../../wasi/lookup-name.js";
import type { Binding, BindOptions, Connection, ConnectOptions, Request, Transport } from "../../wasi/transport.js";
import { isNameserver, NAMESERVER } from "../../wasi/virtual-nameserver.js";
import { pageClock } from "../clock.js";
import { PageConnection } from "../network/connection.js";
import { dohDatagrams } from "./datagrams.js";
import { type Exchanges, exchangesWith, type Fetch } from "./exchanges.js";
import { TIMEOUT_MS } from "./limits.js";
import { readAddresses, writeQuery } from "./message.js";
import { soon } from "./soon.js";
import { serveStream } from "./stream.js";

export interface DohOptions {
  /** Where the server takes messages, such as `https://dns.example/dns-query`; `http:` on this machine only. */
  readonly url: string | URL;
  /** In place of the platform's own. */
  readonly fetch?: Fetch;
  /** Milliseconds that one exchange may take; 10,000 unless told otherwise. */
  readonly timeoutMs?: number;
}

const LOOPBACK = /^(127\.[\d.]+|\[::1\])$/;
const HERE = makeAddress(Family.Ipv4, [192, 0, 2, 52], 0);
/** The first of the ports that those have which ask for any; nobody is kept from one. */
const PORT_FIRST = 49_152;

/**
 * Sends what is meant for the virtual nameserver to the server at `url`, and nothing else anywhere. No name goes out
 * before one is asked for, no cookies ever, and of the page its origin. 64 exchanges run at once and 1,024 wait.
 */
export class DohNameserver implements Transport {
  readonly hasNameserver = true;
  /** Connections and datagram sockets that are not given back yet. */
  openCount = 0;
  private readonly exchanges: Exchanges;
  private readonly pool = new ByteQueuePool();
  private ports = 0;

  /** Throws a TypeError where the URL would send names in the clear. */
  constructor({ url, fetch = (...request) => globalThis.fetch(...request), timeoutMs = TIMEOUT_MS }: DohOptions) {
    const { protocol, hostname, href } = new URL(url);
    const isHere = isLocalName(hostname) || LOOPBACK.test(hostname);
    if (protocol !== "https:" && !(isHere && protocol === "http:")) throw new TypeError(`${url}: not https`);
    this.exchanges = exchangesWith(href, fetch, timeoutMs);
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
      const [client, server] = PageConnection.pair(pageClock(), this.pool, this.portOf(local ?? HERE), NAMESERVER);
      const stop = serveStream(server, this.exchanges);
      this.openCount++;
      client.onGone = () => {
        this.openCount--;
        stop();
        server.abort();
      };
      done(client);
    });
  }

  /** As many as are wanted have one address. Answers before it returns. */
  bindDatagrams(
    address: SocketAddress, events: DatagramEvents, done: (result: DatagramSocket | ErrorCode) => void,
  ): Request {
    this.openCount++;
    done(dohDatagrams(this.portOf(address), events, this.exchanges, () => this.openCount--));
    return { cancel: () => {} };
  }

  /** Asks for both families at once, and gives IPv6 first. Why one of them failed counts when both gave no address. */
  lookup(name: string, done: (result: SocketAddress[] | ErrorCode) => void): Request {
    const found = isLocalName(name) ? LOCALHOST : parseName(name);
    if (typeof found !== "string") {
      return soon(() => done(found === null ? ErrorCode.InvalidArgument : [found].flat()));
    }
    const addresses: SocketAddress[][] = [];
    let failure = ErrorCode.NameUnresolvable;
    let left = 2;
    const requests = [true, false].map((isIpv6, index) => {
      const query = writeQuery(found, isIpv6);
      return this.exchanges.begin(query, 0, query.length, (answer) => {
        const result = typeof answer === "number" ? ErrorCode.TemporaryResolverFailure : readAddresses(answer, query);
        if (typeof result !== "number") addresses[index] = result;
        else if (result !== ErrorCode.NameUnresolvable) failure = result;
        if (--left > 0) return;
        const all = addresses.flat();
        done(all.length > 0 ? all : failure);
      });
    });
    return { cancel: () => requests.forEach((request) => request.cancel()) };
  }

  private portOf(address: SocketAddress): SocketAddress {
    return address.port > 0 ? address : withPort(address, PORT_FIRST + this.ports++ % (65_536 - PORT_FIRST));
  }
}
