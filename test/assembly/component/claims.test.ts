// Tickets: each names one record, once. A slot is used again under other tickets, until its generations are used up.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { compileProbe, Probe } from "../../support/probe.js";

console.log(`TEST_SEED=${SEED}`);
const module = await compileProbe("component");
const GENERATIONS = 32_767;
const SLOTS = 131_072;
const STEPS = 20_000;
const ENDPOINT = 0;
const LOOKUP = 1;

/** In the model. */
const kindOf = (record: number): number => record >> 4 & 1;

const tickets = suite("tickets");

tickets("should be good once, and 0 and others never", async () => {
  const { call } = await Probe.create(module);
  const ticket = call.deposit(1000, ENDPOINT) >>> 0;
  assert.is.not(ticket, 0);
  for (let bit = 0n; bit < 64n; bit++) assert.is(call.take(BigInt(ticket) ^ 1n << bit, ENDPOINT), 0);
  assert.is(call.take(0n, ENDPOINT), 0);
  assert.is(call.unclaimed(), 1);
  assert.is(call.take(BigInt(ticket), LOOKUP), 0, "of another kind");
  assert.is(call.take(BigInt(ticket), ENDPOINT), 1000);
  assert.is(call.take(BigInt(ticket), ENDPOINT), 0);
  assert.is(call.unclaimed(), 0);
});

tickets("should not come again before every generation of their slot did", async () => {
  const { call } = await Probe.create(module);
  const seen = new Set<number>();
  const first = call.deposit(8, LOOKUP) >>> 0;
  for (let ticket = first, count = 0; count < GENERATIONS; count++) {
    assert.not(seen.has(ticket));
    assert.is.not(ticket, 0);
    seen.add(ticket);
    assert.is(call.take(BigInt(ticket), LOOKUP), 8);
    ticket = call.deposit(8, LOOKUP) >>> 0;
    if (count === GENERATIONS - 1) assert.is(ticket, first, "the generations begin again");
  }
  assert.is(call.unclaimed(), 1);
});

tickets("should have a bound", async () => {
  const probe = await Probe.create(module);
  for (let slot = 0; slot < SLOTS; slot++) probe.call.deposit(8, LOOKUP);
  assert.is(probe.call.unclaimed(), SLOTS);
  probe.traps(() => probe.call.deposit(8, LOOKUP), "component/claims.ts");
});

tickets("should agree with a model", async () => {
  const { call } = await Probe.create(module);
  const random = new Random();
  const model = new Map<number, number>();
  const used: number[] = [];
  for (let step = 1; step <= STEPS; step++) {
    const known = [...model.keys()];
    if (known.length < 50 && random.below(2) === 0) {
      const ticket = call.deposit(step * 8, kindOf(step * 8)) >>> 0;
      assert.not(model.has(ticket), `TEST_SEED=${SEED}, step ${step}`);
      model.set(ticket, step * 8);
    } else if (known.length > 0 && random.below(4) > 0) {
      const ticket = known[random.below(known.length)] as number;
      const record = model.get(ticket) as number;
      assert.is(call.take(BigInt(ticket), LOOKUP - kindOf(record)), 0, `TEST_SEED=${SEED}, step ${step}`);
      assert.is(call.take(BigInt(ticket), kindOf(record)), record, `TEST_SEED=${SEED}, step ${step}`);
      model.delete(ticket);
      used.push(ticket);
    } else if (used.length > 0) {
      const stale = used[random.below(used.length)] as number;
      if (model.has(stale)) continue;
      assert.is(call.take(BigInt(stale), ENDPOINT) + call.take(BigInt(stale), LOOKUP), 0, `TEST_SEED=${SEED}`);
    }
    assert.is(call.unclaimed(), model.size);
  }
});

tickets.run();
