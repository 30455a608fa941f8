// Reads the types of a core module's imported functions out of its bytes: `(i32, i64) -> i32` per import. Node does
// not tell them through its WebAssembly API.

const TYPE_SECTION = 1;
const IMPORT_SECTION = 2;
const VALUE_TYPES: Record<number, string> = { 0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64" };

class Reader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  get atEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new Error("the module ends too early");
    return byte;
  }

  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  text(): string {
    const length = this.number();
    this.at += length;
    return Buffer.from(this.#bytes.subarray(this.at - length, this.at)).toString("utf8");
  }

  list<T>(item: () => T): T[] {
    return Array.from({ length: this.number() }, item);
  }
}

export interface ImportedFunction {
  module: string;
  name: string;
  type: string;
}

function readType(reader: Reader): string {
  const form = reader.byte();
  if (form !== 0x60) throw new Error(`a type that is no function: ${form}`);
  const values = (): string => reader.list(() => VALUE_TYPES[reader.byte()] ?? "?").join(", ");
  const parameters = values();
  return `(${parameters}) -> ${values() || "()"}`;
}

export function importedFunctions(module: Uint8Array): ImportedFunction[] {
  const reader = new Reader(module, 8);
  let types: string[] = [];
  while (!reader.atEnd) {
    const section = reader.byte();
    const end = reader.number() + reader.at;
    if (section === TYPE_SECTION) types = reader.list(() => readType(reader));
    if (section === IMPORT_SECTION) {
      return reader.list(() => {
        const [from, name, kind] = [reader.text(), reader.text(), reader.byte()];
        if (kind !== 0) throw new Error(`${from} ${name} is no function`);
        return { module: from, name, type: types[reader.number()]! };
      });
    }
    reader.at = end;
  }
  return [];
}
