// The canonical ABI by way of JavaScript values, plainly: what the moves between components are compared with.
//
// Integers up to 32 bits are numbers, those of 64 bits bigints; floats are kept as their bits, so that every NaN is
// told apart. A variant is [case, payload]; flags are a number; lists and records are arrays. Signed numbers are their
// bits too. `dirt` fills what the ABI says is ignored: upper bits, spare slots, other ways to say true.
import type { CoreMemory } from "#host/abi/core-memory.js";
import { type CoreType, discriminantSize, flatOf, type ValueType } from "#host/component/value-types.js";
import type { Random } from "../../support/bytes.js";

export type Value = number | bigint | string | Value[] | null;
export type Core = number | bigint;

const view = (memory: CoreMemory): DataView => {
  memory.refresh();
  return new DataView(memory.bytes.buffer as ArrayBuffer);
};

function putNumber(memory: CoreMemory, at: number, size: number, value: number): void {
  if (size === 1) view(memory).setUint8(at, value);
  else if (size === 2) view(memory).setUint16(at, value, true);
  else view(memory).setUint32(at, value, true);
}

function getNumber(memory: CoreMemory, at: number, size: number): number {
  if (size === 1) return view(memory).getUint8(at);
  return size === 2 ? view(memory).getUint16(at, true) : view(memory).getUint32(at, true);
}

/** The address and length of a list or string, put into the memory. */
function putBlock(memory: CoreMemory, type: ValueType, value: Value, dirt?: Random): [number, number] {
  if (type.form === "string") {
    const bytes = new TextEncoder().encode(value as string);
    const at = memory.allocate(1, bytes.length);
    memory.bytes.set(bytes, at);
    return [at, bytes.length];
  }
  if (type.form !== "list") throw new Error("neither list nor string");
  const elements = value as Value[];
  const { element } = type;
  const at = memory.allocate(element.align, elements.length * element.size);
  elements.forEach((each, index) => store(memory, at + index * element.size, element, each, dirt));
  return [at, elements.length];
}

function getBlock(memory: CoreMemory, type: ValueType, at: number, length: number): Value {
  if (type.form === "string") return new TextDecoder().decode(memory.bytes.slice(at, at + length));
  if (type.form !== "list") throw new Error("neither list nor string");
  const { element } = type;
  return Array.from({ length }, (_, index) => load(memory, at + index * element.size, element));
}

export function store(memory: CoreMemory, at: number, type: ValueType, value: Value, dirt?: Random): void {
  switch (type.form) {
    case "record":
      return type.fields.forEach((field, index) =>
        store(memory, at + field.offset, field.type, (value as Value[])[index] as Value, dirt));
    case "variant": {
      const [index, payload] = value as [number, Value];
      putNumber(memory, at, discriminantSize(type.cases.length), index);
      const payloadType = type.cases[index];
      if (payloadType) store(memory, at + type.payloadOffset, payloadType, payload, dirt);
      return;
    }
    case "string":
    case "list": {
      const [address, length] = putBlock(memory, type, value, dirt);
      putNumber(memory, at, 4, address);
      return putNumber(memory, at + 4, 4, length);
    }
    default:
      if (type.size === 8) view(memory).setBigUint64(at, value as bigint, true);
      else putNumber(memory, at, type.size, soiled(type, value as number, 8 * type.size, dirt));
  }
}

/** A value of a narrow type with anything in the bits that do not count, in a place of so many bits. */
function soiled(type: ValueType, value: number, bits: number, dirt: Random | undefined): number {
  if (dirt === undefined) return value;
  if (type.form === "bool") return value === 0 ? 0 : (1 << dirt.below(bits)) >>> 0;
  const own = type.form === "flags" ? type.count : type.size * 8;
  if (type.form === "enum" || type.form === "char" || own >= bits) return value;
  return Number((BigInt(dirt.next()) << BigInt(own)) & ((1n << BigInt(bits)) - 1n)) + value;
}

export function load(memory: CoreMemory, at: number, type: ValueType): Value {
  switch (type.form) {
    case "record": return type.fields.map((field) => load(memory, at + field.offset, field.type));
    case "variant": {
      const index = getNumber(memory, at, discriminantSize(type.cases.length));
      const payload = type.cases[index];
      return [index, payload ? load(memory, at + type.payloadOffset, payload) : null];
    }
    case "string":
    case "list": return getBlock(memory, type, getNumber(memory, at, 4), getNumber(memory, at + 4, 4));
    default:
      return type.size === 8 ? view(memory).getBigUint64(at, true) : getNumber(memory, at, type.size);
  }
}

/** Core values are given and taken as their bits: u32 as numbers, 64 bits as bigints. */
export function flatten(memory: CoreMemory, type: ValueType, value: Value, dirt?: Random): Core[] {
  switch (type.form) {
    case "record":
      return type.fields.flatMap((field, index) =>
        flatten(memory, field.type, (value as Value[])[index] as Value, dirt));
    case "variant": {
      const [index, payload] = value as [number, Value];
      const payloadType = type.cases[index];
      const own = payloadType ? flatten(memory, payloadType, payload, dirt) : [];
      const slots = (type.flat as CoreType[]).slice(1);
      return [index, ...slots.map((core, slot) => {
        const bits = own[slot] ?? dirt?.next() ?? 0;
        if (core !== "i64" && core !== "f64") return Number(bits);
        return typeof bits === "bigint" ? bits : (BigInt(dirt?.next() ?? 0) << 32n) + BigInt(bits);
      })];
    }
    case "string":
    case "list": return putBlock(memory, type, value, dirt);
    default: return [typeof value === "number" ? soiled(type, value, 32, dirt) : value as bigint];
  }
}

/** Takes its core values off the front of the list. They must be clean. */
export function unflatten(memory: CoreMemory, type: ValueType, from: Core[]): Value {
  switch (type.form) {
    case "record": return type.fields.map((field) => unflatten(memory, field.type, from));
    case "variant": {
      const slots = from.splice(0, (type.flat as CoreType[]).length);
      const index = Number(slots.shift());
      const payload = type.cases[index];
      const own = (payload?.flat ?? []).map((core, slot) => {
        const bits = slots[slot] as Core;
        return core === "i64" || core === "f64" ? BigInt(bits) : narrow(bits);
      });
      if (slots.slice(own.length).some((bits) => Number(bits) !== 0)) throw new Error("a spare slot is not zero");
      return [index, payload ? unflatten(memory, payload, own) : null];
    }
    case "string":
    case "list": {
      const [at, length] = from.splice(0, 2) as [number, number];
      return getBlock(memory, type, at, length);
    }
    case "s8":
    case "s16": {
      const bits = from.shift() as number;
      const shift = type.form === "s8" ? 24 : 16;
      if (((bits << shift) >> shift) >>> 0 !== bits) throw new Error(`${bits} is no ${type.form}`);
      return bits & (2 ** (32 - shift) - 1);
    }
    default: return from.shift() as Core;
  }
}

function narrow(bits: Core): number {
  if (BigInt(bits) >= 1n << 32n) throw new Error("the upper half of a slot is not zero");
  return Number(bits);
}

/** The core types of the parameters of a function: what they are, or the address of all of them. */
export function paramCores(types: readonly ValueType[]): readonly CoreType[] {
  return flatOf(types) ?? ["i32"];
}

const ALPHABETS = ["abc xyz", "äöü é", "日本語 λ", "😀𝄞 "];

export function randomText(random: Random): string {
  const letters = [...ALPHABETS[random.below(ALPHABETS.length)] as string];
  const length = random.below(300) >> random.below(8);
  return Array.from({ length }, () => letters[random.below(letters.length)]).join("");
}

export function randomValue(type: ValueType, random: Random): Value {
  switch (type.form) {
    case "record": return type.fields.map((field) => randomValue(field.type, random));
    case "variant": {
      const index = random.below(type.cases.length);
      const payload = type.cases[index];
      return [index, payload ? randomValue(payload, random) : null];
    }
    case "list": return Array.from({ length: random.below(6) }, () => randomValue(type.element, random));
    case "string": return randomText(random);
    case "bool": return random.below(2);
    case "char": return [0, 0x7f, 0xd7ff, 0xe000, 0x10_ffff][random.below(5)] as number;
    case "enum": return random.below(type.count);
    case "flags": return type.count === 32 ? random.next() : random.next() & (2 ** type.count - 1);
    // A signalling NaN would become a quiet one in JavaScript's hands, here in the test.
    case "f32": return (random.next() & ~0x7f80_0000) >>> 0;
    case "f64": return (BigInt((random.next() & ~0x7ff0_0000) >>> 0) << 32n) | BigInt(random.next());
    default: {
      if (type.size === 8) return (BigInt(random.next()) << 32n) | BigInt(random.next());
      return type.size === 4 ? random.next() : random.below(2 ** (8 * type.size));
    }
  }
}
