// Short names for what the core module exports to the rest of its component.
//
// The long ones (`event-engine:engine/slices@0.1.0#[method]slice.bytes`) tell the tools that make a component which
// function is which. From then on the component says that by itself, and reads each name only to find the function:
// together they would be a twelfth of the file.

const CORE_MODULE = 1;
const ALIAS = 6;
const CORE_EXPORTS = 7;
const OF_CORE_INSTANCE = 1;
const OF_OUTER = 2;
const OURS = /^(cabi_post_)?event-engine:/;

/** The sections after the header of a module or component, each { id, body }. */
export function sectionsOf(bytes) {
  const sections = [];
  for (let at = 8; at < bytes.length;) {
    const [size, start] = readLeb(bytes, at + 1);
    sections.push({ id: bytes[at], body: bytes.subarray(start, start + size) });
    at = start + size;
  }
  return sections;
}

/** Puts sections together again, behind the header of `bytes`. */
export function withSections(bytes, sections) {
  return Buffer.concat([bytes.subarray(0, 8), ...sections.flatMap(({ id, body }) =>
    [Buffer.from([id]), leb(body.length), body])]);
}

/** The same component, whose core module calls what it exports of ours by short names. */
export function withShortNames(component) {
  const short = new Map();
  const nameFor = (name) => {
    if (!OURS.test(name)) return name;
    if (!short.has(name)) short.set(name, short.size.toString(36));
    return short.get(name);
  };
  return withSections(component, sectionsOf(component).map(({ id, body }) => {
    if (id === CORE_MODULE) return { id, body: withExports(body, nameFor) };
    return { id, body: id === ALIAS ? renamed(body, aliasName, nameFor) : body };
  }));
}

function withExports(module, nameFor) {
  return withSections(module, sectionsOf(module).map(({ id, body }) =>
    ({ id, body: id === CORE_EXPORTS ? renamed(body, exportName, nameFor) : body })));
}

/** A list of entries with one name each. `find` says where the name of the entry at `at` is, and where that ends. */
function renamed(list, find, nameFor) {
  const [count, first] = readLeb(list, 0);
  const parts = [leb(count)];
  for (let at = first; at < list.length;) {
    const { nameAt, next } = find(list, at);
    if (nameAt === undefined) {
      parts.push(list.subarray(at, next));
    } else {
      const [size, start] = readLeb(list, nameAt);
      const name = Buffer.from(nameFor(list.subarray(start, start + size).toString()));
      parts.push(list.subarray(at, nameAt), leb(name.length), name, list.subarray(start + size, next));
    }
    at = next;
  }
  return Buffer.concat(parts);
}

/** Of a core module: a name, a sort and an index. */
function exportName(list, nameAt) {
  const [size, start] = readLeb(list, nameAt);
  return { nameAt, next: readLeb(list, start + size + 1)[1] };
}

/** Of a component: a sort (that of a core item has two bytes), and the item of an instance or of what is around. */
function aliasName(list, at) {
  const target = at + (list[at] === 0 ? 2 : 1);
  const nameAt = readLeb(list, target + 1)[1];
  const [size, start] = readLeb(list, nameAt);
  if (list[target] === OF_OUTER) return { next: start };
  return { nameAt: list[target] === OF_CORE_INSTANCE ? nameAt : undefined, next: start + size };
}

function leb(value) {
  const bytes = [];
  do {
    bytes.push(value % 0x80 + (value >= 0x80 ? 0x80 : 0));
    value = Math.floor(value / 0x80);
  } while (value > 0);
  return Buffer.from(bytes);
}

/** The LEB128 number at `at`, and where it ends. */
function readLeb(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
}
