// Timers of a thread without an event loop: against a sorted list, over random steps with a printed seed; and the clock
// on top of them.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type HeapTimer, TimerHeap } from "#host/node/worker/timer-heap.js";
import { WorkerClock } from "#host/node/worker/worker-clock.js";
import { Random, SEED } from "../../support/bytes.js";

console.log(`TEST_SEED=${SEED}`);

const model = suite("timers");

model("should run in order of time, then of asking, whatever is cleared", () => {
  const random = new Random();
  const heap = new TimerHeap();
  let expected: { name: number; atNs: number; timer: HeapTimer }[] = [];
  const ran: number[] = [];
  const old: HeapTimer[] = [];
  for (let step = 0; step < 20_000; step++) {
    const choice = random.below(10);
    if (choice < 6) {
      const atNs = random.below(1000);
      const timer = heap.add(atNs, () => { ran.push(step); });
      expected.push({ name: step, atNs, timer });
    } else if (choice < 9 && expected.length > 0) {
      const [gone] = expected.splice(random.below(expected.length), 1);
      heap.remove(gone!.timer);
      old.push(gone!.timer);
    } else if (random.below(10) === 0) {
      const nowNs = random.below(1000);
      const due = expected.filter(({ atNs }) => atNs <= nowNs).sort((a, b) => a.atNs - b.atNs || a.name - b.name);
      expected = expected.filter(({ atNs }) => atNs > nowNs);
      ran.length = 0;
      heap.run(nowNs);
      assert.equal(ran, due.map(({ name }) => name), `step ${step}`);
      old.push(...due.map(({ timer }) => timer));
    } else if (old.length > 0) {
      heap.remove(old[random.below(old.length)]!); // it is gone: nothing happens
    }
    assert.is(heap.size, expected.length, `step ${step}`);
    assert.is(heap.nextNs, Math.min(Infinity, ...expected.map(({ atNs }) => atNs)), `step ${step}`);
  }
});

model("should leave what is asked for meanwhile to the next time", () => {
  const heap = new TimerHeap();
  const ran: string[] = [];
  const later = heap.add(2, () => ran.push("cleared"));
  heap.add(1, () => {
    ran.push("first");
    heap.add(0, () => ran.push("next time"));
    heap.remove(later);
  });
  heap.run(5);
  assert.equal(ran, ["first"]);
  heap.run(5);
  assert.equal(ran, ["first", "next time"]);
  assert.is(heap.nextNs, Infinity);
});

model.run();

// ---

const clock = suite("the clock");

clock("should run nothing by itself, and callbacks in the order of asking", async () => {
  const worker = new WorkerClock();
  const ran: string[] = [];
  worker.soon(() => {
    ran.push("a");
    worker.soon(() => ran.push("c"));
  });
  worker.soon(() => ran.push("b"));
  worker.setTimer(0, () => ran.push("timer"));
  await new Promise((resolve) => { setTimeout(resolve, 5); });
  assert.equal(ran, []);
  assert.is(worker.delayMs, 0);
  worker.run();
  assert.equal(ran, ["timer", "a", "b"]);
  worker.run();
  assert.equal(ran, ["timer", "a", "b", "c"]);
  assert.is(worker.delayMs, Infinity);
});

clock("should say how long there is to wait, and never run early", () => {
  const worker = new WorkerClock();
  let atNs = 0;
  const begin = worker.monotonicNow();
  const cleared = worker.setTimer(1, () => assert.unreachable("it was cleared"));
  worker.setTimer(3, () => { atNs = worker.monotonicNow(); });
  worker.clearTimer(cleared);
  assert.ok(worker.delayMs > 0 && worker.delayMs <= 3);
  while (atNs === 0) worker.run();
  assert.ok(atNs - begin >= 3e6);
  worker.clearTimer(cleared);
  assert.is(worker.delayMs, Infinity);
});

clock.run();
