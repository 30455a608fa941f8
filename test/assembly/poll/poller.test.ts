// The poller over a simulated wasi:io/poll: which lists it asks for, what it makes of the answer, its clock pollable.
// That nobody starves is in poller-fairness.test.ts.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { compileProbe, Probe } from "../../support/probe.js";
import { SimulatedPoll } from "../../support/simulated-poll.js";

console.log(`TEST_SEED=${SEED}`);
const module = await compileProbe("poll");
const NEVER = -1n;
const LATE = 10n ** 15n;

interface Polling {
  probe: Probe;
  host: SimulatedPoll;
  ran: number[];
  /** A waiting source; its owner's number is its handle. */
  waiting(): { source: number; handle: number };
  /** One poll, and what ran after it. */
  turn(deadlineNs: bigint): number[];
}

async function createPolling(cooperative: boolean): Promise<Polling> {
  const host = new SimulatedPoll(cooperative);
  const ran: number[] = [];
  const imports = { ...host.imports(() => probe), "test/run": (owner: number) => void ran.push(owner) };
  const probe: Probe = await Probe.create(module, imports);
  const { call } = probe;
  const waiting = (): { source: number; handle: number } => {
    const handle = host.create();
    const source = call.create(handle);
    call.subscribe(source, handle);
    call.wait(source);
    return { source, handle };
  };
  const turn = (deadlineNs: bigint): number[] => {
    call.work(host.nowNs, deadlineNs);
    ran.length = 0;
    while (call.readyCount() > 0) call.runNext();
    assert.is(call.usedBytes(), 0, "what a poll lifted is released");
    return [...ran];
  };
  return { probe, host, ran, waiting, turn };
}

for (const cooperative of [false, true]) {
  const poller = suite(`poller over a ${cooperative ? "cooperative" : "plain"} host`);

  poller("should run exactly what is ready, with a deadline and without one", async () => {
    const { probe, host, waiting, turn } = await createPolling(cooperative);
    const random = new Random();
    const sources = Array.from({ length: 100 }, waiting);
    for (const deadline of [NEVER, LATE, 0n, NEVER, LATE, 0n]) {
      const picked = sources.filter(() => random.below(4) === 0);
      if (picked.length === 0) picked.push(sources[0]!);
      for (const { handle } of picked) host.setReady(handle, true);
      assert.equal(turn(deadline).sort((a, b) => a - b), picked.map(({ handle }) => handle).sort((a, b) => a - b));
      for (const { source, handle } of picked) {
        host.setReady(handle, false);
        probe.call.wait(source);
      }
    }
  });

  poller("should wait until an event comes when there is no deadline", async () => {
    const { host, waiting, turn } = await createPolling(cooperative);
    const [first, second] = [waiting(), waiting()];
    host.plan(host.nowNs + 5_000_000n, () => host.setReady(second.handle, true));
    assert.equal(turn(NEVER), [second.handle]);
    assert.equal([...host.latest].sort(), [first.handle, second.handle], "no clock pollable is in the list");
  });

  poller("should end at the deadline when nothing comes", async () => {
    const { host, waiting, turn } = await createPolling(cooperative);
    waiting();
    const deadline = host.nowNs + 3_000_000n;
    assert.equal(turn(deadline), []);
    assert.ok(host.nowNs >= deadline && host.nowNs < deadline + 1_000_000n);
  });

  poller("should wait for a deadline without any source", async () => {
    const { host, turn } = await createPolling(cooperative);
    const deadline = host.nowNs + 3_000_000n;
    assert.equal(turn(deadline), []);
    assert.ok(host.nowNs >= deadline);
    assert.is(host.latest.length, 1);
  });

  poller("should not wait when the deadline has passed", async () => {
    const { host, waiting, turn } = await createPolling(cooperative);
    const { handle } = waiting();
    const before = host.nowNs;
    assert.equal(turn(before), []);
    assert.ok(host.nowNs - before < 100_000n);
    host.setReady(handle, true);
    assert.equal(turn(0n), [handle]);
  });

  poller("should not poll at all without sources when the deadline has passed", async () => {
    const { host, turn } = await createPolling(cooperative);
    assert.equal(turn(0n), []);
    assert.is(host.polls, 0);
  });

  poller("should refuse to wait for ever for nothing", async () => {
    const { probe, host } = await createPolling(cooperative);
    probe.traps(() => probe.call.work(host.nowNs, NEVER), "poll/poller.ts");
  });

  poller("should make one clock pollable while the deadline stays the same", async () => {
    const { probe, host, waiting, turn } = await createPolling(cooperative);
    const { source, handle } = waiting();
    for (let round = 0; round < 10; round++) {
      host.setReady(handle, true);
      assert.equal(turn(LATE), [handle]);
      probe.call.wait(source);
    }
    assert.is(host.instantsMade, 1);
    assert.is(host.liveClocks, 1);
    turn(LATE + 1n);
    assert.is(host.instantsMade, 2);
    assert.is(host.liveClocks, 1, "the earlier one was dropped");
    turn(LATE);
    assert.is(host.instantsMade, 3);
  });

  poller("should drop every clock pollable in the end", async () => {
    const { probe, host, waiting, turn } = await createPolling(cooperative);
    const { handle } = waiting();
    host.setReady(handle, true);
    turn(0n);
    turn(LATE);
    probe.call.close();
    assert.is(host.liveClocks, 0);
    probe.call.close();
  });

  poller("should ask for the hot sources only while they are busy and others are cold", async () => {
    const { probe, host, waiting, turn } = await createPolling(cooperative);
    const { call } = probe;
    const sources = Array.from({ length: 1000 }, waiting);
    const busy = sources.filter((_, index) => index % 100 === 7);
    for (let round = 0; round < 400; round++) {
      host.nowNs += 500_000n;
      for (const { source, handle } of busy) {
        host.setReady(handle, true);
        if (call.state(source) === 0) call.wait(source);
      }
      turn(LATE);
    }
    for (const { source, handle } of busy) {
      host.setReady(handle, true);
      if (call.state(source) === 0) call.wait(source);
    }
    assert.is(call.hot(), busy.length);
    const lengths: number[] = [];
    for (let round = 0; round < 40; round++) {
      const before = host.polls;
      turn(LATE);
      if (host.polls > before) lengths.push(host.latest.length);
      for (const { source, handle } of busy) {
        host.setReady(handle, true);
        if (call.state(source) === 0) call.wait(source);
      }
    }
    const longest = Math.max(...lengths);
    assert.ok(longest <= call.pollWindow() + 1, `a list of ${longest}`);
  });

  poller("should never ask for more than a window at once while there is more to do", async () => {
    const { probe, host, waiting, turn } = await createPolling(cooperative);
    const sources = Array.from({ length: 700 }, waiting);
    for (let round = 0; round < 200; round++) {
      for (const { source, handle } of sources) {
        host.setReady(handle, true);
        if (probe.call.state(source) === 0) probe.call.wait(source);
      }
      turn(0n);
      assert.ok(host.latest.length <= probe.call.pollWindow() + 1, `a list of ${host.latest.length}`);
    }
  });

  poller("should look at every source before it waits for ever", async () => {
    const { probe, host, waiting, turn } = await createPolling(cooperative);
    const sources = Array.from({ length: 1000 }, waiting);
    host.nowNs += 10n ** 12n;
    probe.call.setNow(host.nowNs);
    probe.call.passOver(0, sources.length);
    assert.is(probe.call.hot(), 0);
    const { handle } = sources[567]!;
    host.plan(host.nowNs + 10n ** 9n, () => host.setReady(handle, true));
    let ran: number[] = [];
    for (let round = 0; round < 100 && ran.length === 0; round++) ran = turn(NEVER);
    assert.equal(ran, [handle]);
  });

  poller("should sleep and not spin while nothing happens, whatever is hot", async () => {
    const { probe, host, waiting, turn } = await createPolling(cooperative);
    const sources = Array.from({ length: 1000 }, waiting);
    const wake = host.nowNs + 10n ** 9n;
    host.plan(wake, () => host.setReady(sources[999]!.handle, true));
    let ran: number[] = [];
    while (ran.length === 0) ran = turn(NEVER);
    assert.equal(ran, [sources[999]!.handle]);
    assert.ok(host.polls < 100, `${host.polls} polls for one event`);
    assert.is(probe.call.all(), 999);
  });

  poller.run();
}
