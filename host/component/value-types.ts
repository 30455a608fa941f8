// Value types, resolved: what the canonical ABI needs to know of each is worked out once, when the type is made from
// types that were made before. So no walk over a type goes deeper than one step, however types are nested.

import { ComponentError } from "./binary/component-error.js";
import type { Primitive } from "./binary/definitions.js";
import type { ResourceType } from "./resource-types.js";

export type CoreType = "i32" | "i64" | "f32" | "f64";

/** Parameters beyond this many core values go through memory, and so does a result beyond one. */
export const FLAT_PARAMS_MAX = 16;
export const FLAT_RESULTS_MAX = 1;
/** Types inside each other, which bounds the walk over a value. */
const DEPTH_MAX = 100;
const SIZE_MAX = 2 ** 31;

interface Layout {
  /** Bytes in memory. */
  readonly size: number;
  readonly align: number;
  /** The core values that it is passed as; null when these are more than parameters can ever be. */
  readonly flat: readonly CoreType[] | null;
  readonly depth: number;
  /** What there is in it, as `Part`s. */
  readonly parts: number;
  /** How a copy of its bytes is made right; null for what cannot be copied so. */
  readonly patches: readonly Patch[] | null;
}

/**
 * What is done to some bytes of a value that was copied: a number that must be below `limit`, a character, a bool that
 * is made 0 or 1, flags without a name or padding that are cleared.
 */
export interface Patch {
  readonly does: "below" | "character" | "bool" | "mask";
  readonly offset: number;
  readonly size: 1 | 2 | 4;
  readonly limit: number;
}

/** Beyond this many patches a copy is not worth it. */
const PATCHES_MAX = 32;

/** What a type can have in it that needs care. Bits of a mask. */
export const Part = { Text: 1, Own: 2, Borrow: 4 } as const;

export interface FieldType {
  readonly type: ValueType;
  readonly offset: number;
}

export type ValueType = Layout & (
  | { readonly form: Primitive }
  | { readonly form: "list"; readonly element: ValueType }
  /** Tuples too. */
  | { readonly form: "record"; readonly fields: readonly FieldType[] }
  /** Options and results too; `cases` has null for a case without a payload. */
  | { readonly form: "variant"; readonly cases: readonly (ValueType | null)[]; readonly payloadOffset: number }
  | { readonly form: "enum"; readonly count: number }
  | { readonly form: "flags"; readonly count: number }
  | { readonly form: "own" | "borrow"; readonly resource: ResourceType }
);

export interface FunctionType {
  readonly form: "func";
  readonly params: readonly ValueType[];
  readonly result: ValueType | null;
}

const flatOne = (core: CoreType, size: number, patches: Layout["patches"], parts = 0): Layout =>
  ({ size, align: size, flat: [core], depth: 1, parts, patches });
const number = (core: CoreType, size: number): Layout => flatOne(core, size, []);
const patched = (size: 1 | 2 | 4, does: Patch["does"], limit = 0): Layout =>
  flatOne("i32", size, [{ does, offset: 0, size, limit }]);
const LAYOUTS: Readonly<Record<Primitive, Layout>> = {
  bool: patched(1, "bool"), s8: number("i32", 1), u8: number("i32", 1), s16: number("i32", 2),
  u16: number("i32", 2), s32: number("i32", 4), u32: number("i32", 4), s64: number("i64", 8),
  u64: number("i64", 8), f32: number("f32", 4), f64: number("f64", 8), char: patched(4, "character"),
  string: { size: 8, align: 4, flat: ["i32", "i32"], depth: 1, parts: Part.Text, patches: null },
};

export function primitiveType(form: Primitive): ValueType {
  return { form, ...LAYOUTS[form] };
}

export function listType(element: ValueType): ValueType {
  return { form: "list", element, size: 8, align: 4, flat: ["i32", "i32"], ...over([element]), patches: null };
}

export function recordType(types: readonly ValueType[]): ValueType {
  let end = 0;
  const fields = types.map((type): FieldType => {
    const offset = alignTo(end, type.align);
    end = offset + type.size;
    return { type, offset };
  });
  const align = Math.max(...types.map((type) => type.align));
  const size = alignTo(end, align);
  if (size > SIZE_MAX) throw new ComponentError(`component: a type of ${size} bytes`);
  return { form: "record", fields, size, align, flat: flatOf(types), ...over(types), patches: patchesOf(fields, size) };
}

export function variantType(cases: readonly (ValueType | null)[]): ValueType {
  const payloads = cases.filter((type) => type !== null);
  const tagSize = discriminantSize(cases.length);
  const payloadAlign = Math.max(1, ...payloads.map((type) => type.align));
  const payloadOffset = alignTo(tagSize, payloadAlign);
  const align = Math.max(tagSize, payloadAlign);
  const size = alignTo(payloadOffset + Math.max(0, ...payloads.map((type) => type.size)), align);
  return {
    form: "variant", cases, payloadOffset, size, align, flat: joined(payloads), ...over(payloads), patches: null,
  };
}

export function enumType(count: number): ValueType {
  return { form: "enum", count, ...patched(discriminantSize(count), "below", count) };
}

export function flagsType(count: number): ValueType {
  const size = count <= 8 ? 1 : count <= 16 ? 2 : 4;
  const layout = count === size * 8 ? number("i32", size) : patched(size, "mask", 2 ** count - 1);
  return { form: "flags", count, ...layout };
}

export function handleType(form: "own" | "borrow", resource: ResourceType): ValueType {
  return { form, resource, ...flatOne("i32", 4, null, form === "own" ? Part.Own : Part.Borrow) };
}

/** Bytes of the number that says which case it is. */
export function discriminantSize(cases: number): 1 | 2 | 4 {
  return cases <= 0x100 ? 1 : cases <= 0x1_0000 ? 2 : 4;
}

/** The core values of several types in a row, null beyond `FLAT_PARAMS_MAX`. */
export function flatOf(types: readonly ValueType[]): CoreType[] | null {
  const all: CoreType[] = [];
  for (const { flat } of types) {
    if (flat === null || all.length + flat.length > FLAT_PARAMS_MAX) return null;
    all.push(...flat);
  }
  return all;
}

/** A variant's: which case it is, then slots in which the values of every case find room. */
function joined(payloads: readonly ValueType[]): CoreType[] | null {
  const slots: CoreType[] = ["i32"];
  for (const { flat } of payloads) {
    if (flat === null || flat.length >= FLAT_PARAMS_MAX) return null;
    for (const [index, core] of flat.entries()) {
      const before = slots[index + 1];
      slots[index + 1] = before === undefined ? core : join(before, core);
    }
  }
  return slots;
}

function join(a: CoreType, b: CoreType): CoreType {
  if (a === b) return a;
  return is64(a) || is64(b) ? "i64" : "i32";
}

export function is64(core: CoreType): boolean {
  return core === "i64" || core === "f64";
}

export function alignTo(offset: number, align: number): number {
  return Math.ceil(offset / align) * align;
}

/** Those of the fields, and padding, which may hold what the callee is not to see. */
function patchesOf(fields: readonly FieldType[], size: number): readonly Patch[] | null {
  const patches: Patch[] = [];
  let end = 0;
  const pad = (until: number): void => {
    for (; end < until; end++) patches.push({ does: "mask", offset: end, size: 1, limit: 0 });
  };
  for (const { type, offset } of fields) {
    if (type.patches === null || patches.length > PATCHES_MAX) return null;
    pad(offset);
    patches.push(...type.patches.map((patch) => ({ ...patch, offset: offset + patch.offset })));
    end = offset + type.size;
  }
  pad(size);
  return patches.length > PATCHES_MAX ? null : patches;
}

/** What a type inherits from those in it. */
function over(types: readonly ValueType[]): Pick<Layout, "depth" | "parts"> {
  const depth = 1 + Math.max(0, ...types.map((type) => type.depth));
  if (depth > DEPTH_MAX) throw new ComponentError(`component: types are nested more than ${DEPTH_MAX} deep`);
  return { depth, parts: partsOf(types) };
}

export function partsOf(types: readonly ValueType[]): number {
  return types.reduce((parts, type) => parts | type.parts, 0);
}
