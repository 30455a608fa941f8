// The state machine of a completion queue: counts, shutdown, destruction, what is refused.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CALLBACK, NEXT, NON_LISTENING, NON_POLLING, PLUCK, QueueProbe } from "../../support/cq-probe.js";

const queues = suite("completion queue");

for (const [name, type] of [["NEXT", NEXT], ["PLUCK", PLUCK], ["CALLBACK", CALLBACK]] as const) {
  for (const polling of [0, NON_LISTENING, NON_POLLING]) {
    queues(`should be made, shut down and destroyed: ${name}, polling type ${polling}`, async () => {
      const probe = await QueueProbe.create();
      const queue = probe.make(type, polling);
      assert.is(probe.call.isShutDown!(queue), 0);
      assert.is(probe.call.isReady!(queue), 0);
      assert.is(probe.call.canListen!(queue), polling === 0 ? 1 : 0);
      probe.call.shutdown!(queue);
      assert.is(probe.call.isShutDown!(queue), 1);
      assert.is(probe.call.isReady!(queue), 1);
      probe.call.shutdown!(queue);
      probe.call.destroy!(queue);
      probe.finish();
    });
  }
}

queues("should give the events in the order in which operations ended, with all that they carry", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.make(NEXT);
  const first = probe.begin(queue, 0xffff_ffff_ffff_fffen);
  const second = probe.begin(queue, 2);
  assert.is(probe.take(queue), null);
  assert.ok(probe.end(second, 4, 34, 77));
  assert.ok(probe.end(first));
  assert.is(probe.call.length!(queue), 2);
  assert.is(probe.take(queue), 2);
  assert.equal(probe.event, { tag: 2n, code: 4, reason: 34, value: 77 });
  assert.is(probe.call.take!(queue), 1);
  assert.equal(probe.event, { tag: 0xffff_ffff_ffff_fffen, code: 0, reason: 0, value: 0 });
  assert.is(probe.take(queue), null);
  probe.call.destroy!(queue);
  probe.finish();
});

queues("should begin operations after shutdown as long as one is outstanding, and none after that", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.make(NEXT);
  let last = probe.begin(queue, 0);
  probe.call.shutdown!(queue);
  for (let tag = 1; tag < 10; tag++) {
    const begun = probe.begin(queue, tag);
    probe.end(last);
    assert.is(probe.call.isShutDown!(queue), 0);
    last = begun;
  }
  probe.end(last);
  assert.is(probe.call.isShutDown!(queue), 1);
  assert.is(probe.call.beginOp!(queue, 10n), 0);
  assert.equal(probe.takeAll(queue), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.is(probe.call.beginOp!(queue, 10n), 0);
  probe.call.destroy!(queue);
  probe.finish();
});

queues("should finish its shutdown by an operation that is dropped", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.make(PLUCK);
  const operation = probe.begin(queue, 1);
  probe.call.shutdown!(queue);
  probe.call.dropOp!(operation);
  assert.is(probe.call.isShutDown!(queue), 1);
  assert.is(probe.call.length!(queue), 0);
  probe.call.destroy!(queue);
  probe.finish();
});

queues("should tell when it becomes ready, once until somebody looks, and nobody once destroyed", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.make(NEXT);
  probe.call.onReady!(queue, 7);
  probe.pass(queue, 1);
  probe.pass(queue, 2);
  assert.equal(probe.told, [7]);
  probe.takeAll(queue);
  probe.pass(queue, 3);
  assert.equal(probe.told, [7], "nobody has looked yet");
  probe.call.heard!(queue);
  assert.equal(probe.told, [7], "who looks sees it");
  probe.pass(queue, 4);
  assert.equal(probe.told, [7], "it is not empty");
  probe.takeAll(queue);
  const last = probe.begin(queue, 5);
  probe.pass(queue, 6);
  assert.equal(probe.told, [7, 7]);
  probe.call.heard!(queue);
  probe.call.shutdown!(queue);
  assert.equal(probe.told, [7, 7]);
  probe.end(last);
  assert.equal(probe.told, [7, 7, 7], "the shutdown");
  probe.takeAll(queue);
  probe.call.destroy!(queue);
  const other = probe.make(NEXT);
  probe.call.onReady!(other, 8);
  probe.call.destroy!(other);
  assert.equal(probe.told, [7, 7, 7]);
  probe.finish();
});

queues("should tell of every event that can be plucked, if somebody looked", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.make(PLUCK);
  probe.call.onReady!(queue, 7);
  for (let tag = 0; tag < 3; tag++) {
    probe.pass(queue, tag);
    probe.call.heard!(queue);
  }
  assert.equal(probe.told, [7, 7, 7]);
  for (let tag = 0; tag < 3; tag++) probe.takeTag(queue, tag);
  probe.call.destroy!(queue);
  probe.finish();
});

for (const [name, type] of [["NEXT", NEXT], ["PLUCK", PLUCK]] as const) {
  queues(`should let operations of a destroyed queue end without an event: ${name}`, async () => {
    const probe = await QueueProbe.create();
    const queue = probe.make(type);
    const [one, two, three] = [1, 2, 3].map((tag) => probe.begin(queue, tag));
    probe.call.destroy!(queue);
    assert.is(probe.call.liveQueues!(), 1);
    assert.is(probe.end(one!, 0, 0, 99), false, "the value stays the caller's");
    probe.call.dropOp!(two!);
    assert.is(probe.call.liveQueues!(), 1);
    assert.is(probe.end(three!), false);
    probe.finish();
  });
}

queues("should end operations of a guest by their tags: none twice, and all with the queue", async () => {
  const probe = await QueueProbe.create();
  const guest = probe.call.makeGuest!();
  const queue = probe.call.queueOf!(guest);
  for (const tag of [5n, 6n, 5n]) assert.is(probe.call.beginOwn!(guest, tag), 1);
  probe.call.endOwn!(guest, 5n, 1);
  probe.call.endOwn!(guest, 5n, 0);
  assert.equal(probe.takeAll(queue), [5, 5]);
  assert.is.not(probe.event.code, 0);
  const strange = probe.begin(queue, 9);
  for (let tag = 0n; tag < 1000n; tag++) assert.is(probe.call.beginOwn!(guest, tag), 1);
  probe.call.destroyGuest!(guest);
  assert.is(probe.call.liveOperations!(), 1, "those that only the guest knew are gone");
  assert.is(probe.end(strange), false);
  probe.finish();
});

queues("should refuse a guest that ends what it did not begin", async () => {
  const probe = await QueueProbe.create();
  const guest = probe.call.makeGuest!();
  probe.call.beginOwn!(guest, 6n);
  probe.probe.traps(() => probe.call.endOwn!(guest, 7n, 1), "component/queue.ts");
});

queues("should refuse to be destroyed before its events were taken", async () => {
  for (const type of [NEXT, PLUCK]) {
    const probe = await QueueProbe.create();
    const queue = probe.make(type);
    probe.pass(queue, 1);
    probe.call.shutdown!(queue);
    probe.probe.traps(() => probe.call.destroy!(queue), "cq/completion-queue.ts");
    assert.match(probe.probe.abortText, "destroyed before its events were taken");
  }
});

queues("should refuse an operation that ends twice", async () => {
  for (const again of ["endOp", "dropOp"]) {
    const probe = await QueueProbe.create();
    const queue = probe.make(NEXT);
    const operation = probe.begin(queue, 1);
    probe.end(operation);
    probe.probe.traps(() => probe.call[again]!(operation, 0, 0, 0), "cq/completion-queue.ts");
    assert.match(probe.probe.abortText, "an operation ended twice");
  }
});

queues("should refuse to take in the way of another type", async () => {
  for (const [type, way, rule] of [
    [NEXT, "takeTag", "pluck wants"], [CALLBACK, "takeTag", "pluck wants"],
    [PLUCK, "take", "next wants"], [CALLBACK, "take", "next wants"],
    [PLUCK, "next", "next wants"], [NEXT, "pluck", "pluck wants"],
  ] as const) {
    const probe = await QueueProbe.create();
    const queue = probe.make(type);
    const rest = way === "take" ? [] : way === "next" ? [0n] : [1n, 0n];
    probe.probe.traps(() => probe.call[way]!(queue, ...rest), "cq/completion-queue.ts");
    assert.match(probe.probe.abortText, rule);
  }
});

queues("should bound what is outstanding and what is not taken, and go on when there is room again", async () => {
  const probe = await QueueProbe.create();
  const [next, pluck] = [probe.make(NEXT), probe.make(PLUCK)];
  const most = probe.call.operationsMax!();
  for (let tag = 0; tag < most; tag++) {
    const operation = probe.call.beginOp!(tag & 1 ? next : pluck, BigInt(tag));
    if (operation === 0) assert.unreachable(`operation ${tag}`);
    probe.call.endOp!(operation, 0, 0, 0);
  }
  assert.is(probe.call.beginOp!(next, 1n), 0);
  assert.is(probe.call.isShutDown!(next), 0);
  assert.ok(probe.takeTag(pluck, most - 2), "the latest of half a million by its tag");
  assert.is(probe.call.endOp!(probe.begin(next, most), 0, 0, 0), 1);
  assert.is(probe.call.beginOp!(next, 1n), 0);
  const bytes = probe.probe.memoryBytes();
  assert.ok(bytes < 64 << 20, `${bytes} bytes of memory`);
  for (let tag = most - 4; tag >= 0; tag -= 2) if (!probe.takeTag(pluck, tag)) assert.unreachable(`tag ${tag}`);
  for (let tag = 1; tag < most; tag += 2) assert.is(probe.take(next), tag);
  assert.is(probe.take(next), most);
  probe.call.destroy!(next);
  probe.call.destroy!(pluck);
  assert.is(probe.probe.memoryBytes(), bytes, "the memory is kept, and no more was needed");
  probe.finish();
});

queues.run();
