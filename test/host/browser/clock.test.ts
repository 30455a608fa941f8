// The page's clock: slices of 8 ms, what runs in them and between them.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PageClock, pageClock } from "#host/browser/clock.js";
import { within } from "../../support/guard.js";
import { FakePageTime } from "./page-time.js";

const SLICE_MS = 8;

function fakeClock(): { time: FakePageTime; clock: PageClock } {
  const time = new FakePageTime();
  return { time, clock: new PageClock(time) };
}

const soon = suite("soon");

soon("should call nothing from inside the call, and keep the order", async () => {
  const { time, clock } = fakeClock();
  const seen: number[] = [];
  for (let number = 0; number < 5; number++) clock.soon(() => { seen.push(number); });
  assert.equal(seen, []);
  await time.settle();
  assert.equal(seen, [0, 1, 2, 3, 4]);
});

soon("should post one message for all that is asked for before it", async () => {
  const { time, clock } = fakeClock();
  for (let times = 0; times < 5; times++) clock.soon(() => {});
  await time.task();
  assert.not(time.hasTask, "and none when nothing is left");
});

soon("should go on within the slice without another message", async () => {
  const { time, clock } = fakeClock();
  let steps = 0;
  const step = (): void => {
    time.take(1);
    if (++steps < 20) clock.soon(step);
  };
  clock.soon(step);
  await time.task();
  assert.is(steps, SLICE_MS);
  assert.ok(time.hasTask);
  await time.settle();
  assert.is(steps, 20);
  assert.equal(time.taskMs, [8, 0, 8, 4], "0 is the task of this test");
});

soon("should begin no slice of its own while some other task runs", async () => {
  const { time, clock } = fakeClock();
  let steps = 0;
  // As a page that awaits in a row: each step asks for the next one outside of what the clock runs.
  const step = (): void => {
    steps++;
    time.take(1);
    if (steps < 20) void Promise.resolve().then(() => clock.soon(step));
  };
  clock.soon(step);
  await time.settle();
  assert.is(steps, 20);
  assert.ok(time.taskMs.every((ms) => ms <= SLICE_MS), `tasks took ${time.taskMs}`);
});

soon("should break off a long batch, and lose nothing of it", async () => {
  const { time, clock } = fakeClock();
  const seen: number[] = [];
  for (let number = 0; number < 20; number++) {
    clock.soon(() => {
      seen.push(number);
      time.take(1);
    });
  }
  await time.task();
  assert.is(seen.length, SLICE_MS);
  await time.settle();
  assert.equal(seen, Array.from({ length: 20 }, (_, number) => number));
});

soon("should let code that awaits go on between two callbacks of a chain", async () => {
  const { time, clock } = fakeClock();
  const seen: string[] = [];
  clock.soon(() => {
    void Promise.resolve().then(() => seen.push("awaited"));
    clock.soon(() => seen.push("next"));
  });
  await time.task();
  assert.equal(seen, ["awaited", "next"]);
});

soon("should let the platform see what a callback throws, and run the rest", async () => {
  const { time, clock } = fakeClock();
  const seen: string[] = [];
  clock.soon(() => { throw new Error("thrown by the test"); });
  clock.soon(() => seen.push("behind it"));
  const failure = await time.task().catch(String);
  assert.match(String(failure), "thrown by the test");
  await time.settle();
  assert.equal(seen, ["behind it"]);
});

soon.run();

const limits = suite("limits of turns");

limits("should be the slice's end for whatever the clock runs", async () => {
  const { time, clock } = fakeClock();
  const answers: boolean[] = [];
  for (let times = 0; times < 3; times++) {
    clock.soon(() => {
      clock.turnBegins();
      time.take(3);
      answers.push(clock.isTurnOver());
    });
  }
  await time.task();
  assert.equal(answers, [false, false, true], "no slice for each");
  await time.settle();
});

limits("should give a slice to a turn that something else began", async () => {
  const { time, clock } = fakeClock();
  time.take(100);
  clock.turnBegins();
  assert.is(clock.isTurnOver(), false);
  clock.soon(() => time.take(7));
  await time.task(() => {});
  assert.is(time.taskMs[0], 7, "what it asks for runs in that slice");
  assert.not(time.hasTask);
  time.take(1);
  while (!clock.isTurnOver()); // soon at the latest
  assert.ok(clock.isTurnOver(), "and stays over");
});

limits("should be found out soon when quick callbacks become slow ones", async () => {
  const { time, clock } = fakeClock();
  let ran = 0;
  for (let number = 0; number < 1000; number++) {
    clock.soon(() => {
      ran++;
      time.take(number < 500 ? 1 / 1024 : 1);
    });
  }
  await time.settle();
  assert.is(ran, 1000);
  assert.ok(Math.max(...time.taskMs) <= SLICE_MS + 8, `${time.taskMs}`);
  assert.is(time.taskMs.filter((ms) => ms > SLICE_MS).length, 1, "once");
});

limits("should look first at what is new in a slice, however quick the one before was", async () => {
  const { time, clock } = fakeClock();
  const slow = (): void => time.take(30);
  for (let number = 0; number < 500; number++) clock.soon(() => {});
  await time.task();
  time.take(100);
  for (let times = 0; times < 3; times++) clock.soon(slow);
  await time.settle();
  assert.equal(time.taskMs.filter((ms) => ms > 0), [30, 30, 30]);
});

for (const [what, before] of [["used up", [30]], ["quick", new Array<number>(500).fill(0)]] as const) {
  limits(`should begin a slice with a timer, after one that was ${what}`, async () => {
    const { time, clock } = fakeClock();
    for (const ms of before) clock.soon(() => time.take(ms));
    await time.settle();
    let ran = 0;
    const slow = (): void => {
      ran++;
      time.take(30);
    };
    await within("the timer", new Promise<void>((resolve) => {
      clock.setTimer(0, () => {
        for (let times = 0; times < 2; times++) clock.soon(slow);
        resolve();
      });
    }));
    await time.task(() => {});
    assert.equal([ran, time.hasTask], [1, true], "the first without a message, the second behind one");
    await time.settle();
    assert.is(ran, 2);
  });
}

limits("should ask for the time now and then only, while callbacks are quick", async () => {
  const { time, clock } = fakeClock();
  for (let number = 0; number < 1000; number++) clock.soon(() => {});
  const before = time.looks;
  await time.task();
  assert.ok(time.looks - before < 1000 / 8 + 10, `${time.looks - before} looks`);
});

limits.run();

const real = suite("real time");

real("should tell a time that goes on, and is never 0", () => {
  const clock = new PageClock();
  const before = clock.monotonicNowNs();
  assert.ok(before > 0n);
  assert.ok(clock.monotonicNow() >= Number(before));
  const dateMs = Date.now();
  const wallMs = Number(clock.wallNowNs() / 1_000_000n);
  assert.ok(dateMs - 2 <= wallMs && wallMs <= Date.now() - 2, "behind by two steps of clocks that are rounded");
});

real("should tell one and the same time by both readings while the platform's stands still", () => {
  const { time, clock } = fakeClock();
  for (const ms of [0.1, 5.000_000_7, 0.000_3, 1e6 / 3]) {
    time.take(ms);
    assert.is(BigInt(clock.monotonicNow()), clock.monotonicNowNs());
  }
});

real("should run timers, and ask the platform for no fraction, which would be cut off", async () => {
  const clock = new PageClock();
  const asked: unknown[] = [];
  const { setTimeout } = globalThis;
  globalThis.setTimeout = ((run: () => void, ms: number) => {
    asked.push(ms);
    return setTimeout(run, ms);
  }) as typeof setTimeout;
  const fired = new Promise<void>((resolve) => { clock.setTimer(5.5, resolve); });
  globalThis.setTimeout = setTimeout;
  assert.equal(asked, [6]);
  await within("a timer", fired);
});

real("should run no timer that was cleared", async () => {
  const clock = new PageClock();
  clock.clearTimer(clock.setTimer(1, () => assert.unreachable("it was cleared")));
  await new Promise<void>((resolve) => { clock.setTimer(5, resolve); });
});

real("should come back by messages, once for each callback", async () => {
  const clock = new PageClock();
  let ran = 0;
  for (let times = 0; times < 1000; times++) clock.soon(() => { ran++; });
  await within("the last one", new Promise<void>((resolve) => { clock.soon(resolve); }));
  assert.is(ran, 1000);
});

real("should be one for the whole thread", () => {
  assert.is(pageClock(), pageClock());
});

real.run();
