// CALLBACK queues and factories.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CALLBACK, NEXT, PLUCK, QueueProbe } from "../../support/cq-probe.js";

const callbacks = suite("callback queue");

for (const polling of [0, 1, 2]) {
  callbacks(`should give 128 functors in order, the one of the shutdown last: polling type ${polling}`, async () => {
    const probe = await QueueProbe.create();
    const queue = probe.make(CALLBACK, polling, 1000n);
    const begun = Array.from({ length: 128 }, (_, tag) => probe.begin(queue, tag + 1));
    assert.is(probe.takeCallback(), null);
    probe.call.shutdown!(queue);
    for (const operation of begun) probe.end(operation);
    assert.is(probe.call.length!(queue), 0, "nothing lies in the queue itself");
    assert.is(probe.call.callbackCount!(), 129);
    const tags = probe.takeAllCallbacks();
    assert.equal(tags, [...begun.map((_, tag) => tag + 1), 1000]);
    assert.is(probe.event.code, 0, "the shutdown is ok");
    probe.call.destroy!(queue);
    probe.finish();
  });
}

callbacks("should keep the order in which operations of several queues ended, with how they ended", async () => {
  const probe = await QueueProbe.create();
  const [one, two] = [probe.call.createForCallback!(100n), probe.call.createForCallback!(200n)];
  const [first, second, third] = [probe.begin(one, 1), probe.begin(two, 2), probe.begin(one, 3)];
  probe.end(third, 4, 34);
  assert.is(probe.takeCallback(), 3);
  assert.equal([probe.event.code, probe.event.reason], [4, 34]);
  probe.end(second);
  probe.call.shutdown!(two);
  probe.end(first);
  probe.call.shutdown!(one);
  assert.equal(probe.takeAllCallbacks(), [2, 200, 1, 100]);
  probe.call.destroy!(one);
  probe.call.destroy!(two);
  probe.finish();
});

callbacks("should have no last functor when none was named", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.make(CALLBACK);
  probe.pass(queue, 1);
  probe.call.destroy!(queue);
  assert.equal(probe.takeAllCallbacks(), [1]);
  probe.finish();
});

callbacks("should tell functors of a destroyed queue all the same, and its shutdown last", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.call.createForCallback!(9n);
  const [one, two] = [probe.begin(queue, 1), probe.begin(queue, 2)];
  probe.end(one);
  probe.call.destroy!(queue);
  assert.is(probe.call.liveQueues!(), 1);
  assert.ok(probe.end(two));
  assert.equal(probe.takeAllCallbacks(), [1, 2, 9]);
  probe.finish();
});

callbacks("should count functors that were not taken as operations", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.make(CALLBACK);
  const most = probe.call.operationsMax!();
  for (let tag = 0; tag < most; tag++) probe.call.endOp!(probe.call.beginOp!(queue, 1n), 0, 0, 0);
  assert.is(probe.call.beginOp!(queue, 1n), 0);
  assert.is(probe.takeCallback(), 1);
  assert.is.not(probe.call.beginOp!(queue, 1n), 0);
});

callbacks("should look up factories of known attributes only", async () => {
  const { call } = await QueueProbe.create();
  for (const version of [1, 2]) {
    for (let type = 0; type < 3; type++) {
      for (let polling = 0; polling < 3; polling++) assert.is.not(call.lookup!(version, type, polling), 0);
    }
  }
  for (const attributes of [[0, 0, 0], [3, 0, 0], [0xffff_ffff, 0, 0], [1, 3, 0], [1, 0, 3], [1, 256, 0], [1, 0, -1]]) {
    assert.is(call.lookup!(...attributes), 0, `${attributes}`);
  }
});

callbacks("should refuse a shutdown functor where none belongs, and a factory that nobody looked up", async () => {
  for (const [version, type] of [[1, CALLBACK], [2, NEXT], [2, PLUCK]] as const) {
    const probe = await QueueProbe.create();
    probe.probe.traps(() => probe.call.make!(probe.call.lookup!(version, type, 0), 5n), "cq/factory.ts");
    assert.match(probe.probe.abortText, "a shutdown functor wants");
  }
  const probe = await QueueProbe.create();
  probe.probe.traps(() => probe.call.make!(probe.call.lookup!(3, NEXT, 0), 0n), "cq/factory.ts");
});

callbacks.run();
