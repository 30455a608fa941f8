// Statistics of the core: what each of them counts, and the histograms.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compileProbe, Probe } from "../../support/probe.js";
import { SimulatedPoll } from "../../support/simulated-poll.js";

const module = await compileProbe("stats");

const [TURNS, WAITS, EMPTY, TIMERS, LOW, MED] = [0, 1, 2, 3, 4, 5] as const;
const [SYSTEM, TOLD, RUN, POLLS, POLLED] = [8, 9, 10, 11, 12] as const;
const [TURN_LENGTH, LATENESS] = [100, 200] as const;
const KNOWN = [...Array(17).keys(), ...[...Array(33).keys()].flatMap((at) => [TURN_LENGTH + at, LATENESS + at])];

interface Counted {
  probe: Probe;
  call: Probe["call"];
  host: SimulatedPoll;
  /** What each run does. */
  onRun: (owner: number) => void;
  count(kind: number): number;
  waiting(owner: number): { source: number; handle: number };
  /** A turn by hand, with these handles ready. */
  turn(...handles: number[]): void;
}

async function counted(): Promise<Counted> {
  const host = new SimulatedPoll(false);
  const probe: Probe = await Probe.create(module, {
    ...host.imports(() => probe),
    "test/run": (owner: number) => {
      it.onRun(owner);
      return 0;
    },
  });
  const { call, callLong } = probe;
  const it: Counted = {
    probe, call, host,
    onRun: () => {},
    count: (kind) => Number(callLong.statistic!(kind)),
    waiting: (owner) => {
      const handle = host.create();
      const source = call.create!(owner);
      call.subscribe!(source, handle);
      call.wait!(source);
      return { source, handle };
    },
    turn: (...handles) => {
      probe.write(call.readyBufferAddress!(), new Uint8Array(new Uint32Array(handles).buffer));
      call.turnWith!(handles.length);
    },
  };
  return it;
}

const byHand = suite("statistics, by hand");

byHand("should begin with zeros and know no other kind", async () => {
  const { call, count } = await counted();
  for (const kind of KNOWN) assert.is(count(kind), 0, `kind ${kind}`);
  for (const kind of [17, 18, 99, 133, 134, 199, 233, 1 << 20, 0xffff_ffff]) {
    assert.is(call.isKnown!(kind), 0, `kind ${kind}`);
  }
  for (const kind of KNOWN) assert.is(call.isKnown!(kind), 1, `kind ${kind}`);
});

byHand("should tell turns for which nothing was queued, and those in which nothing ran", async () => {
  const { call, count, turn, waiting } = await counted();
  call.deliverByHandle!();
  const { source, handle } = waiting(1);
  turn();
  assert.equal([count(TURNS), count(WAITS), count(EMPTY)], [1, 1, 1]);
  turn(handle);
  assert.equal([count(TURNS), count(WAITS), count(EMPTY)], [2, 2, 1]);
  call.hurry!(source);
  turn();
  assert.equal([count(TURNS), count(WAITS), count(EMPTY)], [3, 2, 1], "a source was queued");
  call.runTask!(2, 1);
  turn();
  assert.equal([count(TURNS), count(WAITS), count(EMPTY)], [4, 2, 1], "a task was queued");
  call.runAt!(0n, 3);
  turn();
  assert.equal([count(TURNS), count(WAITS), count(EMPTY)], [5, 3, 1], "a timer ran");
  turn(handle);
  assert.equal([count(TURNS), count(WAITS), count(EMPTY)], [6, 4, 2], "nobody waited for it");
});

byHand("should count sources that were told, and those that ran", async () => {
  const { call, count, turn, waiting } = await counted();
  call.deliverByHandle!();
  const sources = [1, 2, 3].map((owner) => waiting(owner));
  turn(sources[0]!.handle, sources[2]!.handle);
  assert.equal([count(TOLD), count(RUN)], [2, 2]);
  turn(sources[0]!.handle, 99);
  assert.equal([count(TOLD), count(RUN)], [2, 2], "stale hints are none");
  call.hurry!(sources[0]!.source);
  turn(sources[1]!.handle);
  assert.equal([count(TOLD), count(RUN)], [3, 4], "one had more to do");
});

byHand("should count tasks by priority, each of a batch, and alarms that are due", async () => {
  const { call, count, turn, host } = await counted();
  call.deliverByHandle!();
  for (let level = 0; level < 5; level++) for (let i = 0; i <= level; i++) call.runTask!(1, level);
  call.runTasks!(2, 2000, 1);
  call.runTaskAt!(host.nowNs, 3, 0n, 4);
  call.runTaskAt!(host.nowNs + 1n, 3, 0n, 4);
  turn();
  const levels = (): number[] => [...Array(5).keys()].map((level) => count(LOW + level));
  assert.equal(levels(), [1, 1024 - 13, 3, 4, 6], "the bound of a turn, and a share of what is below");
  turn();
  turn();
  assert.equal(levels(), [1, 2002, 3, 4, 6]);
  assert.is(count(TIMERS), 1);
  host.nowNs += 1n;
  turn();
  assert.equal([count(TIMERS), count(SYSTEM)], [2, 7]);
});

byHand("should tell how late timers were, and that those with slack were not", async () => {
  const { call, count, turn, host } = await counted();
  call.deliverByHandle!();
  const buckets = (): number[] => [...Array(32).keys()].map((bucket) => count(LATENESS + 1 + bucket));
  call.runAt!(host.nowNs, 1);
  turn();
  call.runTaskAt!(host.nowNs, 2, 1000n, 1);
  host.nowNs += 999n;
  turn();
  assert.is(buckets()[0], 2);
  assert.is(count(LATENESS), 0);
  for (const lateNs of [1n, 2n, 3n, 4n, 1n << 29n, (1n << 30n) - 1n, 1n << 30n, 1n << 40n]) {
    call.runAt!(host.nowNs, 3);
    host.nowNs += lateNs;
    turn();
  }
  const wanted = Array<number>(32).fill(0);
  [wanted[0], wanted[1], wanted[2], wanted[3], wanted[30], wanted[31]] = [2, 1, 2, 1, 2, 2];
  assert.equal(buckets(), wanted);
  assert.is(count(TIMERS), 10);
  assert.is(count(LATENESS), 1 + 2 + 3 + 4 + 2 ** 29 + 2 ** 30 - 1 + 2 ** 30 + 2 ** 40);
});

byHand("should count a timer while it runs", async () => {
  const it = await counted();
  it.call.deliverByHandle!();
  let seen = 0;
  it.onRun = () => { seen = it.count(TIMERS); };
  it.call.runAt!(0n, 1);
  it.turn();
  assert.is(seen, 1);
});

byHand("should measure turns from the first question on, and look at no clock before", async () => {
  const it = await counted();
  const { call, count, turn, host } = it;
  call.deliverByHandle!();
  let looks = 0;
  const time = host.nowNs;
  Object.defineProperty(host, "nowNs", { get: () => time + 1000n * BigInt(looks++), set: () => {} });
  turn();
  call.runTask!(1, 1);
  turn();
  assert.is(looks, 0);
  assert.is(count(TURN_LENGTH), 0);
  turn();
  assert.is(looks, 2, "at the beginning and at the end");
  assert.is(count(TURN_LENGTH), 1000);
  it.onRun = () => { looks += 6; };
  call.runTask!(1, 1);
  turn();
  assert.is(count(TURN_LENGTH), 8000);
  assert.is(count(TURN_LENGTH + 1 + 10), 1, "1,000 ns");
  assert.is(count(TURN_LENGTH + 1 + 13), 1, "7,000 ns");
  assert.is(count(TURNS), 4);
});

byHand.run();

// ---

const blocking = suite("statistics, blocking");

blocking("should count waits and polls, and not the wait as a part of the turn", async () => {
  const { call, count, host, waiting } = await counted();
  assert.is(count(TURN_LENGTH), 0);
  const { handle, source } = waiting(1);
  waiting(2);
  host.plan(host.nowNs + 5_000_000n, () => host.setReady(handle, true));
  call.turnBlocking!();
  assert.equal([count(TURNS), count(WAITS), count(EMPTY), count(TOLD), count(RUN)], [1, 1, 0, 1, 1]);
  assert.equal([count(POLLS), count(POLLED)], [1, 2]);
  assert.is(count(TURN_LENGTH), 0);
  assert.is(count(TURN_LENGTH + 1), 1, "its time stood still");
  call.hurry!(source);
  call.turnBlocking!();
  assert.equal([count(TURNS), count(WAITS), count(EMPTY), count(TOLD), count(RUN)], [2, 1, 0, 1, 2]);
  assert.equal([count(POLLS), count(POLLED)], [2, 4], "one source, and a clock so that it does not wait");
});

blocking("should count sources that were left for the next turn once", async () => {
  const it = await counted();
  const { call, count, host, waiting } = it;
  for (const owner of [1, 2, 3]) host.setReady(waiting(owner).handle, true);
  it.onRun = () => void call.countBytes!(65_536);
  for (let turn = 0; turn < 3; turn++) call.turnBlocking!();
  assert.equal([count(TURNS), count(WAITS), count(TOLD), count(RUN)], [3, 1, 3, 3]);
});

blocking("should count turns without sources", async () => {
  const { call, count, host, waiting } = await counted();
  waiting(1);
  call.runTask!(1, 1);
  call.turnWithoutIo!(host.nowNs + 1000n);
  assert.equal([count(TURNS), count(WAITS), count(EMPTY), count(MED)], [1, 0, 0, 1]);
  call.turnWithoutIo!(host.nowNs + 1000n);
  assert.equal([count(TURNS), count(WAITS), count(EMPTY)], [2, 1, 1], "its bound came");
});

blocking.run();

// ---

const histograms = suite("histogram");

histograms("should sort times into buckets of powers of two", async () => {
  const { call, callLong } = (await counted()).probe;
  const words = call.histogramCreate!();
  const bucketOf = (timeNs: bigint): number => {
    const before = [...Array(32).keys()].map((bucket) => callLong.histogramBucket!(words, bucket));
    call.histogramRecord!(words, timeNs);
    const changed = before.flatMap((was, at) => callLong.histogramBucket!(words, at) === was + 1n ? [at] : []);
    assert.is(changed.length, 1);
    return changed[0]!;
  };
  assert.is(bucketOf(0n), 0);
  for (let bit = 0n; bit < 64n; bit++) {
    const bucket = Math.min(Number(bit) + 1, 31);
    assert.is(bucketOf(1n << bit), bucket);
    assert.is(bucketOf((2n << bit) - 1n), bucket);
  }
  assert.is(callLong.histogramCount!(words), 129n);
});

histograms("should tell below which time a share of them is", async () => {
  const { call, callLong } = (await counted()).probe;
  const words = call.histogramCreate!();
  const below = (share: bigint): bigint => callLong.histogramBelow!(words, share);
  assert.equal([0n, 500n, 1000n].map(below), [0n, 0n, 0n], "of none");
  for (let i = 0; i < 98; i++) call.histogramRecord!(words, 100n);
  call.histogramRecord!(words, 5_000n);
  call.histogramRecord!(words, 70_000n);
  assert.equal([500n, 980n, 981n, 990n, 991n, 1000n].map(below), [128n, 128n, 8192n, 8192n, 131_072n, 131_072n]);
  assert.is(callLong.histogramSum!(words), 98n * 100n + 75_000n);
  call.histogramRecord!(words, 0xffff_ffff_ffff_ffffn);
  assert.is(below(1000n), 1n << 31n, "the last bucket has no end");
});

histograms("should say 0 where most took no time", async () => {
  const { call, callLong } = (await counted()).probe;
  const words = call.histogramCreate!();
  for (const timeNs of [0n, 0n, 0n, 9n]) call.histogramRecord!(words, timeNs);
  assert.equal([500n, 750n, 751n].map((share) => callLong.histogramBelow!(words, share)), [0n, 0n, 16n]);
});

histograms.run();
