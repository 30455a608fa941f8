// What keeps a Node process alive, and what does not: small programs that must end by themselves.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ROOT } from "../../support/arms.js";

const LIMIT_MS = 60_000;
const folder = `${ROOT}build/engine-process`;
const test = suite("a process with an engine");

test.before(() => { mkdirSync(folder, { recursive: true }); });
test.after(() => rmSync(folder, { recursive: true }));

/** Runs the lines behind `const engine = …`; what they print, when the process ended with 0. */
function printed(name: string, lines: string): string {
  const file = `${folder}/${name}.mjs`;
  writeFileSync(file, `import { EventEngine } from "wasi-event-engine";
const engine = await EventEngine.create();
${lines}`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: "utf8", timeout: LIMIT_MS });
  assert.equal([status, stderr], [0, ""]);
  return stdout;
}

test("should end when the engine has nothing to wait for, closed or not", () => {
  assert.is(printed("idle", `engine.run(() => console.log("ran"));`), "ran\n");
});

test("should wait for tasks that will come", () => {
  assert.is(printed("task", `engine.runAfter(50, () => console.log("ran"));`), "ran\n");
});

test("should not wait for tasks that will never come, nor for cancelled ones", () => {
  assert.is(printed("never", `
    engine.runAfter(Infinity, () => console.log("ran"));
    engine.cancel(engine.runAfter(3_600_000, () => console.log("ran")));
    console.log("end");`), "end\n");
});

test("should wait for a listener until that is closed", () => {
  assert.is(printed("listener", `
    const listener = engine.createListener(() => {}, () => console.log("shut down"));
    listener.bind("127.0.0.1:0");
    listener.start();
    setTimeout(() => listener.close(), 50);`), "shut down\n");
});

test("should wait for look-ups until those end, and not for resolvers", () => {
  assert.is(printed("look-up", `
    import { createSocket } from "node:dgram";
    import { once } from "node:events";
    const silent = createSocket("udp4").bind(0, "127.0.0.1").unref();
    await once(silent, "listening");
    const dnsServer = "127.0.0.1:" + silent.address().port;
    const resolver = engine.getDNSResolver({ dnsServer, attempts: 1, attemptTimeoutMs: 250 });
    resolver.lookupHostname(({ reason }) => console.log(reason), "silent.example.test", 1);`), "timeout\n");
});

test("should wait for connections until those are destroyed", () => {
  assert.is(printed("connection", `
    const ends = [];
    const listener = engine.createListener((endpoint) => ends.push(endpoint), () => {});
    const port = listener.bind("127.0.0.1:0");
    listener.start();
    engine.connect((status, endpoint) => {
      ends.push(endpoint);
      listener.close();
      setTimeout(() => {
        console.log("destroying");
        for (const end of ends) end.destroy();
      }, 50);
    }, \`127.0.0.1:\${port}\`);`), "destroying\n");
});

test("should end soon after close, whatever was outstanding", () => {
  assert.is(printed("close", `
    const listener = engine.createListener((endpoint) => {}, () => console.log("shut down"));
    const port = listener.bind("127.0.0.1:0");
    listener.start();
    engine.connect(({ ok }) => { console.log(ok); engine.close().then(() => console.log("closed")); },
      \`127.0.0.1:\${port}\`);
    engine.runAfter(3_600_000, () => console.log("ran"));`), "true\nshut down\nclosed\n");
});

const OUTSTANDING = `
    import { createSocket } from "node:dgram";
    import { once } from "node:events";
    const silent = createSocket("udp4").bind(0, "127.0.0.1").unref();
    await once(silent, "listening");
    const dnsServer = "127.0.0.1:" + silent.address().port;
    const lost = await EventEngine.create({ platform, onUncaught: ({ message }) => console.log("uncaught:", message) });
    const heard = ({ reason }) => console.log(reason);
    const ends = [];
    await new Promise((resolve) => {
      const begun = (endpoint) => {
        endpoint.read(heard, lost.createSliceBuffer());
        if (ends.push(endpoint) === 2) resolve();
      };
      const listener = lost.createListener(begun, heard);
      const port = listener.bind("127.0.0.1:0");
      listener.start();
      lost.connect((_, endpoint) => begun(endpoint), \`127.0.0.1:\${port}\`);
    });
    lost.getDNSResolver({ dnsServer }).lookupTXT(heard, "nobody.example.test");
    lost.runAfter(3_600_000, () => console.log("ran"));
    await new Promise((resolve) => lost.run(resolve));
    await new Promise(setImmediate);`;
const TOLD = "engine-failed\n".repeat(4);

test("should end when the loop of an engine refused to go on, whatever was outstanding", () => {
  assert.is(printed("loop", `
    import { EventManager, managedPlatform } from "wasi-event-engine";
    const manager = new EventManager(engine);
    const platform = managedPlatform(manager);
    ${OUTSTANDING}
    manager.runFunction = () => { throw new Error("the loop is gone"); };
    while (!lost.isClosed) {
      lost.runAfter(1, () => {});
      await new Promise(setImmediate);
    }
    await lost.close();
    console.log("closed");`), `uncaught: the loop is gone\n${TOLD}closed\n`);
});

test("should end when the component trapped, whatever was outstanding", () => {
  const stdout = printed("trap", `
    const platform = undefined;
    ${OUTSTANDING}
    const { exports } = lost.core;
    process.stderr.write = (_bytes, _encoding, done) => (done?.(), true); // its last words
    try {
      exports.slice_buffer_take_first(exports.slice_buffer_create());
    } catch ({ message }) {
      console.log(message);
    }
    await lost.close();
    console.log("closed");`);
  assert.is(stdout, `unreachable\nuncaught: an assertion failed, as stderr says\n${TOLD}closed\n`);
});

test("should make many engines without a word on stderr", () => {
  assert.is(printed("many", `
    const engines = await Promise.all(Array.from({ length: 20 }, () => EventEngine.create()));
    await Promise.all([engine, ...engines].map((each) => each.close()));
    console.log(engines.length);`), "20\n");
});

test.run();
