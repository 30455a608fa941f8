// The writer that every adapter shares: order, gathering, ends, failures, and who owns the buffer when.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ByteReader } from "#host/engine/promises/byte-reader.js";
import { ByteWriter, bytesOf, WRITE_BYTES_MAX } from "#host/engine/promises/byte-writer.js";
import { Random, SEED } from "../../support/bytes.js";
import { bytes, settled } from "../../support/adapter-steps.js";
import { FakeEngine, type FakeEndpoint, PIPE_BYTES } from "../../support/fake-engine.js";

class Setup {
  readonly engine = new FakeEngine();
  readonly here: FakeEndpoint;
  readonly peer: FakeEndpoint;
  readonly writer: ByteWriter;
  readonly reader: ByteReader;
  readonly heard: string[] = [];
  received: number[] = [];
  hasEnded = false;

  constructor() {
    [this.here, this.peer] = this.engine.pair();
    this.writer = new ByteWriter(this.here, this.engine.createSliceBuffer());
    this.reader = new ByteReader(this.peer, this.engine.createSliceBuffer());
  }

  write(data: Uint8Array | string, name: string): void {
    this.writer.write(bytesOf(data), (status) => this.heard.push(`${name} ${status.reason}`));
  }

  /** The peer reads all there is, now and later. */
  receive(): void {
    this.reader.fill((status) => {
      if (!status.ok) {
        this.hasEnded = status.reason === "end-of-stream";
        return;
      }
      this.received.push(...this.reader.take());
      this.receive();
    });
  }

  async nothingLeft(): Promise<void> {
    this.writer.close();
    this.here.destroy();
    this.reader.close();
    this.peer.destroy();
    await settled();
    assert.equal([this.engine.live().buffers, this.engine.live().endpoints], [0, 0]);
  }
}

const writer = suite("ByteWriter");

writer("should send in order what is asked for while a write is outstanding, together", async () => {
  const test = new Setup();
  test.receive();
  test.write(bytes(1), "one");
  test.write("ab", "two");
  test.write(bytes(2, 3), "three");
  assert.equal(test.heard, []);
  await settled();
  assert.equal(test.heard, ["one ok", "two ok", "three ok"]);
  assert.equal(test.received, [1, 97, 98, 2, 3]);
  assert.equal(test.here.writes, [1, 4]);
  await test.nothingLeft();
});

writer("should send many at once and tell once", async () => {
  const test = new Setup();
  test.receive();
  test.writer.writeMany([bytes(1), bytes(2), bytes(3)], (status) => test.heard.push(status.reason));
  await settled();
  assert.equal(test.heard, ["ok"]);
  assert.equal(test.here.writes, [3]);
  await test.nothingLeft();
});

writer("should complete at once where the engine allows it, without depth", async () => {
  const test = new Setup();
  test.engine.inline = true;
  let left = 20_000;
  const next = (): void => {
    if (left-- > 0) test.writer.write(bytes(1), next);
  };
  next();
  assert.is(left, -1);
  assert.is(test.here.inFlight, 20_000);
  await test.nothingLeft();
});

writer("should split what is large", async () => {
  const test = new Setup();
  test.receive();
  const size = 2 * WRITE_BYTES_MAX + 10;
  test.write(new Uint8Array(size).fill(5), "large");
  test.write(bytes(6), "small");
  while (test.heard.length < 2) await settled();
  assert.equal(test.heard, ["large ok", "small ok"]);
  assert.equal(test.here.writes, [WRITE_BYTES_MAX, WRITE_BYTES_MAX, 11]);
  await settled();
  assert.is(test.received.length, size + 1);
  assert.is(test.received.at(-1), 6);
  await test.nothingLeft();
});

writer("should complete writes of nothing in their order", async () => {
  const test = new Setup();
  test.write("", "first");
  assert.equal(test.heard, ["first ok"]);
  test.receive();
  test.write(bytes(1), "bytes");
  test.write("", "second");
  assert.equal(test.heard, ["first ok"]);
  await settled();
  assert.equal(test.heard, ["first ok", "bytes ok", "second ok"]);
  await test.nothingLeft();
});

writer("should end after everything, and refuse writes but not ends after it", async () => {
  const test = new Setup();
  test.receive();
  test.write(bytes(1), "before");
  test.writer.end((status) => test.heard.push(`end ${status.reason}`));
  test.write(bytes(2), "after");
  test.writer.writeMany([bytes(3), bytes(4)], (status) => test.heard.push(`many ${status.reason}`));
  assert.equal(test.heard, ["after misuse", "many misuse"]);
  await settled();
  assert.equal(test.heard.slice(2), ["before ok", "end ok"]);
  test.writer.end((status) => test.heard.push(`again ${status.reason}`));
  assert.is(test.heard.at(-1), "again ok");
  assert.equal(test.received, [1]);
  assert.ok(test.hasEnded);
  await test.nothingLeft();
});

writer("should wait for a peer that does not read", async () => {
  const test = new Setup();
  test.write(new Uint8Array(PIPE_BYTES + 1), "large");
  test.write(bytes(1), "small");
  await settled();
  assert.equal(test.heard, []);
  assert.is(test.here.inFlight, PIPE_BYTES);
  test.receive();
  await settled();
  assert.equal(test.heard, ["large ok", "small ok"]);
  await test.nothingLeft();
});

writer("should tell all who wait of a failure, and who comes later", async () => {
  const test = new Setup();
  test.write(new Uint8Array(PIPE_BYTES + 1), "one");
  test.write(bytes(1), "two");
  test.writer.end((status) => test.heard.push(`end ${status.reason}`));
  test.here.break();
  await settled();
  const failed = ["one connection-reset", "two connection-reset", "end connection-reset"];
  assert.equal(test.heard, failed);
  test.writer.close();
  test.write(bytes(1), "late");
  assert.equal(test.heard, [...failed, "late connection-reset"]);
  await test.nothingLeft();
});

writer("should cancel all who wait when closed, and hold the buffer until then", async () => {
  const test = new Setup();
  test.write(new Uint8Array(PIPE_BYTES + 1), "one");
  test.write(bytes(1), "two");
  test.writer.close();
  assert.equal(test.heard, []);
  assert.is(test.engine.live().buffers, 2);
  test.here.destroy();
  await settled();
  assert.equal(test.heard, ["one cancelled", "two cancelled"]);
  assert.is(test.engine.live().buffers, 1);
  test.writer.close();
  await test.nothingLeft();
});

writer("should be closable from inside a callback", async () => {
  const test = new Setup();
  test.receive();
  test.writer.write(bytes(1), () => {
    test.writer.close();
    test.here.destroy();
  });
  test.write(bytes(2), "two");
  await settled();
  assert.equal(test.heard, ["two cancelled"]);
  await test.nothingLeft();
});

writer("should say what the engine refuses", async () => {
  const test = new Setup();
  await test.engine.close();
  test.write(bytes(1), "one");
  test.writer.end((status) => test.heard.push(`end ${status.reason}`));
  assert.equal(test.heard, ["one misuse", "end misuse"]);
  await test.nothingLeft();
});

writer(`should send every byte once and answer every write once, whatever the steps are (seed ${SEED})`, async () => {
  const random = new Random();
  for (let round = 0; round < 30; round++) {
    const test = new Setup();
    test.engine.inline = random.below(2) === 0;
    test.receive();
    let sent = 0;
    let asked = 0;
    const make = (): Uint8Array => Uint8Array.from({ length: random.below(40) }, () => sent++ & 0xff);
    for (let step = 0; step < 60; step++) {
      const kind = random.below(4);
      if (kind === 0) await settled();
      else if (kind === 1) test.writer.writeMany([make(), make()], ({ ok }) => test.heard.push(`${asked} ${ok}`));
      else test.write(make(), `${asked}`);
      if (kind !== 0) asked++;
    }
    await settled();
    assert.is(test.heard.length, asked);
    assert.is(test.received.length, sent);
    assert.ok(test.received.every((byte, index) => byte === (index & 0xff)), `round ${round}`);
    await test.nothingLeft();
  }
});

writer.run();
