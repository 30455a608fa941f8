// The transport seam over a gateway: sockets and names of the machine where the gateway runs.
//
// One session serves everything. It is opened by the first operation, and by the first one after it was lost.

import { ByteQueuePool } from "../../wasi/byte-queue.js";
import type { Clock } from "../../wasi/clock.js";
import type { DatagramEvents, DatagramSocket } from "../../wasi/datagram-transport.js";
import { ErrorCode, errorCodeName, OK } from "../../wasi/error-code.js";
import { addressText, isSameEndpoint, makeAddress, parseIp, type SocketAddress } from "../../wasi/ip-address.js";
import { LISTEN_BACKLOG_DEFAULT } from "../../wasi/limits.js";
import type { Binding, BindOptions, Connection, ConnectOptions, Request, Transport } from "../../wasi/transport.js";
import type { OpenChannel } from "../channel.js";
import {
  addressFrame, BIND, BIND_UDP, BOUND, type Frame, OPENED, openFrame, RESOLVED, resolveFrame,
} from "../frames.js";
import { WINDOW_BYTES_DEFAULT } from "../limits.js";
import { GatewayBinding } from "./binding.js";
import { GatewayConnection } from "./connection.js";
import { GatewayDatagrams } from "./datagrams.js";
import { GatewayRequest } from "./request.js";
import { type ClientShared, Session, SessionState } from "./session.js";

export type GatewayState = "opening" | "open" | "lost";

export interface GatewayOptions {
  /** Opens the way to the gateway, once for each session. */
  readonly open: OpenChannel;
  readonly clock: Clock;
  /** Asked for with each session, so that it may be a fresh one; none when left out. */
  readonly token?: () => string | Promise<string>;
  /** Bytes of one stream that may be under way to here and unread; 1 MiB when left out, 1 KiB at least. */
  readonly window?: number;
  /** Hears of each change; `why` the session was lost, for people. Not from inside a call of the transport. */
  readonly onState?: (state: GatewayState, why: string) => void;
  /** Whether the gateway may be asked in place of the system's nameservers; it may unless said. */
  readonly hasNameserver?: boolean;
}

/** An address that is listened on ahead of time. */
export interface Reservation {
  /** With its port: `0.0.0.0:49152`, `[0:0:0:0:0:0:0:0]:49152`. */
  readonly address: string;
  /** Gives the address back, unless somebody bound it meanwhile: then it is theirs. */
  release(): void;
}

export class GatewayTransport implements Transport {
  readonly hasNameserver: boolean;
  /** Why the latest session was lost; empty when none was. */
  lastFailure = "";
  private current: Session | null = null;
  private reserved: GatewayBinding[] = [];
  private readonly shared: ClientShared;

  constructor(private readonly options: GatewayOptions) {
    const { open, clock, token = () => "", window = WINDOW_BYTES_DEFAULT, hasNameserver = true } = options;
    this.hasNameserver = hasNameserver;
    this.shared = {
      open, clock, token, window,
      pool: new ByteQueuePool(),
      openCount: 0,
      isOver: false,
      session: () => this.session(),
      stateChanged: (session, why) => this.stateChanged(session, why),
    };
  }

  /** What a gateway bound counts until it is closed, reservations too. */
  get openCount(): number {
    return this.shared.openCount;
  }

  /** Answers at once where the address was reserved. */
  bind({ address }: BindOptions, done: (result: Binding | ErrorCode) => void): Request {
    const reserved = this.reserved.find(({ localAddress }) => isSameEndpoint(localAddress, address));
    if (reserved === undefined) return this.bindThere(address, done);
    this.unreserve(reserved);
    done(reserved);
    return { cancel: () => {} };
  }

  connect({ remote, local }: ConnectOptions, done: (result: Connection | ErrorCode) => void): Request {
    return this.request((id) => openFrame(id, remote, local), done, (frame, session) => {
      if (frame.type !== OPENED) return null;
      return new GatewayConnection(session, frame.id, frame.local, frame.remote);
    });
  }

  lookup(name: string, done: (result: SocketAddress[] | ErrorCode) => void): Request {
    // Only two codes are for names that could not be asked for.
    const told = (result: SocketAddress[] | ErrorCode): void =>
      done(result === ErrorCode.RemoteUnreachable || result === ErrorCode.Timeout
        ? ErrorCode.TemporaryResolverFailure
        : result);
    return this.request((id) => resolveFrame(id, name), told, (frame) => {
      return frame.type === RESOLVED ? frame.addresses : null;
    });
  }

  bindDatagrams(
    address: SocketAddress, events: DatagramEvents, done: (result: DatagramSocket | ErrorCode) => void,
  ): Request {
    return this.request((id) => addressFrame(BIND_UDP, id, address), done, (frame, session) => {
      return frame.type === BOUND ? new GatewayDatagrams(session, frame.id, frame.address, events) : null;
    });
  }

  /**
   * Binds an address at the gateway, say `0.0.0.0:8080` or `0.0.0.0:0`, and listens there, so that the next `bind` to
   * the address that is told, and `listen` on that, succeed at once: listeners of the TypeScript face want it so.
   * Whoever connects before waits. Rejects with the reason.
   */
  reserve(address: string): Promise<Reservation> {
    return new Promise((resolve, reject) => {
      const wanted = parseAddress(address);
      if (wanted === null) return reject(new Error(`no address with a port: ${address}`));
      const refused = (code: ErrorCode): void => {
        reject(new Error(`cannot reserve ${address}: ${errorCodeName(code)} ${this.lastFailure}`.trimEnd()));
      };
      this.bindThere(wanted, (binding) => {
        if (typeof binding === "number") return refused(binding);
        binding.listen(null, LISTEN_BACKLOG_DEFAULT, (outcome) => {
          if (outcome === OK) return resolve(this.reservation(binding));
          binding.close();
          refused(outcome);
        });
      });
    });
  }

  /** Ends the session for good: what is open breaks, and operations fail from here on. */
  close(): void {
    const { shared } = this;
    shared.isOver = true;
    shared.clock.soon(() => this.current?.lose(ErrorCode.ConnectionAborted, "closed"));
  }

  private reservation(binding: GatewayBinding): Reservation {
    this.reserved.push(binding);
    return {
      address: addressText(binding.localAddress),
      release: () => {
        if (this.unreserve(binding)) binding.close();
      },
    };
  }

  private bindThere(address: SocketAddress, done: (result: GatewayBinding | ErrorCode) => void): Request {
    return this.request((id) => addressFrame(BIND, id, address), done, (frame, session) => {
      return frame.type === BOUND ? new GatewayBinding(session, frame.id, frame.address) : null;
    });
  }

  /** False when somebody bound it, or it was released. */
  private unreserve(binding: GatewayBinding): boolean {
    const before = this.reserved.length;
    this.reserved = this.reserved.filter((other) => other !== binding);
    return this.reserved.length < before;
  }

  /** `made` gives what an answer stands for; null when it is no answer to this. */
  private request<T extends object>(
    frameFor: (id: number) => Uint8Array, done: (result: T | ErrorCode) => void,
    made: (frame: Frame, session: Session) => T | null,
  ): Request {
    const session = this.session();
    return new GatewayRequest(session, frameFor, (answer) => {
      const result = typeof answer === "number" ? answer : made(answer, session);
      done(result ?? ErrorCode.RemoteUnreachable);
      return result !== null;
    });
  }

  private session(): Session {
    if (this.current !== null) return this.current;
    const session = new Session(this.shared);
    this.current = session;
    this.shared.clock.soon(() => {
      if (session.state === SessionState.Opening) this.options.onState?.("opening", "");
    });
    return session;
  }

  private stateChanged(session: Session, why: string): void {
    const isLost = session.state === SessionState.Lost;
    if (isLost) {
      this.current = null;
      this.lastFailure = why;
    }
    this.options.onState?.(isLost ? "lost" : "open", why);
  }
}

function parseAddress(text: string): SocketAddress | null {
  const [, host = "", port] = /^\[?([^\]]*)\]?:(\d{1,5})$/.exec(text) ?? [];
  const ip = parseIp(host);
  return ip === null || Number(port) > 65_535 ? null : makeAddress(ip.family, ip.parts, Number(port));
}
