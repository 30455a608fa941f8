// Connections to nameservers: what is asked again over TCP, in whatever pieces the bytes come, however they end.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { FakeConnection } from "../../support/fake-host.js";
import { type Ended, ExchangeProbe, framed, OTHER_V4, type Query, V4 } from "../../support/dns/exchange-probe.js";
import { answerTo, RCODES } from "../../support/dns/wire.js";

const NAME = "www.example.test";
const IDLE_MS = 2000;
const REFUSED = 14;

/** Asks `count` questions, and answers each over UDP with what makes it go over TCP. */
function askCutOff(made: ExchangeProbe, count = 1, firstOwner = 1): void {
  for (let i = 0; i < count; i++) made.ask(`host-${firstOwner + i}.example.test`, firstOwner + i);
  for (const query of made.queries()) made.answer(query, { truncated: true });
  made.settle();
}

/** The same, up to the connection that carries them. */
function open(made: ExchangeProbe, count = 1): { connection: FakeConnection; queries: Query[] } {
  askCutOff(made, count);
  const connection = made.accept();
  const queries = made.streamQueries(connection);
  assert.is(queries.length, count);
  return { connection, queries };
}

/** An answer with `bytes` bytes of TXT. */
const largeAnswer = (query: Query, bytes: number): Buffer => answerTo(query.bytes, {
  answers: [{ type: 16, data: Buffer.alloc(bytes, 7) }],
});

const owners = (ended: Ended[]): number[] => ended.map(({ owner }) => owner).sort((a, b) => a - b);

const asking = suite("stream channel, questions and answers");

asking("should ask over TCP what was cut off over UDP, and discard what had come", async () => {
  const made = await ExchangeProbe.create([V4]);
  const { connection, queries: [query] } = open(made);
  assert.equal(made.ended, []);
  assert.equal(made.host.targets, [[0, V4.port, ...V4.parts, 0, 0, 0, 0, 0, 0]]);
  const message = largeAnswer(query!, 5000);
  connection.input.push(framed(message));
  const [ended] = made.takeEnded();
  assert.equal([ended!.reason, ended!.tries, ended!.from, ended!.wrong], ["ok", 1, V4.port, 0]);
  assert.equal(ended!.message, message);
  made.checkNothingLeft();
});

asking("should take one byte at a time", async () => {
  const made = await ExchangeProbe.create([V4]);
  const { connection, queries } = open(made, 2);
  const messages = queries.map((query) => largeAnswer(query, 300));
  for (const byte of Buffer.concat(messages.map(framed))) {
    connection.input.push(Uint8Array.of(byte));
    made.settle();
  }
  assert.equal(made.takeEnded().map(({ message }) => message), messages);
  made.checkNothingLeft();
});

asking("should take the longest message, in any pieces", async () => {
  for (const piece of [1, 2, 3, 2047, 2048, 2049, 65_537, 200_000]) {
    const made = await ExchangeProbe.create([V4]);
    const { connection, queries: [first, second] } = open(made, 2);
    const overhead = largeAnswer(first!, 0).length;
    const messages = [largeAnswer(first!, 65_535 - overhead), largeAnswer(second!, 1)];
    assert.is(messages[0]!.length, 65_535);
    const bytes = Buffer.concat(messages.map(framed));
    const step = piece < 4 ? bytes.length >> 1 : piece; // a few small pieces, then the rest
    for (let at = 0; at < bytes.length;) {
      const length = at < 20 && piece < 4 ? piece : step;
      connection.input.push(bytes.subarray(at, at + length));
      at += length;
      made.settle();
    }
    assert.equal(made.takeEnded().map(({ message }) => message), messages);
    made.checkNothingLeft();
  }
});

asking("should ask many in a row over one connection, and take answers in any order", async () => {
  const made = await ExchangeProbe.create([V4]);
  const { connection, queries } = open(made, 250);
  assert.is(made.tcpSockets.length, 1);
  assert.is(new Set(queries.map(({ id }) => id)).size, 250);
  for (const query of queries.reverse()) made.answer(query);
  const ended = made.takeEnded();
  assert.equal(owners(ended), Array.from({ length: 250 }, (_, index) => index + 1));
  assert.is(connection.input.length, 0);
  made.checkNothingLeft();
});

asking("should wait for a stream that takes little at a time, and lose no byte", async () => {
  const made = await ExchangeProbe.create([V4]);
  const { connection, queries: [first] } = open(made);
  connection.output.room = 7;
  askCutOff(made, 100, 2);
  assert.is(connection.output.onTheirWay, 7);
  const queries = [first!];
  for (let i = 0; i < 2000 && queries.length < 101; i++) queries.push(...made.streamQueries(connection));
  assert.is(queries.length, 101);
  assert.is(made.tcpSockets.length, 1);
  for (const query of queries) made.answer(query);
  assert.is(made.takeEnded().length, 101);
  made.checkNothingLeft();
});

asking("should hold no memory for messages whose length came alone", async () => {
  const made = await ExchangeProbe.create([V4]);
  const { connection, queries: [query] } = open(made);
  const foreign = answerTo(query!.bytes);
  foreign.writeUInt16BE(query!.id ^ 1, 0);
  const message = framed(Buffer.concat([foreign, Buffer.alloc(60_000)]));
  let bytes = 0;
  for (let round = 0; round < 200; round++) {
    for (const part of [message.subarray(0, 2), message.subarray(2, 2 + 50_000 * (round % 2)), message]) {
      connection.input.push(part === message ? message.subarray(2 + 50_000 * (round % 2)) : part);
      made.settle();
    }
    if (round === 10) bytes = made.probe.memoryBytes();
  }
  assert.is(made.probe.memoryBytes(), bytes);
  made.answer(query!);
  assert.equal(made.takeEnded().map(({ reason, wrong }) => [reason, wrong]), [["ok", 200]]);
  made.checkNothingLeft();
});

asking("should skip a question that was cancelled before it was written", async () => {
  const made = await ExchangeProbe.create([V4]);
  const exchanges = [1, 2, 3].map((owner) => made.ask(`host-${owner}.example.test`, owner));
  for (const query of made.queries()) made.answer(query, { truncated: true });
  made.settle();
  made.call.cancel!(exchanges[0]!);
  made.call.cancel!(exchanges[2]!);
  const queries = made.streamQueries(made.accept());
  assert.equal(queries.map(({ name }) => name.toLowerCase()), ["host-2.example.test"]);
  made.answer(queries[0]!);
  assert.equal(owners(made.takeEnded()), [2]);
  made.checkNothingLeft();
});

asking("should count and ignore what answers no question, an empty message among it", async () => {
  const made = await ExchangeProbe.create([V4]);
  const { connection, queries: [query] } = open(made);
  const other = answerTo(query!.bytes);
  other[13]! ^= 1;
  const foreign = answerTo(query!.bytes);
  foreign.writeUInt16BE(query!.id ^ 1, 0);
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(11), other, foreign]) connection.input.push(framed(bytes));
  assert.equal(made.takeEnded(), []);
  made.answer(query!);
  assert.equal(made.takeEnded().map(({ reason, wrong }) => [reason, wrong]), [["ok", 4]]);
  askCutOff(made, 1, 2);
  made.answer(made.streamQueries(connection)[0]!);
  assert.equal(made.takeEnded().map(({ reason, wrong }) => [reason, wrong]), [["ok", 0]], "earlier ones are not its");
  made.checkNothingLeft();
});

asking("should not take the time of a connection for the round trip of a datagram", async () => {
  const made = await ExchangeProbe.create([V4]);
  made.ask(NAME);
  made.advanceMs(4);
  made.answer(made.query(), { truncated: true });
  made.settle();
  made.advanceMs(500);
  made.answer(made.streamQueries(made.accept())[0]!);
  assert.equal(owners(made.takeEnded()), [1]);
  assert.is(made.call.roundTripUs!(made.channel, 0), 4000);
  made.checkNothingLeft();
});

asking("should take no from a server over TCP too, and an answer that is cut off there", async () => {
  for (const parts of [{ rcode: RCODES.SERVFAIL }, { truncated: true }]) {
    const made = await ExchangeProbe.create([V4, OTHER_V4]);
    const { queries: [query] } = open(made);
    made.answer(query!, parts);
    made.settle();
    const next = made.query();
    assert.is(next.to, OTHER_V4.port);
    made.answer(next, { rcode: RCODES.REFUSED });
    assert.equal(made.takeEnded().map(({ reason, from }) => [reason, from]), [["temporary", V4.port]]);
    made.checkNothingLeft();
  }
});

asking.run();

const ending = suite("stream channel, endings");

ending("should keep the connection for two seconds, and use it again meanwhile", async () => {
  const made = await ExchangeProbe.create([V4]);
  const { connection, queries: [query] } = open(made);
  made.answer(query!);
  made.advanceMs(IDLE_MS - 1);
  assert.is(made.call.live!(2), 1);
  askCutOff(made, 1, 2);
  const [second] = made.streamQueries(connection);
  made.advanceMs(1900);
  made.answer(second!);
  made.advanceMs(IDLE_MS - 1);
  assert.is(made.call.live!(2), 1);
  made.advanceMs(1);
  assert.is(made.call.live!(2), 0);
  assert.is(made.tcpSockets.length, 1);
  assert.is(made.takeEnded().length, 2);
  connection.output.take(Infinity);
  assert.is(made.settle(), -1, "nothing is wanted any more");
  made.checkNothingLeft();
});

for (const how of ["ended", "failed"] as const) {
  ending(`should ask again on a fresh connection, once, when one ${how} in the middle of a message`, async () => {
    const made = await ExchangeProbe.create([V4, OTHER_V4]);
    const first = open(made, 3);
    const message = framed(largeAnswer(first.queries[1]!, 3000));
    first.connection.input.push(message.subarray(0, 1000));
    made.settle();
    first.connection.input[how] = true;
    const second = made.accept();
    assert.not(second === first.connection);
    const again = made.streamQueries(second);
    assert.is(again.length, 3);
    made.answer(again[0]!);
    assert.equal(owners(made.takeEnded()), [1]);
    second.input[how] = true;
    made.settle();
    assert.equal(made.connecting(), [], "not a third time");
    const elsewhere = made.queries();
    assert.equal(elsewhere.map(({ to }) => to), [OTHER_V4.port, OTHER_V4.port]);
    for (const query of elsewhere) made.answer(query);
    assert.equal(owners(made.takeEnded()), [2, 3]);
    made.checkNothingLeft();
  });

  ending(`should close an idle connection that ${how}`, async () => {
    const made = await ExchangeProbe.create([V4]);
    const { connection, queries: [query] } = open(made);
    made.answer(query!);
    made.settle();
    connection.input[how] = true;
    made.settle();
    assert.is(made.call.live!(2), 0);
    assert.equal(made.reasons(), ["ok"]);
    made.checkNothingLeft();
  });
}

ending("should begin anew when a write fails", async () => {
  const made = await ExchangeProbe.create([V4]);
  const { connection, queries } = open(made);
  connection.output.failsInWrite = "failed";
  askCutOff(made, 1, 2);
  const second = made.accept();
  const again = made.streamQueries(second);
  assert.is(again.length, 2);
  for (const query of [...queries, ...again]) made.answer(query);
  assert.equal(owners(made.takeEnded()), [1, 2]);
  made.checkNothingLeft();
});

ending("should ask the next server when the connect fails", async () => {
  const made = await ExchangeProbe.create([V4, OTHER_V4]);
  made.host.script("start-connect", REFUSED);
  askCutOff(made, 2);
  const next = made.queries();
  assert.equal(next.map(({ to }) => to), [OTHER_V4.port, OTHER_V4.port]);
  for (const query of next) made.answer(query);
  assert.is(made.takeEnded().length, 2);
  made.checkNothingLeft();
});

ending("should say why the connect failed when nothing else was tried", async () => {
  const made = await ExchangeProbe.create([V4], { tries: 1 });
  made.host.script("start-connect", REFUSED);
  askCutOff(made);
  assert.equal(made.reasons(), ["refused"]);
  made.checkNothingLeft();
});

ending("should give up a connect that never ends, and a connection that says nothing", async () => {
  for (const accepts of [false, true]) {
    const made = await ExchangeProbe.create([V4], { timeoutMs: 1000, tries: 2 });
    askCutOff(made, 2);
    const connection = accepts ? made.accept() : undefined;
    if (connection) assert.is(made.streamQueries(connection).length, 2);
    made.advanceMs(1000);
    const again = made.queries();
    assert.is(again.length, 2, "the next round begins with UDP");
    connection?.output.take(Infinity);
    for (const query of again) made.answer(query, { truncated: true });
    made.settle();
    assert.is(made.tcpSockets.length, 2, "and does not trust the old connection");
    made.advanceMs(3000);
    assert.ok(made.reasons().every((reason) => reason === "timeout"));
    made.advanceMs(IDLE_MS);
    assert.is(made.call.live!(2), 0);
    made.checkNothingLeft();
  }
});

ending("should keep a connection that answers others while one question waits in vain", async () => {
  const made = await ExchangeProbe.create([V4], { timeoutMs: 1000, tries: 1 });
  const { connection, queries } = open(made, 2);
  made.advanceMs(500);
  made.answer(queries[0]!);
  made.advanceMs(500);
  assert.equal(made.takeEnded().map(({ reason }) => reason), ["ok", "timeout"]);
  askCutOff(made, 1, 3);
  const [third] = made.streamQueries(connection);
  made.answer(queries[1]!); // too late: to nobody
  made.answer(third!);
  assert.equal(made.takeEnded().map(({ reason, wrong }) => [reason, wrong]), [["ok", 1]]);
  made.checkNothingLeft();
});

ending("should leave a connection that sends message after message that nobody asked for", async () => {
  const made = await ExchangeProbe.create([V4], { tries: 1 });
  const { connection } = open(made);
  for (let i = 0; i < 1100; i++) connection.input.push(framed(Buffer.alloc(12)));
  const second = made.accept();
  assert.is(made.streamQueries(second).length, 1);
  for (let i = 0; i < 1100; i++) second.input.push(framed(Buffer.alloc(12)));
  assert.equal(made.reasons(), ["temporary"]);
  made.checkNothingLeft();
});

ending("should let done cancel the others and destroy the channel while answers come", async () => {
  const made = await ExchangeProbe.create([V4]);
  const exchanges = new Map([1, 2, 3].map((owner) => [owner, made.ask(`host-${owner}.example.test`, owner)]));
  for (const query of made.queries()) made.answer(query, { truncated: true });
  const connection = made.accept();
  const queries = made.streamQueries(connection);
  const old = made.channel;
  made.onEnded = ({ owner }) => {
    exchanges.delete(owner);
    for (const exchange of exchanges.values()) made.call.cancel!(exchange);
    made.call.destroyChannel!(old);
  };
  connection.input.push(Buffer.concat(queries.map(({ bytes }) => framed(answerTo(bytes)))));
  assert.is(made.takeEnded().length, 1);
  made.channel = made.call.createChannel!(1, 1000, 1);
  made.checkNothingLeft();
});

ending("should let done do the same while datagrams come", async () => {
  const made = await ExchangeProbe.create([V4]);
  const exchanges = new Map(Array.from({ length: 100 }, (_, at) => [at + 1, made.ask(NAME, at + 1)]));
  const old = made.channel;
  made.onEnded = ({ owner }) => {
    exchanges.delete(owner);
    for (const exchange of exchanges.values()) made.call.cancel!(exchange);
    made.call.destroyChannel!(old);
  };
  for (const query of made.queries()) made.answer(query);
  assert.is(made.takeEnded().length, 1);
  made.channel = made.call.createChannel!(1, 1000, 1);
  made.checkNothingLeft();
});

ending.run();
