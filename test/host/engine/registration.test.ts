// The event manager of a whole process, each time in a process of its own: what runs on it, and when it is refused.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ROOT } from "../../support/arms.js";

const LIMIT_MS = 60_000;
const folder = `${ROOT}build/registration`;

/** Runs the lines as a program, which must end by itself with 0 and without a word on stderr; what it printed. */
function printed(name: string, lines: string): string[] {
  const file = `${folder}/${name}.mjs`;
  writeFileSync(file, `
import {
  connect, EventEngine, EventManager, getDefaultEventEngine, listen, lookupHostname, nodePlatform, Priority,
  registerGlobalEventManager, setEventEngineFactory, sleep, StatusError,
} from "wasi-event-engine";
import { CountingManager } from "../test/support/counting-manager.js";
import { TimersLoop } from "../test/support/foreign-loop.js";
const refused = (call) => {
  try {
    call();
    console.log("taken");
  } catch (error) {
    console.log(error instanceof StatusError ? error.message : error);
  }
};
${lines}`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: "utf8", timeout: LIMIT_MS });
  assert.equal([status, stderr], [0, ""]);
  return stdout.trimEnd().split("\n");
}

const test = suite("the event manager of a process");

test.before(() => { mkdirSync(folder, { recursive: true }); });
test.after(() => rmSync(folder, { recursive: true }));

/** Uses all of an engine, notes whatever runs outside of `manager`, and tells the books. */
const USE = `
const outside = [];
let heard = 0;
const inside = (what, then = () => {}) => (...args) => {
  heard++;
  if (!manager.isInside) outside.push(what);
  then(...args);
};
const later = () => {
  const made = {};
  made.promise = new Promise((resolve) => { made.resolve = resolve; });
  return made;
};
async function use(engine) {
  await new Promise((resolve) => engine.run(inside("run", resolve)));
  await new Promise((resolve) => engine.runAfter(2, inside("runAfter", resolve)));
  await new Promise((resolve) => engine.runAt(new Date(Date.now() + 2), inside("runAt", resolve)));
  const [accepted, shut] = [later(), later()];
  const listener = engine.createListener(inside("accept", accepted.resolve), inside("shutdown", shut.resolve));
  const port = listener.bind("127.0.0.1:0");
  listener.start();
  const client = await new Promise((resolve) => {
    engine.connect(inside("connect", (_status, endpoint) => resolve(endpoint)), "127.0.0.1:" + port);
  });
  const server = await accepted.promise;
  const [sent, received] = [engine.createSliceBuffer(), engine.createSliceBuffer()];
  const arrived = new Promise((resolve) => server.read(inside("read", resolve), received, { readHintBytes: 300000 }));
  sent.append(new Uint8Array(300000));
  await new Promise((resolve) => client.write(inside("write", resolve), sent));
  await arrived;
  console.log(received.length, "bytes");
  for (const each of [client, server, sent, received]) each.destroy();
  listener.close();
  await shut.promise;
  const resolver = engine.getDNSResolver({ dnsServer: "127.0.0.1:1", attempts: 1, attemptTimeoutMs: 20 });
  await new Promise((resolve) => resolver.lookupHostname(inside("look-up", resolve), "localhost", 1));
  await new Promise((resolve) => resolver.lookupTXT(inside("text", resolve), "none.example.test"));
  resolver.destroy();
}
const tell = () => {
  console.log("outside:", outside.join() || "nothing");
  manager.checkBooks();
  console.log(heard, "callbacks;", manager.opened, "opened;", manager.ran > 0 && manager.fired > 0);
};
`;

test("should turn every engine that was given no platform, and only these", () => {
  assert.equal(printed("all", `
    const manager = new CountingManager(new TimersLoop());
    ${USE}
    registerGlobalEventManager(manager);
    const engine = await EventEngine.create();
    await use(engine);
    await engine.close();
    const other = await EventEngine.create({ platform: nodePlatform() });
    let isOutside = false;
    other.run(() => { isOutside = !manager.isInside; });
    await other.close();
    console.log(isOutside);
    tell();
  `), ["300000 bytes", "true", "outside: nothing", "10 callbacks; 1 opened; true"]);
});

test("should turn the default engine, and what promises stand on", () => {
  assert.equal(printed("default", `
    const manager = new CountingManager(new TimersLoop());
    ${USE}
    registerGlobalEventManager(manager);
    setEventEngineFactory(() => EventEngine.create({ quota: 1 << 24 }));
    const shared = await getDefaultEventEngine();
    const { engine } = shared;
    await use(engine);
    const listener = listen(engine, "127.0.0.1:0");
    const client = await connect(engine, "127.0.0.1:" + listener.port);
    await client.write("on a foreign loop");
    const server = await listener.accept();
    console.log(Buffer.from(await server.read()).toString());
    client.destroy();
    server.destroy();
    await listener.close();
    await sleep(engine, 1);
    await shared.release();
    tell();
  `), ["300000 bytes", "on a foreign loop", "outside: nothing", "10 callbacks; 1 opened; true"]);
});

test("should turn engines by our own manager, whose engine is held until they are closed", () => {
  assert.equal(printed("ours", `
    const base = await EventEngine.create({ platform: nodePlatform() });
    const manager = new CountingManager(new EventManager(base));
    ${USE}
    registerGlobalEventManager(manager);
    const engine = await EventEngine.create();
    let isClosed = false;
    const closed = base.close().then(() => { isClosed = true; });
    await use(engine);
    console.log(isClosed, base.isClosed);
    await engine.close();
    await closed;
    tell();
    console.log(Object.values(base.live()).every((count) => count === 0));
  `), ["300000 bytes", "false false", "outside: nothing", "10 callbacks; 1 opened; true", "true"]);
});

test("should be one only", () => {
  assert.equal(printed("twice", `
    const manager = new TimersLoop();
    registerGlobalEventManager(manager);
    refused(() => registerGlobalEventManager(manager));
    refused(() => registerGlobalEventManager(new TimersLoop()));
    await (await EventEngine.create()).close();
    console.log(manager.refs, manager.isIdle);
  `), [
    "registerGlobalEventManager twice: the process has an event manager already",
    "registerGlobalEventManager twice: the process has an event manager already", "0 true",
  ]);
});

test("should be there before the first engine that would run on it, and not later", () => {
  const late = "registerGlobalEventManager after an event engine was created on the platform's loop";
  assert.equal(printed("late", `
    const creating = EventEngine.create();
    refused(() => registerGlobalEventManager(new TimersLoop()));
    const engine = await creating;
    refused(() => registerGlobalEventManager(new TimersLoop()));
    await engine.close();
    refused(() => registerGlobalEventManager(new TimersLoop()));
  `), [late, late, late]);
  assert.equal(printed("late-default", `
    await (await getDefaultEventEngine()).release();
    refused(() => registerGlobalEventManager(new TimersLoop()));
  `), [late]);
  assert.equal(printed("beside", `
    await (await EventEngine.create({ platform: nodePlatform() })).close();
    refused(() => registerGlobalEventManager(new TimersLoop()));
  `), ["taken"]);
});

test("should have all methods, and be refused by the name of the first that lacks, which changes nothing", () => {
  const names = [
    "scheduleAlarmIn", "runFunction", "runFunctions", "consistentCancel", "blockingConsistentCancel", "shutdownRef",
    "shutdownUnref",
  ];
  assert.equal(printed("lacking", `
    for (const name of ${JSON.stringify(names)}) {
      refused(() => registerGlobalEventManager(Object.assign(new TimersLoop(), { [name]: undefined })));
    }
    for (const nothing of [null, undefined, "loop", {}]) refused(() => registerGlobalEventManager(nothing));
    refused(() => registerGlobalEventManager(new TimersLoop()));
  `), [
    ...[...names, ...new Array<string>(4).fill("scheduleAlarmIn")].map((name) => {
      return `want an event manager: it lacks the method ${name}`;
    }),
    "taken",
  ]);
});

test("should let a process end that has nothing to wait for, although its engine is open", () => {
  assert.equal(printed("idle", `
    registerGlobalEventManager(new TimersLoop());
    const engine = await EventEngine.create();
    engine.run(() => console.log("ran"));
    engine.runAfter(Infinity, () => console.log("never"));
    engine.runAfter(20, () => console.log("waited"));
  `), ["ran", "waited"]);
});

test.run();
