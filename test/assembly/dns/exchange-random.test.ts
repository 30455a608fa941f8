// Exchanges against random servers, networks and attackers: every question ends exactly once and in time, no forged
// answer gets in, everything stays bounded, and nothing leaks.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import type { Address } from "../../support/canonical-abi.js";
import type { FakeConnection } from "../../support/fake-host.js";
import { type Ended, ExchangeProbe, framed, OTHER_V4, type Query, V4, V6 } from "../../support/dns/exchange-probe.js";
import { answerTo, RCODES } from "../../support/dns/wire.js";

console.log(`TEST_SEED=${SEED}`);

const TIMEOUT_MS = 400;
const STEP_MS_MAX = 60;
const OUTCOMES = ["ok", "timeout", "refused", "temporary", "permanent", "stream failed", "socket limit"];
/** What true answers hold and forged ones do not. */
const TRUE_DATA = Buffer.from([192, 0, 2, 200]);
const FORGED_DATA = Buffer.from([6, 6, 6, 6]);

/** How often things go wrong in one round, each in 100. */
interface Weather {
  drop: number;
  delay: number;
  double: number;
  truncate: number;
  attack: number;
  flood: number;
  no: number;
  otherCase: number;
  refuse: number;
  cut: number;
  silent: number;
}

function weather(dice: Random): Weather {
  const some = (most: number): number => (dice.below(3) === 0 ? 0 : dice.below(most));
  return {
    drop: some(50), delay: some(60), double: some(50), truncate: some(60), attack: some(80), flood: some(4),
    no: some(40), otherCase: some(30), refuse: some(20), cut: some(50), silent: some(30),
  };
}

/** The servers, the network and the attacker of one round. */
class World {
  readonly #later: { atNs: bigint; run: () => void }[] = [];
  readonly #connections = new Set<FakeConnection>();
  readonly #pieces = new Map<FakeConnection, Buffer>();

  constructor(readonly made: ExchangeProbe, readonly dice: Random, readonly sky: Weather) {}

  #happens(percent: number): boolean {
    return this.dice.below(100) < percent;
  }

  #after(ms: number, run: () => void): void {
    this.#later.push({ atNs: this.made.host.nowNs + BigInt(Math.round(ms * 1e6)), run });
  }

  /** Time goes on a little, and what is due by then happens. */
  step(): void {
    const { made } = this;
    made.advanceMs(this.dice.below(STEP_MS_MAX));
    const due = this.#later.filter(({ atNs }) => atNs <= made.host.nowNs);
    this.#later.splice(0, this.#later.length, ...this.#later.filter(({ atNs }) => atNs > made.host.nowNs));
    for (const { run } of due) run();
    for (const query of made.queries()) this.#hear(query);
    this.#connect();
    this.#serve();
    made.turn();
    made.check();
  }

  #hear(query: Query): void {
    const { sky, made } = this;
    if (this.#happens(sky.refuse)) query.socket!.failure = 14;
    if (this.#happens(sky.attack)) this.#after(this.dice.below(100), () => this.#attack(query));
    if (this.#happens(sky.flood)) {
      // For another name: so many identifiers, and one might be that by which the same question leaves next.
      for (let i = 0; i < 1100; i++) made.deliver(query, this.#renamed(query, (query.id + 1 + i) & 0xffff));
    }
    if (this.#happens(sky.drop)) return;
    const copies = this.#happens(sky.double) ? 2 : 1;
    const ms = this.#happens(sky.delay) ? this.dice.below(3 * TIMEOUT_MS) : this.dice.below(20);
    const bytes = this.#said(query, true);
    for (let copy = 0; copy < copies; copy++) this.#after(ms * (copy + 1), () => made.deliver(query, bytes));
  }

  /** What a server says to a query. */
  #said(query: Query, isDatagram: boolean): Buffer {
    const { sky, dice } = this;
    if (this.#happens(sky.no)) {
      const code = (["SERVFAIL", "REFUSED", "NOTIMP", "FORMERR", "NXDOMAIN"] as const)[dice.below(5)]!;
      return answerTo(query.bytes, { rcode: RCODES[code] });
    }
    const truncated = isDatagram && this.#happens(sky.truncate);
    // What came with a cut off answer must not be used.
    const data = truncated ? FORGED_DATA : TRUE_DATA;
    const bytes = answerTo(query.bytes, { truncated, answers: [{ type: 1, data }] });
    if (this.#happens(sky.otherCase)) bytes.write(query.name.toLowerCase().split(".")[0]!, 13, "latin1");
    return bytes;
  }

  #forged(query: Query, id: number): Buffer {
    const bytes = answerTo(query.bytes, { answers: [{ type: 1, data: FORGED_DATA }] });
    bytes.writeUInt16BE(id, 0);
    return bytes;
  }

  #renamed(query: Query, id: number): Buffer {
    const bytes = this.#forged(query, id);
    bytes[13]! ^= 1 << this.dice.below(5);
    return bytes;
  }

  /** Everything right but one thing, or nothing at all. */
  #attack(query: Query): void {
    const { made, dice } = this;
    const peer = query.socket!.peer!;
    const from: Address[] = [{ ...peer, port: peer.port ^ 1 }, V6, V4, OTHER_V4];
    const stranger = from.filter((each) => each.port !== peer.port)[dice.below(3)]!;
    const right = this.#forged(query, query.id);
    switch (dice.below(5)) {
      case 0: return made.deliver(query, right, stranger);
      case 1: return made.deliver(query, this.#forged(query, query.id ^ (1 << dice.below(16))));
      case 2: return made.deliver(query, this.#renamed(query, query.id));
      case 3: return made.deliver(query, right.subarray(0, dice.below(12 + query.name.length)));
      default: return made.deliver(query, Buffer.from(right.map(() => dice.below(256))));
    }
  }

  #connect(): void {
    for (const socket of this.made.connecting()) {
      if (this.#happens(this.sky.silent)) continue;
      if (this.#happens(this.sky.refuse)) this.made.host.script("finish-connect", 14);
      socket.settled = true;
    }
    this.made.turn();
    for (const { connection } of this.made.tcpSockets) if (connection) this.#connections.add(connection);
  }

  /** Answers over TCP, in pieces, some of them cut off for good. */
  #serve(): void {
    const { made, dice, sky } = this;
    for (const connection of this.#connections) {
      if (connection.input.ended || connection.input.failed) continue;
      const answers = made.streamQueries(connection)
        .filter(() => !this.#happens(sky.silent)).map((query) => framed(this.#said(query, false)));
      if (dice.below(2) === 0) answers.reverse();
      let bytes = Buffer.concat([this.#pieces.get(connection) ?? Buffer.alloc(0), ...answers]);
      const isCut = bytes.length > 0 && this.#happens(sky.cut);
      const now = isCut ? dice.below(bytes.length) : bytes.length;
      const piece = dice.below(3) === 0 ? 1 : 1 + dice.below(2000);
      for (let at = 0; at < now; at += piece) {
        connection.input.push(bytes.subarray(at, Math.min(now, at + piece)));
        made.turn();
      }
      bytes = bytes.subarray(now);
      this.#pieces.set(connection, bytes);
      if (isCut && dice.below(2) === 0) connection.input[dice.below(2) === 0 ? "ended" : "failed"] = true;
      connection.output.room = dice.below(4) === 0 ? dice.below(60) : 65_536;
    }
  }
}

/** Who asks, and keeps books. */
class Asker {
  readonly open = new Map<number, { exchange: number; name: string; sinceNs: bigint }>();
  count = 0;
  ok = 0;
  asksNoMore = false;

  constructor(readonly made: ExchangeProbe, readonly dice: Random, readonly limitMs: number) {
    made.onEnded = (ended) => this.#heard(ended);
  }

  ask(): void {
    if (this.asksNoMore || this.open.size > 200) return; // so that none waits for its turn
    const owner = ++this.count;
    const name = `host-${owner}-${"abcdefghijklmnop".repeat(1 + this.dice.below(3))}.example.test`;
    this.open.set(owner, { exchange: 0, name, sinceNs: this.made.host.nowNs });
    const exchange = this.made.ask(name, owner);
    assert.ok(this.open.has(owner), "done does not run inside of ask");
    this.open.get(owner)!.exchange = exchange;
  }

  cancel(): void {
    const owners = [...this.open.keys()];
    if (owners.length === 0) return;
    const owner = owners[this.dice.below(owners.length)]!;
    this.made.call.cancel!(this.open.get(owner)!.exchange);
    this.open.delete(owner);
  }

  check(): void {
    for (const [owner, { sinceNs }] of this.open) {
      const ms = Number(this.made.host.nowNs - sinceNs) / 1e6;
      assert.ok(ms <= this.limitMs, `${owner} has been out for ${ms} ms of ${this.limitMs}`);
    }
  }

  #heard({ owner, reason, message }: Ended): void {
    const asked = this.open.get(owner);
    assert.ok(asked, `${owner} was asked, not cancelled, and has not ended before`);
    this.open.delete(owner);
    assert.ok(OUTCOMES.includes(reason), reason);
    if (reason === "ok") {
      this.ok++;
      assert.ok(message.toString("latin1").toLowerCase().includes(asked!.name.split(".")[0]!), "the own question");
      const isTrue = message.includes(TRUE_DATA);
      assert.ok(isTrue || (message[3]! & 15) === RCODES.NXDOMAIN, "no forged answer gets in");
      assert.not.ok(message.includes(FORGED_DATA));
    }
    if (this.dice.below(5) === 0) this.ask();
    if (this.dice.below(15) === 0) this.cancel();
  }
}

const random = suite("exchange, random servers, networks and attackers");

random("should end every question once and in time, believe no forger, and leak nothing", async () => {
  const dice = new Random();
  let ok = 0;
  for (let round = 0; round < 40; round++) {
    const servers = [V4, OTHER_V4, V6].slice(0, 1 + dice.below(3));
    const tries = 1 + dice.below(3);
    const made = await ExchangeProbe.create(servers, { timeoutMs: TIMEOUT_MS, tries });
    made.datagrams.bindsLater = dice.below(8) === 0;
    made.datagrams.onSocket = (socket) => {
      socket.permits.push(dice.below(2), dice.below(2));
      socket.refusals = dice.below(4) === 0 ? 1 + dice.below(3) : 0;
      socket.isFull = dice.below(10) === 0;
    };
    const world = new World(made, dice, weather(dice));
    // Each try is twice as long as the one before, and may go on over TCP. A server is asked again twice at most, and
    // its time begins anew: without EDNS, and by UDP alone once its answer in another case was not to be had over TCP.
    const limitMs = servers.length * (2 * TIMEOUT_MS * (2 ** tries - 1) + 4 * TIMEOUT_MS * 2 ** (tries - 1));
    const asker = new Asker(made, dice, limitMs);
    for (let step = 0; step < 60; step++) {
      for (let i = dice.below(6); i > 0; i--) asker.ask();
      if (dice.below(4) === 0) asker.cancel();
      if (dice.below(20) === 0) made.datagrams.script("create", 10);
      for (const socket of made.datagrams.open()) {
        socket.bindSettled ||= dice.below(2) === 0;
        if (dice.below(4) === 0) socket.isFull = dice.below(10) === 0;
      }
      world.step();
      asker.check();
    }
    if (dice.below(3) === 0) {
      while (asker.open.size > 0) asker.cancel();
    } else {
      asker.asksNoMore = true;
      while (asker.open.size > 0) { // which `check` bounds
        world.step();
        asker.check();
      }
    }
    made.onEnded = () => assert.unreachable("nothing is left that could end");
    ok += asker.ok;
    made.checkNothingLeft();
  }
  assert.ok(ok > 500, `${ok} answers came through`);
});

random.run();
