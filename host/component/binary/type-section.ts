// The types of a component file. What WASI 0.2 does not have (futures, streams, threads) is refused by name.

import type {
  Alias, Case, Declaration, Description, Field, Primitive, Sort, TypeDefinition, TypeUse, ValueTypeDefinition,
} from "./definitions.js";
import type { BinaryReader } from "./reader.js";

/** By code, from -1 (0x7f) downwards. */
const PRIMITIVES: readonly Primitive[] = [
  "bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string",
];
const CORE_SORTS = new Map<number, Sort>([
  [0x00, "core func"], [0x01, "core table"], [0x02, "core memory"], [0x03, "core global"], [0x04, "core tag"],
  [0x10, "core type"], [0x11, "core module"], [0x12, "core instance"],
]);
const SORTS = new Map<number, Sort>([
  [0x01, "func"], [0x02, "value"], [0x03, "type"], [0x04, "component"], [0x05, "instance"],
]);
const UNSUPPORTED = new Map<number, string>([
  [0x43, "async functions"], [0x3e, "resources with an async destructor"], [0x63, "the map type"],
  [0x64, "the error-context type"], [0x65, "the future type"], [0x66, "the stream type"],
  [0x67, "lists of fixed length"],
]);
/** Instance and component types in each other; real files need three. */
const NESTING_MAX = 32;

export function readCoreSort(reader: BinaryReader): Sort {
  const at = reader.offset;
  const code = reader.byte("a core sort");
  return CORE_SORTS.get(code) ?? reader.fail(`unknown core sort 0x${code.toString(16)}`, at);
}

export function readSort(reader: BinaryReader): Sort {
  const at = reader.offset;
  const code = reader.byte("a sort");
  if (code === 0) return readCoreSort(reader);
  return SORTS.get(code) ?? reader.fail(`unknown sort 0x${code.toString(16)}`, at);
}

/** The name of an import or export of a component. */
export function readExternName(reader: BinaryReader): string {
  const at = reader.offset;
  const form = reader.byte("the name of an import or export");
  if (form > 1) reader.fail(`unknown form 0x${form.toString(16)} of the name of an import or export`, at);
  return reader.name("the name of an import or export");
}

export function readAlias(reader: BinaryReader): Alias {
  const sort = readSort(reader);
  const at = reader.offset;
  const form = reader.byte("an alias");
  if (form === 0 || form === 1) {
    const instance = reader.number("the instance of an alias");
    return { of: form === 0 ? "export" : "core export", sort, instance, name: reader.name("the name of an alias") };
  }
  if (form !== 2) reader.fail(`unknown form 0x${form.toString(16)} of an alias`, at);
  const depth = reader.number("the depth of an alias");
  return { of: "outer", sort, depth, index: reader.number("the index of an alias") };
}

export function readDescription(reader: BinaryReader): Description {
  const at = reader.offset;
  const code = reader.byte("the type of an import or export");
  switch (code) {
    case 0x00:
      reader.expect(0x11, "the type of a core module");
      return { sort: "core module", type: reader.number("the type of a core module") };
    case 0x01: return { sort: "func", type: reader.number("the type of a function") };
    case 0x02: return reader.fail("values as imports or exports are not supported", at);
    case 0x03: {
      const bound = reader.byte("the bound of a type");
      if (bound > 1) reader.fail(`unknown bound 0x${bound.toString(16)} of a type`, at);
      return { sort: "type", equals: bound === 1 ? null : reader.number("the bound of a type") };
    }
    case 0x04: return { sort: "component", type: reader.number("the type of a component") };
    case 0x05: return { sort: "instance", type: reader.number("the type of an instance") };
    default: return reader.fail(`unknown kind 0x${code.toString(16)} of an import or export`, at);
  }
}

function primitive(code: number): Primitive | undefined {
  return code < 0 ? PRIMITIVES[-1 - code] : undefined;
}

function readTypeUse(reader: BinaryReader): TypeUse {
  const at = reader.offset;
  const code = reader.typeCode("a type");
  return code >= 0 ? code : primitive(code) ?? refuse(reader, code, at);
}

/** A type that is neither a primitive nor a composite one of WASI 0.2. */
function refuse(reader: BinaryReader, code: number, at: number): never {
  const byte = code < 0 ? code + 0x80 : code;
  const what = UNSUPPORTED.get(byte);
  reader.fail(what === undefined ? `unknown type 0x${byte.toString(16)}` : `${what}: not supported`, at);
}

const readField = (reader: BinaryReader): Field =>
  ({ name: reader.name("the name of a field"), type: readTypeUse(reader) });

function readCase(reader: BinaryReader): Case {
  const name = reader.name("the name of a case");
  const type = reader.optional("the type of a case", () => readTypeUse(reader));
  reader.expect(0, "the end of a case");
  return { name, type };
}

/** Types without any case or field have no values; WASI's own text refuses them. */
function some<T>(reader: BinaryReader, what: string, read: () => T): T[] {
  const at = reader.offset;
  const list = reader.vector(what, read);
  return list.length > 0 ? list : reader.fail(`${what} is empty`, at);
}

function readValueType(reader: BinaryReader, code: number, at: number): ValueTypeDefinition {
  const type = (): TypeUse => readTypeUse(reader);
  switch (code + 0x80) {
    case 0x72: return { form: "record", fields: some(reader, "a record", () => readField(reader)) };
    case 0x71: return { form: "variant", cases: some(reader, "a variant", () => readCase(reader)) };
    case 0x70: return { form: "list", element: type() };
    case 0x6f: return { form: "tuple", elements: some(reader, "a tuple", type) };
    case 0x6e: {
      const names = some(reader, "a flags type", () => reader.name("the name of a flag"));
      return names.length <= 32 ? { form: "flags", names } : reader.fail("more than 32 flags", at);
    }
    case 0x6d: return { form: "enum", names: some(reader, "an enum", () => reader.name("the name of a case")) };
    case 0x6b: return { form: "option", element: type() };
    case 0x6a: return {
      form: "result",
      ok: reader.optional("the ok type of a result", type),
      error: reader.optional("the error type of a result", type),
    };
    case 0x69: return { form: "own", resource: reader.number("the resource of a handle") };
    case 0x68: return { form: "borrow", resource: reader.number("the resource of a handle") };
    default: {
      const plain = primitive(code);
      return plain === undefined ? refuse(reader, code, at) : { form: "primitive", type: plain };
    }
  }
}

export function readType(reader: BinaryReader, nesting = 0): TypeDefinition {
  const at = reader.offset;
  const code = reader.byte("a type");
  switch (code) {
    case 0x40: {
      const params = reader.vector("the parameters of a function", () => readField(reader));
      const form = reader.byte("the result of a function");
      if (form === 0) return { form: "func", params, result: readTypeUse(reader) };
      if (form !== 1) reader.fail(`unknown form 0x${form.toString(16)} of a result`, at);
      reader.expect(0, "the empty result of a function");
      return { form: "func", params, result: null };
    }
    case 0x41:
      reader.vector("a component type", () => readDeclaration(reader, true, nesting + 1));
      return { form: "component" };
    case 0x42:
      return {
        form: "instance",
        declarations: reader.vector("an instance type", () => readDeclaration(reader, false, nesting + 1)),
      };
    case 0x3f:
      reader.expect(0x7f, "the representation of a resource");
      return { form: "resource", destructor: reader.optional("a destructor", () => reader.number("a destructor")) };
    default:
      return readValueType(reader, code - 0x80, at);
  }
}

/** Imports are declared by component types only, and nobody looks into these. */
function readDeclaration(reader: BinaryReader, mayImport: boolean, nesting: number): Declaration {
  const at = reader.offset;
  if (nesting > NESTING_MAX) reader.fail(`types are nested more than ${NESTING_MAX} deep`, at);
  const code = reader.byte("a declaration");
  switch (code) {
    case 0x00: return reader.fail("core types inside a type: not supported", at);
    case 0x01: return { kind: "type", type: readType(reader, nesting), at };
    case 0x02: return { kind: "alias", alias: readAlias(reader), at };
    case 0x03:
      if (!mayImport) break;
      return { kind: "export", name: readExternName(reader), is: readDescription(reader), at };
    case 0x04: return { kind: "export", name: readExternName(reader), is: readDescription(reader), at };
    default: break;
  }
  return reader.fail(`unknown declaration 0x${code.toString(16)}`, at);
}
