// Bodies about completion queues: counts, waits, plucking.
import * as assert from "uvu/assert";
import { StatusCode } from "#host/engine/status.js";
import { body, type FaceBody, Heard } from "./body.js";
import { endpointOf, make, pass, POLLING_TYPES, refused, short, TAGS, TYPES } from "./queue-kit.js";

const nothing = (): void => {};

const counts: FaceBody[] = [
  body("cq-no-op", "should make, shut down and destroy a queue of every kind", async ({ makeEngine }) => {
    const engine = await makeEngine();
    for (const completionType of TYPES) {
      for (const pollingType of POLLING_TYPES) {
        const queue = make(engine, completionType, pollingType);
        assert.not.ok(queue.isShutDown);
        queue.shutdown();
        queue.shutdown();
        assert.ok(queue.isShutDown);
        if (completionType === "next") assert.is((await queue.next()).type, "queue-shutdown");
        if (completionType === "pluck") assert.is((await queue.pluck(1)).type, "queue-shutdown");
        queue.destroy();
        queue.destroy();
      }
    }
    assert.is(engine.live().queues, 0);
  }),

  body("cq-begin", "should begin operations while the queue drains, and none when it is shut down", async (world) => {
    const queue = (await world.makeEngine()).createCompletionQueueForNext();
    assert.ok(queue.beginOp("first"));
    queue.shutdown();
    const second = queue.operation("second");
    queue.endOp("first", true);
    assert.not.ok(queue.isShutDown);
    second.drop();
    assert.ok(queue.isShutDown);
    assert.not.ok(queue.beginOp("third"));
    refused(() => queue.operation("third"), StatusCode.FAILED_PRECONDITION, "shut down");
    assert.equal([short(await queue.next()), short(await queue.next())], ["first", "queue-shutdown"]);
    queue.destroy();
  }),

  body("cq-many", "should lose and double no event, whoever produces and whoever consumes", async ({ makeEngine }) => {
    const engine = await makeEngine();
    for (const [producers, consumers] of [[1, 1], [1, 10], [10, 1], [10, 10]] as const) {
      const queue = engine.createCompletionQueueForNext();
      const seen = new Map<unknown, number>();
      const consume = async (): Promise<number> => {
        let count = 0;
        for await (const { tag } of queue) {
          seen.set(tag, (seen.get(tag) ?? 0) + 1);
          count++;
        }
        return count;
      };
      const consuming = Promise.all(Array.from({ length: consumers }, consume));
      const events = 500;
      let busy = producers;
      for (let producer = 0; producer < producers; producer++) {
        for (let index = 0; index < events; index++) {
          engine.run(() => pass(queue, `${producer}.${index}`));
        }
        engine.run(() => {
          for (let index = 0; index < events; index++) assert.ok(queue.beginOp(`${producer}:${index}`));
          for (let index = 0; index < events; index++) engine.run(() => queue.endOp(`${producer}:${index}`, true));
          if (--busy === 0) queue.shutdown();
        });
      }
      const taken = await consuming;
      assert.is(taken.reduce((sum, count) => sum + count), 2 * events * producers);
      assert.is(seen.size, 2 * events * producers);
      queue.destroy();
    }
  }),

  body("cq-destroyed", "should let operations of a destroyed queue end in silence", async ({ makeEngine }) => {
    const engine = await makeEngine();
    const queue = engine.createCompletionQueueForNext();
    const [ended, dropped] = [queue.operation({}), queue.operation(2)];
    assert.ok(queue.beginOp("its own"));
    queue.destroy();
    ended({ code: StatusCode.OK, ok: true, message: "ok", reason: "ok" });
    dropped.drop();
    refused(() => queue.operation(1), StatusCode.FAILED_PRECONDITION, "destroyed");
    await new Promise<void>((resolve) => engine.run(resolve));
    assert.is(engine.live()["core.operations"], 0);
    assert.is(engine.live()["core.queues"], 0);
  }),
];

const waits: FaceBody[] = [
  body("cq-wait", "should end a wait with its event, its timeout or the shutdown", async ({ makeEngine, date }) => {
    const engine = await makeEngine();
    const queue = engine.createCompletionQueueForNext();
    assert.is((await queue.next(new Date(0))).type, "queue-timeout");
    assert.is((await queue.next({ timeoutMs: 3 })).type, "queue-timeout");
    assert.is((await queue.next(new Date(date().getTime() + 3))).type, "queue-timeout");
    pass(queue, "there");
    assert.is(short(await queue.next(new Date(0))), "there");
    engine.runAfter(2, () => pass(queue, "later"));
    assert.is(short(await queue.next({ timeoutMs: 3_600_000 })), "later");
    assert.is(engine.live().tasks, 0, "its deadline is forgotten");
    const late = queue.next({ timeoutMs: 0 });
    engine.runAfter(0, () => pass(queue, "in the same turn"));
    assert.is(short(await late), "in the same turn");
    assert.ok(queue.beginOp("last"));
    const [one, other, third] = [queue.next(), queue.next({ timeoutMs: 3_600_000 }), queue.next()];
    queue.shutdown();
    queue.endOp("last", false);
    const last = await one;
    assert.is(short(last), "last");
    assert.is(last.type === "op-complete" && last.success, false);
    assert.equal([(await other).type, (await third).type], ["queue-shutdown", "queue-shutdown"]);
    assert.is((await queue.next()).type, "queue-shutdown");
    queue.destroy();
  }),

  body("cq-order", "should serve who waits longest, with the oldest event, and keep events apart", async (world) => {
    const queue = (await world.makeEngine()).createCompletionQueueForNext();
    const waiting = Array.from({ length: 20 }, () => queue.next());
    for (let tag = 0; tag < 20; tag++) pass(queue, tag, tag % 2 === 0);
    for (const [tag, event] of (await Promise.all(waiting)).entries()) {
      assert.is(short(event), tag);
      assert.is(event.type === "op-complete" && event.success, tag % 2 === 0);
    }
    const first = queue.next();
    pass(queue, "first");
    const second = queue.next();
    pass(queue, "second");
    assert.equal([short(await first), short(await second)], ["first", "second"]);
    queue.destroy();
  }),

  body("cq-told", "should tell another loop once when there is something to take", async (world) => {
    const engine = await world.makeEngine();
    const queue = engine.createCompletionQueueForNext();
    const told = new Heard<void>();
    queue.onReady = told.hear;
    pass(queue, 1);
    pass(queue, 2);
    assert.is(told.count, 0);
    await told.first;
    assert.equal([queue.tryNext(), queue.tryNext(), queue.tryNext()].map(short), [1, 2, undefined]);
    assert.is(told.count, 1);
    const waiting = queue.next();
    pass(queue, 3);
    assert.is(short(await waiting), 3);
    assert.is(told.count, 1, "who waited was told already");
    queue.shutdown();
    await told.times(2);
    assert.is(short(queue.tryNext()), "queue-shutdown");
    queue.destroy();
  }),

  body("cq-close", "should tell those who wait when the engine closes, and still give events", async (world) => {
    const engine = await world.makeEngine();
    const queue = engine.createCompletionQueueForNext();
    const own = engine.createCompletionQueueForPluck();
    const buffer = engine.createSliceBuffer();
    const listener = engine.createListener(queue.accepts("accept"), nothing);
    const port = listener.bind("127.0.0.1:0");
    listener.start();
    engine.connect(queue.operation("connect"), `127.0.0.1:${port}`);
    const ends = [endpointOf(await queue.next()), endpointOf(await queue.next())];
    ends[0]!.read(queue.operation("read"), buffer);
    assert.ok(own.beginOp("never ended"));
    const [waiting, plucking] = [queue.next(), own.pluck("never ended")];
    await engine.close();
    const read = await waiting;
    assert.is(short(read), "read");
    assert.is(read.type === "op-complete" && read.status.code, StatusCode.CANCELLED);
    assert.is((await plucking).type, "queue-shutdown");
    assert.is((await queue.next()).type, "queue-shutdown");
    refused(() => engine.createCompletionQueueForNext(), StatusCode.FAILED_PRECONDITION, "closed");
    for (const each of [queue, own]) each.destroy();
    buffer.destroy();
  }),
];

const plucks: FaceBody[] = [
  body("cq-pluck", "should give the events of 128 tags in any order", async ({ makeEngine }) => {
    const queue = (await makeEngine()).createCompletionQueueForPluck();
    const tags = Array.from({ length: TAGS }, (_, index) => [index, `${index}`, { index }, BigInt(index)][index % 4]);
    for (const asked of [tags, [...tags].reverse()]) {
      for (const tag of tags) pass(queue, tag);
      for (const tag of asked) assert.is(short(await queue.pluck(tag)), tag);
      assert.is(queue.length, 0);
    }
    queue.destroy();
  }),

  body("cq-pluck-waits", "should wait for a tag and leave others to those who want them", async ({ makeEngine }) => {
    const engine = await makeEngine();
    const queue = engine.createCompletionQueueForPluck();
    const [one, two] = [queue.pluck("one"), queue.pluck("two", { timeoutMs: 3_600_000 })];
    pass(queue, "three");
    engine.run(() => pass(queue, "two"));
    assert.is(short(await two), "two");
    assert.is((await queue.pluck("four", { timeoutMs: 2 })).type, "queue-timeout");
    engine.run(() => pass(queue, "one"));
    assert.is(short(await one), "one");
    assert.is(queue.tryPluck("two"), null);
    assert.is(short(queue.tryPluck("three")), "three");
    queue.shutdown();
    assert.is((await queue.pluck("three")).type, "queue-shutdown");
    queue.destroy();
  }),

  body("cq-seventh", "should send the seventh away who plucks while six wait", async ({ makeEngine }) => {
    const queue = (await makeEngine()).createCompletionQueueForPluck();
    const six = Array.from({ length: 6 }, (_, tag) => queue.pluck(tag));
    pass(queue, "seven");
    assert.is((await queue.pluck("seven")).type, "queue-timeout", "although its event is there");
    for (let tag = 0; tag < 6; tag++) pass(queue, tag);
    assert.equal((await Promise.all(six)).map(short), [0, 1, 2, 3, 4, 5]);
    assert.is(short(await queue.pluck("seven")), "seven");
    queue.destroy();
  }),
];

export const queueBodies: readonly FaceBody[] = [...counts, ...waits, ...plucks];
