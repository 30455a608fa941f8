// Reclamation: who is asked, in which order, one at a time, and what becomes of those that are not.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BENIGN, DESTRUCTIVE, IDLE, MIB, Quotas } from "./quota-probe.js";

const reclamation = suite("reclamation");

/** A quota of 1 MiB and `count` allocators. */
async function create(count: number): Promise<{ quotas: Quotas; quota: number; allocators: number[] }> {
  const quotas = await Quotas.create();
  const quota = quotas.quota(MIB);
  return { quotas, quota, allocators: Array.from({ length: count }, () => quotas.allocator(quota)) };
}

/** Owners in the order in which they were called; a minus sign stands for "cancelled". */
function calls({ reclaims }: Quotas): string[] {
  return reclaims.map(({ owner, sweep }) => `${sweep === 0 ? "-" : ""}${owner}`);
}

reclamation("should ask nobody while memory is not short", async () => {
  const { quotas, quota, allocators: [a = 0] } = await create(1);
  quotas.call.postReclaimer(a, BENIGN, 1);
  quotas.call.reserve(a, MIB - quotas.call.recordBytes(), MIB - quotas.call.recordBytes());
  assert.equal([quotas.free(quota), quotas.call.isShort(quota)], [0, 0]);
  quotas.settle();
  assert.equal(calls(quotas), []);
  quotas.call.release(a, MIB - quotas.call.recordBytes());
  quotas.end({ allocators: [a], quotas: [quota] });
  assert.equal(calls(quotas), ["-1"]);
});

reclamation("should ask benign ones, then idle ones, then destructive ones, each in order of posting", async () => {
  const { quotas, quota, allocators: [a = 0, b = 0] } = await create(2);
  quotas.call.postReclaimer(a, DESTRUCTIVE, 31);
  quotas.call.postReclaimer(b, DESTRUCTIVE, 32);
  quotas.call.postReclaimer(b, IDLE, 22);
  quotas.call.postReclaimer(a, IDLE, 21);
  quotas.call.postReclaimer(b, BENIGN, 12);
  quotas.call.postReclaimer(a, BENIGN, 11);
  quotas.call.reserve(a, MIB, MIB);
  assert.equal(calls(quotas), [], "never inside of the call");
  quotas.settle();
  assert.equal(calls(quotas), ["12", "11", "22", "21", "31", "32"]);
  assert.is(new Set(quotas.reclaims.map(({ sweep }) => sweep)).size, 6);
  quotas.call.release(a, MIB);
  quotas.end({ allocators: [a, b], quotas: [quota] });
});

reclamation("should stop as soon as there is enough", async () => {
  const { quotas, quota, allocators: [a = 0] } = await create(1);
  quotas.call.reserve(a, MIB + 5000, MIB + 5000);
  quotas.call.postReclaimer(a, BENIGN, 1);
  quotas.call.postReclaimer(a, IDLE, 2);
  quotas.call.postReclaimer(a, DESTRUCTIVE, 3);
  for (const [owner, bytes] of [[1, 3000], [2, 3000]] as const) {
    quotas.onReclaim.set(owner, (sweep) => {
      if (sweep === 0) return;
      quotas.call.release(a, bytes);
      quotas.call.finishSweep(sweep);
    });
  }
  quotas.settle();
  assert.equal(calls(quotas), ["1", "2"]);
  quotas.call.release(a, MIB - 1000);
  quotas.end({ allocators: [a], quotas: [quota] });
});

reclamation("should ask the next one only after the sweep was finished, however late", async () => {
  const { quotas, quota, allocators: [a = 0, b = 0] } = await create(2);
  quotas.call.reserve(a, 2 * MIB, 2 * MIB);
  const sweeps: number[] = [];
  for (const owner of [1, 2]) quotas.onReclaim.set(owner, (sweep) => void sweeps.push(sweep));
  quotas.call.postReclaimer(a, DESTRUCTIVE, 1);
  quotas.settle();
  quotas.call.postReclaimer(b, BENIGN, 2);
  for (let i = 0; i < 5; i++) {
    quotas.call.reserve(b, 10_000, 10_000);
    quotas.settle();
  }
  assert.equal(calls(quotas), ["1"]);
  quotas.call.finishSweep(sweeps[0]!);
  assert.equal(calls(quotas), ["1"], "not inside of finishing");
  quotas.settle();
  assert.equal(calls(quotas), ["1", "2"]);
  quotas.call.release(a, 2 * MIB);
  quotas.call.release(b, 50_000);
  quotas.call.finishSweep(sweeps[1]!);
  quotas.end({ allocators: [a, b], quotas: [quota] });
});

reclamation("should wait for a reclaimer when there is none", async () => {
  const { quotas, quota, allocators: [a = 0] } = await create(1);
  quotas.call.reserve(a, MIB, MIB);
  quotas.settle();
  quotas.call.postReclaimer(a, IDLE, 1);
  assert.equal(calls(quotas), []);
  quotas.settle();
  assert.equal(calls(quotas), ["1"]);
  quotas.call.release(a, MIB);
  quotas.end({ allocators: [a], quotas: [quota] });
});

reclamation("should take a reclaimer that posts itself again once per sweep", async () => {
  const { quotas, quota, allocators: [a = 0] } = await create(1);
  quotas.call.reserve(a, MIB + 10_000, MIB + 10_000);
  let held = MIB + 10_000;
  quotas.onReclaim.set(1, (sweep) => {
    if (sweep === 0) return;
    quotas.call.release(a, 1000);
    held -= 1000;
    quotas.call.postReclaimer(a, DESTRUCTIVE, 1);
    quotas.call.finishSweep(sweep);
  });
  quotas.call.postReclaimer(a, DESTRUCTIVE, 1);
  for (let runs = 1; quotas.call.isShort(quota) === 1; runs++) {
    quotas.call.runDue();
    assert.is(quotas.reclaims.length, runs, "one per run");
  }
  assert.is(quotas.reclaims.length, Math.ceil((10_000 + quotas.call.recordBytes()) / 1000));
  quotas.settle();
  quotas.call.release(a, held);
  quotas.end({ allocators: [a], quotas: [quota] });
});

reclamation("should cancel the reclaimer that another one replaces, at once", async () => {
  const { quotas, quota, allocators: [a = 0] } = await create(1);
  quotas.call.postReclaimer(a, IDLE, 1);
  quotas.call.postReclaimer(a, BENIGN, 2);
  quotas.call.postReclaimer(a, IDLE, 3);
  assert.equal(calls(quotas), ["-1"]);
  quotas.call.shutdown(a);
  assert.equal(calls(quotas), ["-1", "-2", "-3"]);
  quotas.gone(a);
  quotas.end({ quotas: [quota] });
});

reclamation("should let a replaced reclaimer post itself again, or end its allocator", async () => {
  const { quotas, quota, allocators: [a = 0, b = 0] } = await create(2);
  let again = true;
  quotas.onReclaim.set(1, () => {
    if (again) quotas.call.postReclaimer(a, IDLE, 3);
    again = false;
  });
  quotas.call.postReclaimer(a, IDLE, 1);
  quotas.call.postReclaimer(a, IDLE, 2);
  assert.equal([calls(quotas), quotas.call.liveReclaimers()], [["-1", "-2"], 1]);
  quotas.onReclaim.set(4, () => void quotas.call.shutdown(b));
  quotas.call.postReclaimer(b, IDLE, 4);
  quotas.call.postReclaimer(b, IDLE, 5);
  quotas.gone(b);
  assert.equal([calls(quotas).slice(2), quotas.call.liveReclaimers()], [["-4", "-5"], 1]);
  quotas.end({ allocators: [a], quotas: [quota] });
});

reclamation("should keep nothing of ten thousand replaced reclaimers", async () => {
  const { quotas, quota, allocators } = await create(3);
  for (let i = 0; i < 10_000; i++) {
    quotas.call.postReclaimer(allocators[i % 3]!, Math.floor(i / 3) % 3, i);
    assert.ok(quotas.call.liveReclaimers() <= 9);
  }
  assert.is(quotas.reclaims.length, 10_000 - 9);
  assert.ok(quotas.reclaims.every(({ sweep }) => sweep === 0));
  quotas.end({ allocators, quotas: [quota] });
  assert.is(quotas.reclaims.length, 10_000);
});

reclamation("should find its way in any order of cancelling", async () => {
  const { quotas, quota, allocators } = await create(5);
  for (const [index, allocator] of allocators.entries()) quotas.call.postReclaimer(allocator, BENIGN, index);
  for (const gone of [2, 0, 4]) {
    quotas.call.shutdown(allocators[gone]!);
    quotas.gone(allocators[gone]!);
  }
  quotas.call.reserve(allocators[1]!, 2 * MIB, 2 * MIB);
  quotas.settle();
  assert.equal(calls(quotas), ["-2", "-0", "-4", "1", "3"]);
  quotas.call.release(allocators[1]!, 2 * MIB);
  quotas.end({ allocators: [allocators[1]!, allocators[3]!], quotas: [quota] });
});

reclamation("should free an object when a second one does not fit", async () => {
  const quotas = await Quotas.create();
  const quota = quotas.quota(4096);
  const a = quotas.allocator(quota);
  let object: number | undefined = quotas.call.createBytes(a, 2048);
  quotas.onReclaim.set(1, (sweep) => {
    assert.is.not(sweep, 0);
    quotas.call.recordDestroy(object!);
    object = undefined;
    quotas.call.finishSweep(sweep);
  });
  quotas.call.postReclaimer(a, DESTRUCTIVE, 1);
  quotas.settle();
  assert.is.not(object, undefined, "one fits");
  const second = quotas.call.createBytes(a, 2048);
  quotas.settle();
  assert.is(object, undefined);
  quotas.call.recordDestroy(second);
  quotas.end({ allocators: [a], quotas: [quota] });
});

reclamation("should collect what is only cached before it asks anybody", async () => {
  const { quotas, quota, allocators: [a = 0, b = 0, c = 0] } = await create(3);
  quotas.call.postReclaimer(a, BENIGN, 1);
  for (const allocator of [b, c]) {
    quotas.call.reserve(allocator, 300_000, 300_000);
    quotas.call.release(allocator, 300_000);
  }
  quotas.call.reserve(a, 600_000, 600_000);
  assert.is(quotas.call.isShort(quota), 1);
  quotas.settle();
  assert.equal([calls(quotas), quotas.call.isShort(quota)], [[], 0]);
  assert.equal([quotas.call.cachedBytes(b), quotas.call.cachedBytes(c)], [0, 300_000], "no more than needed");
  quotas.call.release(a, 600_000);
  quotas.end({ allocators: [a, b, c], quotas: [quota] });
});

reclamation("should begin a new lap for caches after one that was enough", async () => {
  const { quotas, quota, allocators: [a = 0, b = 0, c = 0] } = await create(3);
  const cache = (bytes: number): void => {
    quotas.call.reserve(b, bytes, bytes);
    quotas.call.release(b, bytes);
    assert.is(quotas.call.cachedBytes(b), bytes);
  };
  quotas.call.postReclaimer(a, BENIGN, 1);
  for (const [cached, taken] of [[300_000, 900_000], [100_000, 120_000]] as const) {
    cache(cached);
    quotas.call.reserve(a, taken, taken);
    assert.is(quotas.call.isShort(quota), 1);
    quotas.settle();
    assert.equal([calls(quotas), quotas.call.isShort(quota), quotas.call.cachedBytes(b)], [[], 0, 0]);
  }
  quotas.call.release(a, 1_020_000);
  quotas.end({ allocators: [a, b, c], quotas: [quota] });
});

reclamation("should look for caches in all of very many allocators, a part at a time", async () => {
  const quotas = await Quotas.create();
  const count = 10_000;
  const quota = quotas.quota(count * quotas.call.recordBytes() + MIB);
  const allocators = Array.from({ length: count }, () => quotas.call.allocatorCreate(quota));
  const [first = 0, last = 0] = [allocators[0], allocators.at(-1)];
  quotas.call.reserve(last, 500_000, 500_000);
  quotas.call.release(last, 500_000);
  quotas.call.postReclaimer(first, BENIGN, 1);
  quotas.call.reserve(first, 600_000, 600_000);
  quotas.call.runDue();
  assert.equal([quotas.call.isShort(quota), quotas.call.dueCount()], [1, 1]);
  while (quotas.call.dueCount() > 0) quotas.call.runDue();
  assert.equal([calls(quotas), quotas.call.isShort(quota)], [[], 0]);
  quotas.call.release(first, 600_000);
  for (const allocator of allocators) quotas.call.shutdown(allocator);
  quotas.call.quotaDestroy(quota);
  assert.equal([quotas.call.liveQuotas(), quotas.call.liveAllocators(), quotas.call.dueCount()], [0, 0, 0]);
});

reclamation("should cache nothing while memory is short", async () => {
  const { quotas, quota, allocators: [a = 0] } = await create(1);
  quotas.call.reserve(a, 2 * MIB, 2 * MIB);
  quotas.call.release(a, 1000);
  quotas.call.release(a, 1000);
  assert.is(quotas.call.cachedBytes(a), 0);
  quotas.call.release(a, 2 * MIB - 2000);
  quotas.end({ allocators: [a], quotas: [quota] });
});

reclamation("should reclaim when the quota is made smaller, and stop when it is made larger", async () => {
  const { quotas, quota, allocators: [a = 0] } = await create(1);
  quotas.call.reserve(a, 600_000, 600_000);
  quotas.call.postReclaimer(a, BENIGN, 1);
  quotas.call.setSize(quota, 500_000n);
  quotas.assertBalanced();
  quotas.settle();
  assert.equal(calls(quotas), ["1"]);
  quotas.call.postReclaimer(a, BENIGN, 2);
  quotas.call.setSize(quota, 700_000n);
  quotas.assertBalanced();
  quotas.settle();
  assert.equal([calls(quotas), quotas.call.isShort(quota)], [["1"], 0]);
  quotas.call.setSize(quota, 0n);
  quotas.call.setSize(quota, (1n << 63n) - 1n);
  quotas.assertBalanced();
  quotas.settle();
  quotas.call.release(a, 600_000);
  quotas.end({ allocators: [a], quotas: [quota] });
});

reclamation("should keep two quotas apart", async () => {
  const { quotas, quota, allocators: [a = 0] } = await create(1);
  const other = quotas.quota(MIB);
  const b = quotas.allocator(other);
  quotas.call.postReclaimer(a, BENIGN, 1);
  quotas.call.postReclaimer(b, BENIGN, 2);
  const sweeps: number[] = [];
  quotas.onReclaim.set(2, (sweep) => void sweeps.push(sweep));
  quotas.call.reserve(b, MIB, MIB);
  quotas.settle();
  assert.equal(calls(quotas), ["2"]);
  quotas.call.reserve(a, MIB, MIB);
  quotas.settle();
  assert.equal(calls(quotas), ["2", "1"], "a sweep of one does not hold the other");
  quotas.call.release(a, MIB);
  quotas.call.release(b, MIB);
  quotas.call.finishSweep(sweeps[0]!);
  quotas.end({ allocators: [a, b], quotas: [quota, other] });
});

reclamation("should let a quota live until its last sweep is finished", async () => {
  const { quotas, quota, allocators: [a = 0] } = await create(1);
  let sweep = 0;
  quotas.onReclaim.set(1, (id) => void (sweep = id));
  quotas.call.postReclaimer(a, BENIGN, 1);
  quotas.call.reserve(a, MIB, MIB);
  quotas.settle();
  quotas.call.release(a, MIB);
  quotas.call.shutdown(a);
  quotas.call.quotaDestroy(quota);
  assert.is(quotas.call.liveQuotas(), 1);
  quotas.call.finishSweep(sweep);
  assert.equal([quotas.call.liveQuotas(), quotas.call.liveAllocators()], [0, 0]);
});

reclamation("should let a cancelled reclaimer free the last bytes of its allocator", async () => {
  const { quotas, quota, allocators: [a = 0] } = await create(1);
  const record = quotas.call.createBytes(a, 5000);
  quotas.onReclaim.set(1, () => void quotas.call.recordDestroy(record));
  quotas.onReclaim.set(2, () => assert.is(quotas.call.liveAllocators(), 1, "until its shutdown is done"));
  quotas.call.postReclaimer(a, BENIGN, 1);
  quotas.call.postReclaimer(a, DESTRUCTIVE, 2);
  quotas.call.shutdown(a);
  assert.equal(calls(quotas), ["-1", "-2"]);
  quotas.gone(a);
  quotas.end({ quotas: [quota] });
});

reclamation("should wake its engine once for any number of things to do", async () => {
  const { quotas, quota, allocators: [a = 0] } = await create(1);
  const other = quotas.quota(1000);
  const b = quotas.allocator(other);
  quotas.call.wakeTest();
  quotas.call.postReclaimer(a, BENIGN, 1);
  quotas.call.postReclaimer(b, BENIGN, 2);
  assert.is(quotas.wakes, 0);
  for (let i = 0; i < 5; i++) {
    quotas.call.reserve(a, MIB, MIB);
    quotas.call.reserve(b, MIB, MIB);
  }
  assert.equal([quotas.wakes, quotas.call.dueCount()], [1, 2]);
  quotas.call.runDue();
  assert.equal([quotas.wakes, quotas.call.dueCount()], [2, 2], "both are short still");
  quotas.call.runDue();
  assert.equal([quotas.wakes, quotas.call.dueCount()], [2, 0], "and nobody is left to ask");
  quotas.call.release(a, 5 * MIB);
  quotas.call.release(b, 5 * MIB);
  quotas.end({ allocators: [a, b], quotas: [quota, other] });
});

const MISUSES: [string, (quotas: Quotas, allocator: number) => unknown, string][] = [
  ["know a pass of its own making", ({ call }, a) => call.postReclaimer(a, 3, 1), "memory-allocator"],
  ["know a sweep that never was", ({ call }) => call.finishSweep(77), "reclamation"],
  ["finish a sweep twice", ({ call, reclaims }, a) => {
    call.postReclaimer(a, BENIGN, 1);
    call.reserve(a, MIB, MIB);
    call.runDue();
    return call.finishSweep(reclaims[0]!.sweep);
  }, "reclamation"],
  ["post after a shutdown", ({ call }, a) => {
    call.reserve(a, 1, 1);
    call.shutdown(a);
    return call.postReclaimer(a, BENIGN, 1);
  }, "memory-allocator"],
  ["run inside of what it runs", (quotas, a) => {
    quotas.call.postReclaimer(a, BENIGN, 1);
    quotas.onReclaim.set(1, () => void quotas.call.runDue());
    quotas.call.reserve(a, MIB, MIB);
    return quotas.call.runDue();
  }, "due"],
];

for (const [what, run, file] of MISUSES) {
  reclamation(`should not ${what}`, async () => {
    const { quotas, allocators: [a = 0] } = await create(1);
    quotas.probe.traps(() => run(quotas, a), `quota/${file}.ts`);
    assert.not.match(quotas.probe.abortText, /no message/);
  });
}

reclamation.run();
