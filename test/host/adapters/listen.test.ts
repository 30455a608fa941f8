// Listening, connecting and sleeping with promises: aborts at every point, bounds, and loops that are left.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { connect, type EndpointStream, listen, sleep } from "#host/engine/promises.js";
import { reasonOf, rejection, settled } from "../../support/adapter-steps.js";
import { FakeEngine } from "../../support/fake-engine.js";
import { until, within } from "../../support/guard.js";

const NOBODY = "127.0.0.1:2";
const NEVER = "127.0.0.1:1";

async function nothingLeft(engine: FakeEngine): Promise<void> {
  await settled();
  for (const [kind, count] of Object.entries(engine.live())) assert.is(count, 0, kind);
}

const messageOf = async (promise: Promise<unknown>): Promise<string> => (await rejection(promise) as Error).message;

const listening = suite("listen");

listening("should give connections in order, also to several who wait", async () => {
  const engine = new FakeEngine();
  const listener = listen(engine, "127.0.0.1:0");
  assert.ok(listener.port > 0);
  const waiting = [listener.accept(), listener.accept()];
  const clients: EndpointStream[] = [];
  for (let index = 0; index < 3; index++) clients.push(await connect(engine, listener.boundAddresses[0]!));
  const accepted = [...await Promise.all(waiting), await listener.accept()] as EndpointStream[];
  assert.equal(accepted.map((stream) => stream.peerAddress.port), clients.map((stream) => stream.localAddress.port));
  await listener.close();
  assert.is(await listener.accept(), null);
  for (const stream of [...accepted, ...clients]) await stream.close();
  await nothingLeft(engine);
});

listening("should bind several addresses, or none at all", async () => {
  const engine = new FakeEngine();
  const listener = listen(engine, ["127.0.0.1:0", "127.0.0.1:0"]);
  assert.is(listener.boundAddresses.length, 2);
  assert.throws(() => listen(engine, ["127.0.0.1:0", `127.0.0.1:${listener.port}`]), /address in use/);
  assert.throws(() => listen(engine, "nowhere"), /'nowhere' is not an address/);
  await listener.close();
  await nothingLeft(engine);
});

listening("should let nobody in while its queue is full, and lose nobody", async () => {
  const engine = new FakeEngine();
  const listener = listen(engine, "127.0.0.1:0", { queueMax: 2 });
  const clients = await Promise.all(Array.from({ length: 5 }, () => connect(engine, listener.boundAddresses[0]!)));
  assert.is(engine.backlogOf(listener.port), 3);
  for (let left = 3; left > 0; left--) {
    (await listener.accept())!.destroy();
    await until(() => `${engine.backlogOf(listener.port)} wait`, () => engine.backlogOf(listener.port) === left - 1);
  }
  assert.is(await clients[0]!.read(), null);
  await listener.close();
  assert.is(await clients[4]!.read(), null, "nobody took it");
  for (const client of clients) client.destroy();
  await nothingLeft(engine);
});

listening("should stop when the loop is left, and leave what was taken alone", async () => {
  const engine = new FakeEngine();
  const listener = listen(engine, "127.0.0.1:0");
  const client = await connect(engine, listener.boundAddresses[0]!);
  let taken: EndpointStream | undefined;
  for await (const stream of listener) {
    taken = stream;
    break;
  }
  await within("the close", listener.closed);
  await client.write("still there");
  assert.is(Buffer.from(await taken!.read() ?? []).toString(), "still there");
  assert.is(await reasonOf(connect(engine, listener.boundAddresses[0]!)), "connection-refused");
  client.destroy();
  taken!.destroy();
  await nothingLeft(engine);
});

listening("should give the reason of its signal to the loop", async () => {
  const engine = new FakeEngine();
  const controller = new AbortController();
  const listener = listen(engine, "127.0.0.1:0", { signal: controller.signal });
  const loop = (async (): Promise<void> => {
    for await (const _stream of listener) assert.unreachable();
  })();
  await settled();
  controller.abort(new Error("enough"));
  assert.is(await messageOf(loop), "enough");
  assert.is(await messageOf(listener.accept()), "enough");
  await listener.close();
  assert.throws(() => listen(engine, "127.0.0.1:0", { signal: controller.signal }), /enough/);
  await nothingLeft(engine);
});

listening("should end one wait by its own signal and lose no connection", async () => {
  const engine = new FakeEngine();
  await using listener = listen(engine, "127.0.0.1:0");
  const controller = new AbortController();
  const wait = listener.accept({ signal: controller.signal });
  controller.abort(new Error("enough"));
  assert.is(await messageOf(wait), "enough");
  const client = await connect(engine, listener.boundAddresses[0]!);
  const stream = await listener.accept();
  stream?.destroy();
  client.destroy();
  await listener.close();
  await nothingLeft(engine);
});

listening("should end a loop that waits when somebody closes it", async () => {
  const engine = new FakeEngine();
  const listener = listen(engine, "127.0.0.1:0");
  const loop = (async (): Promise<string> => {
    for await (const _stream of listener) assert.unreachable();
    return "over";
  })();
  await settled();
  await listener.close();
  assert.is(await loop, "over");
  await nothingLeft(engine);
});

listening.run();

// ---

const connecting = suite("connect");

connecting("should reject with the status of a failure", async () => {
  const engine = new FakeEngine();
  assert.is(await reasonOf(connect(engine, NOBODY)), "connection-refused");
  assert.is(await reasonOf(connect(engine, NEVER, { timeoutMs: 5 })), "deadline-exceeded");
  assert.is(await reasonOf(connect(engine, "nowhere", { signal: new AbortController().signal })), "invalid-argument");
  await nothingLeft(engine);
});

connecting("should cancel the attempt when aborted", async () => {
  const engine = new FakeEngine();
  const controller = new AbortController();
  const attempt = connect(engine, NEVER, { signal: controller.signal });
  await settled();
  assert.is(engine.live().attempts, 1);
  controller.abort(new Error("enough"));
  assert.is(engine.live().attempts, 0);
  assert.is(await messageOf(attempt), "enough");
  assert.is(await messageOf(connect(engine, NEVER, { signal: controller.signal })), "enough");
  await nothingLeft(engine);
});

connecting("should destroy a connection that comes after an abort that was too late to cancel", async () => {
  const engine = new FakeEngine();
  const listener = listen(engine, "127.0.0.1:0");
  engine.cancelConnect = () => false;
  const controller = new AbortController();
  const attempt = connect(engine, listener.boundAddresses[0]!, { signal: controller.signal });
  controller.abort(new Error("too late"));
  assert.is(await messageOf(attempt), "too late");
  await settled();
  await listener.close();
  await nothingLeft(engine);
});

connecting("should leave the connection alone when its signal aborts later", async () => {
  const engine = new FakeEngine();
  const listener = listen(engine, "127.0.0.1:0");
  const controller = new AbortController();
  const stream = await connect(engine, listener.boundAddresses[0]!, { signal: controller.signal });
  controller.abort();
  await stream.write("x");
  stream.destroy();
  await listener.close();
  await nothingLeft(engine);
});

connecting.run();

// ---

const sleeping = suite("sleep");

sleeping("should resolve after the time", async () => {
  const engine = new FakeEngine();
  await sleep(engine, 1);
  await nothingLeft(engine);
});

sleeping("should cancel the timer when aborted", async () => {
  const engine = new FakeEngine();
  const controller = new AbortController();
  const nap = sleep(engine, 1_000_000, { signal: controller.signal });
  assert.is(engine.live().timers, 1);
  controller.abort(new Error("wake up"));
  assert.is(await messageOf(nap), "wake up");
  assert.is(await messageOf(sleep(engine, 1, { signal: controller.signal })), "wake up");
  await nothingLeft(engine);
});

sleeping("should reject all sleepers of an engine that closes, and later ones", async () => {
  const engine = new FakeEngine();
  const controller = new AbortController();
  const naps = [sleep(engine, 1_000_000), sleep(engine, 2_000_000, { signal: controller.signal })];
  await settled();
  await engine.close();
  assert.equal(await Promise.all(naps.map(reasonOf)), ["cancelled", "cancelled"]);
  controller.abort();
  assert.is(await reasonOf(sleep(engine, 1)), "misuse");
  assert.is(engine.live().timers, 0);
  await nothingLeft(engine);
});

sleeping.run();
