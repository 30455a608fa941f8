// Promises and web streams on the real engine over loopback, against each other and against node:net.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createHash, type Hash } from "node:crypto";
import { once } from "node:events";
import net from "node:net";
import type { EventEngine } from "#host/engine/interfaces.js";
import { type AcceptQueue, connect, EndpointStream, listen, sleep } from "#host/engine/promises.js";
import { webStreams } from "#host/engine/web-streams.js";
import { connectSocket, EndpointSocket } from "#host/node/duplex.js";
import { reasonOf, rejection } from "../../support/adapter-steps.js";
import { REAL_ENGINES, withEngine } from "../../support/adapter-engines.js";
import { Pattern, Random, SEED } from "../../support/bytes.js";
import { listen as listenWithNet, unusedPort } from "../../support/client.js";
import { until, within } from "../../support/guard.js";

const LARGE_BYTES = 24 << 20;

async function pairOf(engine: EventEngine, listener: AcceptQueue): Promise<[EndpointStream, EndpointStream]> {
  const [client, server] = await within("a pair", Promise.all([
    connect(engine, listener.boundAddresses[0]!), listener.accept(),
  ]));
  if (server === null) throw new Error("the listener is closed");
  return [client, server];
}

/** Sends the pattern in pieces of all sizes; resolves to the hash of what was sent. */
async function sendLarge(stream: EndpointStream, seed: number): Promise<string> {
  const [pattern, random, hash] = [new Pattern(seed), new Random(seed), createHash("sha256")];
  for (let offset = 0; offset < LARGE_BYTES;) {
    const size = Math.min(LARGE_BYTES - offset, 1 + random.below(random.below(4) === 0 ? 700_000 : 3000));
    const piece = pattern.at(offset, size);
    hash.update(piece);
    const write = stream.write(piece);
    if (random.below(3) > 0) await write; // Otherwise the next one waits behind it.
    else write.catch(() => {});
    offset += size;
  }
  await stream.end();
  return hash.digest("hex");
}

async function receiveLarge(stream: EndpointStream): Promise<string> {
  const hash: Hash = createHash("sha256");
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest("hex");
}

const engines = suite("adapters on the engine");
const test = (name: string, body: (engine: EventEngine) => Promise<void>): void => {
  for (const arm of REAL_ENGINES) engines(`${name}: ${arm.name}`, () => withEngine(arm, body));
};

test(`should carry much, both ways at once, byte for byte (seed ${SEED})`, async (engine) => {
  const listener = listen(engine, "127.0.0.1:0");
  const [client, server] = await pairOf(engine, listener);
  const [sent, received, sentBack, receivedBack] = await within("both transfers", Promise.all([
    sendLarge(client, SEED), receiveLarge(server), sendLarge(server, SEED + 1), receiveLarge(client),
  ]));
  assert.is(received, sent);
  assert.is(receivedBack, sentBack);
  await Promise.all([client.close(), server.close(), listener.close()]);
});

test("should hold a fast writer back, in bounded memory", async (engine) => {
  const listener = listen(engine, "127.0.0.1:0");
  const [client, server] = await pairOf(engine, listener);
  const chunk = new Uint8Array(1 << 20);
  let written = 0;
  const writing = (async (): Promise<void> => {
    for (;;) {
      await client.write(chunk);
      written += chunk.length;
    }
  })();
  writing.catch(() => {});
  let before = -1;
  while (before !== written) {
    before = written;
    await sleep(engine, 150);
  }
  assert.ok(written < 64 << 20, `${written} bytes were taken for a peer that reads nothing`);
  await server.read();
  client.destroy();
  assert.is(await reasonOf(writing), "cancelled");
  server.destroy();
  await listener.close();
});

test("should end one direction and go on with the other, with node:net as the peer", async (engine) => {
  const server = await listenWithNet((socket) => {
    let text = "";
    socket.on("data", (chunk) => (text += String(chunk))).on("end", () => socket.end(`you said: ${text}`));
  });
  const stream = await connect(engine, `127.0.0.1:${server.port}`);
  await stream.write("hello");
  await stream.end();
  let answer = "";
  for await (const chunk of stream) answer += Buffer.from(chunk).toString();
  assert.is(answer, "you said: hello");
  await stream.close();
  server.close();
});

test("should see a reset as a failure, not as an end", async (engine) => {
  const server = await listenWithNet((socket) => {
    socket.on("error", () => {}).once("data", () => socket.resetAndDestroy());
  });
  const stream = await connect(engine, `127.0.0.1:${server.port}`);
  await stream.write("reset me");
  const error = await rejection(within("the reset", stream.read())) as { code: string };
  assert.is(error.code, "UNAVAILABLE");
  stream.destroy();
  server.close();
});

test("should fail connects as the table says, and cancel them", async (engine) => {
  const port = await unusedPort();
  assert.is(await reasonOf(connect(engine, `127.0.0.1:${port}`)), "connection-refused");
  assert.is(await reasonOf(connect(engine, "localhost:80")), "invalid-argument");
  const controller = new AbortController();
  const attempts = Array.from({ length: 40 }, () =>
    rejection(connect(engine, `127.0.0.1:${port}`, { signal: controller.signal })));
  controller.abort(new Error("enough"));
  for (const attempt of attempts) assert.is((await attempt as Error).message, "enough");
});

test(`should leak nothing whenever an abort comes (seed ${SEED})`, async (engine) => {
  const random = new Random();
  const listener = listen(engine, "127.0.0.1:0", { queueMax: 1000 });
  const serving = (async (): Promise<void> => {
    for await (const stream of listener) {
      void (async () => {
        await using server = stream;
        for await (const chunk of server) await server.write(chunk);
      })().catch(() => {});
    }
  })();
  const visit = async (): Promise<void> => {
    const { signal } = { signal: AbortSignal.timeout(random.below(12)) };
    await using client = await connect(engine, listener.boundAddresses[0]!, { signal });
    for (;;) {
      await client.write(new Uint8Array(1 + random.below(100_000)), { signal });
      await client.read({ signal });
    }
  };
  for (let round = 0; round < 10; round++) {
    const ends = await Promise.all(Array.from({ length: 12 }, () => rejection(visit()) as Promise<Error>));
    for (const end of ends) assert.is(end.name, "TimeoutError", String(end));
  }
  await listener.close();
  await serving;
});

test("should accept all of many, taken slowly, and end cleanly when its loop is left", async (engine) => {
  const listener = listen(engine, ["127.0.0.1:0", "127.0.0.2:0"], { queueMax: 4 });
  const sockets = Array.from({ length: 40 }, (_, index) =>
    net.connect(listener.port, `127.0.0.${1 + index % 2}`).on("error", () => {}).resume());
  const closed = sockets.map((socket) => once(socket, "close"));
  let taken = 0;
  for await (const stream of listener) {
    stream.destroy();
    taken++;
    if (taken === 40) break;
    await sleep(engine, 1);
  }
  await within("all to be closed", Promise.all(closed));
});

test("should carry web streams", async (engine) => {
  const listener = engine.createListener((endpoint) => {
    const { readable, writable } = webStreams(engine, endpoint);
    void readable.pipeTo(writable);
  }, () => {});
  const port = listener.bind("127.0.0.1:0");
  listener.start();
  const endpoint = await new Promise<Parameters<typeof webStreams>[1]>((resolve) => {
    engine.connect((_status, made) => resolve(made!), `127.0.0.1:${port}`);
  });
  const { readable, writable } = webStreams(engine, endpoint);
  const body = new Pattern().at(0, 1_000_000);
  const writer = writable.getWriter();
  const writing = writer.write(body).then(() => writer.close());
  const reader = readable.getReader({ mode: "byob" });
  const received: Uint8Array[] = [];
  for (;;) {
    const { value, done } = await within("bytes", reader.read(new Uint8Array(70_000)));
    if (done) break;
    received.push(value);
  }
  await writing;
  assert.ok(Buffer.concat(received).equals(body));
  listener.close();
});

test("should charge an allocator for what is written and read, and give everything back", async (engine) => {
  const quota = engine.createMemoryQuota({ name: "adapters", sizeBytes: 64 << 20 });
  const factory = { createMemoryAllocator: (name: string) => quota.createAllocator(name) };
  const accepted: EndpointSocket[] = [];
  const listener = engine.createListener((endpoint, allocator) => {
    accepted.push(new EndpointSocket(engine, endpoint, { allocator }));
  }, () => {}, {}, factory);
  const port = listener.bind("127.0.0.1:0");
  listener.start();
  const client = connectSocket(engine, { port, host: "127.0.0.1", allocator: quota.createAllocator("client") });
  await within("a connection", once(client, "connect"));
  await until(() => "nothing was accepted", () => accepted.length > 0);
  const before = quota.freeBytes;
  for (const socket of [client, accepted[0]!]) socket.pause().write(Buffer.alloc(32 << 20));
  await sleep(engine, 100);
  assert.ok(quota.freeBytes < before, `${quota.freeBytes} of ${before} bytes are free`);
  for (const socket of [client, accepted[0]!]) socket.on("error", () => {}).destroy();
  listener.close();
  await until(() => `${quota.freeBytes} bytes are free`, () => quota.freeBytes === quota.sizeBytes);
  quota.destroy();
});

test("should reject everything that waits when the engine closes", async (engine) => {
  const listener = listen(engine, "127.0.0.1:0");
  const [client, server] = await pairOf(engine, listener);
  const waiting = [client.read(), sleep(engine, 1_000_000), client.write(new Uint8Array(64 << 20))].map(rejection);
  const accepting = listener.accept();
  await sleep(engine, 20);
  const over = engine.close();
  for (const error of await within("all ends", Promise.all(waiting))) {
    assert.is((error as { code: string }).code, "CANCELLED");
  }
  assert.is(await within("the accept", accepting), null);
  await over;
  await Promise.all([client.close(), server.close(), listener.close()]);
});

engines.run();
