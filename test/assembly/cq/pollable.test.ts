// Pollables: those of queues, those of WASI, and waits for several of them.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CALLBACK, NEXT, PLUCK, QueueProbe } from "../../support/cq-probe.js";

const MS = 1_000_000n;
const pollables = suite("pollable");

/** Indexes that a poll of these answers. */
function poll(probe: QueueProbe, list: number[]): number[] {
  const at = probe.call.pollList!();
  const view = probe.probe.view();
  list.forEach((pollable, index) => view.setUint32(at + 4 * index, pollable, true));
  const count = probe.call.poll!(list.length);
  return probe.probe.words(at, count);
}

pollables("should be ready while the queue has an event, however often it is asked, and after a shutdown", async () => {
  for (const type of [NEXT, PLUCK]) {
    const probe = await QueueProbe.create();
    const queue = probe.make(type);
    const [one, other] = [probe.call.pollableOfQueue!(queue), probe.call.pollableOfQueue!(queue)];
    assert.is(probe.call.pollableReady!(one), 0);
    probe.pass(queue, 1);
    for (const pollable of [one, other, one]) assert.is(probe.call.pollableReady!(pollable), 1);
    probe.call.pollableBlock!(one);
    assert.equal(poll(probe, [one, other, one]), [0, 1, 2]);
    if (type === NEXT) probe.take(queue);
    else probe.takeTag(queue, 1);
    assert.is(probe.call.pollableReady!(other), 0);
    probe.call.shutdown!(queue);
    assert.is(probe.call.pollableReady!(one), 1);
    for (const pollable of [one, other]) probe.call.pollableDrop!(pollable);
    probe.call.destroy!(queue);
    probe.finish();
  }
});

pollables("should be ready while a functor is to run, of whatever CALLBACK queue", async () => {
  const probe = await QueueProbe.create();
  const [one, other] = [probe.make(CALLBACK), probe.make(CALLBACK)];
  const pollable = probe.call.pollableOfQueue!(one);
  assert.is(probe.call.pollableReady!(pollable), 0);
  probe.call.endAt!(probe.begin(other, 1), probe.host.nowNs + MS);
  assert.equal(poll(probe, [pollable]), [0]);
  assert.is(probe.call.pollableReady!(pollable), 1);
  assert.is(probe.takeCallback(), 1);
  assert.is(probe.call.pollableReady!(pollable), 0);
  probe.call.shutdown!(one);
  assert.is(probe.call.pollableReady!(pollable), 1);
  probe.call.pollableDrop!(pollable);
  for (const queue of [one, other]) probe.call.destroy!(queue);
  probe.finish();
});

pollables("should drive the engine when it is only asked again and again", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.make(NEXT);
  const handle = probe.host.create();
  const source = probe.call.endWhenReady!(probe.begin(queue, 1), handle);
  const pollable = probe.call.pollableOfQueue!(queue);
  assert.is(probe.call.pollableReady!(pollable), 0);
  probe.host.setReady(handle, true);
  assert.is(probe.call.pollableReady!(pollable), 1);
  probe.take(queue);
  probe.call.pollableDrop!(pollable);
  probe.call.unwatch!(source);
  probe.call.destroy!(queue);
  probe.finish();
});

pollables("should wait for whichever comes first: a queue, a pollable of WASI, or several at once", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.make(NEXT);
  const handle = probe.host.create();
  const list = [probe.call.pollableOfQueue!(queue), probe.call.pollableOfWasi!(handle)];
  probe.host.plan(probe.host.nowNs + 2n * MS, () => probe.host.setReady(handle, true));
  probe.call.endAt!(probe.begin(queue, 1), probe.host.nowNs + 4n * MS);
  assert.equal(poll(probe, list), [1]);
  probe.host.setReady(handle, false);
  assert.equal(poll(probe, list), [0]);
  probe.host.setReady(handle, true);
  assert.equal(poll(probe, list), [0, 1], "both, in order");
  assert.equal(poll(probe, [...list].reverse()), [0, 1]);
  probe.take(queue);
  assert.equal(poll(probe, list), [1]);
  for (const pollable of list) probe.call.pollableDrop!(pollable);
  probe.call.destroy!(queue);
  probe.finish();
});

pollables("should not wake for a pollable of WASI that nobody waits for any more", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.make(NEXT);
  const handle = probe.host.create();
  const list = [probe.call.pollableOfQueue!(queue), probe.call.pollableOfWasi!(handle)];
  probe.call.endAt!(probe.begin(queue, 1), probe.host.nowNs + MS);
  assert.equal(poll(probe, list), [0]);
  assert.ok(probe.host.latest.includes(handle));
  probe.take(queue);
  probe.call.endAt!(probe.begin(queue, 2), probe.host.nowNs + MS);
  probe.host.setReady(handle, true);
  const { polls } = probe.host;
  probe.call.pollableBlock!(list[0]!);
  assert.is(probe.host.polls, polls + 1, "one wait until the time has come");
  assert.not.ok(probe.host.latest.includes(handle));
  probe.take(queue);
  for (const pollable of list) probe.call.pollableDrop!(pollable);
  probe.call.destroy!(queue);
  probe.finish();
});

pollables("should wake for a pollable of WASI that is listed twice, and let others of it be", async () => {
  const probe = await QueueProbe.create();
  const handles = [probe.host.create(), probe.host.create()];
  const list = handles.map((handle) => probe.call.pollableOfWasi!(handle));
  probe.host.plan(probe.host.nowNs + MS, () => probe.host.setReady(handles[1]!, true));
  assert.equal(poll(probe, [list[0]!, list[1]!, list[1]!]), [1, 2]);
  assert.is(probe.call.pollableReady!(list[0]!), 0);
  assert.is(probe.call.pollableReady!(list[1]!), 1);
  for (const pollable of list) probe.call.pollableDrop!(pollable);
  probe.finish();
  assert.throws(() => probe.host.isReady(handles[0]!), /no pollable/, "the handle was given back");
});

pollables("should not let a queue that is always ready keep I/O out", async () => {
  const probe = await QueueProbe.create();
  const queue = probe.make(NEXT);
  let runs = 0;
  probe.onRun.set(1, () => void runs++);
  const handle = probe.host.create();
  probe.host.setReady(handle, true);
  const source = probe.call.watch!(1, handle);
  const pollable = probe.call.pollableOfQueue!(queue);
  probe.pass(queue, 0);
  for (let tag = 1; tag <= probe.call.takesPerTurnMax!() + 1; tag++) {
    probe.pass(queue, tag);
    assert.equal(poll(probe, [pollable]), [0]);
    probe.take(queue);
  }
  assert.is(runs, 1);
  probe.takeAll(queue);
  probe.call.pollableDrop!(pollable);
  probe.call.unwatch!(source);
  probe.call.destroy!(queue);
  probe.finish();
});

pollables("should refuse a poll of nothing, and a queue that goes before its pollables", async () => {
  const first = await QueueProbe.create();
  first.probe.traps(() => first.call.poll!(0), "cq/pollable.ts");
  const second = await QueueProbe.create();
  const queue = second.make(NEXT);
  second.call.pollableOfQueue!(queue);
  second.probe.traps(() => second.call.destroy!(queue), "cq/completion-queue.ts");
  assert.match(second.probe.abortText, "destroyed before its pollables");
});

pollables.run();
