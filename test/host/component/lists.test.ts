// Lists between components: what is copied in one go and made right, and what must be a trap.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pairAddress, pairLength } from "#host/component/move-pair.js";
import { Moves } from "#host/component/move-values.js";
import type { Side } from "#host/component/side.js";
import {
  enumType, flagsType, listType, primitiveType, recordType, type ValueType, variantType,
} from "#host/component/value-types.js";
import { newSide } from "./sides.js";

interface Moved {
  to: Side;
  bytes: number[];
}

/** Moves a list whose elements are these bytes. */
function move(element: ValueType, bytes: number[], length = bytes.length / element.size): Moved {
  const from = newSide();
  const to = newSide();
  const at = from.memory.allocate(element.align, bytes.length);
  from.memory.bytes.set(bytes, at);
  new Moves({ from, to }, null).listOf(element)(at, length);
  assert.is(pairLength, length);
  return { to, bytes: [...to.memory.bytes.subarray(pairAddress, pairAddress + length * element.size)] };
}

const u8 = primitiveType("u8");
const u32 = primitiveType("u32");

const lists = suite("lists between components");

lists("should be copied byte by byte, short ones and long ones", () => {
  for (const length of [0, 1, 63, 64, 65, 5000]) {
    const bytes = Array.from({ length }, (_, index) => (index * 7) & 0xff);
    assert.equal(move(u8, bytes).bytes, bytes);
  }
});

lists("should not carry what stands between the fields", () => {
  const element = recordType([u8, u32, u8]);
  assert.is(element.size, 12);
  const bytes = [1, 99, 98, 97, 2, 3, 4, 5, 6, 95, 94, 93];
  const clean = [1, 0, 0, 0, 2, 3, 4, 5, 6, 0, 0, 0];
  assert.equal(move(element, [...bytes, ...bytes, ...bytes]).bytes, [...clean, ...clean, ...clean]);
});

lists("should make bools and flags right", () => {
  const element = recordType([primitiveType("bool"), flagsType(3)]);
  assert.equal(move(element, [0, 0xff, 1, 7, 2, 8, 0xff, 5]).bytes, [0, 7, 1, 7, 1, 0, 1, 5]);
});

lists("should be a trap when an element is no value of its type", () => {
  assert.throws(() => move(enumType(3), [0, 2, 3]), /case 3 of a type with 3 cases/);
  assert.throws(() => move(recordType([u8, enumType(2)]), [9, 1, 9, 2]), /case 2 of a type with 2 cases/);
  assert.throws(() => move(primitiveType("char"), [0, 0xd8, 0, 0]), /55296 is not a character/);
  assert.throws(() => move(primitiveType("char"), [0, 0, 0x11, 0]), /1114112 is not a character/);
  assert.throws(() => move(variantType([null, u8]), [2, 0]), /case 2 of a type with 2 cases/);
});

lists("should be a trap when they lie outside the memory, crookedly, or are too large", () => {
  const side = newSide();
  const list = new Moves({ from: side, to: newSide() }, null).listOf(u32);
  assert.throws(() => list(2, 0), /not aligned to 4/);
  assert.throws(() => list(65_536, 1), /outside the memory/);
  assert.throws(() => list(0, 16_385), /outside the memory/);
  assert.throws(() => list(0, 0xffff_ffff), /a list of 17179869180 bytes/);
  const nested = new Moves({ from: side, to: newSide() }, null).listOf(listType(u8));
  side.memory.words.set([0, 0xffff_ffff], 16);
  assert.throws(() => nested(64, 1), /a list of 4294967295 bytes/);
});

lists("should grow the callee's memory where they need it", () => {
  const from = newSide();
  const length = 60_000;
  const to = newSide();
  const copy = new Moves({ from, to }, null).listOf(u8);
  for (let round = 0; round < 5; round++) {
    from.memory.bytes.fill(round + 1, 64, 64 + length);
    copy(64, length);
    assert.is(to.memory.bytes[pairAddress + length - 1], round + 1);
  }
  assert.ok(to.memory.bytes.length >= 5 * length);
});

lists.run();
