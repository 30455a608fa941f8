// Memory pressure: the controller's numbers, rounds of a second, and the threshold.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { MIB, Quotas, SECOND } from "./quota-probe.js";

console.log(`TEST_SEED=${SEED}`);

const pressure = suite("pressure");

async function create(): Promise<{ call: Quotas["call"]; p: number; quotas: Quotas }> {
  const quotas = await Quotas.create();
  return { call: quotas.call, p: quotas.call.pressureCreate(), quotas };
}

const close = (actual: number, expected: number, what?: string): void => {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${what ?? ""} ${actual} is ${expected}`);
};

/** The controller by its description, slow and plain. */
class NaiveController {
  #low = 0;
  #high = 2;
  #last = 0;
  #wasLow = true;
  #same = 0;

  next(error: number): number {
    const isLow = error < 0;
    let wanted: number;
    if (isLow && this.#wasLow) {
      if (this.#last === this.#low && ++this.#same >= 100) [this.#low, this.#same] = [this.#low / 2, 0];
      wanted = this.#low;
    } else if (!isLow && !this.#wasLow) {
      if (++this.#same >= 100) [this.#high, this.#same] = [(1 + this.#high) / 2, 0];
      wanted = this.#high;
    } else if (isLow) {
      this.#same = 0;
      wanted = this.#low = (this.#low + this.#high) / 2;
    } else {
      this.#same = 0;
      wanted = this.#high = (this.#last + this.#high) / 2;
    }
    this.#wasLow = isLow;
    this.#last = wanted < this.#last ? Math.max(wanted, this.#last - 0.003) : wanted;
    return this.#last;
  }
}

pressure("should report 0 for the first low round and 1 for the first high one", async () => {
  const low = await create();
  assert.is(low.call.control(low.p, -1), 0);
  const high = await create();
  assert.is(high.call.control(high.p, 1), 1);
});

pressure("should fall by 0.003 a round and rise at once", async () => {
  const { call, p } = await create();
  assert.is(call.control(p, 1), 1);
  for (let round = 1; round <= 160; round++) close(call.control(p, -1), 1 - 0.003 * round, `round ${round}`);
  // The low end climbed to the middle of 0 and 1 when the rounds turned low; high is now between 0.52 and 1.
  close(call.control(p, 1), (1 - 0.48 + 1) / 2);
});

pressure("should fall to nothing in the end, and never rise on the way", async () => {
  const { call, p } = await create();
  let last = call.control(p, 1);
  for (let round = 0; round < 20_000; round++) {
    const next = call.control(p, -1);
    assert.ok(next <= last, `round ${round}`);
    last = next;
  }
  assert.ok(last < 1e-30, String(last));
});

pressure("should rise towards 1 while it stays high", async () => {
  const { call, p } = await create();
  call.control(p, 1);
  for (let round = 0; round < 100; round++) call.control(p, -1);
  let last = call.control(p, 1);
  close(last, 0.85);
  for (let hundred = 0; hundred < 10; hundred++) {
    for (let round = 0; round < 99; round++) assert.is(call.control(p, 1), last);
    const next = call.control(p, 1);
    close(next, (1 + last) / 2);
    last = next;
  }
});

pressure("should do what its description says, for random rounds", async () => {
  const random = new Random();
  for (let run = 0; run < 20; run++) {
    const { call, p } = await create();
    const naive = new NaiveController();
    const stay = 1 + random.below(150);
    let error = -1;
    for (let round = 0; round < 3000; round++) {
      if (random.below(stay) === 0) error = random.below(3) - 1;
      const expected = naive.next(error);
      assert.is(call.control(p, error), expected, `round ${round}`);
      assert.ok(expected >= 0 && expected <= 1);
    }
  }
});

pressure("should report 1 at once from 0.99 on, and nothing below", async () => {
  const { call, p } = await create();
  for (const used of [0, 0.5, 0.95, 0.98999]) assert.is(call.sample(p, used), 0);
  assert.is(call.roundMax(p), 0.98999);
  assert.is(call.sample(p, 0.99), 1);
  assert.is(call.sample(p, 0), 1, "until the round ends");
});

pressure("should aim at 0.95: rounds below report less, rounds above report more", async () => {
  for (const [used, reported] of [[0.9499, 0], [0.9501, 1]] as const) {
    const { call, p } = await create();
    call.update(p, SECOND, 0);
    call.sample(p, used);
    call.sample(p, 0);
    call.update(p, 2n * SECOND - 1n, 0);
    assert.is(call.sample(p, 0), 0, "the round is not over");
    call.update(p, 2n * SECOND, 0);
    assert.is(call.sample(p, 0), reported, `the largest sample was ${used}`);
  }
});

pressure("should count what stays in use from round to round", async () => {
  const { call, p } = await create();
  call.update(p, 1n, 0.97);
  for (let second = 1n; second < 50n; second++) {
    call.update(p, 1n + second * SECOND, 0.97);
    assert.is(call.sample(p, 0.1), 1);
  }
});

pressure("should make up for the rounds that an idle engine missed", async () => {
  const { call, p } = await create();
  call.update(p, 0n + 1n, 0);
  call.sample(p, 1);
  call.update(p, 1n + SECOND, 0);
  call.update(p, 1n + 101n * SECOND, 0);
  close(call.sample(p, 0), 1 - 0.3);
  const before = call.sample(p, 0);
  call.update(p, 1n + 101n * SECOND + SECOND / 2n, 0);
  assert.is(call.sample(p, 0), before, "half a round is none");
  call.update(p, (1n << 63n) - 1n, 0);
  assert.ok(call.sample(p, 0) <= 0.5);
});

pressure("should end rounds on time, however late it is told", async () => {
  const { call, p } = await create();
  call.update(p, SECOND, 0);
  call.sample(p, 1);
  call.update(p, 2n * SECOND, 0);
  assert.is(call.sample(p, 0), 1);
  call.update(p, 3n * SECOND + SECOND / 2n, 0);
  close(call.sample(p, 0), 0.997);
  call.update(p, 4n * SECOND, 0);
  close(call.sample(p, 0), 0.994);
});

pressure("should say how much of a quota is used", async () => {
  const { call, quotas } = await create();
  const quota = quotas.quota(MIB);
  assert.is(call.usedPart(quota), 0);
  const a = quotas.allocator(quota);
  call.reserve(a, MIB / 2, MIB / 2);
  close(call.usedPart(quota), 0.5 + call.recordBytes() / MIB);
  call.reserve(a, MIB, MIB);
  assert.equal([call.usedPart(quota), call.pressureOf(quota)], [1, 1]);
  assert.is(call.usedPart(quotas.quota(0)), 1);
  assert.is(call.usedPart(quotas.quota((1n << 63n) - 1n)), 0);
});

pressure("should follow every quota by the engine's ticks", async () => {
  const { call, quotas } = await create();
  const held = [quotas.quota(64 * MIB), quotas.quota(64 * MIB)];
  const [full = 0, empty = 0] = held.map((quota) => quotas.allocator(quota));
  call.reserve(full, 61 * MIB, 61 * MIB); // 0.953…
  for (let tenth = 1n; tenth <= 25n; tenth++) call.tick(tenth * SECOND / 10n);
  assert.equal(held.map((quota) => call.pressureOf(quota)), [1, 0]);
  call.release(full, 61 * MIB);
  call.tick(10n * SECOND);
  close(call.pressureOf(held[0]!), 1 - 6 * 0.003);
  assert.is(call.pressureOf(held[1]!), 0);
  assert.is.not(empty, 0);
});

pressure("should keep the rounds of a quota on time, whenever the engine turns", async () => {
  const { call, quotas } = await create();
  const quota = quotas.quota(MIB);
  const a = quotas.allocator(quota);
  call.tick(SECOND);
  call.reserve(a, 2 * MIB, 2 * MIB);
  call.pressureOf(quota);
  call.release(a, 2 * MIB);
  call.tick(5n * SECOND / 2n);
  assert.is(call.pressureOf(quota), 1);
  call.tick(3n * SECOND - 1n);
  assert.is(call.pressureOf(quota), 1);
  call.tick(3n * SECOND);
  close(call.pressureOf(quota), 0.997);
  quotas.end({ allocators: [a], quotas: [quota] });
});

pressure.run();
