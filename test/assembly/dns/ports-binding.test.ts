// How the UDP ports of exchanges are bound: what ports.test.ts then shares and closes.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ExchangeProbe, OTHER_V4, V4, V6 } from "../../support/dns/exchange-probe.js";

const NAME = "www.example.test";
const IN_USE = 12;
const WOULD_BLOCK_FAMILIES = [V4, V6];

const binding = suite("ports, binding");

binding("should try other random ports when one is taken, and at last any", async () => {
  const made = await ExchangeProbe.create([V4]);
  made.datagrams.script("finish-bind", IN_USE, IN_USE);
  made.ask(NAME);
  assert.is(made.datagrams.boundPorts.length, 3);
  assert.ok(made.datagrams.boundPorts.every((port) => port >= 16384));
  made.answer(made.query());
  made.datagrams.script("start-bind", IN_USE, IN_USE, IN_USE, IN_USE);
  made.ask(NAME);
  assert.is(made.datagrams.boundPorts.at(-1), 0);
  made.answer(made.query());
  assert.equal(made.reasons(), ["ok", "ok"]);
  made.checkNothingLeft();
});

binding("should fail like the last bind when all fail, and not ask on when it is denied", async () => {
  for (const [error, reason, tries] of [[IN_USE, "in use", 6], [1, "access denied", 1]] as const) {
    const made = await ExchangeProbe.create([V4, OTHER_V4]);
    made.datagrams.script("start-bind", ...Array<number>(5 * 6).fill(error));
    made.ask(NAME);
    assert.equal(made.ended, []);
    const [ended] = made.takeEnded();
    assert.equal([ended!.reason, ended!.tries], [reason, tries]);
    made.checkNothingLeft();
  }
});

for (const step of ["create", "stream"]) {
  binding(`should ask the next server when ${step} fails for one`, async () => {
    const made = await ExchangeProbe.create([V4, V6]);
    made.datagrams.script(step, 13);
    made.ask(NAME);
    const query = made.query();
    assert.is(query.to, V6.port);
    made.answer(query);
    assert.equal(made.reasons(), ["ok"]);
    made.checkNothingLeft();
  });
}

binding("should share what is open when the system gives no more sockets", async () => {
  const made = await ExchangeProbe.create([V4]);
  const first = made.askMany(3);
  made.datagrams.script("create", 10, 10, 10);
  const second = made.askMany(3);
  const open = new Set(first.map(({ socket }) => socket));
  assert.ok(second.every(({ socket }) => open.has(socket)));
  made.answerAll([...first, ...second]);
  made.checkNothingLeft();
});

for (const server of WOULD_BLOCK_FAMILIES) {
  binding(`should wait for a bind that takes its time, family ${server.family}`, async () => {
    const made = await ExchangeProbe.create([server]);
    made.datagrams.bindsLater = true;
    made.ask(NAME);
    made.settle();
    assert.equal(made.queries(), []);
    made.datagrams.sockets[0]!.bindSettled = true;
    made.settle();
    made.answer(made.query());
    assert.equal(made.reasons(), ["ok"]);
    made.checkNothingLeft();
  });
}

binding("should go on when a bind that takes its time fails, and when it never ends", async () => {
  const made = await ExchangeProbe.create([V4], { timeoutMs: 1000, tries: 2 });
  made.datagrams.bindsLater = true;
  made.ask(NAME);
  for (let i = 0; i < 5; i++) {
    assert.is(made.datagrams.boundPorts.length, i + 1);
    made.datagrams.script("finish-bind", IN_USE);
    made.datagrams.sockets[0]!.bindSettled = true;
    made.settle();
  }
  made.advanceMs(999);
  assert.is(made.datagrams.sockets.length, 2, "the second round has begun");
  assert.equal(made.takeEnded(), []);
  made.advanceMs(2000);
  assert.equal(made.reasons(), ["in use"]);
  made.checkNothingLeft();
});

binding.run();
