// Descriptors: when closures run, and in which order. Bytes are in descriptor-bytes.test.ts, what is found out by
// reading ahead in descriptor-errors.test.ts, every state with every operation in descriptor-table.test.ts.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { describing, FAILED, HAS_ERROR, READABLE, suiteOfBoth, WRITABLE } from "../../support/describing.js";

const MS = 1_000_000n;

const events = suiteOfBoth("descriptor, events");

events("should tell once that bytes came, and keep the status until it is cleared", async (telling) => {
  const each = await describing(telling);
  each.notify(READABLE, 1);
  assert.equal(each.settled(), []);
  each.push("hello");
  assert.equal(each.settled(), ["readable 1: ready"]);
  assert.is(String(each.read()), "hello");
  each.push("more");
  assert.equal(each.settled(), [], "nobody is registered");
  each.notify(READABLE, 2);
  assert.equal(each.settled(), ["readable 2: ready"], "it was SET all the time");
  each.end();
});

events("should take bytes that are still there for new when it was cleared", async (telling) => {
  const each = await describing(telling);
  each.push("hello");
  each.net.settle();
  for (const owner of [1, 2, 3]) {
    each.notify(READABLE, owner);
    assert.equal(each.settled(), [`readable ${owner}: ready`]);
    each.clear(READABLE);
  }
  assert.is(each.read(2).toString(), "he");
  each.notify(READABLE, 4);
  assert.equal(each.settled(), ["readable 4: ready"]);
  each.clear(READABLE);
  assert.is(each.read().toString(), "llo");
  each.notify(READABLE, 5);
  assert.equal(each.settled(), [], "all was read");
  each.check();
  assert.equal(each.end(), ["readable 5: ready"]);
});

events("should tell who waits for room when there is some, at once or later", async (telling) => {
  const each = await describing(telling);
  each.notify(WRITABLE, 1);
  assert.equal(each.net.takeEvents(), []);
  assert.equal(each.settled(), ["writable 1: ready"]);
  each.clear(WRITABLE);
  assert.is(each.write(Buffer.alloc(70_000)), 65_536);
  each.notify(WRITABLE, 2);
  assert.equal(each.settled(), [], "no room");
  each.connection.output.take(100);
  assert.equal(each.settled(), ["writable 2: ready"]);
  assert.is(each.write(), 100);
  assert.is(each.unwritten, 70_000 - 65_636);
  each.end();
});

events("should ask the host for nothing while nobody is registered", async (telling) => {
  const each = await describing(telling);
  const { input, output } = each.connection;
  each.connection.output.room = 0;
  const before = each.net.host.resources.left();
  each.push("bytes");
  output.room = 10;
  input.ended = true;
  each.net.settle();
  assert.equal(each.net.host.resources.left(), before, "not even a pollable");
  assert.equal([input.reads, output.checks], [0, 0]);
  each.end();
});

events("should be woken by nothing once the deadline was told", async (telling) => {
  const each = await describing(telling);
  each.connection.output.room = 0;
  each.notify(READABLE, 1, each.net.host.nowNs + 5n * MS);
  each.notify(WRITABLE, 2, each.net.host.nowNs + 6n * MS);
  each.notify(HAS_ERROR, 3, each.net.host.nowNs + 7n * MS);
  assert.equal(each.waits, { input: true, output: true });
  each.net.advanceMs(4.9);
  assert.equal(each.net.takeEvents(), []);
  each.net.advanceMs(10);
  assert.equal(each.net.takeEvents(), ["readable 1: timed out", "writable 2: timed out", "error 3: timed out"]);
  assert.equal(each.waits, { input: false, output: false });
  const { promptCount } = each.net.probe.callLong;
  const before = promptCount!();
  each.push("x");
  each.connection.output.room = 100;
  each.net.settle();
  assert.is(promptCount!(), before);
  each.end();
});

events("should tell what is there, not the deadline, when both came by the same turn", async (telling) => {
  const each = await describing(telling);
  each.notify(READABLE, 1, each.net.host.nowNs + 5n * MS);
  each.notify(HAS_ERROR, 2, each.net.host.nowNs + 5n * MS);
  each.net.settle();
  each.push("x");
  each.net.host.nowNs += 5n * MS;
  assert.equal(each.settled(), ["readable 1: ready", "error 2: timed out"]);
  assert.ok(each.state.set[READABLE]);
  each.end();
});

events("should tell a deadline that has passed in the next turn, unless the condition holds", async (telling) => {
  const each = await describing(telling);
  each.connection.output.room = 0;
  each.push("x");
  each.notify(READABLE, 1, 0n);
  each.notify(WRITABLE, 2, 0n);
  assert.equal(each.net.takeEvents(), []);
  assert.equal(each.settled(), ["readable 1: ready", "writable 2: timed out"]);
  each.end();
});

events("should run once when it is forced, closed and out of time at once", async (telling) => {
  const each = await describing(telling);
  each.notify(READABLE, 1, each.net.host.nowNs + MS);
  each.force(READABLE);
  each.close();
  each.push("x");
  each.net.host.nowNs += 2n * MS;
  assert.equal(each.settled(), ["readable 1: ready"]);
  each.end();
});

events.run();

// ---

// The one difference: what comes by handle is a hint, so the stream is asked; the answer to a list is taken as it is.
// So a failure of the output that was told as room is not in the status of HAS_ERROR yet, unless somebody is registered
// for it. Nobody misses it: who registers, or writes, finds it at once.

const hints = suite("descriptor, hints");

hints("should say nothing for a hint without anything behind it", async () => {
  const each = await describing("by handle");
  each.notify(READABLE, 1);
  each.connection.output.room = 0;
  each.notify(WRITABLE, 2);
  const prompt = each.net.probe.callLong.promptCount!();
  const input = 2; // the handles are the socket's, then those of the streams
  for (const parent of [input, input + 1]) each.net.host.resources.wake(parent);
  assert.equal(each.settled(), []);
  assert.is(each.net.probe.callLong.promptCount!(), prompt + 2n);
  each.check();
  each.push("x");
  assert.equal(each.settled(), ["readable 1: ready"]);
  assert.equal(each.end(), ["writable 2: ready"]);
});

hints("should believe the answer to a list for bytes", async () => {
  const each = await describing("by list");
  each.notify(READABLE, 1);
  assert.equal(each.settled(), []);
  const { asked } = each.net;
  each.push("x");
  assert.equal(each.settled(), ["readable 1: ready"]);
  assert.is(each.net.asked, asked);
  each.end();
});

hints("should believe the answer to a list, and ask for a permit only if somebody waits for an error", async () => {
  const each = await describing("by list");
  const { output } = each.connection;
  for (const asked of [0, 1]) {
    if (asked === 1) each.notify(HAS_ERROR, 3);
    output.room = 0;
    each.notify(WRITABLE, asked);
    assert.equal(each.settled(), []);
    const { checks } = output;
    output.room = 10;
    assert.equal(each.settled(), [`writable ${asked}: ready`]);
    assert.is(output.checks - checks, asked);
    each.clear(WRITABLE);
  }
  assert.equal(each.end(), ["error 3: ready"]);
});

hints("should find a failure that a list told as room when somebody registers for it or writes", async () => {
  for (const how of ["registers", "writes"]) {
    const each = await describing("by list");
    each.connection.output.room = 0;
    each.notify(WRITABLE, 1);
    assert.equal(each.settled(), []);
    each.connection.output.failed = true;
    assert.equal(each.settled(), ["writable 1: ready"]);
    assert.not(each.state.set[HAS_ERROR]);
    if (how === "writes") assert.is(each.write(Buffer.from("x")), FAILED);
    else each.notify(HAS_ERROR, 2);
    assert.ok(each.state.set[HAS_ERROR]);
    assert.equal(each.settled(), how === "writes" ? [] : ["error 2: ready"]);
    each.end();
  }
});

hints("should not tell of bytes after a list if the read for an error brought none", async () => {
  const each = await describing("by list");
  const { input } = each.connection;
  each.notify(READABLE, 1);
  each.notify(HAS_ERROR, 2);
  each.push("x");
  const { read } = input;
  input.read = () => Buffer.alloc(0); // a runtime that is out of steps
  each.net.turn();
  each.net.turn();
  assert.equal(each.net.takeEvents(), []);
  input.read = read;
  assert.equal(each.settled(), ["readable 1: ready"]);
  assert.equal(each.end(), ["error 2: ready"]);
});

hints("should believe the answer to a list although a runtime that is out of steps gives no permit", async () => {
  const each = await describing("by list");
  const { output } = each.connection;
  output.room = 0;
  each.notify(HAS_ERROR, 1);
  each.notify(WRITABLE, 2);
  assert.equal(each.settled(), []);
  output.room = 10;
  const { checkWrite } = output;
  output.checkWrite = () => 0;
  assert.equal(each.settled(), ["writable 2: ready"]);
  output.checkWrite = checkWrite;
  assert.equal(each.end(), ["error 1: ready"]);
});

hints.run();

// ---

const order = suiteOfBoth("descriptor, order");

order("should run closures of events in the turn of the event, higher levels first", async (telling) => {
  const each = await describing(telling);
  each.connection.output.room = 0;
  each.setPriority(READABLE, 0);
  each.setPriority(WRITABLE, 3);
  each.notify(READABLE, 1);
  each.notify(WRITABLE, 2);
  each.net.settle();
  for (const level of [0, 1, 2, 3, 4]) each.net.call.runTask!(level, level);
  each.push("x");
  each.connection.output.room = 10;
  each.net.turn();
  assert.equal(each.net.takeEvents(), [
    "task 4: ready", "task 3: ready", "writable 2: ready", "task 2: ready", "task 1: ready", "task 0: ready",
    "readable 1: ready",
  ]);
  each.end();
});

order("should be first in, first out within a level, over events, deadlines, forces and tasks", async (telling) => {
  const each = await describing(telling);
  each.notify(READABLE, 1);
  each.notify(HAS_ERROR, 2, each.net.host.nowNs + MS);
  each.net.settle();
  each.net.call.runTask!(3, 1);
  each.force(WRITABLE);
  each.notify(WRITABLE, 4);
  each.push("x");
  each.net.host.nowNs += MS;
  assert.equal(each.settled(), ["task 3: ready", "writable 4: ready", "readable 1: ready", "error 2: timed out"]);
  each.end();
});

order("should use the priority that a condition has when the closure is queued", async (telling) => {
  const each = await describing(telling);
  each.force(READABLE);
  each.notify(READABLE, 1);
  each.setPriority(READABLE, 4);
  each.notify(READABLE, 2);
  each.setPriority(READABLE, 0);
  each.notify(READABLE, 3);
  each.net.call.runTask!(4, 1);
  assert.equal(each.settled(), ["readable 2: ready", "readable 1: ready", "task 4: ready", "readable 3: ready"]);
  each.net.probe.traps(() => each.setPriority(READABLE, 5), "net/descriptor.ts");
});

order("should let a closure register again, close, and destroy", async (telling) => {
  const each = await describing(telling);
  const told: string[] = [];
  each.net.onEvent = (event) => {
    told.push(event);
    if (told.length < 3) each.notify(READABLE, told.length);
    if (told.length === 3) each.notify(WRITABLE, 10);
    if (told.length === 4) {
      each.notify(HAS_ERROR, 11);
      each.destroy();
    }
  };
  each.force(READABLE);
  each.notify(READABLE, 0);
  each.net.settle();
  assert.equal(told, [
    "readable 0: ready", "readable 1: ready", "readable 2: ready", "writable 10: ready", "error 11: ready",
  ]);
  each.end();
});

order("should queue readable, writable, error when it is closed, and forget their deadlines", async (telling) => {
  const each = await describing(telling);
  each.connection.output.room = 0;
  for (const condition of [HAS_ERROR, WRITABLE, READABLE]) each.notify(condition, 1, each.net.host.nowNs + MS);
  each.destroy();
  each.net.advanceMs(5);
  assert.equal(each.net.takeEvents(), ["readable 1: ready", "writable 1: ready", "error 1: ready"]);
  each.end();
});

order.run();
