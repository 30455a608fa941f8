// Tasks, one rule at a time: order, handles and both ways to cancel. tasks-random.test.ts tries everything at once.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CALLS, CANCELLED, type Handle, INVALID, NEVER, OK, SILENT, TaskProbe } from "../../support/task-probe.js";

const DAY_NS = 86_400_000_000_000n;

const queueing = suite("tasks, run");

queueing("should run a task once, and not inside the call that queues it", async () => {
  const tasks = await TaskProbe.create();
  tasks.call.run!(1);
  assert.equal(tasks.owners, []);
  assert.is(tasks.call.nextTurnNs!(), 0, "what is queued wants a turn at once");
  assert.is(tasks.turn(), -1);
  tasks.turn();
  assert.equal(tasks.owners, [1]);
  tasks.end();
});

queueing("should run tasks in the order in which they were queued, by whatever call", async () => {
  const tasks = await TaskProbe.create();
  tasks.call.run!(1);
  tasks.runWithStatus(2);
  tasks.call.runMany!(3, 5);
  tasks.call.run!(4);
  tasks.runWithStatus(5);
  tasks.turn();
  assert.equal(tasks.owners, [1, 2, 3, 4, 5]);
  assert.is(tasks.happened[2]!.count, 5);
  tasks.end();
});

queueing("should run what a task queues in the next turn", async () => {
  const tasks = await TaskProbe.create();
  tasks.onRun.set(1, () => void tasks.call.run!(1));
  tasks.call.run!(1);
  for (let turn = 1; turn <= 5; turn++) {
    assert.is(tasks.turn(), 0);
    assert.is(tasks.happened.length, turn);
  }
  tasks.onRun.clear();
  tasks.turn();
  tasks.end();
});

queueing("should take an empty batch for nothing", async () => {
  const tasks = await TaskProbe.create();
  tasks.call.runMany!(1, 0);
  assert.is(tasks.turn(), -1);
  assert.equal(tasks.owners, []);
  tasks.end();
});

queueing.run();

// ---

const timed = suite("tasks, run at a time");

timed("should run a task at its deadline and not before", async () => {
  const tasks = await TaskProbe.create();
  tasks.runAt(tasks.nowNs + 100n, 1);
  assert.is(tasks.turn(), 100);
  assert.is(tasks.turn(99n), 1);
  assert.equal(tasks.owners, []);
  assert.is(tasks.turn(1n), -1);
  assert.equal(tasks.owners, [1]);
  tasks.end();
});

timed("should run deadlines of zero and of the past in the next turn, never inline", async () => {
  const tasks = await TaskProbe.create();
  tasks.runAt(0n, 1);
  tasks.runAt(tasks.nowNs - 5n, 2);
  tasks.runAt(tasks.nowNs, 3);
  assert.equal(tasks.owners, []);
  assert.is(tasks.turn(), -1);
  assert.equal(tasks.owners, [1, 2, 3]);
  tasks.end();
});

timed("should order by deadline, and equal deadlines by their start", async () => {
  const tasks = await TaskProbe.create();
  const at = tasks.nowNs + 50n;
  for (const [owner, deadline] of [[1, at + 1n], [2, at], [3, at - 1n], [4, at], [5, at - 1n]] as const) {
    tasks.runAt(deadline, owner);
  }
  tasks.turn(60n);
  assert.equal(tasks.owners, [3, 5, 2, 4, 1]);
  tasks.end();
});

timed("should queue what is due behind what was queued before", async () => {
  const tasks = await TaskProbe.create();
  tasks.runAt(tasks.nowNs, 2);
  tasks.call.run!(1);
  tasks.turn();
  assert.equal(tasks.owners, [1, 2]);
  tasks.end();
});

timed("should keep far deadlines apart, up to the last one, and wait for ever at the very end", async () => {
  const tasks = await TaskProbe.create();
  const start = tasks.nowNs;
  const far = [start + 25n * DAY_NS, 2n ** 63n - 1n, 2n ** 63n, NEVER - 2n, NEVER - 1n];
  const never = tasks.runAt(NEVER, 99);
  for (let owner = far.length; owner > 0; owner--) tasks.runAt(far[owner - 1]!, owner);
  assert.is(tasks.turn(), Number(25n * DAY_NS));
  for (const [index, deadline] of far.entries()) {
    tasks.host.nowNs = deadline - 1n;
    tasks.turn();
    assert.is(tasks.owners.length, index, `${deadline} is early`);
    tasks.host.nowNs = deadline;
    tasks.turn();
    assert.equal(tasks.owners.at(-1), index + 1);
  }
  tasks.host.nowNs = NEVER;
  assert.is(tasks.turn(), -1, "nothing has to be waited for");
  assert.is(tasks.owners.length, far.length);
  assert.is(tasks.cancel(never), true);
  tasks.end();
});

timed("should not let one that is started for the past overtake those that are due", async () => {
  const tasks = await TaskProbe.create();
  tasks.runAt(tasks.nowNs + 10n, 1);
  tasks.turn(5n);
  tasks.runAt(tasks.nowNs + 1n, 2);
  tasks.onRun.set(1, () => void tasks.runAt(0n, 3));
  tasks.turn(20n);
  tasks.turn();
  assert.equal(tasks.owners, [2, 1, 3]);
  tasks.end();
});

timed.run();

// ---

const cancelling = suite("tasks, cancel");

/** Handles that never named anything, or not any more. */
function assertStale(tasks: TaskProbe, handle: Handle): void {
  const { slot, generation } = handle;
  for (const each of [handle, { slot, generation: generation - 1 }, { slot, generation: 0 }]) {
    assert.is(tasks.cancel(each), false, `${each.slot}/${each.generation}`);
  }
}

cancelling("should release a waiting task that never runs then", async () => {
  const tasks = await TaskProbe.create();
  const handle = tasks.runAt(tasks.nowNs + 10n, 1);
  assert.is(tasks.cancel(handle), true);
  tasks.end();
  assertStale(tasks, handle);
  assert.is(tasks.turn(20n), -1);
  assert.equal(tasks.owners, []);
});

cancelling("should call a waiting task of the older text with CANCELLED, later and once", async () => {
  const tasks = await TaskProbe.create();
  const handle = tasks.runAt(tasks.nowNs + 10n, 1, CALLS);
  assert.is(tasks.cancel(handle), true);
  assert.is(tasks.cancel(handle), false);
  assert.equal(tasks.owners, []);
  assert.is(tasks.turn(20n), -1);
  assert.equal(tasks.happened.map(({ owner, code }) => [owner, code]), [[1, CANCELLED]]);
  assertStale(tasks, handle);
  tasks.end();
});

cancelling("should give a task of the older text OK when its time comes", async () => {
  const tasks = await TaskProbe.create();
  const handle = tasks.runAt(tasks.nowNs, 1, CALLS);
  tasks.turn();
  assert.is(tasks.happened[0]!.code, OK);
  assertStale(tasks, handle);
  tasks.end();
});

cancelling("should let a task that is due be cancelled until it begins", async () => {
  const tasks = await TaskProbe.create();
  tasks.runAt(tasks.nowNs, 1);
  const silent = tasks.runAt(tasks.nowNs, 2);
  const calling = tasks.runAt(tasks.nowNs, 3, CALLS);
  const answers: boolean[] = [];
  tasks.onRun.set(1, () => {
    for (const handle of [silent, calling, silent, calling]) answers.push(tasks.cancel(handle));
    tasks.check();
  });
  tasks.turn();
  assert.equal(answers, [true, true, false, false]);
  assert.equal(tasks.happened.map(({ owner, code }) => [owner, code]), [[1, OK], [3, CANCELLED]]);
  tasks.end();
});

cancelling("should refuse a task that runs, and say whose it is", async () => {
  for (const mode of [SILENT, CALLS]) {
    const tasks = await TaskProbe.create();
    const handle = tasks.runAt(tasks.nowNs, 1, mode);
    const seen: unknown[] = [];
    tasks.onRun.set(1, () => void seen.push(tasks.cancel(handle), tasks.call.currentSlot!() >>> 0));
    tasks.turn();
    assert.equal(seen, [false, handle.slot]);
    assert.is(tasks.call.currentSlot!() >>> 0, INVALID);
    tasks.end();
  }
});

cancelling("should keep the place of a queued task and tell it that it was cancelled", async () => {
  const tasks = await TaskProbe.create();
  const first = tasks.runWithStatus(1);
  const second = tasks.runWithStatus(2);
  tasks.call.run!(3);
  assert.is(tasks.cancel(first), true);
  assert.is(tasks.cancel(first), false);
  tasks.turn();
  assert.equal(tasks.happened.map(({ owner, code }) => [owner, code]), [[1, CANCELLED], [2, OK], [3, OK]]);
  assertStale(tasks, second);
  tasks.end();
});

cancelling("should refuse what never was a handle", async () => {
  const tasks = await TaskProbe.create();
  assertStale(tasks, { slot: INVALID, generation: INVALID });
  assertStale(tasks, { slot: 0, generation: 0 });
  const handle = tasks.runAt(NEVER, 1);
  for (const slot of [handle.slot + 1, 1023, 1024, 1 << 26, 0x7fff_ffff, 0x8000_0000, INVALID]) {
    assertStale(tasks, { slot, generation: handle.generation });
  }
  assertStale(tasks, { slot: handle.slot, generation: INVALID });
  assert.is(tasks.cancel(handle), true);
  tasks.end();
});

cancelling("should tell uses of one slot apart, also when the count of uses wraps", async () => {
  const tasks = await TaskProbe.create();
  const old: Handle[] = [];
  for (let use = 0; use < 100; use++) {
    const handle = tasks.runAt(tasks.nowNs, 1);
    assert.is(handle.slot, 0, "the slot is used again");
    for (const each of old) assert.is(tasks.cancel(each), false);
    if (use % 2 === 0) assert.is(tasks.cancel(handle), true);
    else tasks.turn();
    old.push(handle);
  }
  tasks.call.setNextGeneration!(0xffff_ffff);
  const last = tasks.runAt(NEVER, 1);
  assert.is(last.generation, 0xffff_ffff);
  assert.is(tasks.cancel(last), true);
  const next = tasks.runAt(NEVER, 1);
  assert.is(next.generation, 1, "0 stays free for the invalid handle");
  assert.is(tasks.cancel(last), false);
  assert.is(tasks.cancel(next), true);
  tasks.end();
});

cancelling("should let a task start and cancel others while it runs", async () => {
  const tasks = await TaskProbe.create();
  const others = Array.from({ length: 1000 }, (_, owner) => tasks.runAt(tasks.nowNs + 5n, owner + 10));
  tasks.onRun.set(1, () => {
    for (const [index, handle] of others.entries()) if (index % 2) assert.is(tasks.cancel(handle), true);
    for (let owner = 2000; owner < 3000; owner++) tasks.call.run!(owner);
  });
  tasks.runAt(tasks.nowNs + 4n, 1);
  tasks.turnOut(10n);
  const kept = [...others.keys()].filter((index) => index % 2 === 0).map((index) => index + 10);
  assert.equal(tasks.owners, [1, ...kept, ...Array.from({ length: 1000 }, (_, index) => index + 2000)]);
  tasks.end();
});

cancelling.run();
