// Strings between the three encodings of the canonical ABI, each with each. TEST_SEED repeats a run.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { StringEncoding } from "#host/component/binary/definitions.js";
import { pairAddress, pairLength } from "#host/component/move-pair.js";
import { moveString } from "#host/component/move-strings.js";
import type { Side } from "#host/component/side.js";
import { Random, SEED } from "../../support/bytes.js";
import { randomText } from "./reference-abi.js";
import { newSide } from "./sides.js";

console.log(`TEST_SEED=${SEED}`);
const ENCODINGS: StringEncoding[] = ["utf8", "utf16", "latin1+utf16"];
const TEXTS = [
  "", "a", "plain", "grüße", "ÿ", "Ā", "日本", "a😀b", "\0", "\ufeffmark", "x".repeat(400), "é".repeat(400),
  "\x80y".repeat(150_000),
];
const UTF16_TAG = 0x8000_0000;
const ROUNDS = 200;

/** Puts a string into the memory of a side by Node's own encoders: its address and length. */
function put({ memory, encoding }: Side, text: string, isWide: boolean): [number, number] {
  const name = encoding === "utf8" ? "utf8" : encoding === "utf16" || isWide ? "utf16le" : "latin1";
  const bytes = Buffer.from(text, name);
  const at = memory.allocate(2, bytes.length);
  memory.bytes.set(bytes, at);
  if (encoding === "utf8") return [at, bytes.length];
  return [at, encoding === "latin1+utf16" && isWide ? text.length + UTF16_TAG : text.length];
}

function take({ memory, encoding }: Side, at: number, length: number): string {
  memory.refresh();
  const bytes = Buffer.from(memory.bytes.buffer as ArrayBuffer);
  if (encoding === "utf8") return bytes.toString("utf8", at, at + length);
  if (encoding === "utf16") return bytes.toString("utf16le", at, at + length * 2);
  if (length < UTF16_TAG) return bytes.toString("latin1", at, at + length);
  return bytes.toString("utf16le", at, at + (length - UTF16_TAG) * 2);
}

const isNarrow = (text: string): boolean => [...text].every((letter) => (letter.codePointAt(0) as number) <= 0xff);

const strings = suite("strings between encodings");

for (const fromEncoding of ENCODINGS) {
  for (const toEncoding of ENCODINGS) {
    strings(`should arrive whole from ${fromEncoding} in ${toEncoding}`, () => {
      const random = new Random();
      for (const text of [...TEXTS, ...Array.from({ length: ROUNDS }, () => randomText(random))]) {
        for (const isWide of isNarrow(text) ? [false, true] : [true]) {
          const from = newSide(fromEncoding);
          const to = newSide(toEncoding);
          moveString({ from, to }, ...put(from, text, isWide));
          assert.is(take(to, pairAddress, pairLength), text);
          if (toEncoding === "latin1+utf16") assert.is(pairLength < UTF16_TAG, isNarrow(text));
        }
      }
    });
  }
}

strings("should be a trap when they are not well-formed", () => {
  const to = newSide();
  const bad: [StringEncoding, number[], number][] = [
    ["utf8", [0xff], 1], ["utf8", [0xc3], 1], ["utf8", [0xed, 0xa0, 0x80], 3],
    ["utf16", [0x00, 0xd8], 1], ["latin1+utf16", [0x00, 0xdc], 1 + UTF16_TAG],
  ];
  for (const [encoding, bytes, length] of bad) {
    const from = newSide(encoding);
    const at = from.memory.allocate(2, bytes.length);
    from.memory.bytes.set(bytes, at);
    assert.throws(() => moveString({ from, to }, at, length), /not well-formed/);
  }
});

strings("should be a trap when they lie outside the memory, or not on an even address", () => {
  const to = newSide();
  for (const encoding of ENCODINGS) {
    assert.throws(() => moveString({ from: newSide(encoding), to }, 65_534, 3), /outside the memory/);
  }
  assert.throws(() => moveString({ from: newSide("utf16"), to }, 65, 1), /not aligned/);
  assert.throws(() => moveString({ from: newSide("latin1+utf16"), to }, 65, 1), /not aligned/);
});

strings.run();
