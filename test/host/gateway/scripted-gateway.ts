// A gateway that does what a test says, on virtual time: it keeps the frames that a client sent, and tells it others.
import * as assert from "uvu/assert";
import { Simulation } from "#host/sim/index.js";
import { GatewayTransport, type GatewayOptions } from "#host/gateway/client/transport.js";
import type { ChannelEvents, OpenChannel } from "#host/gateway/channel.js";
import { parseFrame } from "#host/gateway/frame-parser.js";
import * as frames from "#host/gateway/frames.js";
import type { Frame, Grants } from "#host/gateway/frames.js";
import { ErrorCode, errorCodeName, OK, type Outcome } from "#host/wasi/error-code.js";
import { Family, makeAddress, type SocketAddress } from "#host/wasi/ip-address.js";
import type { Binding, Connection, ConnectionEvents, ListenerEvents } from "#host/wasi/transport.js";

export const WINDOW = 4096;
export const GRANTS: Grants = { window: WINDOW, frameMax: 1024, streamsMax: 100, rights: 31 };
export const HERE = makeAddress(Family.Ipv4, [10, 0, 0, 1], 1111);
export const THERE = makeAddress(Family.Ipv4, [192, 0, 2, 7], 80);

/** One channel that the client opened. */
export class ScriptedChannel {
  readonly heard: Frame[] = [];
  /** The frames themselves. */
  readonly sent: Uint8Array[] = [];
  copies?: boolean;
  bufferedBytes = 0;
  isClosed = false;

  constructor(readonly events: ChannelEvents) {}

  send(frame: Uint8Array): void {
    const parsed = parseFrame(frame.slice());
    if (parsed === null) throw new Error(`the client sent no frame: ${frame}`);
    if (this.isClosed) return;
    this.heard.push(parsed);
    this.sent.push(frame);
  }

  close(): void {
    this.isClosed = true;
  }

  /** The frames since the last time, as their types, payloads of DATA as text. */
  take(): Frame[] {
    return this.heard.splice(0);
  }
}

export class ScriptedGateway {
  readonly sim = new Simulation({ seed: 1, name: "scripted gateway" });
  readonly channels: ScriptedChannel[] = [];
  readonly states: string[] = [];
  readonly transport: GatewayTransport;

  constructor(options: Partial<GatewayOptions> = {}) {
    const open: OpenChannel = (events) => {
      const channel = new ScriptedChannel(events);
      this.channels.push(channel);
      return channel;
    };
    this.transport = new GatewayTransport({
      open, clock: this.sim.host("10.0.0.1").clock, window: WINDOW,
      onState: (state, why) => this.states.push(why === "" ? state : `${state}: ${why}`),
      ...options,
    });
  }

  /** The latest channel. */
  get channel(): ScriptedChannel {
    const channel = this.channels.at(-1);
    if (channel === undefined) throw new Error("no channel was opened");
    return channel;
  }

  /** Lets everything happen that is due within the time. */
  pass(ms = 0): void {
    this.sim.run(this.sim.nowMs + ms);
  }

  tell(...written: Uint8Array[]): void {
    for (const frame of written) this.channel.events.messageArrived(frame);
  }

  /** Opens the channel and the session; HELLO is taken out of what was heard. */
  welcome(grants: Partial<Grants> = {}): void {
    this.channel.events.opened();
    assert.is(this.channel.heard.shift()?.type, frames.HELLO);
    this.tell(frames.welcomeFrame({ ...GRANTS, ...grants }));
  }

  /** The session is lost. */
  lose(): void {
    this.channel.events.closed("gone");
  }

  /** Types of the frames since the last time. */
  types(): number[] {
    return this.channel.take().map(({ type }) => type);
  }

  /** A connection that is attached, its id, and what it told. */
  connection(): { connection: Connection; id: number; told: Told } {
    const results: (Connection | ErrorCode)[] = [];
    this.transport.connect({ remote: THERE, local: null }, (result) => results.push(result));
    if (this.channels.length === 0 || this.channel.isClosed) throw new Error("the session is not open");
    const [{ id }] = this.channel.take() as [Frame];
    this.tell(frames.openedFrame(id, HERE, THERE));
    const [connection] = results as [Connection];
    const told = new Told();
    connection.attach(told);
    this.pass();
    return { connection, id, told };
  }

  /** A binding and its id. */
  binding(address: SocketAddress = HERE): { binding: Binding; id: number } {
    const results: (Binding | ErrorCode)[] = [];
    this.transport.bind({ address, backlog: 5 }, (result) => results.push(result));
    const [{ id }] = this.channel.take() as [Frame];
    this.tell(frames.addressFrame(frames.BOUND, id, HERE));
    return { binding: results[0] as Binding, id };
  }

  /** A binding that listens. */
  listener(): { binding: Binding; id: number; arrived: Connection[] } {
    const { binding, id } = this.binding();
    const arrived: Connection[] = [];
    const outcomes: Outcome[] = [];
    const events: ListenerEvents = { connectionArrived: (connection) => arrived.push(connection) };
    binding.listen(events, 7, (outcome) => outcomes.push(outcome));
    assert.equal(this.channel.take(), [{ type: frames.LISTEN, id, backlog: 7 }]);
    assert.equal(outcomes, []);
    this.tell(frames.plainFrame(frames.LISTENING, id));
    assert.equal(outcomes, [OK]);
    return { binding, id, arrived };
  }

  /** Nothing is open, and nothing is left to happen. */
  nothingIsLeft(): void {
    assert.is(this.transport.openCount, 0, "something is open");
    this.pass();
    assert.is(this.sim.pendingEvents, 0, "a timer is left");
  }
}

/** An open session that nothing was asked of. */
export function openGateway(options: Partial<GatewayOptions> = {}): ScriptedGateway {
  const gateway = new ScriptedGateway(options);
  gateway.transport.lookup("a", () => {}).cancel();
  gateway.welcome();
  gateway.pass();
  gateway.channel.take();
  gateway.states.length = 0;
  return gateway;
}

/** What a connection told; bytes as text. */
export class Told implements ConnectionEvents {
  readonly log: string[] = [];
  wantsMore = true;

  bytesArrived(): boolean {
    throw new Error("the bytes are given, not lent");
  }

  bytesGiven(bytes: Uint8Array, start: number, end: number): boolean {
    this.log.push(Buffer.from(bytes.slice(start, end)).toString());
    return this.wantsMore;
  }

  endArrived(): void {
    this.log.push("end");
  }

  roomMade(): void {
    this.log.push("room");
  }

  failed(code: ErrorCode): void {
    this.log.push(errorCodeName(code));
  }

  /** Since the last time. */
  take(): string[] {
    return this.log.splice(0);
  }
}

export function data(id: number, text: string): Uint8Array {
  const bytes = Buffer.from(text);
  return frames.dataFrame(id, bytes, 0, bytes.length);
}

export function write(connection: Connection, text: string): void {
  const bytes = Buffer.from(text);
  connection.write(bytes, 0, bytes.length);
}

/** The payload of DATA as text, the credit of CREDIT, the code of RESET, otherwise the type. */
export function shortly(frame: Frame): string {
  switch (frame.type) {
    case frames.DATA:
      return `data ${Buffer.from(frame.bytes.subarray(frame.start)).toString()}`;
    case frames.CREDIT:
      return `credit ${frame.bytes}`;
    case frames.RESET:
      return `reset ${errorCodeName(frame.code)}`;
    case frames.END:
      return "end";
    case frames.CLOSE:
      return "close";
    default:
      return `type ${frame.type}`;
  }
}

// What a server says of bound addresses, and what a client does with them.

/** The first id of an accepted stream. */
export const S = 0x8000_0000;
export const bound = (id: number): Uint8Array => frames.addressFrame(frames.BOUND, id, HERE);
export const listening = (id: number): Uint8Array => frames.plainFrame(frames.LISTENING, id);
export const accepted = (id: number, stream: number): Uint8Array => frames.acceptedFrame(id, stream, HERE, THERE);
export const refused = (id: number, code = ErrorCode.AddressInUse): Uint8Array =>
  frames.codeFrame(frames.FAIL, id, code);

/** Types and ids of what the client sent since. */
export const sent = (gateway: ScriptedGateway): number[][] => gateway.channel.take().map(({ type, id }) => [type, id]);

/** Gives a binding back, and the server tells so. */
export function release(gateway: ScriptedGateway, binding: Binding, id: number): void {
  let releases = 0;
  gateway.channel.take();
  binding.close(() => releases++);
  assert.equal(sent(gateway), [[frames.CLOSE, id]]);
  assert.is(releases, 0);
  gateway.tell(frames.plainFrame(frames.RELEASED, id));
  assert.is(releases, 1);
  gateway.nothingIsLeft();
}

/** What the client asks for on the latest channel when the session opens. */
export function reopen(gateway: ScriptedGateway): number[][] {
  gateway.welcome();
  return sent(gateway);
}
