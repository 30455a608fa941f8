// Exchanges: one question, until a server has answered it or every try has failed.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ExchangeProbe, OTHER_V4, V4, V6 } from "../../support/dns/exchange-probe.js";
import { answerTo, hasOpt, questionType, RCODES } from "../../support/dns/wire.js";

const NAME = "www.example.test";
const REFUSED = 14;
/** Enough letters for the case of one query never to be that of another. */
const LONG = "abcdefghijklmnopqrstuvwxyz.abcdefghijklmnopqrstuvwxyz.example.test";

const answering = suite("exchange, answers");

answering("should ask one server over UDP and hand its answer over", async () => {
  const made = await ExchangeProbe.create([V4]);
  made.ask(NAME, 3, 33);
  const query = made.query();
  assert.is(query.name.toLowerCase(), NAME);
  assert.is(query.to, V4.port);
  assert.is(questionType(query.bytes), 33);
  assert.ok(hasOpt(query.bytes), "with EDNS");
  assert.is(query.bytes.readUInt16BE(query.bytes.length - 8), 1232, "which says how much may come");
  assert.is(query.bytes[2], 1, "and recursion is desired");
  assert.equal(made.takeEnded(), [], "nothing ends before the answer");
  const message = made.answer(query);
  assert.equal(made.takeEnded(), [{ owner: 3, reason: "ok", tries: 1, wrong: 0, from: V4.port, message }]);
  made.checkNothingLeft();
});

answering("should take an answer that says that there is no such name", async () => {
  const made = await ExchangeProbe.create([V6]);
  made.ask(NAME);
  made.answer(made.query(), { rcode: RCODES.NXDOMAIN });
  assert.equal(made.reasons(), ["ok"]);
  made.checkNothingLeft();
});

answering("should draw identifier, port and case anew for every query", async () => {
  const made = await ExchangeProbe.create([V4]);
  const seen = { ids: new Set<number>(), ports: new Set<number>(), names: new Set<string>() };
  for (let i = 0; i < 20; i++) {
    made.ask(LONG, i + 1);
    const query = made.query();
    seen.ids.add(query.id);
    seen.ports.add(query.socket!.port);
    seen.names.add(query.name);
    made.answer(query);
    made.settle();
  }
  assert.ok(seen.ids.size >= 19);
  assert.ok(seen.ports.size >= 19);
  assert.is(seen.names.size, 20);
  for (const port of seen.ports) assert.ok(port >= 16384 && port <= 65535);
  assert.is(made.takeEnded().length, 20);
  made.checkNothingLeft();
});

answering("should never run done inside of ask, and let done ask again", async () => {
  const made = await ExchangeProbe.create([V4]);
  made.datagrams.script("create", 1);
  made.ask(NAME);
  assert.equal(made.ended, [], "denied, but not told within the call");
  made.onEnded = ({ owner }) => {
    if (owner < 3) made.ask(NAME, owner + 1);
  };
  made.settle();
  made.answer(made.query());
  made.settle();
  made.answer(made.query());
  const outcomes = made.takeEnded().map(({ owner, reason }) => [owner, reason]);
  assert.equal(outcomes, [[1, "access denied"], [2, "ok"], [3, "ok"]]);
  made.checkNothingLeft();
});

answering.run();

const retrying = suite("exchange, tries");

retrying("should ask every server in turn, twice as long in each round, and say that none answered", async () => {
  const made = await ExchangeProbe.create([V4, OTHER_V4, V6], { timeoutMs: 1000, tries: 2 });
  made.ask(NAME);
  const to: number[] = [];
  for (const ms of [1000, 1000, 1000, 2000, 2000, 2000]) {
    to.push(made.query().to);
    made.advanceMs(ms - 1);
    assert.equal(made.queries(), [], "the time of the try is not over");
    made.advanceMs(1);
  }
  assert.equal(to, [V4.port, OTHER_V4.port, V6.port, V4.port, OTHER_V4.port, V6.port]);
  const [ended] = made.takeEnded();
  assert.equal([ended!.reason, ended!.tries], ["timeout", 6]);
  made.checkNothingLeft();
});

retrying("should ask again from another port with another identifier, and not hear the late answer", async () => {
  const made = await ExchangeProbe.create([V4], { timeoutMs: 1000 });
  made.ask(LONG);
  const first = made.query();
  made.advanceMs(1000);
  const second = made.query();
  assert.not(second.socket === first.socket);
  assert.not.equal(second.name, first.name);
  made.deliver(second, answerTo(first.bytes));
  assert.equal(made.takeEnded(), []);
  made.answer(second);
  const [ended] = made.takeEnded();
  assert.equal([ended!.reason, ended!.tries, ended!.wrong], ["ok", 2, 1]);
  made.checkNothingLeft();
});

for (const [code, reason] of [["SERVFAIL", "temporary"], ["REFUSED", "permanent"], ["NOTIMP", "permanent"]] as const) {
  retrying(`should ask the next server at once after ${code}, and say so when it was everybody's word`, async () => {
    const made = await ExchangeProbe.create([V4, OTHER_V4]);
    made.ask(NAME);
    for (const server of [V4, OTHER_V4]) {
      let query = made.query();
      if (code === "NOTIMP") { // first it is asked without EDNS
        made.answer(query, { rcode: RCODES[code] });
        made.settle();
        query = made.query();
        assert.not(hasOpt(query.bytes));
      }
      assert.is(query.to, server.port);
      made.answer(query, { rcode: RCODES[code] });
      made.settle();
    }
    const [ended] = made.takeEnded();
    assert.equal([ended!.reason, ended!.tries, ended!.from], [reason, 2, OTHER_V4.port]);
    made.checkNothingLeft();
  });
}

retrying("should go on with those that said nothing, and remember the word of the one that did", async () => {
  const made = await ExchangeProbe.create([V4, OTHER_V4], { timeoutMs: 1000, tries: 2 });
  made.ask(NAME);
  made.answer(made.query(), { rcode: RCODES.SERVFAIL });
  made.settle();
  assert.is(made.query().to, OTHER_V4.port);
  made.advanceMs(1000);
  assert.is(made.query().to, OTHER_V4.port, "the first one will not say anything else");
  made.advanceMs(2000);
  const [ended] = made.takeEnded();
  assert.equal([ended!.reason, ended!.tries, ended!.from], ["temporary", 3, V4.port]);
  made.checkNothingLeft();
});

const broken: [string, (query: Buffer) => Buffer][] = [
  ["its records are not there", (query) => {
    const bytes = answerTo(query);
    bytes.writeUInt16BE(7, 6);
    return bytes;
  }],
  ["its last record is cut", (query) => {
    return answerTo(query, { answers: [{ type: 1, data: Buffer.alloc(4) }] }).subarray(0, -3);
  }],
  ["an address has three bytes", (query) => answerTo(query, { answers: [{ type: 1, data: Buffer.alloc(3) }] })],
];
for (const [what, make] of broken) {
  retrying(`should pass by a server when ${what}, and say so when all are like that`, async () => {
    const made = await ExchangeProbe.create([V4, OTHER_V4]);
    for (const helps of [true, false]) {
      made.ask(NAME);
      const first = made.query();
      made.deliver(first, make(first.bytes));
      made.settle();
      const second = made.query();
      assert.is(second.to, OTHER_V4.port);
      made.deliver(second, helps ? answerTo(second.bytes) : make(second.bytes));
      const [ended] = made.takeEnded();
      assert.equal([ended!.reason, ended!.tries], [helps ? "ok" : "temporary", 2]);
    }
    made.checkNothingLeft();
  });
}

retrying("should ask the next server at once when the system says that nobody is there", async () => {
  const made = await ExchangeProbe.create([V4, OTHER_V4], { tries: 1 });
  made.ask(NAME);
  made.query().socket!.failure = 14;
  made.settle();
  const second = made.query();
  assert.is(second.to, OTHER_V4.port);
  second.socket!.failure = 14;
  const [ended] = made.takeEnded();
  assert.equal([ended!.reason, ended!.tries], ["refused", 2]);
  made.checkNothingLeft();
});

retrying("should begin with a server that answers while the others rest, and come back to them", async () => {
  const made = await ExchangeProbe.create([V4, OTHER_V4], { timeoutMs: 1000 });
  made.ask(NAME);
  made.queries();
  made.advanceMs(1000);
  made.answer(made.query());
  assert.equal(made.reasons(), ["ok"]);
  made.ask(NAME);
  let query = made.query();
  assert.is(query.to, OTHER_V4.port, "the first one rests");
  made.answer(query);
  assert.equal(made.reasons(), ["ok"]);
  made.advanceMs(10_000);
  made.ask(NAME);
  query = made.query();
  assert.is(query.to, V4.port, "its rest is over");
  made.answer(query);
  assert.equal(made.reasons(), ["ok"]);
  made.checkNothingLeft();
});

retrying("should not let a server rest that has answered somebody since it failed", async () => {
  const made = await ExchangeProbe.create([V4, OTHER_V4], { timeoutMs: 1000 });
  made.ask(NAME, 1);
  made.queries();
  made.advanceMs(500);
  made.ask(NAME, 2);
  const slow = made.query();
  made.advanceMs(500);
  assert.is(made.query().to, OTHER_V4.port);
  made.answer(slow);
  made.settle();
  made.ask(NAME, 3);
  assert.is(made.query().to, V4.port);
  made.advanceMs(60_000);
  assert.equal(made.reasons(), ["ok", "timeout", "timeout"]);
  made.checkNothingLeft();
});

retrying("should wait by the round trips it measured, 200 ms at least, in the last round longer", async () => {
  const made = await ExchangeProbe.create([V4], { timeoutMs: 2000, tries: 3 });
  for (let i = 0; i < 8; i++) {
    made.ask(NAME);
    made.advanceMs(4);
    made.answer(made.query());
    assert.equal(made.reasons(), ["ok"]);
  }
  const trip = made.call.roundTripUs!(made.channel, 0);
  assert.ok(trip > 3500 && trip <= 4000, `${trip} µs`);
  made.ask(NAME);
  made.query();
  for (const ms of [200, 400]) {
    made.advanceMs(ms - 1);
    assert.equal(made.queries(), []);
    made.advanceMs(1);
    made.query();
  }
  made.advanceMs(1999);
  assert.equal(made.takeEnded(), [], "the last try has the time that the caller gave");
  made.advanceMs(1);
  assert.equal(made.reasons(), ["timeout"]);
  made.checkNothingLeft();
});

retrying("should follow RFC 6298 when round trips vary", async () => {
  const made = await ExchangeProbe.create([V4], { timeoutMs: 5000 });
  let smooth = 0;
  let variation = 0;
  for (const ms of [100, 250, 50, 350, 120]) {
    made.ask(NAME);
    made.advanceMs(ms);
    made.answer(made.query());
    assert.equal(made.reasons(), ["ok"]);
    if (smooth === 0) [smooth, variation] = [ms, ms / 2];
    else {
      variation += (Math.abs(ms - smooth) - variation) / 4;
      smooth += (ms - smooth) / 8;
    }
    const measured = made.call.roundTripUs!(made.channel, 0) / 1000;
    assert.ok(Math.abs(measured - smooth) < 0.1, `${measured} for ${smooth}`);
  }
  made.ask(NAME);
  made.query();
  const first = smooth + 4 * variation;
  made.advanceMs(first - 1);
  assert.equal(made.queries(), []);
  made.advanceMs(2);
  made.query();
  made.advanceMs(100_000);
  assert.equal(made.reasons(), ["timeout"]);
  made.checkNothingLeft();
});

retrying.run();

const edns = suite("exchange, EDNS and case");

for (const code of ["FORMERR", "NOTIMP"] as const) {
  edns(`should ask a server that says ${code} again without EDNS, and remember it`, async () => {
    const made = await ExchangeProbe.create([V4, OTHER_V4]);
    made.ask(NAME);
    const first = made.query();
    const bare = answerTo(first.bytes, { rcode: RCODES[code] }).subarray(0, 12);
    bare.writeUInt16BE(0, 4); // it did not understand enough to repeat the question
    made.deliver(first, bare);
    made.settle();
    const second = made.query();
    assert.is(second.to, V4.port);
    assert.not(hasOpt(second.bytes));
    made.answer(second);
    const [ended] = made.takeEnded();
    assert.equal([ended!.reason, ended!.tries], ["ok", 1]);
    made.ask(NAME);
    const third = made.query();
    assert.not(hasOpt(third.bytes));
    made.answer(third);
    assert.equal(made.reasons(), ["ok"]);
    made.checkNothingLeft();
  });
}

edns("should not take an answer in another case over UDP, but ask over TCP", async () => {
  const made = await ExchangeProbe.create([V4]);
  made.ask(LONG);
  const query = made.query();
  const changed = answerTo(query.bytes);
  const letter = changed.findIndex((byte, at) => at > 12 && (byte | 32) >= 97 && (byte | 32) <= 122);
  changed[letter]! ^= 32;
  made.deliver(query, changed);
  const connection = made.accept();
  const [second] = made.streamQueries(connection);
  assert.equal(made.takeEnded(), []);
  const message = made.answer(second!);
  const [ended] = made.takeEnded();
  assert.is(ended!.reason, "ok");
  assert.equal(ended!.message, message);
  made.ask(LONG);
  const third = made.query();
  assert.not.equal(third.name, LONG, "it was a guess: the server keeps the case");
  made.answer(third);
  assert.equal(made.reasons(), ["ok"]);
  made.checkNothingLeft();
});

edns("should let a server be that changes the case and has no TCP", async () => {
  const made = await ExchangeProbe.create([V4]);
  made.ask(LONG);
  const query = made.query();
  const small = answerTo(query.bytes);
  small.write(small.toString("latin1", 12).toLowerCase(), 12, "latin1");
  made.host.script("start-connect", REFUSED);
  made.deliver(query, small);
  assert.equal(made.takeEnded(), [], "the case was doubted, not the server");
  const second = made.query();
  assert.is(second.name, LONG, "and says nothing any more");
  const message = made.answer(second);
  const [ended] = made.takeEnded();
  assert.equal([ended!.reason, ended!.message], ["ok", message]);
  made.ask(LONG);
  made.answer(made.query());
  assert.equal(made.reasons(), ["ok"], "without another look by TCP");
  made.checkNothingLeft();
});

edns("should let a server be that changes the case over TCP as well", async () => {
  const made = await ExchangeProbe.create([V4]);
  const small = (bytes: Buffer): Buffer => {
    const answer = answerTo(bytes);
    answer.write(answer.toString("latin1", 12).toLowerCase(), 12, "latin1");
    return answer;
  };
  made.ask(LONG);
  const query = made.query();
  made.deliver(query, small(query.bytes));
  const connection = made.accept();
  const [second] = made.streamQueries(connection);
  const answer = small(second!.bytes);
  connection.input.push(Buffer.concat([Buffer.from([0, answer.length]), answer]));
  assert.equal(made.reasons(), ["ok"]);
  made.ask(LONG.toUpperCase());
  const third = made.query();
  assert.is(third.name, LONG, "case says nothing any more");
  const loud = answerTo(third.bytes);
  loud.write(LONG.slice(0, 3).toUpperCase(), 13, "latin1");
  made.deliver(third, loud);
  assert.equal(made.reasons(), ["ok"]);
  made.checkNothingLeft();
});

edns.run();
