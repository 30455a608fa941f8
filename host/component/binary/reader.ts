// Reads the bytes of a component file. Whatever does not fit is a ComponentError with the place in the file; nothing
// here believes a length or a count before it has been compared with what is left.

import { ComponentError } from "./component-error.js";

const decoder = new TextDecoder("utf-8", { fatal: true });
const TWO_32 = 2 ** 32;

export class BinaryReader {
  constructor(
    private readonly bytes: Uint8Array,
    /** The next byte to be read, counted from the start of the file. */
    public offset: number,
    readonly end: number,
  ) {}

  get isAtEnd(): boolean {
    return this.offset >= this.end;
  }

  fail(what: string, at = this.offset): never {
    throw new ComponentError(`component: ${what} at byte ${at}`);
  }

  byte(what: string): number {
    if (this.offset >= this.end) this.fail(`the file ends inside ${what}`);
    return this.bytes[this.offset++] as number;
  }

  /** Reads a byte that can have one value only. */
  expect(value: number, what: string): void {
    const at = this.offset;
    const found = this.byte(what);
    if (found !== value) this.fail(`${what} begins with 0x${found.toString(16)}`, at);
  }

  /** An unsigned LEB128 number of 32 bits. */
  number(what: string): number {
    const at = this.offset;
    let value = 0;
    for (let index = 0; index < 5; index++) {
      const byte = this.byte(what);
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80 && value < TWO_32) return value;
    }
    return this.fail(`${what} does not fit 32 bits`, at);
  }

  /** A signed LEB128 number of 33 bits: types are spelled so, primitive ones as negative numbers of one byte. */
  typeCode(what: string): number {
    const first = this.bytes[this.offset];
    if (first !== undefined && this.offset < this.end && first >= 0x40 && first < 0x80) {
      this.offset++;
      return first - 0x80;
    }
    return this.number(what);
  }

  name(what: string): string {
    const at = this.offset;
    const bytes = this.take(this.number(what), what);
    try {
      return decoder.decode(bytes);
    } catch {
      return this.fail(`${what} is not UTF-8`, at);
    }
  }

  /** The next `length` bytes, in place. */
  take(length: number, what: string): Uint8Array {
    const start = this.offset;
    if (length > this.end - start) this.fail(`${what} goes ${length - (this.end - start)} bytes beyond its end`);
    this.offset = start + length;
    return this.bytes.subarray(start, this.offset);
  }

  /** A reader of the next `length` bytes, which this one steps over. */
  inner(length: number, what: string): BinaryReader {
    const start = this.offset;
    this.take(length, what);
    return new BinaryReader(this.bytes, start, start + length);
  }

  /** How many elements follow. Each takes a byte at least, so a count beyond that is a lie. */
  count(what: string): number {
    const at = this.offset;
    const count = this.number(what);
    return count <= this.end - this.offset ? count : this.fail(`${what} cannot have ${count} elements`, at);
  }

  vector<T>(what: string, read: () => T): T[] {
    return Array.from({ length: this.count(what) }, read);
  }

  /** Something that a byte says whether it is there. */
  optional<T>(what: string, read: () => T): T | null {
    const at = this.offset;
    const flag = this.byte(what);
    if (flag > 1) this.fail(`${what}: neither there nor absent, but 0x${flag.toString(16)}`, at);
    return flag === 0 ? null : read();
  }
}
