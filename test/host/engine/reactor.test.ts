// The reactor over a program of doubles: which answer of a turn causes which wake-up, batches, eager turns, traps
// and ends.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { CoreProgram } from "#host/engine/core-program.js";
import { Reactor } from "#host/engine/reactor.js";
import { GuestExit, WasiTrap } from "#host/wasi/trap.js";
import { WasiHost } from "#host/wasi/wasi-host.js";
import { FakeConnection, type FakePlatform, fakePlatform } from "../support/fake-platform.js";
import type { HeldLoop } from "#host/wasi/clock.js";
import { READY_BATCH } from "#host/wasi/limits.js";
import { InputFlow, InputStream } from "#host/wasi/input-stream.js";
import { Pollable } from "#host/wasi/pollable.js";

const NO_DEADLINE = -1;
const FINISHED = -2;
const FAILED = -3;
const MS = 1_000_000;

interface Driven {
  platform: FakePlatform;
  host: WasiHost;
  reactor: Reactor;
  /** What the coming turns answer; -1 when it runs out. */
  answers: (number | Error)[];
  /** How many pollables each turn was told of. */
  turns: number[];
  stops: { count: number };
  /** Runs inside each turn, after it took what was ready. */
  duringTurn: () => void;
  /** Makes the n-th of the given pollables ready. */
  wake: (index?: number) => void;
}

function driven(startResult: number | Error = 0, pollables = 4, loop?: HeldLoop): Driven {
  const platform = fakePlatform();
  if (loop !== undefined) Object.assign(platform.clock, { loop });
  const host = new WasiHost(platform);
  const answers: (number | Error)[] = [];
  const turns: number[] = [];
  const stops = { count: 0 };
  const say = (value: number | Error): number => {
    if (value instanceof Error) throw value;
    return value;
  };
  const program = {
    start: () => say(startResult),
    turn: () => {
      let count = 0;
      while (host.ready.shift() !== null) count++;
      turns.push(count);
      made.duringTurn();
      return say(answers.shift() ?? NO_DEADLINE);
    },
    stop: () => { stops.count++; },
  };
  const reactor = new Reactor(program as unknown as CoreProgram, host);
  const watchers = Array.from({ length: pollables }, () =>
    new Pollable(
      new InputStream(new FakeConnection(platform.transport), new InputFlow(host.sockets.bytePool), host.ready),
      host.ready));
  const made: Driven = {
    platform, host, reactor, answers, turns, stops, duringTurn: () => {},
    wake: (index = 0) => watchers[index]!.wake(),
  };
  return made;
}

const turns = suite("turns");

turns("should begin with one and then wait without any timer or wake-up", () => {
  const { platform, reactor, turns: seen } = driven();
  void reactor.run();
  assert.is(platform.clock.runSoon(), 1);
  assert.equal(seen, [0]);
  assert.is(platform.clock.soonCount, 0);
  assert.is(platform.clock.timers.size, 0);
});

turns("should be one for all that became ready in the meantime", () => {
  const { platform, reactor, turns: seen, wake } = driven();
  void reactor.run();
  platform.clock.runSoon();
  for (const index of [0, 1, 2, 1]) wake(index);
  assert.is(platform.clock.soonCount, 1);
  platform.clock.runSoon();
  assert.equal(seen, [0, 3]);
});

turns("should go on at once while a turn leaves work", () => {
  const { platform, reactor, turns: seen, answers } = driven();
  answers.push(0, 0, NO_DEADLINE);
  void reactor.run();
  while (platform.clock.runSoon() > 0);
  assert.equal(seen, [0, 0, 0]);
});

turns("should come at the deadline, rounded up to milliseconds", () => {
  const { platform, reactor, turns: seen, answers } = driven();
  answers.push(2 * MS + 1);
  void reactor.run();
  platform.clock.runSoon();
  platform.clock.advanceMs(2);
  assert.is(seen.length, 1);
  platform.clock.advanceMs(1);
  assert.is(seen.length, 2);
  assert.is(platform.clock.timers.size, 0);
});

turns("should keep a timer that would fire a little early, and replace every other whose deadline moves", () => {
  const { platform, reactor, answers, wake } = driven();
  const only = (): number => [...platform.clock.timers.keys()][0]!;
  const next = (answer: number): number => {
    answers.push(answer);
    wake();
    platform.clock.runSoon();
    assert.is(platform.clock.timers.size, 1);
    return only();
  };
  answers.push(9 * MS);
  void reactor.run();
  platform.clock.runSoon();
  const first = only();
  assert.is(next(9 * MS), first, "the same time");
  assert.is(next(12 * MS), first, "early by a quarter");
  const second = next(13 * MS);
  assert.is.not(second, first, "early by more");
  assert.is.not(next(5 * MS), second, "too late");
  answers.push(NO_DEADLINE);
  wake();
  platform.clock.runSoon();
  assert.is(platform.clock.timers.size, 0, "no deadline, no timer");
});

turns("should take a deadline beyond the reach of timers in steps", () => {
  const { platform, reactor, answers } = driven();
  answers.push(1e18);
  void reactor.run();
  platform.clock.runSoon();
  assert.is([...platform.clock.timers.values()][0]!.atNs, 1_000n + 0x7fff_ffffn * 1_000_000n);
});

/** What an input stream does when bytes arrive. */
function arrive({ host, wake }: Driven, isUrgent: boolean, ...indexes: number[]): void {
  const wasEmpty = host.ready.hold();
  for (const index of indexes) wake(index);
  host.ready.letGo(wasEmpty, isUrgent);
}

turns("should become eager when arrivals come one by one, and look again now and then", () => {
  const made = driven();
  const { platform: { clock }, reactor, turns: seen } = made;
  void reactor.run();
  clock.runSoon();
  let eager = 0;
  for (let event = 0; event < 200; event++) {
    arrive(made, false, 0);
    if (clock.soonCount === 0) eager++;
    clock.runSoon();
  }
  assert.is(seen.length, 201);
  assert.ok(eager > 150 && eager < 200, `${eager} of 200 were eager`);
});

turns("should stop being eager when arrivals come in batches", () => {
  const made = driven();
  const { platform: { clock }, reactor } = made;
  void reactor.run();
  clock.runSoon();
  const eagerOf = (events: number[]): number => {
    let eager = 0;
    for (let round = 0; round < 100; round++) {
      for (const event of events) {
        const before = clock.soonCount;
        arrive(made, false, event);
        if (clock.soonCount === before && made.host.ready.length === 0) eager++;
      }
      clock.runSoon();
    }
    return eager;
  };
  assert.ok(eagerOf([0]) > 80);
  assert.ok(eagerOf([0, 1, 2, 3]) <= 70);
  assert.is(eagerOf([0, 1, 2, 3]), 0);
});

turns("should be taken right at an urgent arrival", () => {
  const made = driven();
  void made.reactor.run();
  made.platform.clock.runSoon();
  arrive(made, true, 0);
  assert.equal(made.turns, [0, 1]);
  assert.is(made.platform.clock.soonCount, 0);
});

turns("should be taken right at the arrival that fills the batch", () => {
  const made = driven(0, READY_BATCH);
  void made.reactor.run();
  made.platform.clock.runSoon();
  for (let index = 0; index < READY_BATCH; index++) {
    assert.equal(made.turns, [0]);
    arrive(made, false, index);
  }
  assert.equal(made.turns, [0, READY_BATCH]);
});

turns("should not be taken at arrivals where the loop is somebody else's, who hears of begin and end", () => {
  const held: string[] = [];
  const made = driven(0, READY_BATCH, { hold: () => held.push("held"), letGo: () => held.push("let go") });
  const { platform: { clock }, turns: seen } = made;
  void made.reactor.run();
  clock.runSoon();
  for (let index = 0; index < READY_BATCH; index++) arrive(made, true, index);
  for (let event = 0; event < 200; event++) arrive(made, false, 0);
  assert.equal(seen, [0]);
  assert.equal(held, ["held"]);
  made.answers.push(FINISHED);
  clock.runSoon();
  assert.equal(seen, [0, READY_BATCH]);
  assert.equal(held, ["held", "let go"]);
});

turns("should not be taken inside another one", () => {
  const made = driven();
  const { reactor, platform: { clock }, turns: seen } = made;
  let inside = 0;
  made.duringTurn = () => {
    if (inside++ === 0) arrive(made, true, 1);
  };
  void reactor.run();
  clock.runSoon();
  assert.is(seen.length, 1, "the arrival waits");
  clock.runSoon();
  assert.equal(seen, [0, 1]);
});

turns.run();

// ---

const ends = suite("ends");

ends("should resolve with the exit code of start or of a turn", async () => {
  const codes: [start: number, turn: number, code: number][] = [
    [1, 0, 0], [2, 0, 1], [0, FINISHED, 0], [0, FAILED, 1],
  ];
  for (const [start, turn, code] of codes) {
    const { platform, reactor, answers } = driven(start);
    answers.push(turn);
    const result = reactor.run();
    platform.clock.runSoon();
    assert.is(await result, code);
    assert.is(platform.clock.soonCount + platform.clock.timers.size, 0);
  }
});

ends("should take an exit of the guest for an end, and a trap or a senseless answer for a failure", async () => {
  const exit = driven(new GuestExit(3));
  assert.is(await exit.reactor.run(), 3);
  const failures: [number | Error, RegExp][] = [
    [new WasiTrap("rule"), /^rule$/], [-7, /turn answered -7/], [Number.NaN, /turn answered NaN/],
  ];
  for (const [answer, message] of failures) {
    const { platform, reactor, answers } = driven();
    answers.push(answer);
    const result = reactor.run().then(() => "no error", (error: Error) => error.message);
    platform.clock.runSoon();
    assert.match(await result, message);
  }
});

ends("should release everything and ignore what comes later", async () => {
  const { platform, host, reactor, answers, turns: seen, stops, wake } = driven();
  host.table.add(host.subscribeDuration(5_000_000n), null);
  answers.push(FINISHED);
  const result = reactor.run();
  platform.clock.runSoon();
  await result;
  assert.is(host.table.liveCount, 0);
  wake();
  reactor.stop();
  platform.clock.runSoon();
  assert.equal([seen.length, stops.count], [1, 0]);
  assert.is(platform.clock.timers.size, 0);
});

ends("should pass a stop on and give the guest a turn for it", () => {
  const { platform, reactor, turns: seen, stops } = driven();
  void reactor.run();
  platform.clock.runSoon();
  reactor.stop();
  platform.clock.runSoon();
  assert.equal([seen.length, stops.count], [2, 1]);
});

ends.run();
