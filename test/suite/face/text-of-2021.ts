// Bodies about the interface of the 2021 text: callbacks that hear how their task ended, exactly once, and allocators
// that wait.
import * as assert from "uvu/assert";
import { EventEngine2021 } from "#host/engine/event-engine-2021.js";
import { StatusCode } from "#host/engine/status.js";
import { body, type FaceBody, heardStatus } from "./body.js";

const DAY_MS = 86_400_000;
const MIB = 1 << 20;

export const bodiesOf2021: readonly FaceBody[] = [
  body("status-once", "should tell every callback once how its task ended, never inside the call", async (world) => {
    const engine = new EventEngine2021(await world.makeEngine());
    const later = new Date(world.date().getTime() + DAY_MS);
    const [run, due, cancelled] = [heardStatus(), heardStatus(), heardStatus()];
    const ran = engine.run(run.hear);
    engine.runAt(new Date(world.date().getTime() + 2), due.hear);
    const waiting = engine.runAt(later, cancelled.hear);
    engine.tryCancel(waiting);
    engine.tryCancel(waiting);
    assert.equal([run.count, due.count, cancelled.count], [0, 0, 0]);
    assert.ok((await run.first).ok);
    assert.ok((await due.first).ok);
    assert.is((await cancelled.first).code, StatusCode.CANCELLED);
    engine.tryCancel(ran);
    engine.tryCancel(waiting);
    await world.sleep(5);
    assert.equal([run.count, due.count, cancelled.count], [1, 1, 1]);
  }),

  body("status-shutdown", "should tell what waits, and what comes later, that the engine is over", async (world) => {
    const engine = new EventEngine2021(await world.makeEngine());
    const [waiting, late] = [heardStatus(), heardStatus()];
    engine.runAt(new Date(world.date().getTime() + DAY_MS), waiting.hear);
    await engine.shutdown();
    assert.equal(waiting.values.map(({ code }) => code), [StatusCode.CANCELLED]);
    engine.run(late.hear);
    engine.runAt(new Date(world.date().getTime() + DAY_MS), late.hear);
    assert.equal(late.values.map(({ code }) => code), [StatusCode.CANCELLED, StatusCode.CANCELLED]);
  }),

  body("allocate-waits", "should allocate slices when there is room, and refuse what never fits", async (world) => {
    const engine = await world.makeEngine();
    const quota = engine.createMemoryQuota({ sizeBytes: MIB });
    const allocator = new EventEngine2021(engine).createSliceAllocator("waits", quota);
    const [first, second] = [engine.createSliceBuffer(), engine.createSliceBuffer()];
    const [now, later] = [heardStatus(), heardStatus()];
    assert.is(allocator.allocate(2 * MIB, first, now.hear).code, StatusCode.RESOURCE_EXHAUSTED);
    assert.ok(allocator.allocate(700_000, first, now.hear).ok);
    assert.ok(allocator.allocate(700_000, second, later.hear).ok);
    assert.is(now.count, 0, "not inside the call");
    assert.ok((await now.first).ok);
    await world.sleep(5);
    assert.equal([first.length, now.count, later.count], [700_000, 1, 0], "no room for both");
    first.destroy();
    assert.ok((await later.first).ok);
    assert.is(second.length, 700_000);
    second.destroy();
    allocator.shutdown();
    quota.destroy();
  }),
];
