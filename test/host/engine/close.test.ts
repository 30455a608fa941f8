// The end of an engine: what was outstanding, in which order it ends, what is refused afterwards, and a trap.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Endpoint } from "#host/engine/interfaces.js";
import { StatusError } from "#host/engine/status.js";
import { EventEngine2021 } from "#host/engine/event-engine-2021.js";
import { WasiTrap } from "#host/wasi/trap.js";
import { drivenEngine, nothingIsLeft } from "./driven-engine.js";

const close = suite("close");

close("should end everything that is outstanding, each by its own rule", async () => {
  const driven = await drivenEngine();
  const { engine, platform, settle } = driven;
  const old = new EventEngine2021(engine);
  const seen: string[] = [];
  const endpoints: Endpoint[] = [];
  const listener = engine.createListener((endpoint) => endpoints.push(endpoint), (status) => {
    seen.push(`shut ${status.code}`);
  });
  listener.bind("127.0.0.1:0");
  listener.start();
  settle();
  platform.transport.binding!.arrive().isSlow = true;
  settle();
  const [into, from] = [engine.createSliceBuffer(), engine.createSliceBuffer()];
  from.append(new Uint8Array(500_000));
  endpoints[0]!.read(({ code }) => seen.push(`read ${code}`), into);
  endpoints[0]!.write(({ code }) => seen.push(`write ${code}`), from);
  engine.connect(({ code }, endpoint) => seen.push(`connect ${code} ${endpoint}`), "127.0.0.1:1");
  engine.memoryQuota.createAllocator("left").postReclaimer("idle", (sweep) => seen.push(`reclaim ${sweep}`));
  engine.runAfter(1000, () => seen.push("a dropped task ran"));
  old.runAt(new Date(8e15), ({ code }) => seen.push(`task ${code}`));
  engine.run(() => {
    seen.push("run");
    void engine.close();
  });
  engine.run(() => seen.push("run behind close"));
  settle();
  driven.passMs(1);
  await engine.close();
  assert.equal(seen.slice(0, 2), ["run", "run behind close"]);
  assert.equal(seen.slice().sort(), [
    "connect 1 null", "read 1", "reclaim null", "run", "run behind close", "shut 0", "task 1", "write 1",
  ]);
  assert.is(engine.droppedTasks, 1);
  assert.ok(listener.isClosed && endpoints[0]!.isDestroyed);
  into.destroy();
  from.destroy();
  assert.equal(driven.thrown, []);
  const left = Object.entries(engine.live()).filter(([, count]) => count !== 0).map(([name]) => name);
  assert.equal(left.filter((name) => !/llocators|eclaimers|quotas|receivers/.test(name)), [], "but what `left` holds");
});

close("should be idempotent, and tell those who wait by a signal", async () => {
  const driven = await drivenEngine();
  const { engine } = driven;
  const { closing } = engine;
  assert.not(closing.aborted);
  const first = engine.close();
  assert.ok(closing.aborted);
  assert.ok(closing.reason instanceof StatusError && closing.reason.code === "CANCELLED");
  const second = engine[Symbol.asyncDispose]();
  driven.settle();
  await Promise.all([first, second, engine.close()]);
  nothingIsLeft(engine, driven.platform);
});

close("should refuse every new thing from then on, by name, and let things be given back", async () => {
  const driven = await drivenEngine();
  const { engine, settle } = driven;
  const buffer = engine.createSliceBuffer();
  const quota = engine.createMemoryQuota();
  const handle = engine.runAfter(1000, () => {});
  const listener = engine.createListener(() => {}, () => {});
  const closed = engine.close();
  const nothing = (): void => {};
  const refused = (): void => {
    for (const [call, name] of [
      [() => engine.run(nothing), "run"], [() => engine.runAfter(1, nothing), "runAfter"],
      [() => engine.runAt(new Date(), nothing), "runAfter"],
      [() => engine.createListener(nothing, nothing), "createListener"],
      [() => engine.connect(nothing, "127.0.0.1:1"), "connect"],
      [() => engine.createSliceBuffer(), "createSliceBuffer"], [() => engine.createMemoryQuota(), "createMemoryQuota"],
    ] as [() => unknown, string][]) {
      assert.throws(call, (error: StatusError) =>
        error.message === `${name} after close: the event engine is closed` && error.code === "FAILED_PRECONDITION");
    }
  };
  refused();
  settle();
  driven.passMs(1);
  await closed;
  refused();
  assert.not(engine.cancel(handle));
  assert.throws(() => listener.bind("127.0.0.1:0"), /of a closed listener/);
  listener.close();
  buffer.destroy();
  quota.destroy();
  assert.is(engine.queryExtension("nobody knows this"), null);
  nothingIsLeft(engine, driven.platform);
});

close("should cut connections that do not drain", async () => {
  const driven = await drivenEngine();
  const { engine, platform, settle } = driven;
  const endpoints: Endpoint[] = [];
  engine.connect((_, endpoint) => endpoints.push(endpoint!), "127.0.0.1:1");
  settle();
  const connection = platform.transport.connection!;
  connection.isSlow = true;
  const buffer = engine.createSliceBuffer();
  buffer.append("nobody reads this");
  endpoints[0]!.write(() => {}, buffer);
  buffer.destroy();
  const closed = engine.close();
  for (let second = 0; second < 40; second++) {
    settle();
    platform.clock.advanceMs(1000);
  }
  await closed;
  assert.is(platform.transport.openCount, 0);
});

close.run();

// ---

const traps = suite("a trap of the component");

traps("should be told, and end the engine without hanging who closes it", async () => {
  const driven = await drivenEngine();
  const { engine, thrown, settle } = driven;
  const runBatch = (): never => { throw new WasiTrap("a defect"); };
  Object.assign(engine.core, { exports: { ...engine.core.exports, run_batch: runBatch } });
  engine.run(() => {});
  settle();
  await engine.close();
  assert.equal(thrown.map((error) => (error as Error).message), ["a defect"]);
  assert.ok(engine.isClosed);
  assert.throws(() => engine.run(() => {}), /^the event engine failed: WasiTrap: a defect$/);
});

traps.run();
