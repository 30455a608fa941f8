// Waits: deadlines, what is polled when, polling types, and what could never end.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  CALLBACK, DEFAULT_POLLING, NEVER, NEXT, NON_LISTENING, NON_POLLING, OP_COMPLETE, PLUCK, QUEUE_SHUTDOWN,
  QUEUE_TIMEOUT, QueueProbe,
} from "../../support/cq-probe.js";

const MS = 1_000_000n;
const waiting = suite("waiting");

for (const cooperative of [false, true]) {
  const kind = cooperative ? "cooperative" : "plain";

  waiting(`should end with a timeout after one poll when the deadline has passed: ${kind}`, async () => {
    const probe = await QueueProbe.create(cooperative);
    const queue = probe.make(NEXT);
    const handle = probe.host.create();
    const source = probe.call.watch!(1, handle);
    for (const deadline of [0n, probe.host.nowNs]) {
      const polls = probe.host.polls;
      assert.is(probe.next(queue, deadline), QUEUE_TIMEOUT);
      assert.is(probe.host.polls, polls + 1);
    }
    probe.call.unwatch!(source);
    probe.call.destroy!(queue);
    probe.finish();
  });

  waiting(`should find what is ready although the deadline has passed: ${kind}`, async () => {
    const probe = await QueueProbe.create(cooperative);
    const queue = probe.make(NEXT);
    const handle = probe.host.create();
    probe.host.setReady(handle, true);
    const source = probe.call.endWhenReady!(probe.begin(queue, 5), handle);
    assert.is(probe.next(queue, 0n), OP_COMPLETE);
    assert.is(probe.event.tag, 5n);
    probe.call.unwatch!(source);
    probe.call.destroy!(queue);
    probe.finish();
  });

  waiting(`should wait for an event that comes later, and not longer: ${kind}`, async () => {
    const probe = await QueueProbe.create(cooperative);
    const queue = probe.make(NEXT);
    const handle = probe.host.create();
    const source = probe.call.endWhenReady!(probe.begin(queue, 5), handle);
    const at = probe.host.nowNs + 7n * MS;
    probe.host.plan(at, () => probe.host.setReady(handle, true));
    assert.is(probe.next(queue), OP_COMPLETE);
    assert.ok(probe.host.nowNs >= at && probe.host.nowNs < at + MS);
    assert.ok(probe.host.polls < 5, `${probe.host.polls} polls for one event`);
    probe.call.unwatch!(source);
    probe.call.destroy!(queue);
    probe.finish();
  });
}

waiting("should end at the deadline, neither before nor much later, whatever timers there are", async () => {
  for (const polling of [DEFAULT_POLLING, NON_LISTENING, NON_POLLING]) {
    const probe = await QueueProbe.create();
    const queue = probe.make(NEXT, polling);
    const timers = [3n, 5n, 900n].map((ms) => probe.call.timerAt!(1, probe.host.nowNs + ms * MS));
    const deadline = probe.host.nowNs + 20n * MS;
    assert.is(probe.next(queue, deadline), QUEUE_TIMEOUT);
    assert.ok(probe.host.nowNs >= deadline && probe.host.nowNs < deadline + MS);
    for (const timer of timers) probe.call.timerFree!(timer);
    probe.call.destroy!(queue);
    probe.finish();
  }
});

waiting("should give what is queued before it polls, and a shutdown only after that, for ever", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.make(NEXT);
  for (let tag = 0; tag < 5; tag++) probe.pass(queue, tag);
  probe.call.shutdown!(queue);
  for (let tag = 0n; tag < 5n; tag++) {
    assert.is(probe.next(queue), OP_COMPLETE);
    assert.is(probe.event.tag, tag);
  }
  for (const deadline of [0n, NEVER, 0n]) assert.is(probe.next(queue, deadline), QUEUE_SHUTDOWN);
  assert.is(probe.host.polls, 0);
  probe.call.destroy!(queue);
  probe.finish();
});

waiting("should wait for operations that are outstanding when the queue is shut down", async () => {
  for (const polling of [DEFAULT_POLLING, NON_LISTENING, NON_POLLING]) {
    const probe = await QueueProbe.create();
    const queue = probe.make(NEXT, polling);
    probe.call.endAt!(probe.begin(queue, 1), probe.host.nowNs + 3n * MS);
    probe.call.endAt!(probe.begin(queue, 2), probe.host.nowNs + 2n * MS);
    probe.call.shutdown!(queue);
    const seen: bigint[] = [];
    while (probe.next(queue) === OP_COMPLETE) seen.push(probe.event.tag);
    assert.equal(seen, [2n, 1n]);
    probe.call.destroy!(queue);
    probe.finish();
  }
});

waiting("should pluck the tag that it waits for, and leave the others for those who want them", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.make(PLUCK);
  for (const tag of [3, 1, 2]) probe.call.endAt!(probe.begin(queue, tag), probe.host.nowNs + BigInt(tag) * MS);
  assert.is(probe.pluck(queue, 2), OP_COMPLETE);
  assert.is(probe.call.length!(queue), 1, "1 came before it");
  assert.is(probe.pluck(queue, 4, probe.host.nowNs + 5n * MS), QUEUE_TIMEOUT);
  assert.is(probe.pluck(queue, 3), OP_COMPLETE);
  assert.is(probe.pluck(queue, 1), OP_COMPLETE);
  for (let count = 0; count < 6; count++) assert.is(probe.call.addPlucker!(queue), 1, "no wait left itself behind");
  for (let count = 0; count < 6; count++) probe.call.removePlucker!(queue);
  probe.call.destroy!(queue);
  probe.finish();
});

waiting("should wait for functors, and give up at the deadline", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.make(CALLBACK);
  probe.call.endAt!(probe.begin(queue, 7), probe.host.nowNs + 3n * MS);
  assert.is(probe.call.callbacks!(probe.host.nowNs + MS), 0);
  assert.is(probe.call.callbacks!(NEVER), 1);
  assert.is(probe.event.tag, 7n);
  assert.is(probe.call.callbacks!(0n), 0);
  probe.call.destroy!(queue);
  probe.finish();
});

waiting("should drive no I/O for a NON_POLLING queue, and lose none of it", async () => {
  const probe = await QueueProbe.create();
  const [without, other] = [probe.make(NEXT, NON_POLLING), probe.make(NEXT)];
  const handle = probe.host.create();
  probe.host.setReady(handle, true);
  const source = probe.call.endWhenReady!(probe.begin(other, 1), handle);
  assert.is(probe.next(without, probe.host.nowNs + 3n * MS), QUEUE_TIMEOUT);
  assert.is(probe.call.length!(other), 0);
  assert.is(probe.next(without, 0n), QUEUE_TIMEOUT);
  assert.is(probe.next(other, 0n), OP_COMPLETE);
  probe.call.unwatch!(source);
  for (const queue of [without, other]) probe.call.destroy!(queue);
  probe.finish();
});

waiting("should leave a source that was found ready alone while only NON_POLLING queues wait", async () => {
  const probe = await QueueProbe.create();
  const [without, other] = [probe.make(NEXT, NON_POLLING), probe.make(NEXT)];
  let runs = 0;
  probe.onRun.set(1, () => {
    if (++runs > 1) return;
    assert.is(probe.next(without, 0n), QUEUE_TIMEOUT);
    assert.is(probe.call.readyCount!(), 1, "the other one still has to run");
  });
  const handles = [probe.host.create(), probe.host.create()];
  for (const handle of handles) probe.host.setReady(handle, true);
  const sources = handles.map((handle) => probe.call.watch!(1, handle));
  assert.is(probe.next(other, 0n), QUEUE_TIMEOUT);
  assert.is(runs, 2);
  for (const source of sources) probe.call.unwatch!(source);
  for (const queue of [without, other]) probe.call.destroy!(queue);
  probe.finish();
});

waiting("should refuse a wait that could never end", async () => {
  for (const polling of [DEFAULT_POLLING, NON_LISTENING, NON_POLLING]) {
    const probe = await QueueProbe.create();
    const queue = probe.make(NEXT, polling);
    probe.begin(queue, 1); // nobody will end it
    probe.probe.traps(() => probe.next(queue), "poll/poller.ts");
    assert.match(probe.probe.abortText, "this wait could never end");
  }
  const probe = await QueueProbe.create();
  const queue = probe.make(NEXT, NON_POLLING);
  probe.call.watch!(1, probe.host.create());
  probe.probe.traps(() => probe.next(queue), "poll/poller.ts");
});

waiting("should let I/O in behind a queue that never empties, and the queue behind no I/O", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.make(NEXT);
  let runs = 0;
  const handle = probe.host.create();
  probe.host.setReady(handle, true);
  probe.onRun.set(1, () => void runs++);
  const source = probe.call.watch!(1, handle);
  const most = probe.call.takesPerTurnMax!();
  probe.pass(queue, 0);
  for (let tag = 1; tag <= most * 10; tag++) {
    probe.pass(queue, tag);
    assert.is(probe.next(queue, NEVER), OP_COMPLETE);
    assert.is(Number(probe.event.tag), tag - 1);
    if (probe.call.readyCount!() === 0 && runs > 0 && tag % most === 0) probe.call.waitAgain!(source);
  }
  assert.ok(runs >= 9 && runs <= 10, `${runs} runs of a source that is always ready`);
  probe.takeAll(queue);
  probe.call.unwatch!(source);
  probe.call.destroy!(queue);
  probe.finish();
});

waiting("should let I/O in behind functors that never end", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.make(CALLBACK);
  let runs = 0;
  probe.onRun.set(1, () => void runs++);
  const handle = probe.host.create();
  probe.host.setReady(handle, true);
  const source = probe.call.watch!(1, handle);
  probe.pass(queue, 0);
  for (let tag = 1; tag <= probe.call.takesPerTurnMax!() + 1; tag++) {
    assert.is(runs, 0);
    probe.pass(queue, tag);
    assert.is(probe.call.callbacks!(NEVER), 1);
  }
  assert.is(runs, 1);
  assert.equal(probe.takeAllCallbacks().length, 1);
  probe.call.unwatch!(source);
  probe.call.destroy!(queue);
  probe.finish();
});

waiting("should count the steps that the program spent between two waits", async () => {
  const probe = await QueueProbe.create(true);
  const queue = probe.make(NEXT);
  const handles = Array.from({ length: 20 }, () => probe.host.create());
  const sources = handles.map((handle) => probe.call.watch!(1, handle));
  let runs = 0;
  probe.onRun.set(1, () => void runs++);
  probe.next(queue, 0n);
  for (const handle of handles) probe.host.setReady(handle, true);
  for (let count = 0; count < 120; count++) assert.ok(probe.host.step());
  probe.call.spend!(120);
  probe.next(queue, 0n);
  assert.is(runs, 20, "the runtime was given a chance to refill our share");
  for (const source of sources) probe.call.unwatch!(source);
  probe.call.destroy!(queue);
  probe.finish();
});

waiting.run();
