// Bodies about the engine as a whole: its end, and what it does not have.
import * as assert from "uvu/assert";
import type { Endpoint } from "#host/engine/interfaces.js";
import { StatusCode, StatusError } from "#host/engine/status.js";
import { body, type FaceBody, Heard, heardStatus } from "./body.js";
import { connected } from "./network.js";

const DAY_MS = 86_400_000;
const nothing = (): void => {};

export const engineBodies: readonly FaceBody[] = [
  body("close-drops", "should run what was given to `run` and drop what waits for a time", async ({ makeEngine }) => {
    const engine = await makeEngine();
    const seen: string[] = [];
    engine.run(() => { seen.push("run"); });
    engine.runAfter(DAY_MS, () => { seen.push("timer"); });
    engine.runAfter(60_000, () => { seen.push("minute"); });
    await engine.close();
    assert.equal(seen, ["run"]);
    assert.ok(engine.isClosed);
    await engine.close();
  }),

  body("close-refuses", "should refuse work once it is closed", async ({ makeEngine }) => {
    const engine = await makeEngine();
    const closing = engine.close();
    const refused = (call: () => unknown): void => {
      assert.throws(call, (error: unknown) => error instanceof StatusError);
    };
    refused(() => engine.run(nothing));
    refused(() => engine.runAfter(1, nothing));
    refused(() => engine.createListener(nothing, nothing));
    refused(() => engine.connect(nothing, "127.0.0.1:1"));
    assert.ok(engine.closing.aborted);
    await closing;
  }),

  body("close-outstanding", "should end reads, connects and listeners that are left, each once", async (world) => {
    const engine = await world.makeEngine();
    const other = await world.makeEngine();
    const shutdown = heardStatus();
    const accepted = new Heard<Endpoint>();
    const listener = engine.createListener(accepted.hear, shutdown.hear);
    const port = listener.bind("127.0.0.1:0");
    listener.start();
    const read = heardStatus();
    const buffer = engine.createSliceBuffer();
    (await connected(engine, `127.0.0.1:${port}`)).read(read.hear, buffer);
    await accepted.first;
    const connect = heardStatus();
    engine.connect(connect.hear, await world.blackHole());
    await new Promise<void>((resolve) => other.run(resolve));
    await engine.close();
    assert.equal([read.count, connect.count, shutdown.count], [1, 1, 1]);
    assert.is(read.values[0]?.code, StatusCode.CANCELLED);
    assert.is(connect.values[0]?.code, StatusCode.CANCELLED);
    buffer.destroy();
  }),

  body("close-in-callback", "should close when asked to from inside of a callback", async ({ makeEngine }) => {
    const engine = await makeEngine();
    const closed = new Heard<Promise<void>>();
    engine.run(() => closed.hear(engine.close()));
    await await closed.first;
    assert.ok(engine.isClosed);
  }),

  body("extension-unknown", "should answer null for an extension that nobody knows", async ({ makeEngine }) => {
    assert.is((await makeEngine()).queryExtension("org.example.no-such-extension"), null);
  }),
];
