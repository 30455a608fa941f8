// Moves values that are passed as core values. The thunk of a call (thunk.ts) puts those that JavaScript must see into
// slots of 8 bytes each, and they are changed there, in place, from what the caller gave to what the callee gets.
//
// In a slot the joined types of a variant cost nothing: an f32 that travels as an i32, or either as an i64, has the
// same bits at the same place. Only the upper half has to be zero, as the canonical ABI says.

import { checkCase } from "./checks.js";
import { Lendings, moveHandle } from "./move-handles.js";
import { pairAddress, pairLength } from "./move-pair.js";
import { moveString } from "./move-strings.js";
import { fixOf, Moves } from "./move-values.js";
import type { Path } from "./side.js";
import type { Slots } from "./slots.js";
import { is64, Part, partsOf, recordType, type ValueType } from "./value-types.js";

/** Moves what lies in certain slots. */
export type FlatMove = () => void;

/** A type whose core values need no more than what the thunk does itself. */
export function isScalar({ form }: ValueType): boolean {
  switch (form) {
    case "bool": case "flags": case "f32": case "f64":
    case "s8": case "u8": case "s16": case "u16": case "s32": case "u32": case "s64": case "u64":
      return true;
    default: return false;
  }
}

/** The parameters that are passed as core values, without those that the thunk passes by itself. */
export function moveParams(types: readonly ValueType[], path: Path, slots: Slots): FlatMove {
  const lendings = lendingsOf(types);
  const moves = new Moves(path, lendings);
  const each: FlatMove[] = [];
  let slot = 0;
  for (const type of types) {
    if (isScalar(type)) continue;
    each.push(flatMove(type, slot, moves, slots));
    slot += (type.flat as readonly string[]).length;
  }
  const [only] = each;
  if (only !== undefined && each.length === 1 && lendings === null) return only;
  return () => {
    for (const move of each) move();
    lendings?.clear();
  };
}

/** Null where nothing can be lent and given away in one call. */
function lendingsOf(types: readonly ValueType[]): Lendings | null {
  const both = Part.Own | Part.Borrow;
  return (partsOf(types) & both) === both ? new Lendings() : null;
}

/** The same for parameters that are too many: the first slot has the address of all of them in the caller's memory. */
export function moveSpilledParams(types: readonly ValueType[], path: Path, slots: Slots): FlatMove {
  const lendings = lendingsOf(types);
  const all = recordType(types);
  const move = new Moves(path, lendings).of(all);
  const { words } = slots;
  return () => {
    const address = words[slots.word] as number;
    path.from.memory.check(address, all.size, all.align);
    const target = path.to.memory.allocate(all.align, all.size);
    move(address, target);
    lendings?.clear();
    words[slots.word] = target;
  };
}

/** A result that is one core value, in the first slot. */
export function moveFlatResult(type: ValueType, path: Path, slots: Slots): FlatMove {
  return flatMove(type, 0, new Moves(path, null), slots);
}

/** A result in memory: the first slot has the callee's address of it, the second where the caller wants it. */
export function moveStoredResult(type: ValueType, { from, to }: Path, slots: Slots): FlatMove {
  const move = new Moves({ from, to }, null).of(type);
  const { words } = slots;
  return () => {
    const address = words[slots.word] as number;
    const target = words[slots.word + 2] as number;
    from.memory.check(address, type.size, type.align);
    to.memory.check(target, type.size, type.align);
    move(address, target);
  };
}

function flatMove(type: ValueType, slot: number, moves: Moves, slots: Slots): FlatMove {
  const { words } = slots;
  const low = slots.word + slot * 2;
  switch (type.form) {
    case "record": {
      let next = slot;
      const each = type.fields.map((field) => {
        const move = flatMove(field.type, next, moves, slots);
        next += (field.type.flat as readonly string[]).length;
        return move;
      });
      return () => { for (const move of each) move(); };
    }
    case "variant": return flatVariant(type.cases, slot, type.flat as readonly string[], moves, slots);
    case "list":
    case "string": {
      const { path } = moves;
      const move = type.form === "list" ? moves.listOf(type.element) :
        (address: number, length: number): void => moveString(path, address, length);
      return () => {
        move(words[low] as number, words[low + 2] as number);
        words[low] = pairAddress;
        words[low + 2] = pairLength;
      };
    }
    case "own":
    case "borrow": {
      const move = moveHandle(type.form, type.resource, moves.path, moves.lendings);
      return () => { words[low] = move(words[low] as number); };
    }
    case "u8": return () => { words[low] = (words[low] as number) & 0xff; };
    case "s8": return () => { words[low] = ((words[low] as number) << 24) >> 24; };
    case "u16": return () => { words[low] = (words[low] as number) & 0xffff; };
    case "s16": return () => { words[low] = ((words[low] as number) << 16) >> 16; };
    default: {
      const fix = fixOf(type);
      return fix === null ? () => {} : () => { words[low] = fix(words[low] as number); };
    }
  }
}

function flatVariant(
  cases: readonly (ValueType | null)[], slot: number, flat: readonly string[], moves: Moves, slots: Slots,
): FlatMove {
  const { words } = slots;
  const low = slots.word + slot * 2;
  const each = cases.map((type): FlatMove => {
    const move = type === null ? null : flatMove(type, slot + 1, moves, slots);
    const own = type?.flat ?? [];
    // Words that this case leaves alone or fills only half, as counted from the discriminant.
    const zeroes: number[] = [];
    for (let index = 1; index < flat.length; index++) {
      const core = own[index - 1];
      if (core === undefined) zeroes.push(low + index * 2);
      if (core === undefined || !is64(core)) zeroes.push(low + index * 2 + 1);
    }
    return () => {
      move?.();
      for (const word of zeroes) words[word] = 0;
    };
  });
  return () => { (each[checkCase(words[low] as number, each.length)] as FlatMove)(); };
}
