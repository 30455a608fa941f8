// The reader that every adapter shares: its transitions, who owns the buffer when, and bytes before ends.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ByteReader } from "#host/engine/promises/byte-reader.js";
import type { Status } from "#host/engine/interfaces.js";
import { Random, SEED } from "../../support/bytes.js";
import { FakeEngine, type FakeEndpoint } from "../../support/fake-engine.js";
import { bytes, send, settled } from "../../support/adapter-steps.js";

interface Setup {
  engine: FakeEngine;
  here: FakeEndpoint;
  peer: FakeEndpoint;
  reader: ByteReader;
  heard: string[];
  fill: () => void;
}

function setUp(): Setup {
  const engine = new FakeEngine();
  const [here, peer] = engine.pair();
  const heard: string[] = [];
  const reader = new ByteReader(here, engine.createSliceBuffer());
  const fill = (): void => reader.fill((status: Status) => heard.push(status.reason));
  return { engine, here, peer, reader, heard, fill };
}

/** Ends both sides, and checks that nothing is left of them. */
async function nothingLeft({ engine, here, peer, reader }: Setup): Promise<void> {
  reader.close();
  here.destroy();
  peer.destroy();
  await settled();
  assert.equal([engine.live().buffers, engine.live().endpoints], [0, 0]);
}

const reader = suite("ByteReader");

reader("should hear of bytes once and give them in parts", async () => {
  const test = setUp();
  test.fill();
  await send(test.engine, test.peer, bytes(1, 2, 3, 4, 5));
  await settled();
  assert.equal(test.heard, ["ok"]);
  assert.is(test.reader.length, 5);
  const two = new Uint8Array(2);
  assert.is(test.reader.takeInto(two), 2);
  assert.equal(two, bytes(1, 2));
  test.fill();
  assert.equal(test.heard, ["ok", "ok"], "what waits is found at once");
  assert.equal(test.reader.take(), bytes(3, 4, 5));
  assert.is(test.reader.length, 0);
  assert.is(test.reader.take().length, 0);
  await nothingLeft(test);
});

reader("should find bytes at once where the engine allows it", async () => {
  const test = setUp();
  test.engine.inline = true;
  await send(test.engine, test.peer, bytes(7));
  test.fill();
  assert.equal(test.heard, ["ok"]);
  assert.equal(test.reader.take(), bytes(7));
  await nothingLeft(test);
});

reader("should give the bytes before the end, and the end every time after", async () => {
  const test = setUp();
  await send(test.engine, test.peer, bytes(1));
  test.peer.shutdownSend();
  test.fill();
  await settled();
  assert.equal(test.reader.take(), bytes(1));
  test.fill();
  await settled();
  test.fill();
  assert.equal(test.heard, ["ok", "end-of-stream", "end-of-stream"]);
  await nothingLeft(test);
});

reader("should refuse a second wait and keep the first", async () => {
  const test = setUp();
  test.fill();
  assert.throws(() => test.fill(), /a read is already outstanding/);
  await send(test.engine, test.peer, bytes(9));
  await settled();
  assert.equal(test.heard, ["ok"]);
  await nothingLeft(test);
});

reader("should keep for the next one what came after a wait was taken back", async () => {
  const test = setUp();
  test.fill();
  await settled();
  test.reader.forget();
  await send(test.engine, test.peer, bytes(4, 5));
  await settled();
  assert.equal(test.heard, []);
  test.fill();
  assert.equal(test.heard, ["ok"]);
  assert.equal(test.reader.take(), bytes(4, 5));
  test.fill();
  test.reader.forget();
  test.fill();
  await send(test.engine, test.peer, bytes(6));
  await settled();
  assert.equal(test.heard, ["ok", "ok"], "a wait joins the read that goes on");
  assert.equal(test.reader.take(), bytes(6));
  await nothingLeft(test);
});

reader("should tell of a failure, again and again", async () => {
  const test = setUp();
  test.fill();
  test.peer.break();
  await settled();
  test.fill();
  assert.equal(test.heard, ["connection-reset", "connection-reset"]);
  await nothingLeft(test);
});

reader("should cancel who waits when closed, and hold the buffer until then", async () => {
  const test = setUp();
  test.fill();
  await settled();
  test.reader.close();
  assert.is(test.engine.live().buffers, 1, "the engine still reads into it");
  test.here.destroy();
  await settled();
  assert.equal(test.heard, ["cancelled"]);
  assert.is(test.engine.live().buffers, 0);
  test.fill();
  assert.equal(test.heard, ["cancelled", "cancelled"]);
  test.reader.close();
  await nothingLeft(test);
});

reader("should forget what was not taken when closed", async () => {
  const test = setUp();
  test.fill();
  await send(test.engine, test.peer, bytes(1, 2));
  await settled();
  test.reader.close();
  assert.is(test.reader.length, 0);
  assert.is(test.reader.take().length, 0);
  await nothingLeft(test);
});

reader("should say what the engine refuses", async () => {
  const test = setUp();
  await test.engine.close();
  test.fill();
  assert.equal(test.heard, ["misuse"]);
  test.fill();
  assert.equal(test.heard, ["misuse", "misuse"]);
  await nothingLeft(test);
});

reader(`should give every byte once, whatever the steps are (seed ${SEED})`, async () => {
  const random = new Random();
  for (let round = 0; round < 30; round++) {
    const test = setUp();
    test.engine.inline = random.below(2) === 0;
    let sent = 0;
    let taken = 0;
    let waits = false;
    for (let step = 0; step < 60; step++) {
      const kind = random.below(5);
      if (kind === 0) {
        const chunk = Uint8Array.from({ length: 1 + random.below(50) }, () => sent++ & 0xff);
        await send(test.engine, test.peer, chunk);
      } else if (kind === 1 && !waits) {
        waits = true;
        test.reader.fill(() => (waits = false));
      } else if (kind === 2 && waits) {
        test.reader.forget();
        waits = false;
      } else if (kind === 3) {
        const target = new Uint8Array(1 + random.below(40));
        const count = test.reader.takeInto(target);
        for (const byte of target.subarray(0, count)) assert.is(byte, taken++ & 0xff, `round ${round}`);
      } else {
        await settled();
      }
      assert.ok(test.reader.length <= sent - taken);
    }
    await nothingLeft(test);
  }
});

reader.run();
