// Exchanges that are cancelled, and how many are let out at a time.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ExchangeProbe, OTHER_V4, V4 } from "../../support/dns/exchange-probe.js";

const NAME = "www.example.test";
/** Questions that are out at first. */
const WINDOW = 256;

const cancelling = suite("exchange, cancels and the window");

cancelling("should never run done once it was cancelled, in any state", async () => {
  const made = await ExchangeProbe.create([V4, OTHER_V4], { timeoutMs: 1000, tries: 1 });
  const sent = made.ask(NAME, 1);
  const query = made.query();
  made.call.cancel!(sent);
  made.answer(query);
  const retried = made.ask(NAME, 2);
  made.advanceMs(1000);
  assert.is(made.queries().length, 2);
  made.call.cancel!(retried);
  const overTcp = made.ask(NAME, 3);
  made.answer(made.query(), { truncated: true });
  made.settle();
  made.call.cancel!(overTcp);
  made.datagrams.script("create", 1);
  const ending = made.ask(NAME, 4);
  made.call.cancel!(ending);
  for (let owner = 0; owner < WINDOW; owner++) made.ask(NAME, 100 + owner);
  const waiting = made.ask(NAME, 5);
  made.call.cancel!(waiting);
  made.advanceMs(10_000);
  const owners = made.takeEnded().map(({ owner }) => owner);
  assert.is(owners.length, WINDOW);
  assert.ok(owners.every((owner) => owner >= 100));
  made.checkNothingLeft();
});

cancelling("should give a late answer to nobody who asked for something else by the same port", async () => {
  const made = await ExchangeProbe.create([V4]);
  const exchanges = Array.from({ length: 200 }, (_, at) => made.ask(NAME, at + 1));
  const queries = made.queries();
  const [first] = queries;
  const neighbour = queries.map(({ socket }) => socket).lastIndexOf(first!.socket);
  assert.ok(neighbour > 0);
  made.call.cancel!(exchanges[0]!);
  made.answer(first!);
  assert.equal(made.takeEnded(), []);
  made.answer(queries[neighbour]!);
  assert.equal(made.takeEnded().map(({ owner, wrong }) => [owner, wrong]), [[neighbour + 1, 1]]);
  exchanges.forEach((exchange, at) => {
    if (at !== 0 && at !== neighbour) made.call.cancel!(exchange);
  });
  made.checkNothingLeft();
});

cancelling("should let out 256 at first, twice as many per round trip, 4,096 at most, all in order", async () => {
  const made = await ExchangeProbe.create([V4]);
  const count = 20_000;
  for (let owner = 1; owner <= count; owner++) made.ask(`n${owner}.test`, owner);
  const waves: number[] = [];
  let latest = 0;
  for (let asked = 0; asked < count;) {
    const queries = made.queries();
    waves.push(queries.length);
    asked += queries.length;
    for (const query of queries) {
      const number = Number(/\d+/.exec(query.name)![0]);
      assert.is(number, latest + 1, "in the order in which they were asked");
      latest = number;
      made.answer(query);
    }
    assert.is(made.call.inFlight!(made.channel), queries.length);
    made.settle();
  }
  assert.equal(waves.slice(0, 6), [256, 512, 1024, 2048, 4096, 4096]);
  assert.is(made.takeEnded().length, count);
  made.checkNothingLeft();
});

cancelling("should let out fewer after losses, but never less than at first", async () => {
  const made = await ExchangeProbe.create([V4], { timeoutMs: 1000, tries: 1 });
  const ask = (count: number): void => {
    for (let owner = 1; owner <= count; owner++) made.ask(NAME, owner);
  };
  ask(3000);
  for (let round = 0; round < 4; round++) {
    for (const query of made.queries()) made.answer(query);
    made.settle();
  }
  assert.is(made.call.windowOf!(made.channel), 1628, "what waited has all been let out by then");
  made.ended.splice(0);
  ask(1);
  made.queries();
  made.advanceMs(10_000);
  assert.is(made.call.windowOf!(made.channel), 814);
  ask(500);
  made.advanceMs(10_000);
  assert.is(made.call.windowOf!(made.channel), 256);
  made.ended.splice(0);
  made.checkNothingLeft();
});

cancelling("should let those go that wait when one is cancelled, and none when all are", async () => {
  const made = await ExchangeProbe.create([V4]);
  const exchanges = Array.from({ length: 1000 }, (_, at) => made.ask(NAME, at + 1));
  assert.is(made.queries().length, WINDOW);
  made.call.cancel!(exchanges[0]!);
  made.settle();
  assert.is(made.queries().length, 1);
  for (const exchange of exchanges.slice(1)) made.call.cancel!(exchange);
  assert.equal(made.queries(), []);
  made.checkNothingLeft();
});

cancelling("should hold 100,000 that wait, of short and long names, and not grow when they come again", async () => {
  const made = await ExchangeProbe.create([V4]);
  const longest = `${"x".repeat(63)}.${"y".repeat(63)}.${"z".repeat(63)}.${"w".repeat(61)}`;
  const askAll = (): number[] => Array.from({ length: 100_000 }, (_, at) => {
    return made.ask(at % 100 === 0 ? longest : NAME, at + 1);
  });
  let bytes = 0;
  for (let round = 0; round < 2; round++) {
    const exchanges = askAll();
    if (round === 0) bytes = made.probe.memoryBytes();
    else assert.is(made.probe.memoryBytes(), bytes);
    for (const exchange of exchanges) made.call.cancel!(exchange);
    made.settle();
    made.queries();
  }
  made.checkNothingLeft();
});

cancelling.run();
