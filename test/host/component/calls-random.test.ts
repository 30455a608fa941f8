// Calls between components with random types and values: what the callee sees, and what the caller gets back, is what
// the plain canonical ABI of reference-abi.ts says. TEST_SEED repeats a run.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { CoreMemory } from "#host/abi/core-memory.js";
import { type LiftedFunction, lowerLifted } from "#host/component/call.js";
import { SlotSource } from "#host/component/slots.js";
import {
  type CoreType, enumType, flagsType, listType, primitiveType, recordType, type ValueType, variantType,
} from "#host/component/value-types.js";
import { Random, SEED } from "../../support/bytes.js";
import {
  type Core, flatten, load, paramCores, randomValue, store, unflatten, type Value,
} from "./reference-abi.js";
import { asBits, asCore, newSide } from "./sides.js";

console.log(`TEST_SEED=${SEED}`);
const CALLS = 1500;
const PRIMITIVES = [
  "bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string",
] as const;

function randomType(random: Random, depth: number): ValueType {
  const form = random.below(depth > 3 ? 13 : 22);
  const inner = (): ValueType => randomType(random, depth + 1);
  const several = (): ValueType[] => Array.from({ length: 1 + random.below(4) }, inner);
  if (form < 13) return primitiveType(PRIMITIVES[form] as typeof PRIMITIVES[number]);
  switch (form) {
    case 13: return enumType(1 + random.below(300));
    case 14: return flagsType(1 + random.below(32));
    case 15:
    case 16: return listType(inner());
    case 17:
    case 18: return recordType(several());
    case 19: return variantType([null, inner()]);
    default: return variantType(several().map((type) => (random.below(4) === 0 ? null : type)));
  }
}

/** Lowers a result the way a callee or a host gives one to its caller. */
function giveResult(memory: CoreMemory, type: ValueType, value: Value, dirt: Random): Core {
  if (type.flat?.length === 1) return flatten(memory, type, value, dirt)[0] as Core;
  const at = memory.allocate(type.align, type.size);
  store(memory, at, type, value, dirt);
  return at;
}

function callOnce(random: Random, slots: SlotSource): void {
  const params = Array.from({ length: random.below(6) }, () => randomType(random, 0));
  const result = random.below(5) === 0 ? null : randomType(random, 0);
  const caller = newSide();
  const callee = newSide();
  const cores = paramCores(params);
  const isSpilled = cores.length === 1 && params.reduce((sum, type) => sum + (type.flat?.length ?? 99), 0) > 16;
  const given = params.map((type) => randomValue(type, random));
  const answer = result === null ? null : randomValue(result, random);
  let seen: Value[] = [];
  let posted: Core | null = null;
  const all = params.length > 0 ? recordType(params) : null;

  const core = (...args: Core[]): Core | void => {
    const bits = args.map((value, index) => asBits(value, cores[index] as CoreType));
    if (isSpilled && all !== null) seen = load(callee.memory, bits[0] as number, all) as Value[];
    else seen = params.map((type) => unflatten(callee.memory, type, bits));
    if (result === null || answer === null) return;
    const resultCore = result.flat?.length === 1 ? result.flat[0] as CoreType : "i32";
    return asCore(giveResult(callee.memory, result, answer, random), resultCore);
  };
  const lifted: LiftedFunction = {
    form: "lifted", type: { form: "func", params, result }, core: core as never, side: callee,
    postReturn: random.below(2) === 0 ? null : ((value?: Core) => { posted = value ?? 0; }) as never,
  };
  const call = lowerLifted(lifted, caller, slots) as (...args: Core[]) => Core | undefined;

  let flat: Core[];
  if (isSpilled && all !== null) {
    const at = caller.memory.allocate(all.align, all.size);
    store(caller.memory, at, all, given, random);
    flat = [at];
  } else {
    flat = params.flatMap((type, index) => flatten(caller.memory, type, given[index] as Value, random));
  }
  const args = flat.map((bits, index) => asCore(bits, cores[index] as CoreType));
  const isStored = result !== null && result.flat?.length !== 1;
  const returnAt = isStored ? caller.memory.allocate(result.align, result.size) : 0;
  const got = call(...args, ...(isStored ? [returnAt] : []));

  assert.equal(seen, given, "what the callee sees");
  if (lifted.postReturn !== null) assert.is.not(posted, null, "post-return runs");
  if (result === null) return;
  const back = isStored ? load(caller.memory, returnAt, result) :
    unflatten(caller.memory, result, [asBits(got as Core, (result.flat as CoreType[])[0] as CoreType)]);
  assert.equal(back, answer, "what the caller gets");
}

const calls = suite("calls between components, random");

calls(`should carry every value across, ${CALLS} functions`, () => {
  const slots = new SlotSource(); // of more than one page in the end
  for (let round = 0; round < CALLS; round++) {
    try {
      callOnce(new Random(SEED + round), slots);
    } catch (error) {
      throw new Error(`TEST_SEED=${SEED}, function ${round}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
});

calls.run();
