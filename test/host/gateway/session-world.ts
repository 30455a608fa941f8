// A gateway session on the simulated network, and a client that sends whatever frames a test wants.
import * as assert from "uvu/assert";
import type { ChannelEvents, OpenChannel } from "#host/gateway/channel.js";
import { parseFrame } from "#host/gateway/frame-parser.js";
import {
  DATA, creditFrame, FAIL, type Frame, GOODBYE, type Goodbye, helloFrame, OPENED, openFrame, WELCOME,
} from "#host/gateway/frames.js";
import type { AuditEntry } from "#host/gateway/server/audit.js";
import { RulePolicy } from "#host/gateway/server/policy.js";
import type { SessionLimits } from "#host/gateway/server/session-limits.js";
import { type Admission, GatewaySession } from "#host/gateway/server/session.js";
import { type Conditions, type SimHost, Simulation } from "#host/sim/index.js";
import { listenAt } from "#host/sim/peers/meeting.js";
import { makeAddress, parseIp, type SocketAddress } from "#host/wasi/ip-address.js";
import type { Binding, Connection } from "#host/wasi/transport.js";
import { Record } from "../support/node-transport.js";

/** Addresses of the public Internet, as far as the ranges know. */
export const SERVER = "93.184.216.34";
export const GATEWAY = "93.184.216.1";

export function address(text: string, port = 0): SocketAddress {
  const ip = parseIp(text);
  if (ip === null) throw new Error(text);
  return makeAddress(ip.family, ip.parts, port);
}

/** The frames that may have this type. */
type FrameOf<T extends Frame["type"], F = Frame> = F extends { type: infer U } ? (T extends U ? F : never) : never;

/** The client's end of a channel in memory. */
export class RawClient {
  readonly frames: Frame[] = [];
  /** False: what the server sends piles up in the channel. */
  isReading = true;
  isClosed = false;
  /** Gives credit for what arrives, later. */
  later: ((run: () => void) => void) | null = null;
  private events: ChannelEvents | null = null;
  private buffered: Uint8Array[] = [];
  private bufferedBytes = 0;
  private readonly receivedBytes = new Map<number, number>();

  readonly open: OpenChannel = (events) => {
    this.events = events;
    const client = this;
    return {
      get bufferedBytes() {
        return client.bufferedBytes;
      },
      send: (frame) => {
        if (this.isClosed) return;
        if (this.isReading) return this.arrived(frame);
        this.buffered.push(frame);
        this.bufferedBytes += frame.length;
      },
      close: () => {
        this.isClosed = true;
      },
    };
  };

  send(frame: Uint8Array): void {
    this.events?.messageArrived(frame);
  }

  /** Reads what has piled up, at most so many messages. */
  read(count = Infinity): void {
    const taken = this.buffered.splice(0, count);
    for (const frame of taken) this.bufferedBytes -= frame.length;
    for (const frame of taken) this.arrived(frame);
    this.events?.roomMade?.();
  }

  /** The connection to the gateway breaks. */
  lose(): void {
    this.isClosed = true;
    this.events?.closed("lost");
  }

  of<T extends Frame["type"]>(type: T, id?: number): FrameOf<T>[] {
    return this.frames.filter((frame): frame is FrameOf<T> =>
      frame.type === type && (id === undefined || frame.id === id));
  }

  /** The one frame of this type (and id). */
  one<T extends Frame["type"]>(type: T, id?: number): FrameOf<T> {
    const found = this.of(type, id);
    if (found.length !== 1) {
      const all = this.frames.slice(0, 20).map((frame) => `${frame.type}/${frame.id}`);
      assert.unreachable(`${found.length} frames of type ${type}: ${all.join(" ")}`);
    }
    return found[0] as FrameOf<T>;
  }

  /** The bytes of a stream so far. */
  bytes(id: number): Buffer {
    return Buffer.concat(this.of(DATA, id).map(({ bytes, start }) => bytes.subarray(start)));
  }

  /** How many bytes of a stream arrived. */
  received(id: number): number {
    return this.receivedBytes.get(id) ?? 0;
  }

  get goodbye(): Goodbye | null {
    return this.of(GOODBYE)[0]?.reason ?? null;
  }

  private arrived(message: Uint8Array): void {
    const frame = parseFrame(message);
    assert.ok(frame, "the server sends frames only");
    this.frames.push(frame);
    if (frame.type !== DATA) return;
    const count = frame.bytes.length - frame.start;
    this.receivedBytes.set(frame.id, this.received(frame.id) + count);
    this.later?.(() => this.send(creditFrame(frame.id, count)));
  }
}

export interface WorldOptions {
  readonly rules?: readonly string[];
  readonly limits?: Partial<SessionLimits>;
  readonly seed?: number;
  readonly conditions?: Partial<Conditions>;
  readonly admit?: (token: string) => Admission | Promise<Admission>;
  /** What the client lets each stream send at first. */
  readonly window?: number;
}

export class World {
  readonly sim: Simulation;
  readonly gateway: SimHost;
  readonly server: SimHost;
  readonly client = new RawClient();
  readonly audit: AuditEntry[] = [];
  readonly session: GatewaySession;
  ends = 0;
  private readonly bindings: Binding[] = [];
  private readonly accepted: Connection[] = [];

  constructor({ rules = [], limits = {}, seed = 1, conditions = {}, admit }: WorldOptions) {
    this.sim = new Simulation({ seed, name: "gateway session", conditions });
    this.gateway = this.sim.host({ addresses: [GATEWAY, "2606:4700::1"] });
    this.server = this.sim.host({ addresses: [SERVER, "2606:4700::2"] });
    this.session = new GatewaySession({
      open: this.client.open,
      transport: this.gateway.transport,
      clock: this.gateway.clock,
      admit: admit ?? (() => RulePolicy.parse(rules)),
      // Without these no timer is left, and a simulation comes to rest.
      limits: { streamIdleMs: Infinity, sessionIdleMs: Infinity, ...limits },
      audit: (entry) => { this.audit.push(entry); },
      onEnd: () => { this.ends++; },
    });
  }

  /** A session that was admitted. */
  static async open(options: WorldOptions): Promise<World> {
    const world = new World(options);
    world.client.send(helloFrame(options.window ?? 256 * 1024, ""));
    await world.settle(1);
    world.client.one(WELCOME);
    return world;
  }

  /** Lets everything happen, for so many milliseconds or until nothing is left to happen. */
  settle(forMs = Infinity): Promise<void> {
    return this.sim.settle(this.sim.nowMs + forMs);
  }

  /** Lets the client give credit for all that arrives. */
  giveCredit(): void {
    this.client.later = (run) => this.sim.after(0, run);
  }

  /** Accepts connections on the server, or on the gateway's own machine. */
  serve(port: number, accept: (connection: Connection, record: Record) => void = () => {}, at?: string): Record[] {
    const records: Record[] = [];
    this.bindings.push(listenAt(at === undefined ? this.server : this.gateway, at ?? SERVER, port, (connection) => {
      const record = new Record();
      records.push(record);
      this.accepted.push(connection);
      connection.attach(record);
      accept(connection, record);
    }));
    return records;
  }

  /** A stream to the server, connected. */
  async stream(id: number, port = 80): Promise<void> {
    this.client.send(openFrame(id, address(SERVER, port), null));
    await this.settle(100);
    this.client.one(OPENED, id);
  }

  /** What an OPEN of this address is answered. */
  async refusal(id: number, remote: SocketAddress): Promise<number> {
    this.client.send(openFrame(id, remote, null));
    await this.settle(100);
    return this.client.one(FAIL, id).code;
  }

  /** The leak law: the session is over and nothing of it is left. */
  async finish(): Promise<void> {
    this.client.lose();
    for (const binding of this.bindings) binding.close();
    for (const connection of this.accepted) connection.abort();
    await this.settle();
    assert.is(this.ends, 1, "it ends once");
    assert.is(this.gateway.transport.openCount, 0, "sockets are left");
    assert.is(this.sim.pendingEvents, 0, "timers are left");
  }

  said(event: AuditEntry["event"]): AuditEntry[] {
    return this.audit.filter((entry) => entry.event === event);
  }
}
