// A platform of doubles: nothing happens until the test says so, and everything that was asked for is recorded.
import type { Clock, TimerId } from "#host/wasi/clock.js";
import type { DatagramEvents, DatagramSocket } from "#host/wasi/datagram-transport.js";
import { ErrorCode, OK, type Outcome } from "#host/wasi/error-code.js";
import { addressText, Family, makeAddress, type SocketAddress } from "#host/wasi/ip-address.js";
import type { InputEvents, OutputEvents } from "#host/wasi/standard-streams.js";
import type {
  Binding, BindOptions, Connection, ConnectionEvents, ConnectOptions, ListenerEvents, Transport,
} from "#host/wasi/transport.js";
import type { Platform } from "#host/wasi/wasi-host.js";

export const LOOPBACK = makeAddress(Family.Ipv4, [127, 0, 0, 1], 8080);
export const EPHEMERAL = makeAddress(Family.Ipv4, [127, 0, 0, 1], 49_999);

export class FakeConnection implements Connection {
  localAddress: SocketAddress | null = LOOPBACK;
  remoteAddress: SocketAddress | null = EPHEMERAL;
  events: ConnectionEvents | null = null;
  queuedBytes = 0;
  /** Bytes stay queued until `takeAll`, as with a kernel whose buffers are full. */
  isSlow = false;
  readonly log: string[] = [];
  written: number[] = [];

  constructor(private readonly transport: FakeTransport) {
    transport.openCount++;
  }

  attach(events: ConnectionEvents): void {
    this.events = events;
    this.log.push("attach");
  }

  write(source: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at++) this.written.push(source[at] as number);
    if (this.isSlow) this.queuedBytes += end - start;
  }

  /** The peer took everything. */
  takeAll(): void {
    this.queuedBytes = 0;
    this.events?.roomMade();
  }

  arrive(...bytes: number[]): boolean {
    return this.arriveBytes(Uint8Array.from(bytes));
  }

  arriveBytes(bytes: Uint8Array): boolean {
    return (this.events as ConnectionEvents).bytesArrived(bytes, 0, bytes.length);
  }

  end(): void {
    this.log.push("end");
  }

  pause(): void {
    this.log.push("pause");
  }

  resume(): void {
    this.log.push("resume");
  }

  setKeepAlive(enabled: boolean, idleMs: number): void {
    this.log.push(`keep-alive ${enabled} ${idleMs}`);
  }

  close(): void {
    this.events = null;
    this.log.push("close");
    this.transport.openCount--;
  }

  abort(): void {
    this.events = null;
    this.log.push("abort");
    this.transport.openCount--;
  }
}

export class FakeBinding implements Binding {
  events: ListenerEvents | null = null;

  constructor(
    private readonly transport: FakeTransport,
    readonly localAddress: SocketAddress,
  ) {
    transport.openCount++;
  }

  listen(events: ListenerEvents, backlog: number, done: (outcome: Outcome) => void): void {
    this.events = events;
    this.transport.lastBacklog = backlog;
    this.transport.finishNow(() => done(this.transport.failNext === null ? OK : this.transport.takeFailure()));
  }

  arrive(): FakeConnection {
    const connection = new FakeConnection(this.transport);
    (this.events as ListenerEvents).connectionArrived(connection);
    return connection;
  }

  close(released?: () => void): void {
    this.transport.openCount--;
    this.transport.later(() => released?.());
  }
}

export class FakeDatagrams implements DatagramSocket {
  queuedCount = 0;
  /** Datagrams stay queued until `takeAll`. */
  isSlow = false;
  connectOutcome: Outcome = OK;
  readonly log: string[] = [];
  sent: { bytes: number[]; remote: SocketAddress | null }[] = [];

  constructor(
    private readonly transport: FakeTransport,
    readonly localAddress: SocketAddress,
    readonly events: DatagramEvents,
  ) {
    transport.openCount++;
  }

  send(source: Uint8Array, remote: SocketAddress | null, start = 0, end = source.length): void {
    this.sent.push({ bytes: [...source.subarray(start, end)], remote });
    if (this.isSlow) this.queuedCount++;
  }

  takeAll(): void {
    this.queuedCount = 0;
    this.events.roomMade();
  }

  connect(remote: SocketAddress | null): Outcome {
    this.log.push(remote === null ? "disconnect" : `connect ${addressText(remote)}`);
    return remote === null ? OK : this.connectOutcome;
  }

  setHopLimit(limit: number): void {
    this.log.push(`hop-limit ${limit}`);
  }

  setReceiveBuffer(bytes: number): void {
    this.log.push(`receive-buffer ${bytes}`);
  }

  setSendBuffer(bytes: number): void {
    this.log.push(`send-buffer ${bytes}`);
  }

  arrive(remote: SocketAddress, ...bytes: number[]): void {
    this.events.datagramArrived(Uint8Array.from(bytes), remote);
  }

  failNow(code: ErrorCode): void {
    this.events.failed(code);
  }

  close(): void {
    this.log.push("close");
    this.transport.openCount--;
  }
}

/** What is asked for happens at `settle`; `failNext` makes the next request end with an error. */
export class FakeTransport implements Transport {
  openCount = 0;
  hasNameserver = false;
  failNext: ErrorCode | null = null;
  /** Binds and listens end within the call, as most platforms can; otherwise at `settle`. */
  endsAtOnce = false;
  lastBacklog = 0;
  lastConnect: ConnectOptions | null = null;
  binding: FakeBinding | null = null;
  connection: FakeConnection | null = null;
  datagrams: FakeDatagrams | null = null;
  readonly names = new Map<string, SocketAddress[]>();
  private tasks: (() => void)[] = [];

  later(task: () => void): { cancel(): void } {
    this.tasks.push(task);
    return { cancel: () => { this.tasks = this.tasks.filter((other) => other !== task); } };
  }

  /** Carries out what was asked for, and what that asks for. */
  settle(): void {
    while (this.tasks.length > 0) this.tasks.shift()?.();
  }

  bind({ address, backlog }: BindOptions, done: (result: Binding | ErrorCode) => void): { cancel(): void } {
    this.lastBacklog = backlog;
    return this.finishNow(() => {
      if (this.failNext !== null) return done(this.takeFailure());
      const port = address.port === 0 ? 50_000 : address.port;
      this.binding = new FakeBinding(this, { ...address, port });
      done(this.binding);
    });
  }

  connect(options: ConnectOptions, done: (result: Connection | ErrorCode) => void): { cancel(): void } {
    this.lastConnect = options;
    return this.later(() => {
      if (this.failNext !== null) return done(this.takeFailure());
      this.connection = new FakeConnection(this);
      done(this.connection);
    });
  }

  bindDatagrams(
    address: SocketAddress, events: DatagramEvents, done: (result: DatagramSocket | ErrorCode) => void,
  ): { cancel(): void } {
    return this.finishNow(() => {
      if (this.failNext !== null) return done(this.takeFailure());
      const port = address.port === 0 ? 50_000 : address.port;
      this.datagrams = new FakeDatagrams(this, { ...address, port }, events);
      done(this.datagrams);
    });
  }

  lookup(name: string, done: (result: SocketAddress[] | ErrorCode) => void): { cancel(): void } {
    return this.later(() => done(this.names.get(name) ?? ErrorCode.NameUnresolvable));
  }

  finishNow(task: () => void): { cancel(): void } {
    if (!this.endsAtOnce) return this.later(task);
    task();
    return { cancel: () => { throw new Error("a request that ended was cancelled"); } };
  }

  takeFailure(): ErrorCode {
    const code = this.failNext as ErrorCode;
    this.failNext = null;
    return code;
  }
}

export class FakeClock implements Clock {
  readonly resolutionNs = 1n;
  readonly wallResolutionNs = 1_000_000n;
  nowNs = 1_000n;
  wallNs = 1_700_000_000_123_000_000n;
  readonly timers = new Map<number, { atNs: bigint; callback: () => void }>();
  private soonTasks: (() => void)[] = [];
  private nextTimer = 1;

  monotonicNowNs(): bigint {
    return this.nowNs;
  }

  monotonicNow(): number {
    return Number(this.nowNs);
  }

  wallNowNs(): bigint {
    return this.wallNs;
  }

  soon(callback: () => void): void {
    this.soonTasks.push(callback);
  }

  get soonCount(): number {
    return this.soonTasks.length;
  }

  /** Runs what was asked for with `soon`, but not what that asks for. */
  runSoon(): number {
    const tasks = this.soonTasks;
    this.soonTasks = [];
    for (const task of tasks) task();
    return tasks.length;
  }

  setTimer(delayMs: number, callback: () => void): TimerId {
    const id = this.nextTimer++;
    this.timers.set(id, { atNs: this.nowNs + BigInt(delayMs) * 1_000_000n, callback });
    return id;
  }

  clearTimer(timer: TimerId): void {
    this.timers.delete(timer as number);
  }

  advanceMs(delayMs: number): void {
    this.nowNs += BigInt(delayMs) * 1_000_000n;
    for (const [id, { atNs, callback }] of [...this.timers]) {
      if (atNs > this.nowNs) continue;
      this.timers.delete(id);
      callback();
    }
  }
}

export class FakeInput {
  events: InputEvents | null = null;
  readonly log: string[] = [];

  open(events: InputEvents): void {
    this.events = events;
    this.log.push("open");
  }

  pause(): void {
    this.log.push("pause");
  }

  resume(): void {
    this.log.push("resume");
  }

  close(): void {
    this.log.push("close");
  }
}

export class FakeOutput {
  events: OutputEvents | null = null;
  queuedBytes = 0;
  text = "";

  listen(events: OutputEvents): void {
    this.events = events;
  }

  write(source: Uint8Array, start: number, end: number): void {
    this.text += new TextDecoder().decode(source.slice(start, end));
  }

  end(): void {
    throw new Error("standard streams are never ended by a guest");
  }
}

export interface FakePlatform extends Platform {
  readonly transport: FakeTransport;
  readonly clock: FakeClock;
  readonly streams: { readonly stdin: FakeInput; readonly stdout: FakeOutput; readonly stderr: FakeOutput };
}

export function fakePlatform(): FakePlatform {
  return {
    transport: new FakeTransport(),
    clock: new FakeClock(),
    streams: { stdin: new FakeInput(), stdout: new FakeOutput(), stderr: new FakeOutput() },
    fillRandom: (target) => { target.fill(7); },
  };
}
