// Tasks and the turn: bounds, fairness against timers and sources, shutdown, and many at once.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  BATCH, CALLS, CANCELLED, INVALID, NEVER, OK, PER_TURN, RUN, SILENT, SOURCE, TaskProbe, TIMER,
} from "../../support/task-probe.js";

const range = (count: number, from = 0): number[] => Array.from({ length: count }, (_, index) => from + index);

const bounds = suite("tasks, bounds of a turn");

bounds("should run a bounded number in one turn and the others in the next, in order", async () => {
  const tasks = await TaskProbe.create();
  for (const owner of range(2 * PER_TURN + 5)) tasks.call.run!(owner);
  assert.is(tasks.turn(), 0);
  assert.is(tasks.happened.length, PER_TURN);
  assert.is(tasks.turn(), 0);
  assert.is(tasks.turn(), -1);
  assert.equal(tasks.owners, range(2 * PER_TURN + 5));
  tasks.end();
});

bounds("should hand a batch out in parts that fit the turns, and keep its place", async () => {
  const tasks = await TaskProbe.create();
  tasks.call.run!(1);
  tasks.call.runMany!(2, 2 * PER_TURN);
  tasks.call.run!(3);
  tasks.onRun.set(2, () => void (tasks.happened.length === 2 && tasks.call.run!(4)));
  assert.is(tasks.turnOut(), 3);
  const parts = tasks.happened.map(({ kind, owner, count }) => [kind, owner, count]);
  assert.equal(parts, [
    [RUN, 1, 1], [BATCH, 2, PER_TURN - 1], [BATCH, 2, PER_TURN], [BATCH, 2, 1], [RUN, 3, 1], [RUN, 4, 1],
  ]);
  tasks.end();
});

bounds("should queue a bounded number of due timers, the earliest first, before those that come later", async () => {
  const tasks = await TaskProbe.create();
  const count = 2 * PER_TURN + 5;
  for (const owner of range(count)) tasks.runAt(tasks.nowNs + BigInt(count - owner), owner);
  tasks.onRun.set(count - 1, () => void tasks.runAt(0n, count));
  assert.is(tasks.turn(BigInt(count)), 0);
  assert.is(tasks.happened.length, PER_TURN);
  assert.is(tasks.turnOut(), 2);
  assert.equal(tasks.owners, [...range(count).reverse(), count]);
  tasks.end();
});

bounds("should give timers, tasks and sources their part of every turn", async () => {
  const tasks = await TaskProbe.create();
  const source = tasks.call.sourceCreate!(3);
  const timer = tasks.call.timerCreate!(1);
  const flood = (): void => {
    for (const owner of range(2 * PER_TURN, 10)) tasks.call.run!(owner);
  };
  for (let turn = 0; turn < 5; turn++) {
    flood();
    tasks.call.sourceHurry!(source);
    tasks.call.timerSchedule!(timer, 0n);
    tasks.happened.length = 0;
    tasks.turn();
    assert.is(tasks.happened[0]!.kind, TIMER);
    assert.is(tasks.happened.at(-1)!.kind, SOURCE);
    assert.is(tasks.happened.length, PER_TURN + 2);
  }
  tasks.call.sourceFree!(source);
  tasks.call.timerFree!(timer);
  tasks.turnOut();
  tasks.end();
});

bounds("should not be held by a chain of tasks that are always due", async () => {
  const tasks = await TaskProbe.create();
  for (const owner of [1, 2]) tasks.onRun.set(owner, () => void tasks.runAt(0n, owner));
  for (const owner of [3, 4]) tasks.onRun.set(owner, () => void tasks.call.run!(owner));
  for (const owner of [1, 2]) tasks.runAt(0n, owner);
  for (const owner of [3, 4]) tasks.call.run!(owner);
  for (let turn = 1; turn <= 10; turn++) {
    assert.is(tasks.turn(), 0);
    assert.is(tasks.happened.length, 4 * turn);
  }
  for (const owner of [1, 2, 3, 4]) assert.is(tasks.owners.filter((each) => each === owner).length, 10);
  tasks.onRun.clear();
  tasks.turnOut();
  tasks.end();
});

bounds("should queue the tasks of a source and of an internal timer for this turn's or the next step", async () => {
  const tasks = await TaskProbe.create();
  const source = tasks.call.sourceCreate!(1);
  const timer = tasks.call.timerCreate!(2);
  tasks.onRun.set(1, () => void tasks.call.run!(11));
  tasks.onRun.set(2, () => void tasks.call.run!(12));
  tasks.call.sourceHurry!(source);
  tasks.call.timerSchedule!(timer, tasks.nowNs);
  assert.is(tasks.turn(), 0);
  assert.equal(tasks.owners, [2, 12, 1]);
  assert.is(tasks.turn(), -1);
  assert.equal(tasks.owners, [2, 12, 1, 11]);
  tasks.call.sourceFree!(source);
  tasks.call.timerFree!(timer);
  tasks.end();
});

bounds("should leave to the next turn what comes after others of this one were taken out", async () => {
  for (const kept of [0, 3]) {
    const tasks = await TaskProbe.create();
    tasks.run(1);
    const flood = range(200, 10).map((owner) => tasks.runWithStatus(owner));
    tasks.onRun.set(1, () => {
      for (const handle of flood.slice(kept)) assert.ok(tasks.drop(handle));
      tasks.run(2);
    });
    assert.is(tasks.turn(), 0, "one more is wanted");
    assert.equal(tasks.owners, [1, ...range(kept, 10)]);
    assert.is(tasks.turn(), -1);
    assert.equal(tasks.owners, [1, ...range(kept, 10), 2]);
    tasks.end();
  }
});

bounds("should refuse a batch of less than nothing", async () => {
  const tasks = await TaskProbe.create();
  tasks.runMany(1, 0);
  tasks.end();
  tasks.probe.traps(() => tasks.runMany(1, -1), "exec/tasks.ts");
});

bounds.run();

// ---

const waiting = suite("tasks, waiting in a poll");

waiting("should not wait while something is queued", async () => {
  const tasks = await TaskProbe.create();
  const before = tasks.nowNs;
  tasks.runAt(before + 1_000_000_000n, 2);
  tasks.call.run!(1);
  tasks.call.turnBlocking!();
  assert.equal(tasks.owners, [1]);
  assert.ok(tasks.nowNs - before < 1_000_000n, "it waited");
  while (tasks.owners.length < 2) tasks.call.turnBlocking!();
  assert.ok(tasks.nowNs >= before + 1_000_000_000n, "it was early");
  tasks.end();
});

waiting("should not count what never runs as something to wait for", async () => {
  const tasks = await TaskProbe.create();
  const handle = tasks.runAt(NEVER, 1);
  assert.is(tasks.turn(), -1);
  tasks.probe.traps(() => tasks.call.turnBlocking!(), "poll/poller.ts");
  assert.is(tasks.host.instantsMade, 0);
  assert.is(tasks.cancel(handle), true);
});

waiting.run();

// ---

const ending = suite("tasks, shutdown");

ending("should drop silent tasks, call the others with CANCELLED, and finish what was queued", async () => {
  const tasks = await TaskProbe.create();
  tasks.call.run!(1);
  tasks.call.runMany!(2, 3);
  tasks.runWithStatus(3);
  tasks.runAt(tasks.nowNs + 5n, 4, SILENT);
  tasks.runAt(tasks.nowNs + 6n, 5, CALLS);
  const cancelled = tasks.runAt(tasks.nowNs + 7n, 6, CALLS);
  tasks.runAt(NEVER, 7, SILENT);
  assert.is(tasks.cancel(cancelled), true);
  assert.is(tasks.call.shutDown!(), 2);
  assert.equal(tasks.owners, [], "nothing runs inside the call");
  tasks.check();
  tasks.turnOut(100n);
  assert.equal(tasks.happened.map(({ owner, code }) => [owner, code]), [
    [1, OK], [2, OK], [3, CANCELLED], [6, CANCELLED], [5, CANCELLED],
  ]);
  assert.is(tasks.call.shutDown!(), 0, "a second one finds nothing");
  tasks.end();
});

ending("should drop a silent task that is due, and cancel one that waits for its turn", async () => {
  const tasks = await TaskProbe.create();
  for (const owner of range(PER_TURN)) tasks.call.run!(owner + 10);
  tasks.runAt(tasks.nowNs, 1, SILENT);
  tasks.runAt(tasks.nowNs, 2, CALLS);
  tasks.turn();
  assert.is(tasks.call.queuedCount!(), 2);
  assert.is(tasks.call.shutDown!(), 1);
  tasks.happened.length = 0;
  tasks.turnOut();
  assert.equal(tasks.happened.map(({ owner, code }) => [owner, code]), [[2, CANCELLED]]);
  tasks.end();
});

ending("should call a task of the older text at once afterwards, and no silent one", async () => {
  const tasks = await TaskProbe.create();
  tasks.call.shutDown!();
  const codes: number[] = [];
  tasks.onRun.set(1, () => {
    tasks.runAt(0n, 2, CALLS);
    codes.push(tasks.happened.at(-1)!.code);
    tasks.call.run!(3);
  });
  tasks.call.run!(1);
  assert.is(tasks.cancel(tasks.runAt(0n, 4, SILENT)), false);
  assert.is(tasks.cancel(tasks.runWithStatus(5)), false);
  assert.is(tasks.cancel(tasks.runAt(NEVER, 6, CALLS)), false);
  assert.equal(tasks.owners, [5, 6]);
  tasks.turnOut();
  assert.equal(tasks.happened.map(({ owner, code }) => [owner, code]), [
    [5, CANCELLED], [6, CANCELLED], [1, OK], [2, CANCELLED], [3, OK],
  ]);
  assert.equal(codes, [CANCELLED]);
  tasks.end();
});

ending("should give what it calls at once no slot, and the one around it its own again", async () => {
  const tasks = await TaskProbe.create();
  const slotNow = (): number => tasks.call.currentSlot!() >>> 0;
  const slots: number[] = [];
  tasks.onRun.set(2, () => slots.push(slotNow()));
  tasks.onRun.set(1, () => {
    tasks.call.shutDown!();
    slots.push(slotNow());
    tasks.runAt(0n, 2, CALLS);
    slots.push(slotNow());
  });
  const { slot } = tasks.runWithStatus(1);
  tasks.turnOut();
  assert.equal(slots, [slot, INVALID, slot]);
  assert.is(slotNow(), INVALID);
  tasks.end();
});

ending.run();

// ---

const many = suite("tasks, many");

many("should run one closure that fans out to a thousand", async () => {
  const tasks = await TaskProbe.create();
  tasks.onRun.set(1, () => {
    for (const owner of range(1000, 10)) tasks.call.run!(owner);
  });
  tasks.call.run!(1);
  tasks.turnOut();
  assert.equal(tasks.owners, [1, ...range(1000, 10)]);
  tasks.end();
});

many("should complete two million closures, each once and in order", async () => {
  const tasks = await TaskProbe.create();
  const count = 2 ** 21 - 1;
  let next = 0;
  tasks.onAny = ({ owner }) => void (owner === next && next++);
  for (let owner = 0; owner < count; owner++) tasks.call.run!(owner);
  let turns = 0;
  while (tasks.call.queuedCount!() > 0) {
    tasks.call.turn!();
    turns++;
  }
  assert.is(next, count);
  assert.is(turns, Math.ceil(count / PER_TURN));
  tasks.end();
});

many("should use no more memory in later rounds", async () => {
  const tasks = await TaskProbe.create();
  tasks.onAny = () => {};
  const round = (): void => {
    const handles = range(5000).map((owner) => tasks.runAt(tasks.nowNs + BigInt(owner % 77), owner, owner % 2));
    for (const [index, handle] of handles.entries()) if (index % 3) assert.is(tasks.cancel(handle), true);
    for (const owner of range(3000)) tasks.call.run!(owner);
    tasks.turnOut(100n);
    tasks.end();
  };
  round();
  const before = tasks.probe.memoryBytes();
  for (let again = 0; again < 5; again++) round();
  assert.is(tasks.probe.memoryBytes(), before);
});

many.run();
