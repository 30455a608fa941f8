// Priorities, one rule at a time: the order inside a turn, who waits for the next one, and the share of the lower ones.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import {
  CALLS, CANCELLED, HIGH, IMMEDIATE, LEVELS, LOW, LOWER_SHARE, MED, NEVER, OK, PER_TURN, SILENT, SYSTEM, TaskProbe,
} from "../../support/task-probe.js";

console.log(`TEST_SEED=${SEED}`);
const range = (count: number, from = 0): number[] => Array.from({ length: count }, (_, index) => from + index);
const ALL = [LOW, MED, HIGH, IMMEDIATE, SYSTEM];

const order = suite("priorities, order");

order("should run the highest first, and one priority in the order of queueing, by whatever call", async () => {
  const tasks = await TaskProbe.create();
  for (const priority of ALL) {
    tasks.run(10 * priority, priority);
    tasks.runAt(tasks.nowNs - 1n, 10 * priority + 4, SILENT, priority);
    tasks.runWithStatus(10 * priority + 1, priority);
    tasks.runMany(10 * priority + 2, 3, priority);
    tasks.run(10 * priority + 3, priority);
  }
  assert.is(tasks.turn(), -1);
  assert.equal(tasks.owners, [...ALL].reverse().flatMap((priority) => range(5, 10 * priority)));
  tasks.end();
});

order("should take for MED what names no priority", async () => {
  const tasks = await TaskProbe.create();
  tasks.run(1, MED);
  tasks.run(2);
  tasks.runWithStatus(3);
  tasks.run(4, LOW);
  tasks.call.runMany!(5, 2);
  tasks.run(6, HIGH);
  tasks.runAt(0n, 7);
  tasks.turn();
  assert.equal(tasks.owners, [6, 1, 2, 3, 5, 7, 4]);
  tasks.end();
});

order("should leave what is queued meanwhile to the next turn, also of a higher priority", async () => {
  const tasks = await TaskProbe.create();
  tasks.onRun.set(1, () => {
    for (const priority of ALL) tasks.run(10 + priority, priority);
    tasks.runAt(0n, 20, SILENT, SYSTEM);
  });
  tasks.run(1, HIGH);
  tasks.run(2, LOW);
  assert.is(tasks.turn(), 0);
  assert.equal(tasks.owners, [1, 2]);
  tasks.turn();
  assert.equal(tasks.owners, [1, 2, 14, 20, 13, 12, 11, 10]);
  tasks.end();
});

order("should keep the priority of a task that is cancelled", async () => {
  const tasks = await TaskProbe.create();
  const waiting = tasks.runAt(NEVER, 1, CALLS, SYSTEM);
  const queued = tasks.runWithStatus(2, LOW);
  tasks.run(3, HIGH);
  assert.ok(tasks.cancel(queued) && tasks.cancel(waiting));
  tasks.check();
  tasks.turn();
  assert.equal(tasks.happened.map(({ owner, code }) => [owner, code]), [[1, CANCELLED], [3, OK], [2, CANCELLED]]);
  tasks.end();
});

order("should let a task of a higher priority cancel one that is due in this turn", async () => {
  const tasks = await TaskProbe.create();
  const due = [SILENT, CALLS].map((mode) => tasks.runAt(tasks.nowNs, 10 + mode, mode, LOW));
  tasks.onRun.set(1, () => {
    for (const handle of due) assert.ok(tasks.cancel(handle));
    tasks.check();
  });
  tasks.run(1, SYSTEM);
  tasks.turn();
  assert.equal(tasks.happened.map(({ owner, code }) => [owner, code]), [[1, OK], [11, CANCELLED]]);
  tasks.end();
});

order.run();

// ---

const dropping = suite("tasks, drop");

dropping("should take a task out whatever its mode and state, and never run it", async () => {
  for (const mode of [SILENT, CALLS]) {
    for (const slack of [0n, 50n]) {
      const tasks = await TaskProbe.create();
      tasks.run(1, SYSTEM);
      const handles = range(4).map((index) => tasks.runAt(tasks.nowNs + 5n, 10 + index, mode, LOW, slack));
      assert.ok(tasks.drop(handles[0]!), "it waits");
      if (mode === CALLS) assert.ok(tasks.cancel(handles[1]!));
      assert.ok(tasks.drop(handles[1]!), "it is cancelled, or waits");
      tasks.onRun.set(1, () => void (tasks.drop(handles[2]!) || assert.unreachable("it is queued")));
      tasks.onRun.set(13, () => assert.not(tasks.drop(handles[3]!), "it runs"));
      tasks.turn(5n);
      assert.equal(tasks.owners, [1, 13]);
      for (const handle of handles) assert.not(tasks.drop(handle));
      tasks.end();
    }
  }
});

dropping("should take out what a shutdown has queued", async () => {
  const tasks = await TaskProbe.create();
  const [first, second] = [1, 2].map((owner) => tasks.runAt(NEVER, owner, CALLS, owner));
  tasks.call.shutDown!();
  assert.ok(tasks.drop(first!));
  assert.not(tasks.cancel(second!), "it is cancelled already");
  tasks.turn();
  assert.equal(tasks.happened.map(({ owner, code }) => [owner, code]), [[2, CANCELLED]]);
  tasks.end();
});

dropping.run();

// ---

const share = suite("priorities, bounds");

share("should let every priority move on in each turn, however hard the higher ones are flooded", async () => {
  const tasks = await TaskProbe.create();
  for (const priority of ALL) for (const owner of range(2 * PER_TURN)) tasks.run(10_000 * priority + owner, priority);
  const counts = (): number[] => ALL.map((priority) => {
    return tasks.owners.filter((owner) => Math.floor(owner / 10_000) === priority).length;
  });
  tasks.turn();
  assert.equal(counts(), [LOWER_SHARE, LOWER_SHARE, LOWER_SHARE, LOWER_SHARE, PER_TURN]);
  tasks.turn();
  assert.equal(counts(), [32, 32, 32, 32, 2 * PER_TURN]);
  tasks.turn();
  assert.equal(counts(), [48, 48, 48, 32 + PER_TURN, 2 * PER_TURN]);
  const ran = (): number[] => ALL.map((priority) => tasks.call.ranCount!(priority));
  for (let look = 0; look < 2; look++) assert.equal(ran(), counts(), "each is counted once, however often one looks");
  tasks.turnOut();
  for (let look = 0; look < 2; look++) assert.equal(ran(), ALL.map(() => 2 * PER_TURN));
  tasks.end();
});

share("should give the lower ones what the higher ones leave of the bound, and at least their share", async () => {
  const cases = [[0, PER_TURN], [24, PER_TURN - 24], [PER_TURN - 5, LOWER_SHARE], [5 * PER_TURN, LOWER_SHARE]];
  for (const [above, expected] of cases as [number, number][]) {
    const tasks = await TaskProbe.create();
    for (const owner of range(above)) tasks.run(owner, IMMEDIATE);
    tasks.runMany(100_000, 3 * PER_TURN, LOW);
    tasks.turn();
    const { owner, count } = tasks.happened.at(-1)!;
    assert.equal([owner, count], [100_000, expected], `${above} above`);
    tasks.turnOut();
    tasks.end();
  }
});

share("should never run more of one priority than the bound, however small it is", async () => {
  for (const bound of [1, 2, 15, 16, 17, 1000]) {
    const tasks = await TaskProbe.create();
    tasks.call.setTurnBound!(bound);
    const each = Math.min(bound, LOWER_SHARE);
    for (const priority of ALL) tasks.runMany(priority, 3 * bound, priority);
    tasks.turn();
    const made = tasks.happened.map(({ owner, count }) => [owner, count]);
    assert.equal(made, [[SYSTEM, bound], [IMMEDIATE, each], [HIGH, each], [MED, each], [LOW, each]]);
    tasks.turnOut();
    tasks.end();
  }
});

share("should count in a turn's part what was not cancelled, and not wait for what was", async () => {
  const tasks = await TaskProbe.create();
  const handles = range(3000).map((owner) => tasks.runWithStatus(owner, HIGH));
  for (const handle of handles.slice(0, 2990)) assert.ok(tasks.drop(handle));
  tasks.run(5000, LOW);
  assert.is(tasks.turn(), -1);
  assert.equal(tasks.owners, [...range(10, 2990), 5000]);
  tasks.end();
});

share("should never go up within a turn, and keep the order of each priority, whatever runs queues", async () => {
  const random = new Random();
  for (let round = 0; round < 20; round++) {
    const tasks = await TaskProbe.create();
    const bound = [1, 5, 16, 40, PER_TURN][random.below(5)]!;
    tasks.call.setTurnBound!(bound);
    const priorities: number[] = [];
    const start = (): void => {
      const priority = random.below(LEVELS);
      priorities.push(priority);
      tasks.run(priorities.length - 1, priority);
    };
    let left = 2000;
    tasks.onAny = (happening) => {
      tasks.happened.push(happening);
      for (let more = random.below(3); more > 0 && left > 0; more--, left--) start();
    };
    range(100).forEach(start);
    const lasts = ALL.map(() => -1);
    while (tasks.call.queuedCount!() > 0) {
      const queued = ALL.map((level) => priorities.findIndex((each, owner) => each === level && owner > lasts[level]!));
      tasks.happened.length = 0;
      tasks.turn();
      let level = SYSTEM;
      for (const { owner } of tasks.happened) {
        const priority = priorities[owner]!;
        assert.ok(priority <= level, `${priority} ran after ${level}`);
        assert.ok(owner > lasts[priority]!, "one overtook another of its priority");
        const between = priorities.slice(lasts[priority]! + 1, owner);
        assert.not(between.includes(priority), "one was passed over");
        level = priority;
        lasts[priority] = owner;
      }
      assert.ok(tasks.happened.length <= bound + (LEVELS - 1) * Math.min(bound, LOWER_SHARE));
      for (const each of ALL) assert.ok(queued[each] === -1 || lasts[each]! >= queued[each]!, `${each} starves`);
    }
    tasks.end();
  }
});

share.run();

// ---

const ending = suite("priorities, shutdown");

ending("should drop and call in every priority, highest first", async () => {
  const tasks = await TaskProbe.create();
  for (const priority of ALL) {
    tasks.runAt(NEVER, 100 + priority, SILENT, priority);
    tasks.runAt(NEVER, 200 + priority, CALLS, priority, 5n);
    tasks.runWithStatus(300 + priority, priority);
    tasks.run(400 + priority, priority);
  }
  assert.is(tasks.call.shutDown!(), LEVELS);
  tasks.turnOut();
  assert.equal(
    tasks.happened.map(({ owner, code }) => [owner, code]),
    [...ALL].reverse().flatMap((priority) => {
      return [[300 + priority, CANCELLED], [400 + priority, OK], [200 + priority, CANCELLED]];
    }),
  );
  tasks.end();
});

ending("should use no more memory in later rounds", async () => {
  const tasks = await TaskProbe.create();
  tasks.onAny = () => {};
  const round = (): void => {
    for (const priority of ALL) for (const owner of range(1500)) tasks.run(owner, priority);
    for (const owner of range(3000)) tasks.runAt(tasks.nowNs + 5n, owner, owner % 2, owner % LEVELS, 7n);
    tasks.turnOut(5n);
    tasks.end();
  };
  round();
  const before = tasks.probe.memoryBytes();
  for (let again = 0; again < 5; again++) round();
  assert.is(tasks.probe.memoryBytes(), before);
});

ending("should not keep places of cancelled tasks that wait behind a flood", async () => {
  const tasks = await TaskProbe.create();
  tasks.onAny = () => {};
  const waiting = LOWER_SHARE * 200;
  tasks.runMany(0, 10, LOW);
  for (const owner of range(waiting)) tasks.run(owner, LOW);
  const round = (turn: number): void => {
    tasks.runMany(0, PER_TURN, HIGH);
    const alarms = range(PER_TURN).map((owner) => tasks.runAt(tasks.nowNs, owner, SILENT, LOW));
    const kept = tasks.runAt(tasks.nowNs, 0, CALLS, LOW);
    tasks.onRun.set(5_000, () => alarms.splice(0, 300).forEach((alarm) => assert.ok(tasks.drop(alarm))));
    if (turn % 7 === 0) tasks.run(5_000, SYSTEM);
    tasks.turn();
    for (const alarm of alarms) assert.ok(tasks.drop(alarm), "it waits for its turn");
    if (turn % 3 === 0) assert.ok(tasks.drop(kept));
    tasks.check();
  };
  for (let turn = 0; turn < 10; turn++) round(turn);
  const before = tasks.probe.memoryBytes();
  for (let turn = 10; turn < 150; turn++) round(turn);
  assert.is(tasks.probe.memoryBytes(), before);
  tasks.turnOut();
  tasks.end();
});

ending("should keep the turn's bounds when places are removed within it", async () => {
  const tasks = await TaskProbe.create();
  const alarms = range(200).map((owner) => tasks.runAt(tasks.nowNs, owner, SILENT, LOW));
  tasks.onRun.set(5_000, () => {
    tasks.run(5_001, LOW);
    for (const alarm of alarms.slice(0, 190)) assert.ok(tasks.drop(alarm));
    tasks.run(5_002, LOW);
    tasks.check();
  });
  tasks.run(5_000, SYSTEM);
  tasks.turn();
  assert.equal(tasks.owners, [5_000, ...range(10, 190)]);
  tasks.turn();
  assert.equal(tasks.owners.slice(11), [5_001, 5_002]);
  tasks.end();
});

ending.run();
