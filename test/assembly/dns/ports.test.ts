// The UDP ports of exchanges: how they are shared and closed, and what they make of what comes.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ExchangeProbe, OTHER_V4, type Query, V4, V6 } from "../../support/dns/exchange-probe.js";
import { answerTo, RCODES } from "../../support/dns/wire.js";

const NAME = "www.example.test";
const PORTS = 8;
const USES = 64;
const PORTS_TOTAL = 128;
const WINDOW = 256;

const socketsOf = (queries: Query[]): number => new Set(queries.map(({ socket }) => socket)).size;

const sharing = suite("ports, sharing");

sharing("should open a port for each question up to a bound, and share them from there on", async () => {
  const made = await ExchangeProbe.create([V4]);
  const queries = made.askMany(PORTS);
  assert.is(socketsOf(queries), PORTS);
  const more = made.askMany(WINDOW - PORTS);
  assert.is(socketsOf([...queries, ...more]), PORTS);
  assert.ok(socketsOf(more) > PORTS / 2, "by chance, not all by one");
  for (const socket of made.datagrams.open()) {
    const ids = [...queries, ...more].filter((query) => query.socket === socket).map(({ id }) => id);
    assert.is(new Set(ids).size, ids.length, "identifiers are unique on a port");
  }
  made.answerAll([...queries, ...more]);
  made.checkNothingLeft();
});

sharing("should draw a new port for each question when one comes after the other", async () => {
  const made = await ExchangeProbe.create([V4]);
  const sockets = new Set<unknown>();
  for (let i = 0; i < 100; i++) {
    made.ask(NAME);
    const query = made.query();
    sockets.add(query.socket);
    made.answer(query);
    assert.equal(made.reasons(), ["ok"]);
    assert.is(made.datagrams.open().length, 0, "a port closes with its last question");
    made.check();
  }
  assert.is(sockets.size, 100);
  assert.is(made.settle(), -1, "nothing is wanted any more");
  made.checkNothingLeft();
});

sharing("should tell questions apart though the host's random numbers are all the same", async () => {
  const made = await ExchangeProbe.create([V4]);
  made.nextRandom = () => 0xff;
  const queries = made.askMany(4 * PORTS);
  for (const socket of made.datagrams.open()) {
    const ids = queries.filter((query) => query.socket === socket).map(({ id }) => id);
    assert.is(new Set(ids).size, ids.length);
  }
  made.answerAll(queries);
  made.checkNothingLeft();
});

sharing("should let a port go after 64 questions, once the last is answered", async () => {
  const made = await ExchangeProbe.create([V4]);
  const uses = new Map<unknown, number>();
  const open = made.askMany(WINDOW);
  for (let i = 0; i < 3000; i++) {
    const query = open.shift()!;
    uses.set(query.socket, (uses.get(query.socket) ?? 0) + 1);
    made.answer(query);
    assert.equal(made.reasons(), ["ok"]);
    open.push(...made.askMany(1));
    made.check();
  }
  made.answerAll(open);
  assert.is(Math.max(...uses.values()), USES);
  assert.ok(uses.size >= 3000 / USES);
  assert.ok(uses.size < 120, "they were shared");
  assert.is(made.datagrams.open().length, 0);
  made.checkNothingLeft();
});

sharing("should keep the number of ports bounded while each has a question that is never answered", async () => {
  const made = await ExchangeProbe.create([V4], { timeoutMs: 100_000, tries: 1 });
  let silent = 0;
  for (let i = 0; i < 12_000; i++) {
    made.ask(NAME);
    const query = made.query();
    if (silent < 250 && i % 40 === 0) silent++;
    else made.answer(query);
    made.settle();
    made.check();
    assert.ok(made.call.portCount!(made.channel, 0) <= PORTS_TOTAL);
    assert.ok(made.call.freshCount!(made.channel, 0) <= PORTS);
  }
  made.ended.splice(0);
  made.advanceMs(100_000);
  assert.is(made.takeEnded().length, silent);
  assert.is(made.datagrams.open().length, 0);
  made.checkNothingLeft();
});

for (const how of ["no permit", "a send that takes nothing"]) {
  sharing(`should send later what a fresh socket does not take at once: ${how}`, async () => {
    const made = await ExchangeProbe.create([V4], { timeoutMs: 1000 });
    made.datagrams.onSocket = (socket) => {
      if (how === "no permit") socket.permits.push(0);
      else socket.refusals = 1;
    };
    for (let owner = 1; owner <= WINDOW; owner++) made.ask(NAME, owner);
    const early = made.queries(); // by ports that have been asked twice
    made.settle();
    const queries = [...early, ...made.queries()];
    assert.is(queries.length, WINDOW, "all have left, without a try that failed");
    assert.is(new Set(queries.map(({ socket, id }) => `${socket!.port} ${id}`)).size, WINDOW, "each once");
    made.answerAll(queries);
    made.checkNothingLeft();
  });
}

sharing("should send what waits for a full socket when it takes more, but not what has left", async () => {
  const made = await ExchangeProbe.create([V4], { timeoutMs: 1000, tries: 1 });
  made.datagrams.onSocket = (socket) => void (socket.isFull = true);
  const exchanges = Array.from({ length: 200 }, (_, at) => made.ask(`host-${at}.test`, at + 1));
  made.settle();
  assert.equal(made.queries(), []);
  const cancelled = exchanges.filter((_, at) => at % 3 === 0);
  for (const exchange of cancelled) made.call.cancel!(exchange);
  made.advanceMs(500);
  for (const socket of made.datagrams.open()) socket.isFull = false;
  made.settle();
  const queries = made.queries();
  const numbers = queries.map(({ name }) => Number(/\d+/.exec(name)![0])).sort((a, b) => a - b);
  assert.equal(numbers, Array.from(exchanges.keys()).filter((at) => at % 3 !== 0));
  made.advanceMs(4);
  made.answer(queries[0]!);
  assert.equal(made.reasons(), ["ok"]);
  assert.is(made.call.roundTripUs!(made.channel, 0), 4000, "waiting to be sent is no part of the round trip");
  made.advanceMs(1000);
  assert.ok(made.reasons().every((reason) => reason === "timeout"));
  made.checkNothingLeft();
});

sharing.run();

const hearing = suite("ports, what comes");

const strangers: [string, (made: ExchangeProbe, query: Query) => void][] = [
  ["from another port", (made, query) => made.deliver(query, answerTo(query.bytes), { ...V4, port: 5399 })],
  ["from another address", (made, query) => {
    made.deliver(query, answerTo(query.bytes), { ...V4, parts: [192, 0, 2, 77] });
  }],
  ["of the other family", (made, query) => {
    made.deliver(query, answerTo(query.bytes), { ...V6, port: V4.port, parts: [...V4.parts, 0, 0, 0, 0] });
  }],
  ["with another identifier", (made, query) => {
    const bytes = answerTo(query.bytes);
    bytes.writeUInt16BE(query.id ^ 1, 0);
    made.deliver(query, bytes);
  }],
  ["with another name", (made, query) => {
    const bytes = answerTo(query.bytes);
    bytes[13]! ^= 1;
    made.deliver(query, bytes);
  }],
  ["with another type", (made, query) => {
    const bytes = answerTo(query.bytes);
    bytes[bytes.length - 3]! ^= 4;
    made.deliver(query, bytes);
  }],
  ["that is the query itself", (made, query) => made.deliver(query, query.bytes)],
  ["that is empty", (made, query) => made.deliver(query, new Uint8Array())],
  ["that is cut off in its header", (made, query) => made.deliver(query, answerTo(query.bytes).subarray(0, 11))],
  ["that is cut off in its question", (made, query) => made.deliver(query, answerTo(query.bytes).subarray(0, 20))],
  ["of 65,507 bytes of garbage", (made, query) => made.deliver(query, Buffer.alloc(65_507, 0xee))],
];
for (const [what, send] of strangers) {
  hearing(`should count and ignore a message ${what}`, async () => {
    const made = await ExchangeProbe.create([V4]);
    made.ask(NAME);
    const query = made.query();
    send(made, query);
    send(made, query);
    assert.equal(made.takeEnded(), []);
    assert.equal(made.queries(), [], "nothing is asked again for it");
    made.answer(query);
    const [ended] = made.takeEnded();
    assert.equal([ended!.reason, ended!.tries, ended!.wrong], ["ok", 1, 2]);
    made.checkNothingLeft();
  });
}

hearing("should compare all parts of an IPv6 sender", async () => {
  const made = await ExchangeProbe.create([V6]);
  made.ask(NAME);
  const query = made.query();
  for (let i = 0; i < 8; i++) {
    made.deliver(query, answerTo(query.bytes), { ...V6, parts: V6.parts.map((part, at) => part ^ (at === i ? 1 : 0)) });
  }
  made.answer(query);
  assert.equal(made.takeEnded().map(({ reason, wrong }) => [reason, wrong]), [["ok", 8]]);
  made.checkNothingLeft();
});

hearing("should hear answers of one port in any order, and a doubled one once", async () => {
  const made = await ExchangeProbe.create([V4]);
  const queries = made.askMany(WINDOW);
  for (const query of queries.reverse()) {
    made.answer(query);
    made.answer(query);
  }
  const ended = made.takeEnded();
  assert.is(ended.length, WINDOW);
  assert.is(new Set(ended.map(({ owner }) => owner)).size, WINDOW);
  made.checkNothingLeft();
});

hearing("should leave a flooded port, ask again by others, and still have the time of the try", async () => {
  const made = await ExchangeProbe.create([V4], { timeoutMs: 1000, tries: 1 });
  made.ask(NAME);
  const first = made.query();
  const guess = answerTo(first.bytes);
  for (let i = 0; i < 1100; i++) {
    guess.writeUInt16BE((first.id + 1 + i) & 0xffff, 0);
    made.deliver(first, Buffer.from(guess));
  }
  made.settle();
  assert.ok(first.socket!.dropped);
  const second = made.query();
  assert.not(second.socket === first.socket);
  made.advanceMs(500);
  made.answer(second);
  const [ended] = made.takeEnded();
  assert.equal([ended!.reason, ended!.tries], ["ok", 1]);
  assert.ok(ended!.wrong >= 1024);
  made.ask(NAME);
  const third = made.query();
  for (let i = 0; i < 1100; i++) made.deliver(third, Buffer.alloc(20));
  made.advanceMs(1000);
  assert.equal(made.reasons(), ["timeout"], "a flood gives no more time");
  made.checkNothingLeft();
});

hearing("should not let a flood of one port hold a turn", async () => {
  const made = await ExchangeProbe.create([V4]);
  made.ask(NAME);
  const query = made.query();
  for (let i = 0; i < 400; i++) made.deliver(query, Buffer.alloc(20));
  made.turn();
  assert.is(made.datagrams.received, 32);
  made.answer(query);
  assert.equal(made.reasons(), ["ok"]);
  made.checkNothingLeft();
});

for (const step of ["receive", "check-send"]) {
  hearing(`should let every question of a port go on when ${step} fails`, async () => {
    const made = await ExchangeProbe.create([V4, OTHER_V4], { tries: 1 });
    const queries = made.askMany(100);
    const { socket } = queries[0]!;
    let count = queries.filter((query) => query.socket === socket).length;
    socket!.failure = 14;
    if (step === "check-send") {
      for (let owner = 101; socket!.failure !== undefined; owner++) made.ask(NAME, owner);
      count++;
    }
    made.settle();
    const again = made.queries().filter(({ to }) => to === OTHER_V4.port);
    assert.is(again.length, count);
    assert.ok(socket!.dropped);
    made.answerAll(again);
    made.advanceMs(60_000);
    assert.ok(made.reasons().every((reason) => reason === "timeout"));
    made.checkNothingLeft();
  });
}

hearing("should survive done functions that ask, cancel and fill the ports again", async () => {
  const made = await ExchangeProbe.create([V4]);
  const exchanges = new Map<number, number>();
  const start = (owner: number): void => void exchanges.set(owner, made.ask(NAME, owner));
  for (let owner = 1; owner <= 200; owner++) start(owner);
  let next = 1000;
  made.onEnded = ({ owner }) => {
    exchanges.delete(owner);
    const [victim] = exchanges;
    if (victim && owner % 3 === 0) {
      exchanges.delete(victim[0]);
      made.call.cancel!(victim[1]);
      start(next++);
    }
    if (next < 3000) start(next++);
  };
  for (let round = 0; round < 100 && exchanges.size > 0; round++) {
    for (const query of made.queries()) made.answer(query, { rcode: RCODES.NXDOMAIN });
    made.settle();
    made.check();
  }
  assert.is(exchanges.size, 0);
  made.checkNothingLeft();
});

hearing.run();
