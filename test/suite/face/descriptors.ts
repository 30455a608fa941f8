// Bodies about descriptors: whole programs on them in either flavour, and when they tell what.
import * as assert from "uvu/assert";
import { NotificationOutcome } from "#host/engine/event-manager/descriptor-interfaces.js";
import { Priority } from "#host/engine/event-manager/interfaces.js";
import type { Endpoint } from "#host/engine/interfaces.js";
import { Random, SEED } from "../../support/bytes.js";
import { body, type FaceBody, Heard, ROUNDING_MS, type World } from "./body.js";
import {
  byteAt, bytesAt, descriptors, EchoClient, EchoSession, Hash, hashOf, LibuvEchoClient, LibuvEchoSession,
} from "./descriptor-kit.js";
import { managed } from "./managed.js";
import { connected, listening } from "./network.js";

const nothing = (): void => {};
const CONNECTIONS = 3;
const ECHOED_BYTES = 150_000;

/** Rests of a client: often none, sometimes a while. */
const resting = (world: World, random: Random) => async (): Promise<void> => {
  if (random.below(3) === 0) await world.sleep(random.below(3));
};

const echoes: FaceBody[] = [
  body("descriptor-echo", "should carry an echo, to readers that take their time", async (world) => {
    const { engine, manager } = await managed(world);
    const sessions: EchoSession[] = [];
    const shutdown = new Heard<unknown>();
    const listener = engine.createListener((endpoint) => {
      sessions.push(new EchoSession(manager.registerFileDescriptor(endpoint), engine));
    }, shutdown.hear);
    const address = `127.0.0.1:${listener.bind("127.0.0.1:0")}`;
    listener.start();
    const clients: EchoClient[] = [];
    for (let number = 0; number < CONNECTIONS; number++) {
      const descriptor = manager.registerFileDescriptor(await connected(engine, address));
      const random = new Random(SEED + number);
      clients.push(new EchoClient(descriptor, engine, ECHOED_BYTES, random, resting(world, random)));
    }
    for (const client of clients) {
      assert.is(await client.done, "end-of-stream", `TEST_SEED=${SEED}`);
      assert.equal([client.hash.length, client.hash.value], [ECHOED_BYTES, hashOf(ECHOED_BYTES)]);
    }
    assert.ok(sessions.every(({ isOver }) => isOver));
    assert.equal([sessions.length, engine.live().descriptors], [CONNECTIONS, 0]);
    listener.close();
    await shutdown.first;
  }),

  body("descriptor-echo-libuv", "should carry an echo in the flavour that moves bytes first", async (world) => {
    const { engine, manager } = await managed(world);
    const { listener, address, shutdown, accepted } = listening(engine);
    const clients: LibuvEchoClient[] = [];
    for (let number = 0; number < CONNECTIONS; number++) {
      const descriptor = manager.registerFileDescriptor(await connected(engine, address));
      const random = new Random(SEED + number);
      clients.push(new LibuvEchoClient(descriptor, engine, ECHOED_BYTES, random, resting(world, random)));
      await accepted.times(number + 1);
      const session = manager.registerFileDescriptor(accepted.values[number] as Endpoint);
      new LibuvEchoSession(session, engine, [7000, 65_536, 300][number] as number);
    }
    for (const client of clients) {
      assert.is(await client.done, "end-of-stream", `TEST_SEED=${SEED}`);
      assert.equal([client.hash.length, client.hash.value], [ECHOED_BYTES, hashOf(ECHOED_BYTES)]);
      assert.ok(client.rearmed > 0, "some rooms were filled");
    }
    listener.close();
    await shutdown.first;
  }),

  body("descriptor-slow-reader", "should wait for a peer that does not read", async (world) => {
    const { engine, client, server } = await descriptors(world);
    const total = world.largeBytes;
    const buffer = engine.createSliceBuffer();
    for (let at = 0; at < total; at += 100_000) buffer.append(bytesAt(at, Math.min(100_000, total - at)));
    let told = 0;
    const send = (): void => {
      told++;
      for (let taken: unknown = 1; taken !== 0 && buffer.length > 0;) taken = client.write(buffer);
      if (buffer.length === 0) return;
      client.clearWritable();
      client.notifyWhenWritable(send);
    };
    send();
    for (let before = -1; before !== buffer.length;) {
      before = buffer.length;
      await world.sleep(20);
    }
    const toldFull = told;
    await world.sleep(20);
    assert.ok(buffer.length > 0, "nobody takes so much");
    assert.is(told, toldFull, "and then nobody is told anything");
    const hash = new Hash();
    const done = new Heard<void>();
    const receive = (): void => server.notifyAfterRead(({ bytes, status, rearmed }) => {
      assert.ok(status.ok, status.message);
      assert.is(bytes[0], byteAt(hash.length));
      hash.add(bytes);
      if (hash.length >= total) done.hear();
      else if (!rearmed) engine.run(receive);
    }, (suggested) => new Uint8Array(suggested));
    receive();
    await done.first;
    assert.equal([hash.length, hash.value], [total, hashOf(total)]);
    assert.is(buffer.length, 0);
    buffer.destroy();
    client.close();
    server.close();
  }),
];

const events: FaceBody[] = [
  body("descriptor-told", "should tell once per registration, never inside a call, what is new", async (world) => {
    const { engine, client, server } = await descriptors(world);
    const buffer = engine.createSliceBuffer();
    const first = new Heard<void>();
    server.notifyWhenReadable(first.hear);
    buffer.append("to be read");
    assert.is(client.write(buffer), 10);
    assert.is(first.count, 0, "not inside the call");
    await first.first;
    const second = new Heard<void>();
    server.notifyWhenReadable(second.hear); // told before, and not cleared: soon
    assert.is(second.count, 0);
    await second.first;
    server.clearReadable();
    const third = new Heard<void>();
    server.notifyWhenReadable(third.hear); // what is still there counts as new
    await third.first;
    assert.is(server.read(buffer), 10);
    assert.is(buffer.toString(), "to be read");
    server.clearReadable();
    const fourth = new Heard<void>();
    server.notifyWhenReadable(fourth.hear);
    await world.sleep(5);
    assert.equal([first.count, second.count, third.count, fourth.count], [1, 1, 1, 0]);
    client.close();
    await fourth.first; // the end of the stream
    const end = server.read(buffer);
    assert.ok(typeof end !== "number" && end.reason === "end-of-stream");
    server.close();
    buffer.destroy();
  }),

  body("descriptor-timeout", "should time out at the deadline, not before, and once", async (world) => {
    const { engine, client, server } = await descriptors(world);
    const heard = new Heard<NotificationOutcome>();
    const before = world.nowMs();
    server.notifyWhenReadableOrTimeout(heard.hear, 30);
    assert.is(await heard.first, NotificationOutcome.TIMED_OUT);
    assert.ok(world.nowMs() - before > 30 - ROUNDING_MS, `${world.nowMs() - before} ms`);
    const dated = new Heard<NotificationOutcome>();
    server.notifyWhenReadableOrTimeout(dated.hear, new Date(world.date().getTime() - 1));
    assert.is(await dated.first, NotificationOutcome.TIMED_OUT);
    const ready = new Heard<NotificationOutcome>();
    server.notifyWhenReadableOrTimeout(ready.hear, 60_000);
    client.notifyAfterWrite(nothing, { bytes: bytesAt(0, 5) });
    assert.is(await ready.first, NotificationOutcome.FD_BECAME_READY);
    const writable = new Heard<NotificationOutcome>();
    server.notifyWhenWritableOrTimeout(writable.hear, 60_000);
    assert.is(await writable.first, NotificationOutcome.FD_BECAME_READY);
    await world.sleep(5);
    assert.equal([heard.count, dated.count, ready.count, writable.count], [1, 1, 1, 1]);
    assert.is(engine.live()["core.registrations"], 0);
    client.close();
    server.close();
  }),

  body("descriptor-forced", "should run what is registered when it is forced", async (world) => {
    const { client, server } = await descriptors(world);
    const seen: string[] = [];
    const all = new Heard<void>();
    for (const descriptor of [client, server]) {
      descriptor.notifyWhenReadable(() => all.hear(void seen.push("readable")));
      descriptor.notifyWhenHasError(() => all.hear(void seen.push("error")));
      descriptor.forceHasError();
      descriptor.forceReadable();
      descriptor.clearHasError();
      descriptor.clearReadable();
    }
    assert.equal(seen, []);
    await all.times(4);
    assert.equal(seen, ["error", "readable", "error", "readable"]);
    const cleared = new Heard<void>();
    client.notifyWhenHasError(cleared.hear);
    await world.sleep(5);
    assert.is(cleared.count, 0);
    client.close();
    server.close();
    await cleared.first;
  }),

  body("descriptor-priorities", "should have their turns by their priorities, among all the rest", async (world) => {
    const { engine, manager, client, server } = await descriptors(world);
    const seen: string[] = [];
    const done = new Heard<void>();
    for (const descriptor of [client, server]) {
      descriptor.forceReadable();
      descriptor.forceHasError();
    }
    client.setReadPriority(Priority.LOW);
    server.setReadPriority(Priority.SYSTEM);
    server.setErrorPriority(Priority.HIGH);
    engine.run(() => {
      client.notifyWhenReadable(() => seen.push("client low"));
      client.notifyWhenHasError(() => seen.push("client medium"));
      engine.run(() => seen.push("task medium"));
      server.notifyWhenHasError(() => seen.push("server high"));
      manager.runFunction(() => seen.push("task immediate"), Priority.IMMEDIATE);
      server.notifyWhenReadable(() => seen.push("server system"));
      manager.runFunction(done.hear, Priority.LOW);
    });
    await done.first;
    const high = ["server system", "task immediate", "server high"];
    assert.equal(seen.slice(0, 3), high);
    assert.equal(seen.slice(3, 5).sort(), ["client medium", "task medium"], "two queues of one level");
    assert.equal(seen.slice(5), ["client low"]);
    client.close();
    server.close();
  }),

  body("descriptor-broken", "should tell that the peer is gone, also to those who only wait for it", async (world) => {
    const { engine, client, server } = await descriptors(world);
    const broken = new Heard<void>();
    client.notifyWhenHasError(broken.hear);
    server.close();
    const buffer = engine.createSliceBuffer();
    const write = (): unknown => {
      if (buffer.length === 0) buffer.append(bytesAt(0, 1000)); // nothing at all can always be written
      return client.write(buffer);
    };
    for (let round = 0; round < 500 && broken.count === 0; round++) {
      write();
      await world.sleep(1);
    }
    await broken.first;
    // What was told may be of the input, before the output hears of it.
    for (let round = 0; round < 500 && typeof write() === "number"; round++) await world.sleep(1);
    assert.not.type(write(), "number");
    const [readable, writable] = [new Heard<void>(), new Heard<void>()];
    client.notifyWhenReadable(readable.hear);
    client.notifyWhenWritable(writable.hear);
    await Promise.all([readable.first, writable.first]);
    client.close();
    buffer.destroy();
  }),
];

export const descriptorBodies: readonly FaceBody[] = [...echoes, ...events];
