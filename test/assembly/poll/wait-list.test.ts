// The wait list: its partition after every random step, hot and cold, and finding a source by its handle.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { compileProbe, Probe } from "../../support/probe.js";

console.log(`TEST_SEED=${SEED}`);
const module = await compileProbe("poll");
const WAITING = 1;

const create = (): Promise<Probe> => Probe.create(module, { "poll/drop pollable": () => {}, "test/run": () => {} });

/** Every invariant of the list; `waiting` are the sources that should be in it. */
function check(probe: Probe, waiting: Set<number>, pinned: Set<number>): void {
  const { call } = probe;
  const [all, hot] = [call.all(), call.hot()];
  assert.is(all, waiting.size, "as many places as sources wait");
  assert.ok(hot >= 0 && hot <= all, "the hot ones are a part of all");
  const handles = probe.words(call.handles(), all);
  const seen = new Set<number>();
  for (let index = 0; index < all; index++) {
    const source = call.at(index);
    assert.ok(waiting.has(source));
    seen.add(source);
    assert.is(handles[index], call.pollable(source), "a place's handle is its source's");
    assert.is(call.isCold(source) === 1, index >= hot, "a source knows its queue");
    if (pinned.has(source)) assert.ok(index < hot, "a pinned source is always hot");
  }
  assert.is(seen.size, all, "nobody is there twice");
}

const list = suite("wait-list");

list("should hold its invariants after every random step", async () => {
  const random = new Random();
  for (let round = 0; round < 6; round++) {
    const probe = await create();
    const { call } = probe;
    const [waiting, pinned] = [new Set<number>(), new Set<number>()];
    const sources: number[] = [];
    let now = 0n;
    let handle = 1;
    for (let step = 0; step < 1500; step++) {
      const source = sources[random.below(Math.max(1, sources.length))]!;
      const choice = random.below(12);
      if (sources.length < 3 || (choice === 0 && sources.length < 80)) {
        const created = call.create(1);
        if (random.below(5) === 0) {
          call.pin(created);
          pinned.add(created);
        }
        call.subscribe(created, handle++);
        sources.push(created);
      } else if (choice < 5) {
        if (call.state(source) === 0) call.wait(source);
      } else if (choice === 5) {
        call.rest(source);
      } else if (choice < 8) {
        call.signal(source, now);
        while (call.readyCount() > 0) call.runNext();
      } else if (choice === 8 && random.below(6) === 0) {
        call.free(source);
        sources.splice(sources.indexOf(source), 1);
        pinned.delete(source);
      } else {
        now += BigInt(random.below(30_000_000));
        call.setNow(now);
        const cold = random.below(2);
        const length = cold === 1 ? call.all() - call.hot() : call.hot();
        call.passOver(cold, random.below(length + 1));
      }
      waiting.clear();
      for (const each of sources) if (call.state(each) === WAITING) waiting.add(each);
      check(probe, waiting, pinned);
    }
  }
});

/** A waiting source on an otherwise empty list. */
function waitAlone({ call }: Probe, pinned = false): number {
  const source = call.create(1);
  if (pinned) call.pin(source);
  call.subscribe(source, 5);
  call.wait(source);
  return source;
}

list("should count a new source as hot until it was silent for long", async () => {
  const probe = await create();
  const { call } = probe;
  const silence = probe.callLong.silenceNs(1);
  call.setNow(1000n);
  waitAlone(probe);
  assert.is(call.hot(), 1);
  call.setNow(999n + silence);
  call.passOver(0, 1);
  assert.is(call.hot(), 1);
  call.setNow(1000n + silence);
  call.passOver(0, 1);
  assert.is(call.hot(), 0);
  assert.is(call.all(), 1, "a cold source still waits");
});

list("should keep a pinned source hot however long it is silent", async () => {
  const probe = await create();
  waitAlone(probe, true);
  probe.call.setNow(10n ** 15n);
  probe.call.passOver(0, 1);
  assert.is(probe.call.hot(), 1);
});

list("should make a cold source hot again by an event", async () => {
  const probe = await create();
  const { call } = probe;
  const source = waitAlone(probe);
  call.setNow(10n ** 12n);
  call.passOver(0, 1);
  assert.is(call.hot(), 0);
  call.signal(source, 10n ** 12n);
  call.runNext();
  call.wait(source);
  assert.is(call.hot(), 1);
  call.passOver(0, 1);
  assert.is(call.hot(), 1);
});

list("should put what had nothing behind the others, in both queues", async () => {
  const { call } = await create();
  const sources = [1, 2, 3].map((handle) => {
    const source = call.create(handle);
    call.subscribe(source, handle);
    call.wait(source);
    return source;
  });
  call.passOver(0, 2);
  assert.equal([0, 1, 2].map((index) => call.at(index)), [sources[2], sources[0], sources[1]]);
  call.setNow(10n ** 15n);
  call.passOver(0, 3);
  call.passOver(1, 1);
  assert.is(call.hot(), 0);
  assert.equal([0, 1, 2].map((index) => call.at(index)), [sources[0], sources[1], sources[2]]);
});

list("should let a source be silent for longer the more there are", async () => {
  const { callLong } = await create();
  assert.ok(callLong.silenceNs(10_000) > 2n * callLong.silenceNs(1));
});

list.run();

// ---

const byHandle = suite("wait-list by handle");

byHandle("should list nothing, and find every subscribed source by its handle", async () => {
  const probe = await create();
  const { call } = probe;
  call.deliverByHandle();
  const sources = [7, 1, 500, 65].map((handle) => {
    const source = call.create(handle);
    call.subscribe(source, handle);
    return { handle, source };
  });
  for (const { handle, source } of sources) {
    call.wait(source);
    assert.is(call.find(handle), source);
  }
  assert.is(call.all(), 0);
  for (const handle of [0, 2, 499, 501, 100_000, 0xffff_ffff]) assert.is(call.find(handle), 0);
});

byHandle("should forget a handle when its pollable is dropped, and take it for another source", async () => {
  const { call } = await create();
  call.deliverByHandle();
  const [first, second] = [call.create(1), call.create(2)];
  call.subscribe(first, 3);
  call.free(first);
  assert.is(call.find(3), 0);
  call.subscribe(second, 3);
  assert.is(call.find(3), second);
});

byHandle("should refuse one handle for two sources", async () => {
  const probe = await create();
  probe.call.deliverByHandle();
  probe.call.subscribe(probe.call.create(1), 3);
  probe.traps(() => probe.call.subscribe(probe.call.create(2), 3), "poll/wait-list.ts");
});

byHandle("should refuse to change the way of delivery while sources wait", async () => {
  const probe = await create();
  const source = probe.call.create(1);
  probe.call.subscribe(source, 3);
  probe.call.wait(source);
  probe.traps(() => probe.call.deliverByHandle(), "poll/wait-list.ts");
});

byHandle.run();
