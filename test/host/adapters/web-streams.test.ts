// Endpoints as WHATWG streams: bytes, backpressure, and how each way to end one direction ends the other.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type WebStreams, webStreams } from "#host/engine/web-streams.js";
import { bytes, reasonOf, rejection, send, settled } from "../../support/adapter-steps.js";
import { FakeEngine, type FakeEndpoint, PIPE_BYTES } from "../../support/fake-engine.js";
import { within } from "../../support/guard.js";

interface Setup extends WebStreams {
  engine: FakeEngine;
  here: FakeEndpoint;
  peer: FakeEndpoint;
}

function setUp(): Setup {
  const engine = new FakeEngine();
  const [here, peer] = engine.pair();
  return { engine, here, peer, ...webStreams(engine, here) };
}

/** The endpoint must be gone already: the streams have destroyed it. */
async function nothingLeft({ engine, here, peer }: Setup): Promise<void> {
  assert.ok(here.isDestroyed);
  peer.destroy();
  await settled();
  assert.equal([engine.live().buffers, engine.live().endpoints], [0, 0]);
}

async function textOf(readable: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of readable) text += Buffer.from(chunk).toString();
  return text;
}

const streams = suite("webStreams");

streams("should carry bytes both ways and destroy the endpoint when both ended", async () => {
  const test = setUp();
  const other = webStreams(test.engine, test.peer);
  const echo = other.readable.pipeTo(other.writable);
  const received = textOf(test.readable);
  const writer = test.writable.getWriter();
  await writer.write(new TextEncoder().encode("hello, "));
  await writer.write("streams");
  await writer.close();
  assert.is(await received, "hello, streams");
  await within("the echo", echo);
  await nothingLeft(test);
});

streams("should read into a buffer of the reader's", async () => {
  const test = setUp();
  const reader = test.readable.getReader({ mode: "byob" });
  const first = reader.read(new Uint8Array(4));
  await send(test.engine, test.peer, bytes(1, 2, 3, 4, 5, 6));
  assert.equal((await first).value, bytes(1, 2, 3, 4));
  assert.equal((await reader.read(new Uint8Array(4))).value, bytes(5, 6));
  const last = reader.read(new Uint8Array(4));
  test.peer.shutdownSend();
  assert.is((await last).done, true);
  await test.writable.close();
  await nothingLeft(test);
});

streams("should read nothing that nobody asked for", async () => {
  const test = setUp();
  await send(test.engine, test.peer, bytes(1, 2, 3));
  await settled();
  assert.is(test.peer.inFlight, 3);
  await test.readable.cancel();
  await test.writable.abort();
  await nothingLeft(test);
});

streams("should hold a writer back until the peer reads", async () => {
  const test = setUp();
  const writer = test.writable.getWriter();
  let written = 0;
  const writes = (async (): Promise<void> => {
    for (; written < 8; written++) {
      await writer.ready;
      await writer.write(new Uint8Array(PIPE_BYTES));
    }
    await writer.close();
  })();
  await settled();
  assert.is(written, 1);
  const other = webStreams(test.engine, test.peer);
  assert.is((await textOf(other.readable)).length, 8 * PIPE_BYTES);
  await writes;
  await other.writable.close();
  assert.is(await textOf(test.readable), "");
  await nothingLeft(test);
});

streams("should go on writing after its reading was cancelled", async () => {
  const test = setUp();
  const reader = test.readable.getReader();
  const read = reader.read();
  await settled();
  await reader.cancel();
  assert.is((await read).done, true);
  assert.not(test.here.isDestroyed);
  const writer = test.writable.getWriter();
  await writer.write(bytes(1));
  await writer.close();
  await nothingLeft(test);
});

streams("should end both directions when the writing is aborted", async () => {
  const test = setUp();
  const read = test.readable.getReader().read();
  await settled();
  await test.writable.abort(new Error("enough"));
  assert.is((await rejection(read) as Error).message, "enough");
  await nothingLeft(test);
});

streams("should abort a write that waits for a peer that does not read", async () => {
  const test = setUp();
  const writer = test.writable.getWriter();
  const write = writer.write(new Uint8Array(2 * PIPE_BYTES));
  await settled();
  write.catch(() => {});
  const abort = writer.abort(new Error("enough"));
  await within("the abort", abort);
  await within("the write", write.catch(() => {}));
  await nothingLeft(test);
});

streams("should show a failure on both sides", async () => {
  const test = setUp();
  const reader = test.readable.getReader();
  const read = reader.read();
  await settled();
  test.peer.break();
  assert.is(await reasonOf(read), "connection-reset");
  assert.is(await reasonOf(reader.closed), "connection-reset");
  assert.is(await reasonOf(test.writable.getWriter().closed), "connection-reset");
  await nothingLeft(test);
});

streams("should show the failure of a write on both sides", async () => {
  const test = setUp();
  const writer = test.writable.getWriter();
  const write = writer.write(new Uint8Array(2 * PIPE_BYTES));
  await settled();
  test.peer.break();
  assert.is(await reasonOf(write), "connection-reset");
  assert.is(await reasonOf(test.readable.getReader().read()), "connection-reset");
  await nothingLeft(test);
});

streams("should take no other chunks than bytes and text", async () => {
  const test = setUp();
  const writer = test.writable.getWriter();
  assert.is(await reasonOf(writer.write(1 as unknown as Uint8Array)), "invalid-argument");
  assert.is(await reasonOf(writer.closed), "invalid-argument");
  await nothingLeft(test);
});

streams.run();
