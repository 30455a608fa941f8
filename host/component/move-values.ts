// Moves values from the memory of one component instance to that of another, checking on the way whatever the
// canonical ABI says must be checked. For each type of a signature one closure is made, once, so a call walks no types.

import { trap } from "../wasi/trap.js";
import { checkCase, checkCharacter } from "./checks.js";
import { type Lendings, moveHandle } from "./move-handles.js";
import { pairAddress, pairLength, putPair } from "./move-pair.js";
import { moveString } from "./move-strings.js";
import { copyBytes, patchAll } from "./patches.js";
import type { Path } from "./side.js";
import { discriminantSize, type FieldType, type Patch, type ValueType } from "./value-types.js";

/** Moves one value. Both places were checked: they lie in their memories and are aligned. */
export type Move = (fromAt: number, toAt: number) => void;

/** Bytes of one list; more could not be addressed safely. */
const LIST_BYTES_MAX = 2 ** 28 - 1;

/** The moves of one direction of one call. */
export class Moves {
  private readonly made = new Map<ValueType, Move>();

  constructor(
    readonly path: Path,
    /** Null where nothing can be lent and given away in one call. */
    readonly lendings: Lendings | null,
  ) {}

  of(type: ValueType): Move {
    let move = this.made.get(type);
    if (move === undefined) {
      move = this.make(type);
      this.made.set(type, move);
    }
    return move;
  }

  /** Moves the elements of a list. Leaves the new pair in `putPair`. */
  listOf(element: ValueType): (address: number, length: number) => void {
    const { from: { memory: from }, to: { memory: to } } = this.path;
    const { size, align } = element;
    const { patches } = element;
    const move = patches === null ? this.of(element) : null;
    return (address, length) => {
      const bytes = length * size;
      if (bytes > LIST_BYTES_MAX) trap(`a list of ${bytes} bytes`);
      from.check(address, bytes, align);
      const target = to.allocate(align, bytes);
      if (move !== null) {
        for (let offset = 0; offset < bytes; offset += size) move(address + offset, target + offset);
      } else if (patches !== null) {
        copyBytes(from, address, to, target, bytes);
        patchAll(patches, to, target, size, length);
      }
      putPair(target, length);
    };
  }

  private make(type: ValueType): Move {
    switch (type.form) {
      case "record": return type.patches === null ? this.record(type.fields) : this.copied(type.size, type.patches);
      case "variant": return this.variant(type.cases, type.payloadOffset);
      case "list": return this.pair(this.listOf(type.element));
      case "string": return this.pair((address, length) => moveString(this.path, address, length));
      case "own":
      case "borrow": {
        const { from: { memory: from }, to: { memory: to } } = this.path;
        const move = moveHandle(type.form, type.resource, this.path, this.lendings);
        return (fromAt, toAt) => to.setWord(toAt, move(from.words[fromAt >>> 2] as number));
      }
      default: return this.scalar(type);
    }
  }

  /** Something that is an address and a length in memory. */
  private pair(move: (address: number, length: number) => void): Move {
    const { from: { memory: from }, to: { memory: to } } = this.path;
    return (fromAt, toAt) => {
      move(from.words[fromAt >>> 2] as number, from.words[(fromAt >>> 2) + 1] as number);
      to.setWord(toAt, pairAddress);
      to.setWord(toAt + 4, pairLength);
    };
  }

  private copied(size: number, patches: readonly Patch[]): Move {
    const { from: { memory: from }, to: { memory: to } } = this.path;
    return (fromAt, toAt) => {
      copyBytes(from, fromAt, to, toAt, size);
      patchAll(patches, to, toAt, size, 1);
    };
  }

  private record(fields: readonly FieldType[]): Move {
    const moves = fields.map(({ type, offset }) => ({ move: this.of(type), offset }));
    return (fromAt, toAt) => {
      for (const { move, offset } of moves) move(fromAt + offset, toAt + offset);
    };
  }

  private variant(cases: readonly (ValueType | null)[], payloadOffset: number): Move {
    const moves = cases.map((type) => type === null ? null : this.of(type));
    const moveCase = this.tag(discriminantSize(cases.length), (value) => checkCase(value, cases.length));
    return (fromAt, toAt) => {
      const move = moves[moveCase(fromAt, toAt)] as Move | null;
      if (move !== null) move(fromAt + payloadOffset, toAt + payloadOffset);
    };
  }

  private scalar(type: ValueType): Move {
    const fix = fixOf(type);
    if (type.size < 8) {
      const move = this.tag(type.size as 1 | 2 | 4, fix ?? ((value) => value));
      return (fromAt, toAt) => { move(fromAt, toAt); };
    }
    const { from: { memory: from }, to: { memory: to } } = this.path;
    return (fromAt, toAt) => {
      to.setWord(toAt, from.words[fromAt >>> 2] as number);
      to.setWord(toAt + 4, from.words[(fromAt >>> 2) + 1] as number);
    };
  }

  /** Moves a number of one, two or four bytes, and gives it. */
  private tag(size: 1 | 2 | 4, fix: (value: number) => number): (fromAt: number, toAt: number) => number {
    const { from: { memory: from }, to: { memory: to } } = this.path;
    const units = size === 1 ? "bytes" : size === 2 ? "halves" : "words";
    const shift = size === 1 ? 0 : size === 2 ? 1 : 2;
    return (fromAt, toAt) => (to[units][toAt >>> shift] = fix(from[units][fromAt >>> shift] as number));
  }
}

/** What is done to a number of at most 32 bits on the way; null: nothing. Numbers come and go as u32. */
export function fixOf(type: ValueType): ((value: number) => number) | null {
  switch (type.form) {
    case "bool": return (value) => (value === 0 ? 0 : 1);
    case "char": return checkCharacter;
    case "enum": return (value) => checkCase(value, type.count);
    case "flags": {
      const mask = type.count === 32 ? 0xffff_ffff : 2 ** type.count - 1;
      return (value) => (value & mask) >>> 0;
    }
    default: return null;
  }
}
