// Questions by hand for the scripted nameserver, and what comes back, by UDP or over one connection.
import type { Connection } from "#host/wasi/transport.js";
import type { DatagramSocket } from "#host/wasi/datagram-transport.js";
import { addressText } from "#host/wasi/ip-address.js";
import { type Conditions, type SimHost, Simulation } from "#host/sim/index.js";
import { parseAddress } from "#host/sim/host.js";
import { connectTo } from "#host/sim/peers/meeting.js";
import { Nameserver, type NameserverOptions } from "#host/sim/peers/nameserver.js";
import { Zone, type ZoneOptions, type ZoneRecord } from "#host/sim/peers/nameserver-zone.js";

export const SERVER = "10.0.0.53";
export const STRANGER = "10.0.0.66";

export interface Heard {
  readonly bytes: Uint8Array;
  readonly from: string;
  readonly atMs: number;
}

/** Header fields and the text of everything behind the header. */
export interface Seen {
  readonly id: number;
  readonly flags: number;
  readonly rcode: number;
  /** Questions, answers, authority, additional. */
  readonly counts: readonly number[];
}

export function seen(bytes: Uint8Array): Seen {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const words = Array.from({ length: Math.min(6, bytes.length >> 1) }, (_, index) => view.getUint16(2 * index));
  const [id = 0, flags = 0, ...counts] = words;
  return { id, flags: flags & 0xfff0, rcode: flags & 15, counts };
}

export function question(id: number, name: string, type: number, ednsBytes = 0): Uint8Array {
  const header = [id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, ednsBytes > 0 ? 1 : 0];
  const labels = name.split(".").flatMap((label) => [label.length, ...Buffer.from(label, "latin1")]);
  const options = ednsBytes > 0 ? [0, 0, 41, ednsBytes >> 8, ednsBytes & 255, 0, 0, 0, 0, 0, 0] : [];
  return Uint8Array.from([...header, ...labels, 0, type >> 8, type & 255, 0, 1, ...options]);
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

export interface Asking {
  readonly sim: Simulation;
  readonly server: Nameserver;
  readonly hosts: { readonly client: SimHost; readonly server: SimHost; readonly stranger: SimHost };
  readonly heard: Heard[];
  readonly socket: DatagramSocket;
  /** Sends a question by UDP. */
  ask(message: Uint8Array): void;
}

export interface WorldOptions extends Partial<Omit<NameserverOptions, "zones" | "address">> {
  readonly conditions?: Partial<Conditions>;
  readonly zone?: ZoneOptions;
  readonly seed?: number;
}

export function asking(records: readonly ZoneRecord[], options: WorldOptions = {}): Asking {
  const { conditions = {}, zone = {}, seed = 1, ...rest } = options;
  const sim = new Simulation({ seed, conditions });
  const hosts = { client: sim.host("10.0.0.1"), server: sim.host(SERVER), stranger: sim.host(STRANGER) };
  const server = new Nameserver(hosts.server, {
    address: SERVER, zones: [new Zone("example.test", records, zone)],
    stranger: { host: hosts.stranger, address: STRANGER }, ...rest,
  });
  const heard: Heard[] = [];
  let socket: DatagramSocket | undefined;
  hosts.client.transport.bindDatagrams(parseAddress("0.0.0.0"), {
    datagramArrived: (bytes, from) => { heard.push({ bytes, from: addressText(from), atMs: sim.nowMs }); },
    failed: () => {},
    roomMade: () => {},
  }, (result) => { if (typeof result !== "number") socket = result; });
  if (socket === undefined) throw new Error("no socket for the client");
  const bound = socket;
  const to = { ...parseAddress(SERVER), port: 53 };
  return { sim, server, hosts, heard, socket: bound, ask: (message) => bound.send(message, to) };
}

/** A connection to the server: what came over it so far, and how it ended. */
export interface Stream {
  readonly connection: Connection;
  received: Uint8Array;
  ending: "end" | "failed" | null;
  /** How many bytes came at once, at most. */
  mostBytes: number;
}

export function connected({ sim, hosts }: Asking): Stream {
  let made: Connection | undefined;
  connectTo(hosts.client, SERVER, 53, (result) => {
    if (typeof result === "number") throw new Error(`not connected: ${result}`);
    made = result;
  });
  while (made === undefined) if (!sim.step()) throw new Error("nobody answered");
  const connection = made;
  const stream: Stream = { connection, received: new Uint8Array(0), ending: null, mostBytes: 0 };
  const arrived = (bytes: Uint8Array, start: number, end: number): boolean => {
    stream.received = Buffer.concat([stream.received, bytes.subarray(start, end)]);
    stream.mostBytes = Math.max(stream.mostBytes, end - start);
    return true;
  };
  connection.attach({
    bytesArrived: arrived, bytesGiven: arrived, roomMade: () => {},
    endArrived: () => { stream.ending = "end"; },
    failed: () => { stream.ending = "failed"; },
  });
  return stream;
}

export function framed(...messages: Uint8Array[]): Uint8Array {
  return Buffer.concat(messages.flatMap((message) => [Buffer.from([message.length >> 8, message.length]), message]));
}

export function unframed(bytes: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = (bytes[at] as number) << 8 | (bytes[at + 1] as number);
    messages.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return messages;
}

/** Ends everything: nothing may be open anywhere, and nothing be left to happen. */
export function over({ sim, server, hosts, socket }: Asking): number[] {
  socket.close();
  server.close();
  sim.run();
  return [...Object.values(hosts).map(({ transport }) => transport.openCount), server.streamCount, sim.pendingEvents];
}
