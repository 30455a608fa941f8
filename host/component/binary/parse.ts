// The sections of a component file, in order, as definitions.

import { ComponentError } from "./component-error.js";
import type { ComponentDefinition, Definition, NamedRef, Ref } from "./definitions.js";
import { readCanonical } from "./canonical.js";
import { BinaryReader } from "./reader.js";
import { readAlias, readCoreSort, readDescription, readExternName, readSort, readType } from "./type-section.js";

const PREAMBLE_BYTES = 8;
const MAGIC = 0x6d736100;
const CORE_VERSION = 0x0000_0001;
const COMPONENT_VERSION = 0x0001_000d;
/** Components inside each other; a composed one needs two or three. */
const NESTING_MAX = 64;

/** @throws ComponentError for whatever is not a component of this version. The bytes are not copied. */
export function parseComponent(file: Uint8Array): ComponentDefinition {
  return parseNested(file, 0, file.length, 0);
}

function parseNested(file: Uint8Array, start: number, end: number, nesting: number): ComponentDefinition {
  const reader = new BinaryReader(file, start, end);
  readPreamble(reader, file, start);
  if (nesting > NESTING_MAX) reader.fail(`components are nested more than ${NESTING_MAX} deep`, start);
  const definitions: Definition[] = [];
  while (!reader.isAtEnd) {
    const at = reader.offset;
    const id = reader.byte("a section");
    const size = reader.number("the size of a section");
    const section = reader.inner(size, `the section at byte ${at}`);
    readSection(id, section, file, nesting, definitions);
    if (!section.isAtEnd) section.fail(`the section at byte ${at} has ${section.end - section.offset} bytes too many`);
  }
  return { definitions };
}

function readPreamble(reader: BinaryReader, file: Uint8Array, start: number): void {
  const bytes = reader.take(Math.min(PREAMBLE_BYTES, reader.end - start), "the preamble");
  if (bytes.length < PREAMBLE_BYTES) {
    throw new ComponentError(`component: the file is too short (${file.length} bytes)`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, PREAMBLE_BYTES);
  if (view.getUint32(0, true) !== MAGIC) reader.fail("this does not begin like WebAssembly", start);
  const version = view.getUint32(4, true);
  if (version === CORE_VERSION) reader.fail("this is a core module, not a component", start);
  if (version !== COMPONENT_VERSION) reader.fail("unknown WebAssembly version", start);
}

const readRef = (reader: BinaryReader): Ref =>
  ({ sort: readSort(reader), index: reader.number("an index") });

const readNamedRef = (reader: BinaryReader, name: string): NamedRef => ({ name, ...readRef(reader) });

function readCoreInstance(reader: BinaryReader): Definition {
  const at = reader.offset;
  const form = reader.byte("a core instance");
  if (form === 0) {
    const module = reader.number("the module of a core instance");
    const args = reader.vector("the arguments of a core instance", (): NamedRef => {
      const name = reader.name("the name of an argument");
      reader.expect(0x12, "an argument of a core instance");
      return { name, sort: "core instance", index: reader.number("an index") };
    });
    return { at, kind: "core instantiate", module, args };
  }
  if (form !== 1) reader.fail(`unknown form 0x${form.toString(16)} of a core instance`, at);
  const exports = reader.vector("the exports of a core instance", (): NamedRef => {
    const name = reader.name("the name of an export");
    return { name, sort: readCoreSort(reader), index: reader.number("an index") };
  });
  return { at, kind: "core bundle", exports };
}

function readInstance(reader: BinaryReader): Definition {
  const at = reader.offset;
  const form = reader.byte("an instance");
  if (form === 0) {
    const component = reader.number("the component of an instance");
    const args = reader.vector("the arguments of an instance", () =>
      readNamedRef(reader, reader.name("the name of an argument")));
    return { at, kind: "instantiate", component, args };
  }
  if (form !== 1) reader.fail(`unknown form 0x${form.toString(16)} of an instance`, at);
  const exports = reader.vector("the exports of an instance", () => readNamedRef(reader, readExternName(reader)));
  return { at, kind: "bundle", exports };
}

function readExport(reader: BinaryReader): Definition {
  const at = reader.offset;
  const name = readExternName(reader);
  const ref = readRef(reader);
  reader.optional("the type of an export", () => readDescription(reader));
  return { at, kind: "exported", name, ref };
}

function readStart(reader: BinaryReader): Definition {
  const at = reader.offset;
  const func = reader.number("the start function");
  const args = reader.vector("the arguments of the start function", () => reader.number("an index"));
  const results = reader.number("the results of the start function");
  if (args.length > 0 || results > 0) reader.fail("a start function with values: not supported", at);
  return { at, kind: "start", func };
}

function readSection(
  id: number, reader: BinaryReader, file: Uint8Array, nesting: number, into: Definition[],
): void {
  const at = reader.offset;
  const each = (what: string, read: () => Definition): void => {
    for (const definition of reader.vector(what, read)) into.push(definition);
  };
  switch (id) {
    case 0: // Custom: names and such, for people and tools.
      reader.take(reader.end - at, "a custom section");
      return;
    case 1:
      into.push({ at, kind: "core module", bytes: reader.take(reader.end - at, "a core module") });
      return;
    case 2: return each("the core instances", () => readCoreInstance(reader));
    case 3: // Core types describe imported modules, and these are refused; so only their number counts.
      for (let left = reader.count("the core types"); left > 0; left--) into.push({ at, kind: "core type" });
      reader.take(reader.end - reader.offset, "the core types");
      return;
    case 4: {
      reader.take(reader.end - at, "a component");
      into.push({ at, kind: "component", component: parseNested(file, at, reader.end, nesting + 1) });
      return;
    }
    case 5: return each("the instances", () => readInstance(reader));
    case 6: return each("the aliases", () => ({ at: reader.offset, kind: "alias", alias: readAlias(reader) }));
    case 7: return each("the types", () => ({ at: reader.offset, kind: "type", type: readType(reader) }));
    case 8: return each("the canonical definitions", () => readCanonical(reader));
    case 9:
      into.push(readStart(reader));
      return;
    case 10: return each("the imports", () =>
      ({ at: reader.offset, kind: "imported", name: readExternName(reader), is: readDescription(reader) }));
    case 11: return each("the exports", () => readExport(reader));
    case 12: return reader.fail("values: not supported", at);
    default: reader.fail(`unknown section ${id}`, at);
  }
}
