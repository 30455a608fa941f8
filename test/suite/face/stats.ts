// Bodies about statistics: that they tell what happened, whatever the platform.
import * as assert from "uvu/assert";
import { quantileMs } from "#host/engine/stats.js";
import { body, type FaceBody, Heard } from "./body.js";
import { pair, read, write } from "./network.js";

const BYTES = 10_000;
const TASKS = 20;

export const statsBodies: readonly FaceBody[] = [
  body("stats-counts", "should count closures, timers, connections and bytes", async ({ makeEngine }) => {
    const engine = await makeEngine();
    const before = engine.stats();
    const done = new Heard<void>();
    for (let i = 0; i < TASKS; i++) engine.run(done.hear);
    await done.times(TASKS);
    await new Promise<void>((resolve) => void engine.runAfter(2, resolve));
    assert.is(engine.stats().tasksMed - before.tasksMed, TASKS + 1);
    const { client, server } = await pair(engine);
    const buffer = engine.createSliceBuffer();
    const reading = read(server, buffer, { readHintBytes: BYTES });
    await write(engine, client, new Uint8Array(BYTES));
    await reading;
    const after = engine.stats();
    assert.ok(after.timers > before.timers);
    assert.is(after.timerLateness.count, after.timers);
    assert.ok(after.turns > before.turns && after.waits > before.waits);
    assert.ok(after.sourcesTold > before.sourcesTold && after.sourcesRun >= after.sourcesTold);
    assert.equal([after.accepted, after.connected, after.bytesRead, after.bytesWritten], [1, 1, BYTES, BYTES]);
    assert.equal((await makeEngine()).stats().accepted, 0, "another engine's are its own");
    buffer.destroy();
    client.destroy();
    server.destroy();
  }),

  body("stats-turns", "should measure turns from the first question on", async ({ makeEngine, sleep }) => {
    const engine = await makeEngine();
    await new Promise<void>((resolve) => engine.run(resolve));
    assert.is(engine.stats().turnLength.count, 0);
    await sleep(2);
    await new Promise<void>((resolve) => engine.run(resolve));
    await sleep(2);
    const { turnLength } = engine.stats();
    assert.ok(turnLength.count > 0 && turnLength.sumMs >= 0);
    assert.ok(quantileMs(turnLength, 0.5) <= quantileMs(turnLength, 1));
  }),
];
