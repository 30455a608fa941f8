// Handles: each finds its own record for as long as that is there, and nothing else ever.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { compileProbe, Probe } from "../../support/probe.js";

console.log(`TEST_SEED=${SEED}`);
const module = await compileProbe("base");

interface Handle {
  slot: number;
  generation: number;
  record: number;
}

class SlotsProbe {
  readonly probe: Probe;
  readonly #slots: number;

  constructor(probe: Probe) {
    this.probe = probe;
    this.#slots = probe.call.slotsCreate!();
  }

  static async create(): Promise<SlotsProbe> {
    return new SlotsProbe(await Probe.create(module));
  }

  take(record: number): Handle {
    const slot = this.probe.call.slotsTake!(this.#slots, record);
    return { slot, generation: this.probe.call.slotsGeneration!(this.#slots), record };
  }

  forget({ slot }: { slot: number }): void {
    this.probe.call.slotsForget!(this.#slots, slot);
  }

  find({ slot, generation }: { slot: number; generation: number }): number {
    return this.probe.call.slotsFind!(this.#slots, slot, generation);
  }
}

const slots = suite("slots");

slots("should find a record by its handle, and not by that of the one before", async () => {
  const made = await SlotsProbe.create();
  const first = made.take(8);
  assert.is(made.find(first), 8);
  made.forget(first);
  assert.is(made.find(first), 0);
  const second = made.take(16);
  assert.is(second.slot, first.slot, "the slot is used again");
  assert.is(made.find(first), 0);
  assert.is(made.find(second), 16);
});

slots("should find nothing by handles that nobody was given", async () => {
  const made = await SlotsProbe.create();
  assert.is(made.find({ slot: 0, generation: 0 }), 0);
  const { slot, generation } = made.take(8);
  const others = [
    [slot, generation + 1], [slot, generation - 1], [slot + 1, generation], [-1, -1], [0x7fff_ffff, 1], [1 << 31, 1],
  ] as const;
  for (const [otherSlot, other] of others) assert.is(made.find({ slot: otherSlot, generation: other }), 0);
});

slots("should not let a slot go twice", async () => {
  const made = await SlotsProbe.create();
  const handle = made.take(8);
  made.forget(handle);
  made.probe.traps(() => made.forget(handle), "base/slots.ts");
});

slots("should keep apart what comes and goes at random", async () => {
  const made = await SlotsProbe.create();
  const random = new Random();
  const alive: Handle[] = [];
  const gone: Handle[] = [];
  for (let record = 8; record < 8 * 4000; record += 8) {
    if (alive.length === 0 || random.below(5) < 3) {
      alive.push(made.take(record));
    } else {
      const [handle] = alive.splice(random.below(alive.length), 1);
      made.forget(handle!);
      gone.push(handle!);
    }
  }
  for (const handle of alive) assert.is(made.find(handle), handle.record);
  for (const handle of gone) assert.is(made.find(handle), 0);
  assert.is(new Set(alive.map(({ slot }) => slot)).size, alive.length);
});

slots.run();
