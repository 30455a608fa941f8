// Descriptors: when closures run and in which order, reading and writing, and who may have the endpoint. What is found out
// by reading ahead is in descriptor-errors.test.ts, every state with every operation in descriptor-table.test.ts.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Pattern } from "../../support/bytes.js";
import { Describing, describing, ENDED, HAS_ERROR, READABLE, SHUT, WRITABLE } from "../../support/describing.js";
import { append, exchange } from "../../support/exchanging.js";
import { NetProbe } from "../../support/net-probe.js";

const MS = 1_000_000n;
const pattern = new Pattern();

const events = suite("descriptor, events");

events("should tell once that bytes came, and keep the status until it is cleared", async () => {
  const each = await describing();
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

events("should take bytes that are still there for new when it was cleared", async () => {
  const each = await describing();
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

events("should say nothing for a hint without anything behind it", async () => {
  const each = await describing();
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

events("should tell who waits for room when there is some, at once or later", async () => {
  const each = await describing();
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

events("should ask the host for nothing while nobody is registered", async () => {
  const each = await describing();
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

events("should be woken by nothing once the deadline was told", async () => {
  const each = await describing();
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

events("should tell what is there, not the deadline, when both came by the same turn", async () => {
  const each = await describing();
  each.notify(READABLE, 1, each.net.host.nowNs + 5n * MS);
  each.notify(HAS_ERROR, 2, each.net.host.nowNs + 5n * MS);
  each.net.settle();
  each.push("x");
  each.net.host.nowNs += 5n * MS;
  assert.equal(each.settled(), ["readable 1: ready", "error 2: timed out"]);
  assert.ok(each.state.set[READABLE]);
  each.end();
});

events("should tell a deadline that has passed in the next turn, unless the condition holds", async () => {
  const each = await describing();
  each.connection.output.room = 0;
  each.push("x");
  each.notify(READABLE, 1, 0n);
  each.notify(WRITABLE, 2, 0n);
  assert.equal(each.net.takeEvents(), []);
  assert.equal(each.settled(), ["readable 1: ready", "writable 2: timed out"]);
  each.end();
});

events("should run once when it is forced, closed and out of time at once", async () => {
  const each = await describing();
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

const order = suite("descriptor, order");

order("should run closures of events in the turn of the event, higher levels first", async () => {
  const each = await describing();
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

order("should be first in, first out within a level, over events, deadlines, forces and tasks", async () => {
  const each = await describing();
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

order("should use the priority that a condition has when the closure is queued", async () => {
  const each = await describing();
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

order("should let a closure register again, close, and destroy", async () => {
  const each = await describing();
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
  assert.equal(told, [0, 1, 2].map((owner) => `readable ${owner}: ready`).concat("writable 10: ready", "error 11: ready"));
  each.end();
});

order("should queue readable, writable, error when it is closed, and forget their deadlines", async () => {
  const each = await describing();
  each.connection.output.room = 0;
  for (const condition of [HAS_ERROR, WRITABLE, READABLE]) each.notify(condition, 1, each.net.host.nowNs + MS);
  each.destroy();
  each.net.advanceMs(5);
  assert.equal(each.net.takeEvents(), ["readable 1: ready", "writable 1: ready", "error 1: ready"]);
  each.end();
});

order.run();

// ---

const bytes = suite("descriptor, bytes");

bytes("should read what is there and no more than it is asked for", async () => {
  const each = await describing();
  assert.is(each.read(), 0);
  each.push("abcdef");
  assert.is(each.read(0), 0);
  assert.is(each.read(2).toString(), "ab");
  assert.is(each.read(4).toString(), "cdef");
  assert.is(each.read(), 0);
  each.end();
});

bytes("should read and write long streams in order, whatever each call takes", async () => {
  const each = await describing();
  const { input, output } = each.connection;
  let [sent, received, written] = [0, 0, 0];
  for (let step = 0; step < 60; step++) {
    input.push(pattern.at(sent, 40_000));
    sent += 40_000;
    const got = each.read(1 + step * 3000) as Buffer;
    pattern.check(received, got);
    received += got.length;
    const size = each.unwritten > 200_000 ? 0 : 30_000;
    output.take(25_000);
    written += each.write(pattern.at(written + each.unwritten, size));
  }
  for (let got = each.read(1 << 20); typeof got !== "number"; got = each.read(1 << 20)) {
    assert.ok(got.length <= 262_144, "one call does not hold the turn");
    pattern.check(received, got);
    received += got.length;
  }
  assert.is(received, sent);
  assert.is(output.written, written);
  output.take(Infinity);
  pattern.check(0, output.received);
  each.end();
});

bytes("should write nothing of nothing, and leave what there is no room for in the buffer", async () => {
  const each = await describing();
  assert.is(each.write(), 0);
  each.connection.output.room = 0;
  assert.is(each.write(Buffer.from("later")), 0);
  assert.is(each.unwritten, 5);
  each.connection.output.room = 3;
  assert.is(each.write(), 3);
  assert.is(each.unwritten, 2);
  assert.equal(each.settled(), []);
  each.end();
});

bytes("should answer the end behind the bytes, again and again", async () => {
  const each = await describing();
  each.push("last");
  each.connection.input.ended = true;
  each.notify(READABLE, 1);
  assert.equal(each.settled(), ["readable 1: ready"]);
  assert.is(each.read().toString(), "last");
  for (const owner of [2, 3]) {
    each.clear(READABLE);
    each.notify(READABLE, owner);
    assert.equal(each.settled(), [`readable ${owner}: ready`], "an end is something to read");
    assert.is(each.read(), ENDED);
  }
  assert.not(each.state.set[HAS_ERROR]);
  each.end();
});

bytes("should end the sending direction behind what was written, and take no more", async () => {
  const each = await describing();
  each.write(Buffer.from("bye"));
  each.net.call.shutdownSend!(each.self);
  each.net.call.shutdownSend!(each.self);
  assert.is(each.write(Buffer.from("no")), SHUT);
  assert.is(each.unwritten, 2);
  assert.not(each.state.set[HAS_ERROR], "that is no error");
  each.connection.output.take(Infinity);
  assert.is(each.connection.output.received.toString(), "bye");
  each.push("still open");
  assert.is(each.read().toString(), "still open");
  each.end();
});

bytes("should work without a socket", async () => {
  const net = await NetProbe.create();
  net.host.readsFollowPermits = false;
  const { connection, handles } = net.host.standardStreams();
  const each = new Describing(net, connection, net.call.endpointCreate!(...handles));
  each.notify(READABLE, 1);
  each.push("line");
  assert.equal(each.settled(), ["readable 1: ready"]);
  assert.is(each.read().toString(), "line");
  assert.is(each.write(Buffer.from("answer")), 6);
  each.end();
});

bytes("should let written bytes leave when it is closed", async () => {
  const each = await describing();
  each.write(Buffer.from("on my way"));
  each.close();
  each.net.settle();
  assert.is(each.net.call.live!(2), 1, "draining");
  each.end();
  assert.is(each.connection.output.received.toString(), "on my way");
});

bytes.run();

// ---

const owners = suite("descriptor, who has the endpoint");

owners("should give the endpoint back as it was: reads and writes go on", async () => {
  const { net, connection, endpoint, read, write, push, take, end } = await exchange();
  push("first");
  read();
  net.settle();
  assert.is(take().toString(), "first");
  write(Buffer.from("1"), { inline: true });
  net.settle();
  net.takeEvents();
  const each = new Describing(net, connection, endpoint);
  each.notify(READABLE, 1);
  push("second");
  assert.equal(each.settled(), ["readable 1: ready"]);
  assert.is(each.read(3).toString(), "sec");
  each.notify(HAS_ERROR, 2);
  each.release();
  each.destroy();
  assert.equal(each.settled(), ["error 2: ready"]);
  read();
  net.settle();
  assert.is(take().toString(), "ond");
  assert.ok(write(Buffer.from("2"), { inline: true }));
  connection.output.take(Infinity);
  assert.is(connection.output.received.toString(), "12");
  for (const buffer of [each.input, each.output]) net.call.bufferDestroy!(buffer);
  end();
});

owners("should take over from a reader whose event is on its way", async () => {
  const { net, connection, endpoint, read, push, take, end } = await exchange();
  push("a");
  read();
  net.settle();
  take();
  net.takeEvents();
  push("b");
  net.call.runTask!(0, 1); // in the turn of the event, tasks run before the reader does
  let each!: Describing;
  net.onEvent = () => {
    net.onEvent = () => {};
    each = new Describing(net, connection, endpoint);
    each.notify(READABLE, 1);
  };
  net.settle();
  assert.equal(net.takeEvents(), ["task 0: ready", "readable 1: ready"]);
  assert.is(each.read().toString(), "b");
  each.release();
  each.destroy();
  for (const buffer of [each.input, each.output]) net.call.bufferDestroy!(buffer);
  end();
});

owners("should be released and registered again and again", async () => {
  const each = await describing();
  const { call } = each.net;
  let { self } = each;
  for (let time = 0; time < 20; time++) {
    call.notify!(self, READABLE, -1n, time);
    each.push("x");
    if (time % 2 === 0) each.net.settle();
    call.release!(self);
    call.destroyDescriptor!(self);
    assert.equal(each.settled(), [`readable ${time}: ready`]);
    self = call.register!(each.endpoint);
  }
  assert.is(self, each.self, "records are used again");
  assert.is(each.read().toString(), "x".repeat(20));
  each.end();
});

for (const [what, prepare] of [
  ["a read", ({ read }: Awaited<ReturnType<typeof exchange>>) => void read()],
  ["a write", ({ connection, write }) => {
    connection.output.room = 0;
    write(Buffer.from("x"));
  }],
  ["a write whose end was not told", ({ write }) => void write(Buffer.from("x"))],
] as [string, (each: Awaited<ReturnType<typeof exchange>>) => void][]) {
  owners(`should not take an endpoint with ${what} outstanding`, async () => {
    const each = await exchange();
    prepare(each);
    each.net.probe.traps(() => each.net.call.register!(each.endpoint), "net/descriptor.ts");
    assert.match(each.net.probe.abortText, /a read or write is outstanding/);
  });
}

const OTHERS: Record<string, (each: Describing) => unknown> = {
  "a second descriptor": ({ net, endpoint }) => net.call.register!(endpoint),
  "a read": ({ net, endpoint, input }) => net.call.read!(endpoint, input, 1, 0, 5),
  "a write": ({ net, endpoint, output }) => {
    append(net, output, Buffer.from("x"));
    return net.call.write!(endpoint, output, 100, 0, 5);
  },
  "an end of the output": ({ net, endpoint }) => net.call.writerEnd!(endpoint),
  "the end of the endpoint": ({ net, endpoint }) => net.call.destroy!(endpoint),
};

for (const [what, run] of Object.entries(OTHERS)) {
  owners(`should not share its endpoint: ${what}`, async () => {
    const each = await describing();
    each.net.probe.traps(() => run(each), "net/");
    assert.match(each.net.probe.abortText, /the endpoint is a descriptor's/);
  });
}

owners.run();
