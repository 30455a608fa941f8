// Descriptors: reading and writing without waiting, and who may have the endpoint.
import * as assert from "uvu/assert";
import { Pattern } from "../../support/bytes.js";
import {
  Describing, describing, ENDED, HAS_ERROR, READABLE, SHUT, suiteOfBoth, WRITABLE,
} from "../../support/describing.js";
import { append, exchange, WRITE } from "../../support/exchanging.js";
import { NetProbe } from "../../support/net-probe.js";

const pattern = new Pattern();

const bytes = suiteOfBoth("descriptor, bytes");

bytes("should read what is there and no more than it is asked for", async (telling) => {
  const each = await describing(telling);
  assert.is(each.read(), 0);
  each.push("abcdef");
  assert.is(each.read(0), 0);
  assert.is(each.read(2).toString(), "ab");
  assert.is(each.read(4).toString(), "cdef");
  assert.is(each.read(), 0);
  each.end();
});

bytes("should read and write long streams in order, whatever each call takes", async (telling) => {
  const each = await describing(telling);
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
    pattern.check(received, got);
    received += got.length;
  }
  assert.is(received, sent);
  assert.is(output.written, written);
  output.take(Infinity);
  pattern.check(0, output.received);
  each.end();
});

bytes("should not hold the turn, however much is there and may be taken", async (telling) => {
  const each = await describing(telling);
  const { input, output } = each.connection;
  input.push(pattern.at(0, 600_000));
  for (const [from, length] of [[0, 262_144], [262_144, 262_144], [524_288, 75_712]] as const) {
    const got = each.read(1 << 20) as Buffer;
    assert.is(got.length, length);
    pattern.check(from, got);
  }
  output.room = 1 << 20;
  assert.is(each.write(pattern.at(0, 600_000)), 262_144);
  assert.is(each.write(), 262_144);
  assert.is(each.write(), 75_712);
  each.end();
});

bytes("should write nothing of nothing, and leave what there is no room for in the buffer", async (telling) => {
  const each = await describing(telling);
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

bytes("should answer the end behind the bytes, again and again", async (telling) => {
  const each = await describing(telling);
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

bytes("should end the sending direction behind what was written, and take no more", async (telling) => {
  const each = await describing(telling);
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

bytes("should work without a socket", async (telling) => {
  const net = await NetProbe.create(telling);
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

bytes("should let written bytes leave when it is closed", async (telling) => {
  const each = await describing(telling);
  each.write(Buffer.from("on my way"));
  each.close();
  each.net.settle();
  assert.is(each.net.call.live!(2), 1, "draining");
  each.end();
  assert.is(each.connection.output.received.toString(), "on my way");
});

bytes.run();

// ---

const owners = suiteOfBoth("descriptor, who has the endpoint");

owners("should give the endpoint back as it was: reads and writes go on", async (telling) => {
  const { net, connection, endpoint, read, write, push, take, end } = await exchange(telling);
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

owners("should leave nothing to wait in vain: a write may wait before it and another behind it", async (telling) => {
  const { net, connection, endpoint, write, end } = await exchange(telling);
  for (const time of [1, 2, 3]) {
    connection.output.room = 0;
    assert.not(write(Buffer.from("waits"), { inline: true }));
    net.settle();
    assert.equal(net.takeEvents(), []);
    connection.output.take(Infinity);
    connection.output.room = 100;
    net.settle();
    assert.equal(net.takeEvents(), [`write ${WRITE}: ok`], `time ${time}`);
    const each = new Describing(net, connection, endpoint);
    each.notify(WRITABLE, time);
    assert.equal(each.settled(), [`writable ${time}: ready`]);
    each.release();
    each.destroy();
    for (const buffer of [each.input, each.output]) net.call.bufferDestroy!(buffer);
  }
  connection.output.take(Infinity);
  assert.is(connection.output.received.toString(), "waits".repeat(3));
  end();
});

owners("should take over from a reader whose event is on its way", async (telling) => {
  const { net, connection, endpoint, read, push, take, end } = await exchange(telling);
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

owners("should be released and registered again and again", async (telling) => {
  const each = await describing(telling);
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
  owners(`should not take an endpoint with ${what} outstanding`, async (telling) => {
    const each = await exchange(telling);
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
  owners(`should not share its endpoint: ${what}`, async (telling) => {
    const each = await describing(telling);
    each.net.probe.traps(() => run(each), "net/");
    assert.match(each.net.probe.abortText, /the endpoint is a descriptor's/);
  });
}

owners.run();
