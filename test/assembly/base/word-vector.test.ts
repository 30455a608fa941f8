// The growable array of words, against a JavaScript array and at its edges.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { compileProbe, Probe } from "../../support/probe.js";

console.log(`TEST_SEED=${SEED}`);
const module = await compileProbe("base");

function contentsOf(probe: Probe, vector: number): number[] {
  return probe.words(probe.call.vectorStart(vector), probe.call.vectorLength(vector));
}

const vectors = suite("word-vector");

vectors("should keep what was pushed, through every growth", async () => {
  const { call } = await Probe.create(module);
  const vector = call.vectorCreate(1);
  for (let word = 0; word < 5000; word++) call.vectorPush(vector, word * 7);
  assert.is(call.vectorLength(vector), 5000);
  for (let index = 0; index < 5000; index++) assert.is(call.vectorGet(vector, index), index * 7);
});

vectors("should pop the latest word first", async () => {
  const { call } = await Probe.create(module);
  const vector = call.vectorCreate(2);
  for (const word of [1, 2, 3]) call.vectorPush(vector, word);
  assert.equal([call.vectorPop(vector), call.vectorPop(vector), call.vectorPop(vector)], [3, 2, 1]);
  assert.is(call.vectorLength(vector), 0);
});

vectors("should fill with zeros when extended, also where words were before", async () => {
  const probe = await Probe.create(module);
  const vector = probe.call.vectorCreate(8);
  for (let word = 1; word <= 8; word++) probe.call.vectorPush(vector, word);
  for (let word = 1; word <= 6; word++) probe.call.vectorPop(vector);
  probe.call.vectorExtend(vector, 100);
  assert.equal(contentsOf(probe, vector), [1, 2, ...Array<number>(98).fill(0)]);
});

vectors("should ignore an extension to what it has already", async () => {
  const probe = await Probe.create(module);
  const vector = probe.call.vectorCreate(4);
  for (const word of [5, 6, 7]) probe.call.vectorPush(vector, word);
  for (const length of [3, 2, 0, -1]) probe.call.vectorExtend(vector, length);
  assert.equal(contentsOf(probe, vector), [5, 6, 7]);
});

vectors("should do what an array does, whatever the order of operations", async () => {
  const probe = await Probe.create(module);
  const { call } = probe;
  const random = new Random();
  for (let round = 0; round < 40; round++) {
    const vector = call.vectorCreate(1 + random.below(9));
    const model: number[] = [];
    for (let step = 0; step < 300; step++) {
      const word = random.next();
      const choice = random.below(6);
      if (choice < 3) call.vectorPush(vector, word), model.push(word);
      else if (choice === 3 && model.length > 0) assert.is(call.vectorPop(vector) >>> 0, model.pop());
      else if (choice === 4 && model.length > 0) {
        const index = random.below(model.length);
        call.vectorSet(vector, index, word);
        model[index] = word;
      } else if (choice === 5) {
        const length = random.below(model.length + 20);
        call.vectorExtend(vector, length);
        while (model.length < length) model.push(0);
      }
    }
    assert.equal(contentsOf(probe, vector), model);
  }
});

vectors.run();

// ---

const misuse = suite("word-vector, used wrongly");
const MISUSES: [string, (call: Probe["call"], vector: number) => number][] = [
  ["get before the first word", (call, vector) => call.vectorGet(vector, -1)],
  ["get behind the last word", (call, vector) => call.vectorGet(vector, 2)],
  ["set before the first word", (call, vector) => call.vectorSet(vector, -1, 0)],
  ["set behind the last word", (call, vector) => call.vectorSet(vector, 2, 0)],
  ["pop without words", (call) => call.vectorPop(call.vectorCreate(1))],
  ["be made without capacity", (call) => call.vectorCreate(0)],
  ["be made with a negative capacity", (call) => call.vectorCreate(-4)],
];

for (const [what, run] of MISUSES) {
  misuse(`should not ${what}`, async () => {
    const probe = await Probe.create(module);
    const vector = probe.call.vectorCreate(4);
    probe.call.vectorPush(vector, 1);
    probe.call.vectorPush(vector, 2);
    probe.traps(() => run(probe.call, vector), "base/word-vector.ts");
  });
}

misuse.run();
