// The probe of exchanges on a fake host: the test plays the nameservers. It sees every query, by UDP and by TCP,
// answers as it likes, moves time, and checks the leak law at the end.
import * as assert from "uvu/assert";
import { Random } from "../bytes.js";
import { type Address, storeSocketAddress } from "../canonical-abi.js";
import { type FakeConnection, FakeHost, type FakeSocket } from "../fake-host.js";
import { HostTurns } from "../host-turns.js";
import { compileProbe, labelOf, Probe } from "../probe.js";
import { wasm } from "../webassembly.js";
import { FakeDatagrams, type FakeUdpSocket } from "./fake-datagrams.js";
import { answerTo, type AnswerParts, nameBytes, questionName } from "./wire.js";

const module = await compileProbe("dns-exchange");
const RECORDS = [
  "exchanges", "ports", "streams", "channels", "sources", "timers", "schedules", "endpoints", "connects", "arena bytes",
];

export const V4: Address = { family: 0, port: 5301, parts: [192, 0, 2, 1] };
export const OTHER_V4: Address = { family: 0, port: 5302, parts: [192, 0, 2, 2] };
export const V6: Address = { family: 1, port: 5303, parts: [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], flow: 0, scope: 0 };

export const REASONS: Record<number, string> = {
  0: "ok", 2: "access denied", 6: "timeout", 11: "socket limit", 13: "in use", 14: "unreachable", 15: "refused",
  20: "temporary", 21: "permanent", 35: "stream failed",
};

/** A question as it left, by either way. */
export interface Query {
  bytes: Buffer;
  name: string;
  id: number;
  /** The port of the server it went to. */
  to: number;
  socket: FakeUdpSocket | undefined;
  connection: FakeConnection | undefined;
}

export interface Ended {
  owner: number;
  reason: string;
  tries: number;
  wrong: number;
  /** The port of the server that the outcome is from. */
  from: number;
  message: Buffer;
}

export class ExchangeProbe extends HostTurns {
  readonly host = new FakeHost();
  readonly datagrams = new FakeDatagrams(this.host.resources, () => this.probe);
  readonly random = new Random(7);
  /** One byte of what the host calls random. */
  nextRandom = (): number => this.random.next();
  readonly ended: Ended[] = [];
  /** Every socket of a TCP connect. */
  readonly tcpSockets: FakeSocket[] = [];
  /** Runs inside of the core's call, as an owner would. */
  onEnded: (ended: Ended) => void = () => {};
  probe!: Probe;
  channel = 0;
  #queriesTaken = 0;
  readonly #parsed = new Map<FakeConnection, number>();

  get call(): Probe["call"] {
    return this.probe.call;
  }

  static async create(
    servers: Address[] = [V4], { timeoutMs = 2000, tries = 3 } = {},
  ): Promise<ExchangeProbe> {
    const made = new ExchangeProbe();
    const wanted = new Set(wasm.Module.imports(module).map((each) => labelOf(each.module, each.name)));
    const all = {
      ...made.host.imports(), ...made.datagrams.imports(),
      "random/get-random-bytes": (length: bigint, at: number): void => made.#randomBytes(Number(length), at),
      "test/ended": (owner: number): void => made.#hasEnded(owner),
    };
    made.#watchSockets();
    made.probe = await Probe.create(module, Object.fromEntries(
      Object.entries(all).filter(([label]) => wanted.has(label)),
    ));
    made.host.attach(made.probe);
    made.host.readsFollowPermits = false;
    made.call.begin!();
    servers.forEach((server, index) => {
      storeSocketAddress(made.probe.view(), made.call.questionAddress!(), server);
      made.call.setServer!(index);
    });
    made.channel = made.call.createChannel!(servers.length, timeoutMs, tries);
    return made;
  }

  #watchSockets(): void {
    const { resources } = this.host;
    const add = resources.add.bind(resources);
    resources.add = (kind, parent, value) => {
      if (kind === "tcp-socket") this.tcpSockets.push(value as FakeSocket);
      return add(kind, parent, value);
    };
  }

  #randomBytes(length: number, at: number): void {
    const address = this.call.cabi_realloc!(0, 0, 1, length);
    this.probe.write(address, Uint8Array.from({ length }, () => this.nextRandom()));
    this.probe.view().setUint32(at, address, true);
    this.probe.view().setUint32(at + 4, length, true);
  }

  #hasEnded(owner: number): void {
    const { call, probe } = this;
    const ended: Ended = {
      owner, reason: REASONS[call.lastReason!()] ?? `reason ${call.lastReason!()}`, tries: call.lastTries!(),
      wrong: call.lastWrong!(), from: call.lastPort!(),
      message: Buffer.from(probe.bytes(call.message!(), call.messageLength!())),
    };
    this.ended.push(ended);
    this.onEnded(ended);
  }

  /** Asks for `name`; the exchange it returns is good until it ended. */
  ask(name: string, owner = 1, type = 1): number {
    this.probe.write(this.call.questionAddress!(), nameBytes(name));
    return this.call.ask!(this.channel, type, owner);
  }

  /** Asks for so many names and returns the queries that left. */
  askMany(count: number): Query[] {
    for (let i = 0; i < count; i++) this.ask(`host-${i}.example.test`, i + 1);
    return this.queries();
  }

  /** Answers all queries that are outstanding, and expects no other end. */
  answerAll(queries: readonly Query[]): void {
    for (const query of queries) this.answer(query);
    const reasons = this.reasons();
    assert.is(reasons.length, queries.length);
    assert.ok(reasons.every((reason) => reason === "ok"));
  }

  /** The queries by UDP that left since the latest call. */
  queries(): Query[] {
    const fresh = this.datagrams.sent.slice(this.#queriesTaken);
    this.#queriesTaken = this.datagrams.sent.length;
    return fresh.map(({ socket, bytes }) => ({
      bytes, name: questionName(bytes), id: bytes.readUInt16BE(0), to: socket.peer!.port, socket, connection: undefined,
    }));
  }

  /** The one query that left since the latest call. */
  query(): Query {
    const queries = this.queries();
    assert.is(queries.length, 1, "one query has left");
    return queries[0]!;
  }

  /** Connects that wait for their end, oldest first. */
  connecting(): FakeSocket[] {
    return this.tcpSockets.filter(({ state, settled }) => state === "connecting" && !settled);
  }

  /** Lets the one connect that waits succeed. */
  accept(): FakeConnection {
    this.settle();
    const [socket] = this.connecting();
    assert.ok(socket, "a connect waits");
    socket!.settled = true;
    this.settle();
    return socket!.connection!;
  }

  /** Queries that came over a connection since the latest call: each with two bytes of length before it. */
  streamQueries(connection: FakeConnection): Query[] {
    this.settle();
    connection.output.take(Infinity);
    const { received } = connection.output;
    const queries: Query[] = [];
    let at = this.#parsed.get(connection) ?? 0;
    while (at + 2 <= received.length && at + 2 + received.readUInt16BE(at) <= received.length) {
      const bytes = received.subarray(at + 2, at + 2 + received.readUInt16BE(at));
      const id = bytes.readUInt16BE(0);
      queries.push({ bytes, name: questionName(bytes), id, to: 0, socket: undefined, connection });
      at += 2 + bytes.length;
    }
    this.#parsed.set(connection, at);
    return queries;
  }

  /** A datagram comes to the port of `query`, from its server if nobody else is named. */
  deliver(query: Query, bytes: Uint8Array, from: Address = query.socket!.peer!): void {
    query.socket!.inbox.push({ bytes, from });
  }

  answer(query: Query, parts: AnswerParts = {}): Buffer {
    const bytes = answerTo(query.bytes, parts);
    if (query.connection) query.connection.input.push(framed(bytes));
    else this.deliver(query, bytes);
    return bytes;
  }

  takeEnded(): Ended[] {
    this.settle();
    return this.ended.splice(0);
  }

  /** `reason` of what ended, one after the other. */
  reasons(): string[] {
    return this.takeEnded().map(({ reason }) => reason);
  }

  /** What holds after every step. */
  check(): void {
    const open = this.datagrams.open().length;
    assert.is(this.call.live!(1), open, "a socket per port");
    assert.ok(open <= 8 * 128, "ports are bounded");
  }

  /** The leak law, after the channel is destroyed: no record and no handle of the host is left. */
  checkNothingLeft(): void {
    this.settle();
    this.call.destroyChannel!(this.channel);
    for (const { connection } of this.tcpSockets) connection?.output.take(Infinity);
    this.settle();
    const left = RECORDS.map((record, kind) => `${record}: ${this.call.live!(kind)}`);
    assert.equal(left, RECORDS.map((record) => `${record}: 0`));
    this.call.dropInstanceNetwork!();
    assert.equal(this.host.resources.left(), []);
  }
}

export function framed(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length]), bytes]);
}
