// Calls of a descriptor from outside of a turn: what they cause happens although nothing else wakes the engine. And of
// one that is closed: they leave the core alone.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventManager } from "#host/engine/event-manager/event-manager.js";
import { Priority } from "#host/engine/event-manager/priority.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import { withDescriptor } from "./driven-descriptor.js";
import { accept, drivenEngine } from "./driven-engine.js";

const outside = suite("calls from outside of a turn");

outside("should tell of the failure that a read came upon behind the bytes", withDescriptor((driven) => {
  const { descriptor, connection, buffer, heard, says, news } = driven;
  descriptor.notifyWhenHasError(says("error"));
  connection.arrive(1, 2);
  assert.equal(news(), []);
  connection.events!.failed(ErrorCode.ConnectionReset);
  assert.equal(news(), [], "two bytes are in the way");
  assert.is(descriptor.read(buffer), 2);
  assert.not.type(descriptor.read(buffer), "number");
  assert.equal(heard, [], "not inside the call");
  assert.equal(news(), ["error"]);
}));

outside("should tell who waits for room when the sending direction ends", withDescriptor((driven) => {
  const { descriptor, connection, buffer, heard, says, news } = driven;
  connection.isSlow = true;
  buffer.append(new Uint8Array(600_000));
  while (descriptor.write(buffer) !== 0);
  descriptor.notifyWhenWritable(says("writable"));
  assert.equal(news(), [], "it is full");
  descriptor.shutdownSend();
  assert.equal(heard, [], "not inside the call");
  assert.equal(news(), ["writable"]);
  connection.takeAll();
}));

outside("should read no more than a request may ask for", withDescriptor(({ descriptor, buffer }) => {
  assert.is(descriptor.read(buffer, 2 ** 30), 0);
  for (const most of [2 ** 30 + 1, 2 ** 32 + 1, -1, 0.5, NaN, Infinity]) {
    assert.throws(() => descriptor.read(buffer, most), /^mostBytes is .*: want 1 to/);
  }
}));

outside("should leave nothing of bytes that are too many for one write", withDescriptor(({ descriptor, engine }) => {
  const before = engine.live();
  assert.throws(() => descriptor.notifyAfterWrite(() => {}, { bytes: new Uint8Array(2 ** 31) }));
  assert.equal(engine.live(), before);
  descriptor.notifyAfterWrite(() => {}, { bytes: new Uint8Array(1) }); // that one had not begun
}));

outside.run();

// ---

const closed = suite("calls of a closed descriptor");

closed("should not reach the core, which has no descriptor any more", withDescriptor(({ descriptor, engine }) => {
  descriptor.close();
  // Where a record at the address 0 would be; nothing is there, and no address is 0.
  const words = engine.core.words().subarray(0, 8);
  for (const fill of [0, 0xffff_ffff]) {
    const kept = [...words];
    words.fill(fill);
    descriptor.clearReadable();
    if (fill === 0) descriptor.forceReadable();
    descriptor.setReadPriority(Priority.SYSTEM);
    assert.equal([...words], kept.map(() => fill));
    words.set(kept);
  }
}));

closed("should be all there is once the engine closes: none is made any more", async () => {
  const driven = await drivenEngine();
  const manager = new EventManager(driven.engine);
  const { endpoint } = accept(driven);
  void driven.engine.close();
  assert.not(endpoint.isDestroyed);
  assert.throws(() => manager.registerFileDescriptor(endpoint), /^registerFileDescriptor after close/);
  await driven.close();
});

closed.run();
