// What tests of transports on real sockets share: its calls as promises, and a record of what a connection tells.
import * as assert from "uvu/assert";
import type net from "node:net";
import { type ErrorCode, errorCodeName, OK } from "#host/wasi/error-code.js";
import { Family, makeAddress, type SocketAddress } from "#host/wasi/ip-address.js";
import type { Binding, Connection, ConnectionEvents, Transport } from "#host/wasi/transport.js";
import { until, within } from "../../support/guard.js";

export const loopback = (port: number): SocketAddress => makeAddress(Family.Ipv4, [127, 0, 0, 1], port);

/** Keeps what a connection tells. */
export class Record implements ConnectionEvents {
  bytes: Buffer[] = [];
  log: string[] = [];
  wantsMore = true;
  rooms = 0;

  get text(): string {
    return Buffer.concat(this.bytes).toString();
  }

  get length(): number {
    return this.bytes.reduce((sum, part) => sum + part.length, 0);
  }

  bytesArrived(bytes: Uint8Array, start: number, end: number): boolean {
    this.bytes.push(Buffer.from(bytes.slice(start, end)));
    return this.wantsMore;
  }

  bytesGiven(bytes: Uint8Array, start: number, end: number): boolean {
    return this.bytesArrived(bytes, start, end);
  }

  endArrived(): void {
    this.log.push("end");
  }

  roomMade(): void {
    this.rooms++;
  }

  failed(code: ErrorCode): void {
    this.log.push(errorCodeName(code));
  }
}

export function bind(transport: Transport, address = loopback(0)): Promise<Binding | ErrorCode> {
  return within("bind", new Promise((resolve) => { transport.bind({ address, backlog: 16 }, resolve); }));
}

export async function mustBind(transport: Transport): Promise<Binding> {
  const binding = await bind(transport);
  if (typeof binding === "number") throw new Error(errorCodeName(binding));
  return binding;
}

/** Listens with what hears of connections, from when the promise is kept; fails the test when that is refused. */
export function listen(binding: Binding, connectionArrived: (connection: Connection) => void): Promise<void> {
  return within("listen", new Promise<void>((resolve) => {
    binding.listen({ connectionArrived }, 512, (outcome) => {
      assert.is(outcome, OK);
      resolve();
    });
  }));
}

/** Listens; the first connection that comes in. */
export async function firstArrival(binding: Binding): Promise<{ arrival: Promise<Connection> }> {
  let arrived: (connection: Connection) => void = () => {};
  const arrival = new Promise<Connection>((resolve) => { arrived = resolve; });
  await listen(binding, (connection) => arrived(connection));
  return { arrival };
}

export function connect(transport: Transport, remote: SocketAddress, local: SocketAddress | null = null):
  Promise<Connection | ErrorCode> {
  return within("connect", new Promise((resolve) => { transport.connect({ remote, local }, resolve); }));
}

/** Not `once` of node:events, which takes an "error" before for a failure. */
export const closed = (socket: net.Socket): Promise<void> =>
  new Promise((resolve) => { socket.once("close", () => resolve()); });

export const gone = (transport: Transport): Promise<void> =>
  until(() => `${transport.openCount} are open`, () => transport.openCount === 0);
