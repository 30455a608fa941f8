// Taking the core module out of a component: the real file, hand-made files, and damaged ones.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readFileSync } from "node:fs";
import { wasm } from "#host/abi/webassembly.js";
import { extractCoreModule } from "#host/component/core-module.js";
import { COMPONENT } from "../../support/arms.js";
import { Random, SEED } from "../../support/bytes.js";

console.log(`seed ${SEED}`);

const CORE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const COMPONENT_HEAD = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];

const section = (id: number, contents: number[]): number[] => [id, ...leb(contents.length), ...contents];
const leb = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);
const name = (text: string): number[] => [text.length, ...Buffer.from(text)];

/** A core module with one export: kind 0 is a function, 2 a memory. */
const coreWith = (kind: number): number[] => [...CORE, ...section(7, [1, ...name("it"), kind, 0])];
const file = (...parts: number[][]): Uint8Array => Uint8Array.from(parts.flat());

const finding = suite("extractCoreModule");

finding("should find a module in the built component that the platform accepts", async () => {
  const module = extractCoreModule(readFileSync(COMPONENT));
  assert.ok(wasm.validate(module));
});

finding("should take the first module that exports a memory, past adapters and other sections", () => {
  const wanted = coreWith(2);
  const bytes = file(COMPONENT_HEAD, section(0, name("x")), section(1, coreWith(0)), section(1, CORE),
    section(1, wanted), section(1, [...wanted, 0, 0]));
  assert.equal([...extractCoreModule(bytes)], wanted);
});

finding("should accept a bare core module as it is", () => {
  const bytes = file(coreWith(0));
  assert.is(extractCoreModule(bytes), bytes);
});

finding("should read sizes of several bytes", () => {
  const padding = section(0, [...name("pad"), ...new Array<number>(300).fill(0)]);
  const wanted = [...CORE, ...padding, ...section(7, [1, ...name("memory"), 2, 0])];
  assert.equal([...extractCoreModule(file(COMPONENT_HEAD, section(1, wanted)))], wanted);
});

const refused: [string, Uint8Array, RegExp][] = [
  ["an empty file", file(), /file is too short \(0 bytes\)/],
  ["a short file", file(CORE.slice(0, 7)), /file is too short \(7 bytes\)/],
  ["another format", file([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, 0]), /does not begin like WebAssembly/],
  ["an unknown version", file([...CORE.slice(0, 4), 2, 0, 0, 0]), /unknown WebAssembly version/],
  ["a component without modules", file(COMPONENT_HEAD), /no core module in it exports a memory/],
  ["modules without a memory", file(COMPONENT_HEAD, section(1, coreWith(0))), /no core module in it exports a memory/],
  ["a section beyond the end", file(COMPONENT_HEAD, [1, 50, 1, 2]), /the section at byte 8 ends 48 bytes beyond/],
  ["a size cut short", file(COMPONENT_HEAD, [1, 0x80]), /ends inside a number at byte 9/],
  ["a size beyond 32 bits", file(COMPONENT_HEAD, [1, 255, 255, 255, 255, 127]), /does not fit 32 bits/],
  ["a size without an end", file(COMPONENT_HEAD, [1, 255, 255, 255, 255, 255, 1]), /does not fit 32 bits/],
  ["a module that is a component", file(COMPONENT_HEAD, section(1, COMPONENT_HEAD)), /is not a core module/],
  ["an export section cut short",
    file(COMPONENT_HEAD, section(1, [...CORE, ...section(7, [1, 9, 65])])), /an export section is cut short/],
];

for (const [what, bytes, message] of refused) {
  finding(`should refuse ${what} and say so`, () => assert.throws(() => extractCoreModule(bytes), message));
}

finding.run();

// ---

const damaged = suite("damaged files");

damaged("should end in a module or in an error that names the component, never otherwise", () => {
  const good = file(COMPONENT_HEAD, section(0, name("x")), section(1, coreWith(0)), section(1, coreWith(2)));
  const random = new Random();
  for (let round = 0; round < 50_000; round++) {
    const bytes = good.slice(0, random.below(8) === 0 ? random.below(good.length) : good.length);
    for (let change = random.below(4); change > 0 && bytes.length > 0; change--) {
      bytes[random.below(bytes.length)] = random.below(256);
    }
    try {
      assert.ok(extractCoreModule(bytes).length <= bytes.length);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith("component: ")) throw error;
    }
  }
});

damaged("should refuse every truncation of the built component", () => {
  const whole = readFileSync(COMPONENT);
  const module = extractCoreModule(whole);
  const end = module.byteOffset - whole.byteOffset + module.length;
  for (let length = 0; length < end; length += 97) {
    assert.throws(() => extractCoreModule(whole.subarray(0, length)), /^component: |./);
  }
});

damaged.run();
