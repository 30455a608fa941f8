// Endpoints with promises: reading, writing, ends, aborts at every point, loops that are left, disposal.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EndpointStream } from "#host/engine/promises.js";
import { bytes, reasonOf, rejection, send, settled } from "../../support/adapter-steps.js";
import { FakeEngine, type FakeEndpoint, PIPE_BYTES } from "../../support/fake-engine.js";
import { within } from "../../support/guard.js";

interface Setup {
  engine: FakeEngine;
  stream: EndpointStream;
  peer: FakeEndpoint;
}

function setUp(): Setup {
  const engine = new FakeEngine();
  const [here, peer] = engine.pair();
  return { engine, stream: new EndpointStream(engine, here), peer };
}

async function nothingLeft({ engine, stream, peer }: Setup): Promise<void> {
  stream.destroy();
  peer.destroy();
  await settled();
  assert.equal([engine.live().buffers, engine.live().endpoints], [0, 0]);
}

/** What the peer has got, and whether that was all of it. */
async function receivedBy({ engine, peer }: Setup): Promise<string> {
  let text = "";
  await using stream = new EndpointStream(engine, peer);
  for await (const chunk of stream) text += Buffer.from(chunk).toString();
  return text;
}

const reading = suite("EndpointStream: reading");

reading("should give what arrives, then null at the end", async () => {
  const test = setUp();
  await send(test.engine, test.peer, "hello");
  assert.equal(await test.stream.read(), new TextEncoder().encode("hello"));
  const next = test.stream.read();
  test.peer.shutdownSend();
  assert.is(await next, null);
  assert.is(await test.stream.read(), null);
  await nothingLeft(test);
});

reading("should read into the caller's memory", async () => {
  const test = setUp();
  await send(test.engine, test.peer, bytes(1, 2, 3));
  const target = new Uint8Array(2);
  assert.is(await test.stream.readInto(new Uint8Array(0)), 0);
  assert.is(await test.stream.readInto(target), 2);
  assert.equal(target, bytes(1, 2));
  assert.is(await test.stream.readInto(target), 1);
  test.peer.shutdownSend();
  assert.is(await test.stream.readInto(target), 0);
  await nothingLeft(test);
});

reading("should refuse a second read", async () => {
  const test = setUp();
  const first = test.stream.read();
  assert.is(await reasonOf(test.stream.read()), "misuse");
  await send(test.engine, test.peer, bytes(1));
  assert.equal(await first, bytes(1));
  await nothingLeft(test);
});

reading("should reject with the status of a failure", async () => {
  const test = setUp();
  const read = test.stream.read();
  test.peer.break();
  assert.is(await reasonOf(read), "connection-reset");
  assert.is(await reasonOf(test.stream.read()), "connection-reset");
  await nothingLeft(test);
});

reading("should end the wait, not the connection, when aborted", async () => {
  const test = setUp();
  const controller = new AbortController();
  const read = test.stream.read({ signal: controller.signal });
  await settled();
  controller.abort(new Error("enough"));
  assert.is((await rejection(read) as Error).message, "enough");
  await send(test.engine, test.peer, bytes(1, 2));
  assert.equal(await test.stream.read(), bytes(1, 2), "nothing is lost");
  assert.is((await rejection(test.stream.read({ signal: controller.signal })) as Error).message, "enough");
  await nothingLeft(test);
});

reading("should let go of a signal that did not abort", async () => {
  const test = setUp();
  const controller = new AbortController();
  await send(test.engine, test.peer, bytes(1));
  await test.stream.read({ signal: controller.signal });
  controller.abort();
  assert.not(test.stream.isDestroyed);
  await nothingLeft(test);
});

reading("should reject who waits when it is destroyed", async () => {
  const test = setUp();
  const read = test.stream.read();
  test.stream.destroy();
  assert.is(await reasonOf(read), "cancelled");
  assert.is(await reasonOf(test.stream.read()), "cancelled");
  await nothingLeft(test);
});

reading.run();

// ---

const writing = suite("EndpointStream: writing");

writing("should send in order, and the end after it", async () => {
  const test = setUp();
  const received = receivedBy(test);
  void test.stream.write("one ");
  void test.stream.write(bytes(50, 32));
  await test.stream.write("three");
  await test.stream.end();
  await test.stream.end();
  assert.is(await reasonOf(test.stream.write("late")), "misuse");
  assert.is(await received, "one 2 three");
  await nothingLeft(test);
});

writing("should hold back a writer that awaits until the peer reads", async () => {
  const test = setUp();
  let written = 0;
  const writes = (async (): Promise<void> => {
    for (; written < 20; written++) await test.stream.write(new Uint8Array(PIPE_BYTES / 2));
  })();
  await settled();
  assert.is(written, 2);
  const received = receivedBy(test);
  await writes;
  await test.stream.close();
  assert.is((await received).length, 10 * PIPE_BYTES);
  await nothingLeft(test);
});

writing("should reject all that wait with the status of a failure", async () => {
  const test = setUp();
  const writes = [test.stream.write(new Uint8Array(2 * PIPE_BYTES)), test.stream.write("x"), test.stream.end()];
  test.peer.break();
  assert.equal(await Promise.all(writes.map(reasonOf)), Array(3).fill("connection-reset"));
  await nothingLeft(test);
});

writing("should destroy the connection when aborted", async () => {
  const test = setUp();
  const controller = new AbortController();
  const first = test.stream.write(new Uint8Array(2 * PIPE_BYTES));
  const second = test.stream.write("x", { signal: controller.signal });
  await settled();
  controller.abort(new Error("enough"));
  assert.is((await rejection(second) as Error).message, "enough");
  assert.is(await reasonOf(first), "cancelled");
  assert.ok(test.stream.isDestroyed);
  await nothingLeft(test);
});

writing("should refuse what is no bytes and no text", async () => {
  const test = setUp();
  for (const data of [new ArrayBuffer(3), 5, null, new DataView(new ArrayBuffer(1))]) {
    assert.is(await reasonOf(test.stream.write(data as unknown as string)), "invalid-argument");
  }
  await nothingLeft(test);
});

writing("should do nothing for a signal that aborted before", async () => {
  const test = setUp();
  const signal = AbortSignal.abort(new Error("before"));
  for (const call of [test.stream.write("x", { signal }), test.stream.read({ signal }), test.stream.end({ signal })]) {
    assert.is((await rejection(call) as Error).message, "before");
  }
  assert.not(test.stream.isDestroyed);
  await test.stream.write("still here");
  await nothingLeft(test);
});

writing.run();

// ---

const loops = suite("EndpointStream: loops");

loops("should give all chunks and leave the connection open for answers", async () => {
  const test = setUp();
  await send(test.engine, test.peer, "question");
  test.peer.shutdownSend();
  let text = "";
  for await (const chunk of test.stream) text += new TextDecoder().decode(chunk);
  assert.is(text, "question");
  assert.not(test.stream.isDestroyed);
  await test.stream.write("answer");
  await nothingLeft(test);
});

loops("should destroy the connection when left by break or throw", async () => {
  for (const isThrown of [false, true]) {
    const test = setUp();
    await send(test.engine, test.peer, "x");
    const loop = async (): Promise<void> => {
      for await (const _chunk of test.stream) {
        if (isThrown) throw new Error("in the loop");
        break;
      }
    };
    await loop().catch(() => {});
    assert.ok(test.stream.isDestroyed);
    await nothingLeft(test);
  }
});

loops("should leave the connection open when asked to", async () => {
  const test = setUp();
  await send(test.engine, test.peer, "x");
  for await (const _chunk of test.stream.chunks({ preventClose: true })) break;
  assert.not(test.stream.isDestroyed);
  await nothingLeft(test);
});

loops("should throw a failure, or the reason of an abort, and destroy", async () => {
  const test = setUp();
  const controller = new AbortController();
  const loop = (async (): Promise<void> => {
    for await (const _chunk of test.stream.chunks({ signal: controller.signal })) assert.unreachable();
  })();
  await settled();
  controller.abort(new Error("enough"));
  assert.is((await rejection(loop) as Error).message, "enough");
  assert.ok(test.stream.isDestroyed);
  await nothingLeft(test);
});

loops.run();

// ---

const closing = suite("EndpointStream: closing");

closing("should send what waits before it closes, also without an await", async () => {
  const test = setUp();
  const received = receivedBy(test);
  void test.stream.write(new Uint8Array(3 * PIPE_BYTES));
  await within("the close", test.stream.close());
  assert.ok(test.stream.isDestroyed);
  assert.is((await received).length, 3 * PIPE_BYTES);
  await test.stream.close();
  await nothingLeft(test);
});

closing("should close at the end of its block, also by a throw", async () => {
  const test = setUp();
  const block = async (): Promise<void> => {
    await using stream = test.stream;
    assert.not(stream.isDestroyed);
    throw new Error("in the block");
  };
  assert.is((await rejection(block()) as Error).message, "in the block");
  assert.ok(test.stream.isDestroyed);
  await nothingLeft(test);
});

closing("should not wait for a peer that never reads once its signal aborts", async () => {
  const test = setUp();
  const write = test.stream.write(new Uint8Array(2 * PIPE_BYTES));
  const controller = new AbortController();
  const close = test.stream.close({ signal: controller.signal });
  await settled();
  assert.not(test.stream.isDestroyed);
  controller.abort();
  await within("the close", close);
  assert.ok(test.stream.isDestroyed);
  assert.is(await reasonOf(write), "cancelled");
  await nothingLeft(test);
});

closing("should never reject", async () => {
  const test = setUp();
  test.peer.break();
  await test.stream.close();
  await test.stream.close({ signal: AbortSignal.abort() });
  await nothingLeft(test);
});

closing("should keep its addresses", async () => {
  const test = setUp();
  const [local, peer] = [String(test.stream.localAddress), String(test.stream.peerAddress)];
  assert.match(local, /^127\.0\.0\.1:\d+$/);
  assert.is.not(local, peer);
  test.stream.destroy();
  assert.equal([String(test.stream.localAddress), String(test.stream.peerAddress)], [local, peer]);
  await nothingLeft(test);
});

closing.run();
