// PLUCK queues: events by tag, in any order, however many there are; and the limit of those who wait.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { QUEUE_SHUTDOWN, QUEUE_TIMEOUT, QueueProbe } from "../../support/cq-probe.js";

const plucking = suite("plucking");

plucking("should give each of 128 tags, in order and then in reverse", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.call.createForPluck!();
  for (const reverse of [false, true]) {
    for (let tag = 0; tag < 128; tag++) probe.pass(queue, tag);
    for (let tag = 0; tag < 128; tag++) assert.ok(probe.takeTag(queue, reverse ? 127 - tag : tag));
    assert.is(probe.call.length!(queue), 0);
  }
  probe.call.destroy!(queue);
  probe.finish();
});

plucking("should give events of one tag oldest first, also when many came between and after", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.call.createForPluck!();
  for (let round = 0; round < 5; round++) {
    for (let tag = 0; tag < 200; tag++) probe.end(probe.begin(queue, tag * 8), 0, 0, round);
  }
  for (let tag = 0; tag < 200; tag++) {
    for (let round = 0; round < 5; round++) {
      assert.ok(probe.takeTag(queue, tag * 8));
      assert.is(probe.event.value, round);
    }
    assert.not.ok(probe.takeTag(queue, tag * 8));
  }
  probe.call.destroy!(queue);
  probe.finish();
});

plucking("should tell tags apart in all of their 64 bits", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.call.createForPluck!();
  const tags = Array.from({ length: 64 }, (_, bit) => 1n << BigInt(bit));
  for (const tag of tags) probe.pass(queue, tag);
  assert.not.ok(probe.takeTag(queue, 0));
  assert.not.ok(probe.takeTag(queue, 3));
  for (const tag of tags) assert.ok(probe.takeTag(queue, tag));
  probe.call.destroy!(queue);
  probe.finish();
});

plucking("should let six wait and send the seventh away at once", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.call.createForPluck!();
  for (let count = 0; count < 6; count++) assert.is(probe.call.addPlucker!(queue), 1);
  assert.is(probe.call.addPlucker!(queue), 0);
  probe.pass(queue, 1);
  assert.is(probe.pluck(queue, 1), QUEUE_TIMEOUT, "although its event is there and it has no deadline");
  probe.call.removePlucker!(queue);
  assert.is(probe.call.addPlucker!(queue), 1);
  for (let count = 0; count < 6; count++) probe.call.removePlucker!(queue);
  assert.ok(probe.takeTag(queue, 1));
  probe.call.destroy!(queue);
  probe.finish();
});

plucking("should tell of a shutdown whatever the tag, once nothing of the tag is left", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.call.createForPluck!();
  probe.pass(queue, 5);
  probe.call.shutdown!(queue);
  assert.is(probe.pluck(queue, 0), QUEUE_SHUTDOWN);
  assert.is(probe.pluck(queue, 5), 2);
  assert.is(probe.pluck(queue, 5), QUEUE_SHUTDOWN);
  probe.call.destroy!(queue);
  probe.finish();
});

plucking.run();
