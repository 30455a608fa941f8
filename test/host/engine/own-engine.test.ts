// An engine object of an application's own, which wraps ours and keeps books: it is as good as ours for everything that
// is written for the interface, and its books balance. First the conformance bodies that need no more than the
// interface, the text of 2021 among them; then the default engine and what promises stand on.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { EventEngine } from "#host/engine/event-engine.js";
import type { EventEngine as Interface } from "#host/engine/interfaces.js";
import {
  connect, EventEngine2021, getDefaultEventEngine, listen, lookupHostname, lookupTXT, setDefaultEventEngine, sleep,
  StatusCode,
} from "#host/index.js";
import { nodeWorld } from "../../conformance/face-arms.js";
import { type FaceWorld, runFaceBody } from "../../conformance/face-bodies.js";
import { loopbackNameserver } from "../../conformance/nameservers.js";
import type { FaceBody } from "../../suite/face/body.js";
import { connectionBodies } from "../../suite/face/connections.js";
import { endpointBodies } from "../../suite/face/endpoints.js";
import { engineBodies } from "../../suite/face/engine.js";
import { lookupBodies } from "../../suite/face/lookups.js";
import { memoryBodies } from "../../suite/face/memory.js";
import { resolverBodies } from "../../suite/face/resolver.js";
import { taskBodies } from "../../suite/face/tasks.js";
import { bodiesOf2021 } from "../../suite/face/text-of-2021.js";
import { OWN_ENGINE, withEngine } from "../../support/adapter-engines.js";
import { CountingEngine } from "../../support/counting-engine.js";
import { within } from "../../support/guard.js";

const BODIES: readonly FaceBody[] = [
  ...taskBodies, ...connectionBodies, ...endpointBodies, ...engineBodies, ...lookupBodies, ...memoryBodies,
  ...resolverBodies, ...bodiesOf2021,
];

/** What a body may leave open: an engine that closes ends it. */
const ENGINE_ENDS = ["endpoints", "resolvers", "buffers"];

/** Its engines are an application's own. Bodies say that they want ours, and use no more than the interface. */
function ownWorld(): { world: FaceWorld; made: CountingEngine[] } {
  const below = nodeWorld();
  const made: CountingEngine[] = [];
  const create: FaceWorld["create"] = async (onUncaught) => {
    const engine = new CountingEngine(await below.create(onUncaught));
    made.push(engine);
    return engine as unknown as EventEngine;
  };
  return { world: { ...below, create }, made };
}

const bodies = suite("bodies on an application's own engine");

for (const body of BODIES) {
  bodies(`${body.name}: ${body.title}`, async () => {
    const { world, made } = ownWorld();
    await runFaceBody(world, body);
    for (const { books } of made) {
      const left = Object.keys(books.outstanding());
      assert.equal(left.filter((kind) => !ENGINE_ENDS.includes(kind)), [], "began and did not end");
    }
  });
}

bodies.run();

// ---

const above = suite("what stands on an application's own engine");
const test = (name: string, body: (engine: CountingEngine) => Promise<void>): void => {
  above(name, () => withEngine(OWN_ENGINE, (engine: Interface) => body(engine as CountingEngine)));
};

test("should find it as the default engine, and count on it", async (own) => {
  setDefaultEventEngine(own);
  const shared = await getDefaultEventEngine();
  const { engine } = shared;
  assert.is(engine, own);
  const listener = listen(engine, "127.0.0.1:0");
  const client = await connect(engine, `127.0.0.1:${listener.port}`);
  await client.write("hello");
  const server = await within("a connection", listener.accept());
  assert.is(Buffer.from((await server?.read()) ?? []).toString(), "hello");
  await sleep(engine, 1);
  await Promise.all([client.close(), server?.close(), listener.close()]);
  await shared.release();
  setDefaultEventEngine(null);
  assert.not(own.isClosed, "it stays its owner's");
  const begun = ["listeners", "connects", "timers", "endpoints"] as const;
  assert.equal(begun.map((kind) => own.books.begun(kind)), [1, 1, 1, 2]);
  assert.ok(own.books.begun("reads") >= 1 && own.books.begun("writes") === 1);
});

test("should look names up through it, with promises and in the text of 2021", async (own) => {
  const server = await loopbackNameserver();
  const resolver = own.getDNSResolver({ dnsServer: server.address });
  assert.is((await lookupHostname(resolver, "one.names.test", 7)).join(), "192.0.2.7:7");
  assert.is((await lookupHostname(resolver, "localhost", 7)).join(), "[::1]:7,127.0.0.1:7");
  const failure = await lookupTXT(resolver, "two..dots").catch((error: { code: string }) => error.code);
  assert.is(failure, "INVALID_ARGUMENT");
  const aborting = new AbortController();
  const waiting = lookupHostname(resolver, "silent.names.test", 1, { signal: aborting.signal });
  aborting.abort(new Error("no longer"));
  assert.match(String(await waiting.catch(String)), "no longer");
  resolver.destroy();
  const older = new EventEngine2021(own).getDNSResolver({ dnsServer: server.address });
  const codes: StatusCode[] = [];
  const heard = new Promise<void>((resolve) => {
    const handle = older.lookupTXT(({ code }) => {
      codes.push(code);
      resolve();
    }, "silent.names.test");
    older.tryCancelLookup(handle);
    older.tryCancelLookup(handle);
  });
  assert.equal(codes, [], "not inside the call");
  await within("its end", heard);
  older.destroy();
  assert.equal(codes, [StatusCode.CANCELLED]);
  assert.is(own.books.begun("lookups"), 5);
  server.end();
});

above.run();
