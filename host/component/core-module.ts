// Takes the core module out of a component file.
//
// A component is a preamble and a list of sections: one byte of id, a LEB128 size, the contents. Sections with
// id 1 are whole core modules; the one that exports the memory is the engine, the others are small adapters that
// only the component's own linking needs. A bare core module is accepted as it is.

const MAGIC = [0x00, 0x61, 0x73, 0x6d];
const CORE_VERSION = [0x01, 0x00, 0x00, 0x00];
const COMPONENT_VERSION = [0x0d, 0x00, 0x01, 0x00];
const PREAMBLE_BYTES = 8;
const CORE_MODULE_SECTION = 1;
const EXPORT_SECTION = 7;
const EXTERNAL_KIND_MEMORY = 2;

/** The bytes of the core module that exports a memory; an Error names what is wrong with the file. */
export function extractCoreModule(file: Uint8Array): Uint8Array {
  const version = readPreamble(file, "file");
  if (version === "core") return file;
  for (const section of sections(file)) {
    if (section.id !== CORE_MODULE_SECTION) continue;
    const module = file.subarray(section.start, section.end);
    if (readPreamble(module, `core module at byte ${section.start}`) !== "core") {
      throw new Error(`component: the section at byte ${section.start} is not a core module`);
    }
    if (exportsMemory(module)) return module;
  }
  throw new Error("component: no core module in it exports a memory");
}

interface Section {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

function readPreamble(bytes: Uint8Array, what: string): "core" | "component" {
  if (bytes.length < PREAMBLE_BYTES) throw new Error(`component: ${what} is too short (${bytes.length} bytes)`);
  if (!MAGIC.every((byte, index) => bytes[index] === byte)) {
    throw new Error(`component: ${what} does not begin like WebAssembly`);
  }
  if (CORE_VERSION.every((byte, index) => bytes[index + 4] === byte)) return "core";
  if (COMPONENT_VERSION.every((byte, index) => bytes[index + 4] === byte)) return "component";
  throw new Error(`component: ${what} has an unknown WebAssembly version`);
}

function* sections(bytes: Uint8Array): Generator<Section> {
  let offset = PREAMBLE_BYTES;
  while (offset < bytes.length) {
    const at = offset;
    const id = bytes[offset] as number;
    const size = readLeb(bytes, offset + 1);
    const start = size.next;
    const end = start + size.value;
    if (end > bytes.length) {
      throw new Error(`component: the section at byte ${at} ends ${end - bytes.length} bytes beyond the file`);
    }
    yield { id, start, end };
    offset = end;
  }
}

function exportsMemory(module: Uint8Array): boolean {
  for (const section of sections(module)) {
    if (section.id === EXPORT_SECTION) return hasMemoryExport(module.subarray(section.start, section.end));
  }
  return false;
}

function hasMemoryExport(section: Uint8Array): boolean {
  const count = readLeb(section, 0);
  let offset = count.next;
  for (let index = 0; index < count.value; index++) {
    const nameLength = readLeb(section, offset);
    const kindAt = nameLength.next + nameLength.value;
    if (kindAt >= section.length) throw new Error("component: an export section is cut short");
    if (section[kindAt] === EXTERNAL_KIND_MEMORY) return true;
    offset = readLeb(section, kindAt + 1).next;
  }
  return false;
}

/** An unsigned 32-bit LEB128 number at `offset`. */
function readLeb(bytes: Uint8Array, offset: number): { value: number; next: number } {
  let value = 0;
  for (let index = 0; index < 5; index++) {
    const byte = bytes[offset + index];
    if (byte === undefined) throw new Error(`component: the file ends inside a number at byte ${offset}`);
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) {
      if (value > 0xffff_ffff) break;
      return { value, next: offset + index + 1 };
    }
  }
  throw new Error(`component: the number at byte ${offset} does not fit 32 bits`);
}
