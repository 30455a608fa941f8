// A gateway on Node: pages connect by WebSocket and reach TCP, UDP and names from here, as far as rules allow.

import { createServer, type IncomingMessage, type Server, STATUS_CODES } from "node:http";
import { type AddressInfo, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { WebSocket, WebSocketServer } from "ws";
import { Goodbye } from "../../gateway/frames.js";
import { HEADER_BYTES } from "../../gateway/limits.js";
import type { AuditEntry } from "../../gateway/server/audit.js";
import { NarrowedPolicy, RulePolicy } from "../../gateway/server/policy.js";
import { type Admission, GatewaySession } from "../../gateway/server/session.js";
import { checkLimits, SESSION_LIMITS, type SessionLimits } from "../../gateway/server/session-limits.js";
import { DATAGRAM_BYTES_MAX_IPV6 } from "../../wasi/limits.js";
import type { Transport } from "../../wasi/transport.js";
import { NodeClock } from "../clock.js";
import { NodeTransport } from "../tcp-transport.js";
import { acceptedChannel } from "./accepted-channel.js";
import {
  isLoopbackText, originFrom, pathOf, refusalOf, type RequestRules, type UpgradeRequest,
} from "./request-checks.js";
import { readToken, secretFrom } from "./token.js";
import { unmaskFaster } from "./unmask.js";

export interface GatewayLimits extends SessionLimits {
  /** Clients at once; more are refused. */
  readonly sessions: number;
  /** How often a client is asked whether it is there; one that did not answer the last time is cut. */
  readonly pingMs: number;
}

export const GATEWAY_LIMITS: GatewayLimits = { ...SESSION_LIMITS, sessions: 256, pingMs: 30_000 };

/** What is logged: with when, and which client it was. */
export interface AuditLine extends Omit<AuditEntry, "event"> {
  /** RFC 3339. */
  readonly time: string;
  /** `refused`: a request that did not become a session. */
  readonly event: AuditEntry["event"] | "refused";
  /** Counted from 1 for each gateway; 0 for what became none. */
  readonly session: number;
  /** The client's address. */
  readonly client: string;
  readonly origin?: string;
}

export interface GatewayOptions {
  /** What clients may do; nothing else is allowed. docs/gateway.md has the language. */
  readonly rules: readonly string[];
  /** Origins of the pages that may connect. */
  readonly origins?: readonly string[];
  /** Values of Host that mean this gateway, such as its name at a proxy, beside its address. */
  readonly hosts?: readonly string[];
  /** Clients need a token signed with it (`signToken`). Without one only this machine is served. */
  readonly secret?: string | Uint8Array;
  /** What differs from GATEWAY_LIMITS. */
  readonly limits?: Partial<GatewayLimits>;
  /** Called for every decision, within the work of it: must be quick and must not throw. */
  readonly audit?: (line: AuditLine) => void;
  /** Where connections are made; the system's unless given. */
  readonly transport?: Transport;
}

export interface Gateway {
  /**
   * Listens by itself on an IP address; port 0 is one that the system chooses. Rejects what is not a loopback address
   * when there is no secret. Once.
   */
  listen(address: string, port: number): Promise<{ readonly address: string; readonly port: number }>;
  /** Answers the WebSockets of `path` on somebody's HTTP server, and leaves everything else on it alone. */
  attach(server: Server, path: string): void;
  /** Clients that are connected. */
  readonly sessionCount: number;
  /** Sockets that are open for them. */
  readonly openCount: number;
  /** The most bytes that one session ever held in memory. */
  readonly peakSessionBytes: number;
  /** Says goodbye to every client, lets go of everything and resolves when that is done. */
  close(): Promise<void>;
}

/** Throws when a rule, an origin or the secret is not as it may be. Loads `ws`, which nothing else here needs. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { WebSocketServer } = await import("ws");
  const settings = { noServer: true, clientTracking: false, perMessageDeflate: false, closeTimeout: CLOSE_MS };
  return new NodeGateway(options, (maxPayload) => new WebSocketServer({ ...settings, maxPayload }));
}

/** How long a client may take to close its end. */
const CLOSE_MS = 2000;
const TEXT_CHARS_MAX = 200;

/** One client, from the upgrade until its WebSocket is gone. */
interface Client {
  readonly socket: WebSocket;
  session: GatewaySession | null;
  isAlive: boolean;
}

class NodeGateway implements Gateway {
  private readonly clients = new Set<Client>();
  private readonly policy: RulePolicy;
  private readonly requests: RequestRules;
  private readonly secret: Uint8Array | null;
  private readonly limits: GatewayLimits;
  private readonly transport: Transport;
  private readonly clock = new NodeClock();
  private readonly sockets: WebSocketServer;
  private readonly attached: { server: Server; listener: (...upgrade: Upgrade) => void }[] = [];
  private server: Server | null = null;
  private pings: NodeJS.Timeout | null = null;
  private sessions = 0;
  private peakBytes = 0;
  private isClosed = false;

  constructor(private readonly options: GatewayOptions, newServer: (maxPayload: number) => WebSocketServer) {
    this.policy = RulePolicy.parse(options.rules);
    this.secret = options.secret === undefined ? null : secretFrom(options.secret);
    this.limits = { ...GATEWAY_LIMITS, ...options.limits };
    checkLimits(this.limits);
    this.transport = options.transport ?? new NodeTransport();
    this.requests = {
      path: "/",
      origins: new Set((options.origins ?? []).map(originFrom)),
      hosts: new Set((options.hosts ?? []).map((host) => host.toLowerCase())),
      hasSecret: this.secret !== null,
    };
    // Of the client's frames only DATA and DATAGRAM are long.
    this.sockets = newServer(HEADER_BYTES + Math.max(this.limits.frameBytes, DATAGRAM_BYTES_MAX_IPV6 + 32));
  }

  get sessionCount(): number {
    return this.clients.size;
  }

  get openCount(): number {
    return this.transport.openCount;
  }

  get peakSessionBytes(): number {
    for (const { session } of this.clients) this.peakBytes = Math.max(this.peakBytes, session?.peakBytes ?? 0);
    return this.peakBytes;
  }

  async listen(address: string, port: number): Promise<{ address: string; port: number }> {
    if (isIP(address) === 0) throw new Error(`${JSON.stringify(address)} is not an IP address to listen on`);
    if (this.secret === null && !isLoopbackText(address)) {
      throw new Error(`without a secret the gateway listens on a loopback address only, not on ${address}`);
    }
    if (this.server !== null || this.isClosed) throw new Error("the gateway listens already, or is closed");
    const server = createServer({
      keepAliveTimeout: 1000, headersTimeout: 10_000, requestTimeout: 10_000, connectionsCheckingInterval: 1000,
    });
    this.server = server;
    server.maxConnections = 2 * this.limits.sessions;
    server.on("request", (_request, response) => {
      response.writeHead(426, { "Content-Type": "text/plain", Connection: "close" }).end("WebSockets only\n");
    });
    this.answer(server, "/", true);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(port, address, resolve);
    });
    server.on("error", () => {}); // a failed accept: the listener itself goes on
    const { port: chosen } = server.address() as AddressInfo;
    return { address, port: chosen };
  }

  attach(server: Server, path: string): void {
    this.answer(server, path, false);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const { server, listener } of this.attached) server.off("upgrade", listener);
    if (this.pings !== null) clearInterval(this.pings);
    const closing = [...this.clients].map((client) => new Promise<void>((resolve) => {
      client.socket.once("close", () => resolve());
      client.session?.end(Goodbye.ShuttingDown, "the gateway is shutting down");
    }));
    if (this.server !== null) {
      const { server } = this;
      closing.push(new Promise((resolve) => { server.close(() => resolve()); }));
      server.closeAllConnections(); // whoever is still at its request; WebSockets are not among them
    }
    await Promise.all(closing);
  }

  private answer(server: Server, path: string, isOurs: boolean): void {
    const listener = (request: IncomingMessage, raw: Duplex, head: Buffer): void => {
      const isForUs = isOurs || pathOf(request.url) === path;
      // Where nobody else listens, nobody else would ever answer.
      if (isForUs || server.listenerCount("upgrade") === 1) this.upgrade(request, raw as Socket, head, path);
    };
    server.on("upgrade", listener);
    this.attached.push({ server, listener });
  }

  private upgrade(request: IncomingMessage, raw: Socket, head: Buffer, path: string): void {
    const { headers, url } = request;
    const asked: UpgradeRequest = {
      url, origin: headers.origin, host: headers.host,
      localAddress: raw.localAddress ?? "", localPort: raw.localPort ?? 0,
    };
    const refusal = this.clients.size >= this.limits.sessions || this.isClosed
      ? [503, "too many clients"] as const
      : refusalOf(asked, { ...this.requests, path });
    const origin = headers.origin === undefined ? {} : { origin: headers.origin.slice(0, TEXT_CHARS_MAX) };
    const about = { client: `${raw.remoteAddress}:${raw.remotePort}`, ...origin };
    if (refusal !== null) {
      const [status, reason] = refusal;
      this.log({ event: "refused", session: 0, ...about, allowed: false, reason });
      raw.on("error", () => {});
      raw.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n`
        + `Content-Type: text/plain\r\nContent-Length: ${reason.length + 1}\r\n\r\n${reason}\n`, () => raw.destroy());
      return;
    }
    raw.setNoDelay(true);
    this.sockets.handleUpgrade(request, raw, head, (socket) => this.begin(socket, raw, about));
  }

  private begin(socket: WebSocket, raw: Duplex, about: { client: string; origin?: string }): void {
    const session = ++this.sessions;
    const client: Client = { socket, session: null, isAlive: true };
    this.clients.add(client);
    unmaskFaster(socket);
    socket.on("pong", () => { client.isAlive = true; });
    socket.on("close", () => {
      this.clients.delete(client);
      this.peakBytes = Math.max(this.peakBytes, client.session?.peakBytes ?? 0);
    });
    if (this.limits.pingMs !== Infinity) this.pings ??= setInterval(() => this.ping(), this.limits.pingMs).unref();
    client.session = new GatewaySession({
      open: acceptedChannel(socket, raw),
      transport: this.transport,
      clock: this.clock,
      limits: this.limits,
      admit: (token) => this.admit(token),
      audit: (entry) => this.log({ ...entry, session, ...about }),
    });
  }

  private admit(token: string): Admission {
    if (this.secret === null) return this.policy;
    if (token === "") return { refused: Goodbye.Unauthorised, text: "a token is needed" };
    const claims = readToken(this.secret, token);
    if (claims === "expired") return { refused: Goodbye.Expired, text: "the token has expired" };
    if (claims === "invalid") return { refused: Goodbye.Unauthorised, text: "the token is not valid" };
    return claims.rules === null ? this.policy : new NarrowedPolicy(this.policy, RulePolicy.parse(claims.rules));
  }

  private ping(): void {
    for (const client of this.clients) {
      if (!client.isAlive) client.socket.terminate();
      client.isAlive = false;
      if (client.socket.readyState === client.socket.OPEN) client.socket.ping();
    }
  }

  private log(line: Omit<AuditLine, "time">): void {
    this.options.audit?.({ time: new Date().toISOString(), ...line });
  }
}

type Upgrade = [request: IncomingMessage, raw: Duplex, head: Buffer];
