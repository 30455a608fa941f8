// What a descriptor finds out about errors, and the piece that it has to read for that: it stays with the endpoint, and
// nobody loses a byte by it.
import * as assert from "uvu/assert";
import { Pattern } from "../../support/bytes.js";
import {
  Describing, describing, ENDED, FAILED, HAS_ERROR, READABLE, SHUT, suiteOfBoth, WRITABLE,
} from "../../support/describing.js";
import { type Exchange, exchange } from "../../support/exchanging.js";
import type { Telling } from "../../support/host-turns.js";

const PIECE = 512;
const pattern = new Pattern();

const errors = suiteOfBoth("descriptor, errors");

errors("should tell of a reset while nobody reads", async (telling) => {
  const each = await describing(telling);
  each.notify(HAS_ERROR, 1);
  assert.equal(each.settled(), []);
  each.connection.input.failed = true;
  assert.equal(each.settled(), ["error 1: ready"]);
  assert.equal(each.state.set, [true, false, true], "it can be read, too: the failure");
  each.check();
  assert.is(each.read(), FAILED);
  each.end();
});

errors("should tell again and again, once it is cleared, and answer every read with it", async (telling) => {
  const each = await describing(telling);
  each.connection.input.failed = true;
  for (const owner of [1, 2, 3]) {
    each.notify(HAS_ERROR, owner);
    assert.equal(each.settled(), [`error ${owner}: ready`]);
    each.clear(HAS_ERROR);
    each.notify(READABLE, owner);
    assert.equal(each.settled(), [`readable ${owner}: ready`]);
    each.clear(READABLE);
    assert.is(each.read(), FAILED);
    assert.ok(each.state.set[HAS_ERROR], "a read that fails sets it");
    each.clear(HAS_ERROR);
  }
  assert.is(each.connection.input.reads, 1, "the host was asked once");
  each.end();
});

errors("should tell who waits to read and who waits for the error, by one event", async (telling) => {
  const each = await describing(telling);
  each.notify(HAS_ERROR, 1);
  each.notify(READABLE, 2);
  each.connection.input.failed = true;
  assert.equal(each.settled(), ["readable 2: ready", "error 1: ready"]);
  each.end();
});

errors("should find it when a read of its owner meets it", async (telling) => {
  const each = await describing(telling);
  each.push("abc");
  each.connection.input.failed = true;
  assert.is(each.read(3).toString(), "abc");
  assert.not(each.state.set[HAS_ERROR]);
  assert.is(each.read(), FAILED);
  assert.ok(each.state.set[HAS_ERROR]);
  each.end();
});

errors("should not take the end of the input for an error, and wait no more", async (telling) => {
  const each = await describing(telling);
  each.notify(HAS_ERROR, 1);
  each.connection.input.ended = true;
  assert.equal(each.settled(), []);
  assert.equal(each.state.set, [true, false, false]);
  assert.equal(each.waits, { input: false, output: false });
  each.notify(READABLE, 2);
  assert.equal(each.settled(), ["readable 2: ready"], "what was seen stays");
  assert.is(each.read(), ENDED);
  assert.equal(each.end(), ["error 1: ready"]);
});

errors("should find an output that is broken when somebody registers", async (telling) => {
  const each = await describing(telling);
  each.connection.output.failed = true;
  each.notify(HAS_ERROR, 1);
  assert.equal(each.settled(), ["error 1: ready"]);
  assert.equal(each.waits, { input: false, output: false });
  each.notify(WRITABLE, 2);
  assert.equal(each.settled(), ["writable 2: ready"]);
  assert.is(each.write(Buffer.from("x")), FAILED);
  each.end();
});

for (const how of ["the permit", "the write"]) {
  errors(`should tell when a write fails, at ${how}`, async (telling) => {
    const each = await describing(telling);
    each.notify(HAS_ERROR, 1);
    each.net.settle();
    if (how === "the permit") each.connection.output.closed = true;
    else each.connection.output.failsInWrite = "failed";
    assert.is(each.write(Buffer.from("lost")), FAILED);
    each.check();
    assert.equal(each.settled(), ["error 1: ready"]);
    assert.is(each.write(Buffer.from("lost")), FAILED);
    each.end();
  });
}

errors("should answer the bytes that were taken before a write failed, then the failure", async (telling) => {
  const each = await describing(telling);
  each.connection.output.room = 100;
  const { output } = each.connection;
  assert.is(each.write(Buffer.alloc(150)), 100);
  output.take(50);
  assert.is(each.write(), 50);
  output.failed = true;
  assert.is(each.write(Buffer.alloc(5)), FAILED);
  each.end();
});

errors("should tell who waits for room and who waits for the error when the output breaks", async (telling) => {
  const each = await describing(telling);
  each.connection.output.room = 0;
  each.notify(HAS_ERROR, 1);
  each.notify(WRITABLE, 2);
  assert.equal(each.settled(), []);
  each.connection.output.failed = true;
  assert.equal(each.settled().sort(), ["error 1: ready", "writable 2: ready"]);
  assert.equal(each.waits, { input: false, output: false });
  each.end();
});

errors("should not take an own end of the output for an error", async (telling) => {
  const each = await describing(telling);
  each.net.call.shutdownSend!(each.self);
  each.notify(HAS_ERROR, 1);
  assert.equal(each.settled(), []);
  assert.is(each.write(Buffer.from("x")), SHUT);
  assert.equal(each.settled(), []);
  each.connection.input.failed = true;
  assert.equal(each.settled(), ["error 1: ready"]);
  each.end();
});

errors.run();

// ---

const ahead = suiteOfBoth("descriptor, read ahead");

ahead("should read a small piece while somebody waits for an error, and no second one", async (telling) => {
  const each = await describing(telling);
  each.notify(HAS_ERROR, 1);
  each.connection.input.push(pattern.at(0, 2000));
  assert.equal(each.settled(), []);
  assert.is(each.connection.input.taken, PIECE);
  assert.ok(each.state.holdsBytes);
  each.check();
  each.connection.input.push(pattern.at(2000, 50));
  each.net.settle();
  assert.is(each.connection.input.taken, PIECE);
  const bytes = each.read() as Buffer;
  assert.is(bytes.length, 2050, "the piece and what followed");
  pattern.check(0, bytes);
  assert.not(each.state.holdsBytes);
  each.check();
  assert.equal(each.end(), ["error 1: ready"]);
});

ahead("should not see an error behind unread bytes, but as soon as they are read", async (telling) => {
  const each = await describing(telling);
  each.notify(HAS_ERROR, 1);
  each.push("unread");
  each.connection.input.failed = true;
  assert.equal(each.settled(), []);
  assert.is(each.read(3).toString(), "unr");
  assert.equal(each.settled(), []);
  assert.is(each.read(3).toString(), "ead");
  assert.equal(each.net.takeEvents(), []);
  assert.equal(each.settled(), ["error 1: ready"]);
  each.end();
});

ahead("should not hide an output that breaks while somebody waits for room", async (telling) => {
  const each = await describing(telling);
  each.connection.output.room = 0;
  each.notify(HAS_ERROR, 1);
  each.notify(WRITABLE, 2);
  each.push("unread");
  assert.equal(each.settled(), []);
  assert.ok(each.state.holdsBytes);
  each.connection.output.failed = true;
  assert.equal(each.settled(), ["error 1: ready", "writable 2: ready"]);
  each.check();
  assert.is(each.read().toString(), "unread");
  each.end();
});

ahead("should have something to read for who registers while it holds a piece", async (telling) => {
  const each = await describing(telling);
  each.notify(HAS_ERROR, 1);
  each.push("x");
  each.net.settle();
  each.clear(READABLE);
  each.notify(READABLE, 2);
  each.check();
  assert.equal(each.settled(), ["readable 2: ready"]);
  each.clear(READABLE);
  assert.is(each.read().toString(), "x");
  each.notify(READABLE, 3);
  assert.equal(each.settled(), []);
  assert.equal(each.end(), ["readable 3: ready", "error 1: ready"]);
});

ahead("should give the piece out in parts of any size", async (telling) => {
  const each = await describing(telling);
  each.notify(HAS_ERROR, 1);
  each.connection.input.push(pattern.at(0, PIECE + 10));
  each.net.settle();
  let received = 0;
  for (const size of [1, 11, 12, 200, 1000]) {
    const bytes = each.read(size) as Buffer;
    pattern.check(received, bytes);
    received += bytes.length;
  }
  assert.is(received, PIECE + 10);
  assert.is(each.read(), 0);
  each.end();
});

ahead("should be paid by the endpoint's allocator, and gone when the descriptor is closed", async (telling) => {
  const each = await describing(telling);
  const { call } = each.net;
  const quota = call.quotaCreate!(1n << 20n);
  const allocator = call.allocatorCreate!(quota);
  call.setAllocator!(each.endpoint, allocator);
  each.notify(HAS_ERROR, 1);
  each.connection.input.push(pattern.at(0, 300));
  each.net.settle();
  assert.ok(call.allocatorOutstanding!(allocator) >= 300);
  each.close();
  assert.is(call.allocatorOutstanding!(allocator), 0, "when close returns, the allocator may go");
  call.allocatorShutdown!(allocator);
  call.quotaDestroy!(quota);
  assert.equal(each.end(), ["error 1: ready"]);
});

ahead.run();

// ---

const later = suiteOfBoth("endpoint, after a descriptor had it");

/** An endpoint that a descriptor gave back with `text` in hand. */
async function withPiece(telling: Telling, text: Buffer, trouble?: "ended" | "failed"): Promise<Exchange> {
  const each = await exchange(telling);
  const holder = new Describing(each.net, each.connection, each.endpoint);
  holder.notify(HAS_ERROR, 1);
  if (text.length > 0) each.connection.input.push(text);
  if (trouble !== undefined) each.connection.input[trouble] = true;
  each.net.settle();
  assert.is(holder.state.holdsBytes, text.length > 0);
  holder.release();
  holder.destroy();
  for (const buffer of [holder.input, holder.output]) each.net.call.bufferDestroy!(buffer);
  each.net.settle();
  each.net.takeEvents();
  return each;
}

for (const inline of [false, true]) {
  later(`should read the piece first${inline ? ", inline" : ""}`, async (telling) => {
    const each = await withPiece(telling, Buffer.from("piece"));
    each.push(" and more");
    const isDone = each.read({ inline });
    each.net.settle();
    assert.is(isDone, inline);
    assert.equal(each.net.takeEvents(), inline ? [] : ["read 11: ok"]);
    assert.is(each.take().toString(), "piece");
    each.read({ inline });
    each.net.settle();
    assert.is(each.take().toString(), " and more");
    each.end();
  });
}

later("should count the piece for the hint of a read, and wait for the rest", async (telling) => {
  const each = await withPiece(telling, Buffer.from("12345"));
  each.read({ hint: 8 });
  each.net.settle();
  assert.equal(each.net.takeEvents(), []);
  each.push("678");
  each.net.settle();
  assert.equal(each.net.takeEvents(), ["read 11: ok"]);
  assert.is(each.take().toString(), "12345678");
  each.end();
});

for (const [trouble, text] of [["ended", "end of stream"], ["failed", "stream failed"]] as const) {
  later(`should read the piece, then that the input has ${trouble}`, async (telling) => {
    const each = await withPiece(telling, Buffer.from("last"), trouble);
    each.read({ hint: 100 });
    each.net.settle();
    assert.equal(each.net.takeEvents(), ["read 11: ok"]);
    assert.is(each.take().toString(), "last");
    each.read();
    each.net.settle();
    assert.equal(each.net.takeEvents(), [`read 11: ${text}`]);
    each.end();
  });

  later(`should know that the input has ${trouble} without asking again`, async (telling) => {
    const each = await withPiece(telling, Buffer.alloc(0), trouble);
    const { reads } = each.connection.input;
    each.read();
    each.net.settle();
    assert.equal(each.net.takeEvents(), [`read 11: ${text}`]);
    assert.is(each.connection.input.reads, reads);
    each.end();
  });

  later(`should tell a descriptor what a reader learned: it has ${trouble}`, async (telling) => {
    const each = await exchange(telling);
    each.connection.input[trouble] = true;
    each.read();
    each.net.settle();
    each.net.takeEvents();
    const holder = new Describing(each.net, each.connection, each.endpoint);
    holder.notify(READABLE, 1);
    holder.notify(HAS_ERROR, 2);
    const isError = trouble === "failed";
    assert.equal(holder.settled(), isError ? ["readable 1: ready", "error 2: ready"] : ["readable 1: ready"]);
    assert.is(holder.read(), isError ? FAILED : ENDED);
    holder.release();
    holder.destroy();
    for (const buffer of [holder.input, holder.output]) each.net.call.bufferDestroy!(buffer);
    each.end();
  });
}

later("should keep a failed and an ended output", async (telling) => {
  for (const how of ["failed", "ended"]) {
    const each = await exchange(telling);
    const holder = new Describing(each.net, each.connection, each.endpoint);
    if (how === "ended") each.net.call.shutdownSend!(holder.self);
    else each.connection.output.failed = true;
    assert.is(holder.write(Buffer.from("x")), how === "ended" ? SHUT : FAILED);
    holder.release();
    holder.destroy();
    for (const buffer of [holder.input, holder.output]) each.net.call.bufferDestroy!(buffer);
    each.write(Buffer.from("y"));
    each.net.settle();
    assert.equal(each.net.takeEvents(), [`write 22: ${how === "ended" ? "invalid state" : "stream failed"}`]);
    each.end();
  }
});

later("should drop the piece with the endpoint", async (telling) => {
  const each = await withPiece(telling, Buffer.from("nobody reads this"));
  each.end();
});

later.run();
