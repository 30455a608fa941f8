// Bodies about reads and writes.
import * as assert from "uvu/assert";
import { StatusCode, StatusError } from "#host/engine/status.js";
import type { EventEngine } from "#host/engine/interfaces.js";
import { body, type FaceBody, heardStatus, isSame } from "./body.js";
import { pair, read, readBytes, write } from "./network.js";


function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = index % 251;
  return bytes;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function destroyAll(...objects: { destroy(): void }[]): void {
  for (const object of objects) object.destroy();
}

const reads: FaceBody[] = [
  body("read-later", "should call back later and once, with a buffer that holds only what was read", async (world) => {
    const engine = await world.makeEngine();
    const { client, server } = await pair(engine);
    const buffer = engine.createSliceBuffer();
    buffer.append("left over");
    const heard = heardStatus();
    assert.is(server.read(heard.hear, buffer), false);
    await write(engine, client, "fresh");
    assert.ok((await heard.first).ok);
    await world.sleep(5);
    assert.is(heard.count, 1);
    assert.is(buffer.toString(), "fresh");
    destroyAll(buffer, client, server);
  }),

  body("read-inline", "should not call back when the read is done inside the call", async ({ makeEngine, sleep }) => {
    const engine = await makeEngine();
    const { client, server } = await pair(engine);
    const buffer = engine.createSliceBuffer();
    let isInline = false;
    for (let round = 0; round < 20 && !isInline; round++) {
      await write(engine, client, "ready");
      await sleep(5);
      const heard = heardStatus();
      isInline = server.read(heard.hear, buffer, { mayCompleteInline: true });
      if (isInline) {
        assert.is(buffer.toString(), "ready");
        await sleep(5);
        assert.is(heard.count, 0);
      } else {
        await heard.first;
      }
    }
    assert.ok(isInline, "with the bytes there, one of twenty reads is done inside the call");
    const waiting = heardStatus();
    assert.is(server.read(waiting.hear, buffer, { mayCompleteInline: true }), false, "nothing is there");
    client.destroy();
    assert.is((await waiting.first).ok, false);
    destroyAll(buffer, server);
  }),

  body("read-end", "should give what came before the end, then the error, with an empty buffer", async (world) => {
    const engine = await world.makeEngine();
    const { client, server } = await pair(engine);
    await write(engine, client, "last words");
    client.destroy();
    await world.sleep(5);
    assert.is(text(await readBytes(engine, server, 10)), "last words");
    const buffer = engine.createSliceBuffer();
    for (let round = 0; round < 2; round++) {
      buffer.append("junk");
      const status = await read(server, buffer);
      assert.is.not(status, "inline");
      assert.equal([status === "inline" || status.ok, buffer.length], [false, 0]);
      assert.is(status === "inline" ? "" : status.reason, "end-of-stream");
    }
    destroyAll(buffer, server);
  }),

  body("read-defaults", "should be done with one byte, or with as many as were wished for", async (world) => {
    const { makeEngine, sleep } = world;
    const engine = await makeEngine();
    const { client, server } = await pair(engine);
    const buffer = engine.createSliceBuffer();
    for (const readHintBytes of [undefined, 1, 5]) {
      const heard = heardStatus();
      server.read(heard.hear, buffer, readHintBytes === undefined ? {} : { readHintBytes });
      for (let sent = 0; sent < (readHintBytes ?? 1); sent++) {
        await sleep(2);
        assert.is(heard.count, 0, `${sent} bytes were sent`);
        await write(engine, client, "x");
      }
      assert.ok((await heard.first).ok);
      assert.is(buffer.toString(), "x".repeat(readHintBytes ?? 1));
    }
    const received = readBytes(engine, server, 3 << 20);
    await write(engine, client, pattern(3 << 20)); // three frames
    assert.ok(isSame(await received, pattern(3 << 20)));
    destroyAll(buffer, client, server);
  }),

  body("second-read", "should refuse a second read or write while one is outstanding", async (world) => {
    const { makeEngine, largeBytes } = world;
    const engine = await makeEngine();
    const { client, server } = await pair(engine);
    const [first, second] = [engine.createSliceBuffer(), engine.createSliceBuffer()];
    const heard = heardStatus();
    server.read(heard.hear, first);
    assert.throws(() => server.read(heard.hear, second), (error: unknown) => error instanceof StatusError);
    const written = heardStatus();
    second.append(pattern(largeBytes));
    assert.is(server.write(written.hear, second), false, "beside a read");
    second.append("more");
    assert.throws(() => server.write(written.hear, second), (error: unknown) => error instanceof StatusError);
    const received = readBytes(engine, client, largeBytes);
    assert.ok((await written.first).ok);
    assert.ok(isSame(await received, pattern(largeBytes)));
    await write(engine, client, "for the read");
    assert.ok((await heard.first).ok);
    assert.equal([heard.count, written.count], [1, 1]);
    destroyAll(first, second, client, server);
  }),
];

const writes: FaceBody[] = [
  body("write-empty", "should be done with a write of nothing at once, where that is allowed", async (world) => {
    const { makeEngine } = world;
    const engine = await makeEngine();
    const { client, server } = await pair(engine);
    const buffer = engine.createSliceBuffer();
    const heard = heardStatus();
    assert.is(client.write(heard.hear, buffer, { mayCompleteInline: true }), true);
    assert.is(client.write(heard.hear, buffer), false);
    assert.ok((await heard.first).ok);
    assert.is(heard.count, 1);
    destroyAll(buffer, client, server);
  }),

  body("write-all", "should end a write when every byte is taken, and not while nobody reads", async (world) => {
    const engine = await world.makeEngine();
    const { client, server } = await pair(engine);
    const buffer = engine.createSliceBuffer();
    const bytes = pattern(world.largeBytes);
    buffer.append(bytes);
    const heard = heardStatus();
    assert.is(client.write(heard.hear, buffer), false);
    assert.is(buffer.length, 0, "the bytes are taken out of the buffer");
    await world.sleep(20);
    assert.is(heard.count, 0);
    const received = await readBytes(engine, server, bytes.length);
    assert.ok((await heard.first).ok);
    assert.ok(isSame(received, bytes));
    destroyAll(buffer, client, server);
  }),

  body("write-frames", "should carry the same bytes whatever the frame size", async ({ makeEngine }) => {
    const engine = await makeEngine();
    const { client, server } = await pair(engine);
    for (const maxFrameSize of [1, 7, 1000, 1 << 20, 1 << 30]) {
      const length = Math.min(20_000, maxFrameSize * 500);
      const received = readBytes(engine, server, length);
      await write(engine, client, pattern(length), { maxFrameSize });
      assert.equal(await received, pattern(length), `frames of ${maxFrameSize}`);
    }
    destroyAll(client, server);
  }),

  body("write-to-gone", "should fail a write sooner or later when the peer is gone", async ({ makeEngine, sleep }) => {
    const engine = await makeEngine();
    const { client, server } = await pair(engine);
    server.destroy();
    let failure = "";
    for (let round = 0; round < 200 && failure === ""; round++) {
      const status = await write(engine, client, pattern(1000));
      if (status !== "inline" && !status.ok) failure = status.reason;
      await sleep(1);
    }
    assert.is.not(failure, "");
    client.destroy();
  }),

  body("shutdown-send", "should end one direction and go on reading", async ({ makeEngine }) => {
    const engine = await makeEngine();
    const { client, server } = await pair(engine);
    await write(engine, client, "question");
    client.shutdownSend();
    assert.is(text(await readBytes(engine, server, 8)), "question");
    const buffer = engine.createSliceBuffer();
    const end = await read(server, buffer);
    assert.is(end === "inline" ? "" : end.reason, "end-of-stream");
    await write(engine, server, "answer");
    assert.is(text(await readBytes(engine, client, 6)), "answer");
    destroyAll(buffer, client, server);
  }),
];

const ends: FaceBody[] = [
  body("destroy-pending", "should end what is pending with CANCELLED, later and once", async (world) => {
    const { makeEngine, sleep, largeBytes } = world;
    const engine = await makeEngine();
    const { client, server } = await pair(engine);
    const [input, output] = [engine.createSliceBuffer(), engine.createSliceBuffer()];
    const [readEnd, writeEnd] = [heardStatus(), heardStatus()];
    client.read(readEnd.hear, input);
    output.append(pattern(largeBytes));
    client.write(writeEnd.hear, output);
    client.destroy();
    assert.equal([readEnd.count, writeEnd.count], [0, 0], "not inside the call");
    assert.is((await readEnd.first).code, StatusCode.CANCELLED);
    assert.is((await writeEnd.first).code, StatusCode.CANCELLED);
    assert.is(input.length, 0);
    assert.throws(() => client.read(readEnd.hear, input), (error: unknown) => error instanceof StatusError);
    client.destroy();
    await sleep(5);
    assert.equal([readEnd.count, writeEnd.count], [1, 1]);
    destroyAll(input, output, server);
  }),

  body("destroy-drains", "should deliver what was written before the endpoint was destroyed", async (world) => {
    const { makeEngine } = world;
    const engine = await makeEngine();
    const { client, server } = await pair(engine);
    await write(engine, client, pattern(200_000));
    client.destroy();
    assert.equal(await readBytes(engine, server, 200_000), pattern(200_000));
    server.destroy();
  }),

  body("destroy-both", "should survive a hundred times a write whose both ends are destroyed at once", destroyBoth),

  body("addresses", "should tell both addresses, the same for life", async ({ makeEngine }) => {
    const engine = await makeEngine();
    for (const host of ["127.0.0.1", "[::1]"]) {
      const { client, server } = await pair(engine, host);
      assert.is(client.peerAddress.toString(), server.localAddress.toString());
      assert.is(server.peerAddress.toString(), client.localAddress.toString());
      assert.is(client.peerAddress.family, host === "127.0.0.1" ? "ipv4" : "ipv6");
      const told = client.peerAddress.toString();
      destroyAll(client, server);
      assert.is(client.peerAddress.toString(), told);
    }
  }),
];

async function destroyBoth({ makeEngine }: { makeEngine(): Promise<EventEngine> }): Promise<void> {
  const engine = await makeEngine();
  for (let round = 0; round < 100; round++) {
    const { client, server } = await pair(engine);
    const buffer = engine.createSliceBuffer();
    buffer.append(pattern(100_000));
    const heard = heardStatus();
    const isDone = client.write(heard.hear, buffer, { mayCompleteInline: true });
    destroyAll(client, server);
    if (!isDone) await heard.first;
    buffer.destroy();
  }
}

export const endpointBodies: readonly FaceBody[] = [...reads, ...writes, ...ends];
