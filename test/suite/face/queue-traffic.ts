// Bodies about completion queues: functors, connections, and what is refused.
import * as assert from "uvu/assert";
import type { EventEngine } from "#host/engine/event-engine.js";
import type { Endpoint, SliceBuffer } from "#host/engine/interfaces.js";
import type { CompletionQueue } from "#host/engine/queue-interfaces.js";
import { StatusCode } from "#host/engine/status.js";
import { body, type FaceBody, Heard } from "./body.js";
import { connected } from "./network.js";
import { endpointOf, make, pass, POLLING_TYPES, refused, short, TAGS, TYPES } from "./queue-kit.js";

const nothing = (): void => {};

const functors: FaceBody[] = [
  body("cq-callback", "should run 128 functors in order, and the one of the shutdown last", async ({ makeEngine }) => {
    const engine = await makeEngine();
    for (const pollingType of POLLING_TYPES) {
      const seen: [number, boolean][] = [];
      const end = new Heard<boolean>();
      const attributes = { version: 2, completionType: "callback", pollingType, onShutdown: end.hear } as const;
      const queue = engine.completionQueueFactory(attributes).create();
      const tags = Array.from({ length: TAGS }, (_, index) => {
        const functorRun = (ok: boolean): void => { seen.push([index, ok]); };
        return index % 2 ? functorRun : { functorRun, inlineable: index % 4 === 0 };
      });
      for (const tag of tags) assert.ok(queue.beginOp(tag));
      queue.shutdown();
      for (const [index, tag] of tags.entries()) queue.endOp(tag, index % 3 !== 0);
      assert.is(seen.length, 0, "none runs inside of a call");
      await end.first;
      assert.equal(seen, tags.map((_, index) => [index, index % 3 !== 0]));
      assert.equal(end.values, [true]);
      queue.destroy();
    }
  }),

  body("cq-scope", "should run functors when the outermost scope ends", async ({ makeEngine, uncaught }) => {
    const engine = await makeEngine();
    const seen: string[] = [];
    const end = new Heard<boolean>();
    const queue = engine.createCompletionQueueForCallback((ok) => {
      seen.push("shutdown");
      end.hear(ok);
    });
    const again = (): void => { seen.push("again"); };
    const tag = { functorRun: (): void => { pass(queue, again); seen.push("functor"); } };
    const thrower = (): void => { throw new Error("a functor throws"); };
    const answer = engine.applicationCallbackScope(() => {
      engine.applicationCallbackScope(() => pass(queue, tag));
      pass(queue, thrower);
      seen.push("in the scope");
      return 5;
    });
    assert.is(answer, 5);
    assert.equal(seen, ["in the scope", "functor", "again"]);
    assert.equal(uncaught.splice(0).map(String), ["Error: a functor throws"]);
    queue.destroy();
    assert.is(seen.length, 3);
    await end.first;
    assert.equal(seen, ["in the scope", "functor", "again", "shutdown"]);
  }),

  body("cq-functor-close", "should run every functor, however late", async ({ makeEngine }) => {
    const engine = await makeEngine();
    const seen: [string, boolean][] = [];
    const queue = engine.createCompletionQueueForCallback((ok) => { seen.push(["shutdown", ok]); });
    const onConnect = (ok: boolean): void => { seen.push(["connect", ok]); };
    engine.connect(queue.operation(onConnect), "127.0.0.1:1", { timeoutMs: 1e9 });
    const left = engine.createCompletionQueueForCallback((ok) => { seen.push(["last", ok]); });
    const own = (ok: boolean): void => { seen.push(["own", ok]); };
    assert.ok(left.beginOp(own));
    await engine.close();
    assert.equal(seen.splice(0), [["connect", false], ["shutdown", true]]);
    left.endOp(own, true);
    assert.equal(seen, [], "none runs inside of a call, engine or not");
    await Promise.resolve();
    assert.equal(seen, [["own", true], ["last", true]]);
    for (const each of [queue, left]) each.destroy();
  }),
];

/** Both ends of a connection by one queue, whatever comes first. */
async function pairBy(engine: EventEngine, queue: CompletionQueue): Promise<Map<unknown, Endpoint>> {
  const listener = engine.createListener(queue.accepts("accept"), nothing);
  const port = listener.bind("127.0.0.1:0");
  listener.start();
  engine.connect(queue.operation("connect"), `127.0.0.1:${port}`);
  const ends = new Map<unknown, Endpoint>();
  for (let count = 0; count < 2; count++) {
    const event = await queue.next();
    ends.set(short(event), endpointOf(event));
  }
  listener.close();
  return ends;
}

function filled(engine: EventEngine, text: string): SliceBuffer {
  const buffer = engine.createSliceBuffer();
  buffer.append(text);
  return buffer;
}

const traffic: FaceBody[] = [
  body("cq-connection", "should carry accepts, connects, reads and writes with their ends", async ({ makeEngine }) => {
    const engine = await makeEngine();
    const queue = engine.createCompletionQueueForNext();
    const ends = await pairBy(engine, queue);
    const [client, server] = [ends.get("connect") as Endpoint, ends.get("accept") as Endpoint];
    const [sent, got] = [filled(engine, "hello"), engine.createSliceBuffer()];
    const [reading, writing] = [{ name: "a read" }, { name: "a write" }];
    server.read(queue.operation(reading), got, { readHintBytes: 5 });
    client.write(queue.operation(writing), sent);
    const both = [await queue.next(), await queue.next()];
    assert.equal(new Set(both.map(short)), new Set([reading, writing]));
    assert.ok(both.every((event) => event.type === "op-complete" && event.success && event.value === undefined));
    const bytes = new Uint8Array(5);
    assert.is(got.copyTo(bytes), 5);
    assert.is(new TextDecoder().decode(bytes), "hello");
    client.destroy();
    server.read(queue.operation("the end"), got);
    const end = await queue.next();
    assert.is(end.type === "op-complete" && end.status.reason, "end-of-stream");
    assert.is(end.type === "op-complete" && end.success, false);
    server.destroy();
    for (const buffer of [sent, got]) buffer.destroy();
    queue.destroy();
  }),

  body("cq-left", "should destroy the endpoint that nobody will take any more", async ({ makeEngine, uncaught }) => {
    const engine = await makeEngine();
    const [gone, shut] = [engine.createCompletionQueueForNext(), engine.createCompletionQueueForNext()];
    const accepted = new Heard<Endpoint>();
    const listener = engine.createListener(accepted.hear, nothing);
    const other = engine.createListener(shut.accepts("accept"), nothing);
    const [port, otherPort] = [listener, other].map((each) => each.bind("127.0.0.1:0"));
    for (const each of [listener, other]) each.start();
    engine.connect(gone.operation("connect"), `127.0.0.1:${port}`);
    gone.destroy();
    shut.shutdown();
    const client = await connected(engine, `127.0.0.1:${otherPort}`);
    for (const end of [await accepted.first, client]) {
      const buffer = engine.createSliceBuffer();
      const reason = await new Promise<string>((resolve) => end.read((status) => resolve(status.reason), buffer));
      assert.is(reason, "end-of-stream");
      end.destroy();
      buffer.destroy();
    }
    assert.equal(uncaught.splice(0).length, 1, "the accept that could not begin");
    for (const each of [listener, other]) each.close();
    shut.destroy();
  }),
];

const misuse: FaceBody[] = [
  body("cq-misuse", "should refuse what breaks a rule, with an error that names it", async (world) => {
    const engine = await world.makeEngine();
    const [next, pluck] = [engine.createCompletionQueueForNext(), engine.createCompletionQueueForPluck()];
    const callback = engine.createCompletionQueueForCallback(nothing);
    const { FAILED_PRECONDITION: state, INVALID_ARGUMENT: argument } = StatusCode;
    for (const queue of [pluck, callback]) refused(() => queue.tryNext(), state, "of type next");
    for (const queue of [next, callback]) refused(() => queue.tryPluck(1), state, "of type pluck");
    assert.match(String(await pluck.next().catch(String)), "of type next");
    assert.match(String(await next.pluck(1).catch(String)), "of type pluck");
    assert.match(String(await next.next(new Date(NaN)).catch(String)), "valid date");
    assert.match(String(await next.next({ timeoutMs: 1, deadline: new Date() }).catch(String)), "one of them");
    refused(() => callback.beginOp(1), argument, "functorRun");
    refused(() => next.endOp("none", true), state, "no operation of beginOp");
    for (const pollingType of ["non-listening", "non-polling"] as const) {
      const queue = make(engine, "next", pollingType);
      refused(() => queue.accepts(1), state, "not of polling type default");
      queue.destroy();
    }
    const twice = next.operation("twice");
    twice.drop();
    refused(() => twice.drop(), state, "ends once");
    pass(next, 1);
    refused(() => next.destroy(), state, "before its events were taken");
    next.tryNext();
    const waiting = next.next();
    refused(() => next.destroy(), state, "while somebody waits");
    next.shutdown();
    await waiting;
    for (const queue of [next, pluck, callback]) queue.destroy();
  }),

  body("cq-versions", "should have factories for the versions 1 and 2 only", async ({ makeEngine }) => {
    const engine = await makeEngine();
    const lookUp = (version: number, completionType = "next", pollingType = "default", onShutdown?: unknown): void => {
      const attributes = { version, completionType, pollingType, ...(onShutdown === undefined ? {} : { onShutdown }) };
      engine.completionQueueFactory(attributes as Parameters<EventEngine["completionQueueFactory"]>[0]);
    };
    for (const version of [1, 2]) for (const type of TYPES) lookUp(version, type);
    const { INVALID_ARGUMENT } = StatusCode;
    for (const version of [0, 3, 1.5, NaN]) refused(() => lookUp(version), INVALID_ARGUMENT, "no factory");
    refused(() => lookUp(1, "first"), INVALID_ARGUMENT, "no factory");
    refused(() => lookUp(1, "next", "often"), INVALID_ARGUMENT, "no factory");
    refused(() => lookUp(1, "callback", "default", nothing), INVALID_ARGUMENT, "onShutdown belongs");
    refused(() => lookUp(2, "pluck", "default", nothing), INVALID_ARGUMENT, "onShutdown belongs");
  }),
];

export const queueTrafficBodies: readonly FaceBody[] = [...functors, ...traffic, ...misuse];
