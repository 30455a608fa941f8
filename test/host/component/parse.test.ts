// The parser of component files: real files, what is refused by name, and damage. TEST_SEED repeats a run.
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { blocksThread } from "#host/component/blocking-way.js";
import { ComponentError } from "#host/component/binary/component-error.js";
import { parseComponent } from "#host/component/binary/parse.js";
import { instantiate } from "#host/component/instantiate.js";
import { WasiHost } from "#host/wasi/wasi-host.js";
import { COMPONENT } from "../../support/arms.js";
import { Random, SEED } from "../../support/bytes.js";
import { fakePlatform } from "../support/fake-platform.js";
import { nothingIsLeft } from "../support/leak-law.js";
import { composed } from "../../support/composed.js";
import { threadWaiter } from "./thread-waiter.js";

console.log(`TEST_SEED=${SEED}`);
const HEAD = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
const DAMAGED = 800;

const section = (id: number, ...content: number[]): number[] => [id, content.length, ...content];
const file = (...parts: number[][]): Uint8Array => Uint8Array.from([...HEAD, ...parts.flat()]);

function refuses(bytes: Uint8Array, message: RegExp): void {
  try {
    parseComponent(bytes);
  } catch (error) {
    assert.instance(error, ComponentError);
    return assert.match((error as Error).message, message);
  }
  assert.unreachable(`it was not refused with ${message}`);
}

const parsing = suite("component files");

parsing("should be read: the shipped file, and one of two components", async () => {
  const kinds = parseComponent(readFileSync(COMPONENT)).definitions.map(({ kind }) => kind);
  for (const kind of ["core module", "imported", "lower", "lift", "exported"] as const) {
    assert.ok(kinds.includes(kind), kind);
  }
  const two = parseComponent(await composed("(i32.const 0)"));
  assert.is(two.definitions.filter(({ kind }) => kind === "component").length, 2);
});

parsing("should be refused when they are something else", () => {
  refuses(new Uint8Array(0), /too short \(0 bytes\)/);
  refuses(Uint8Array.from(HEAD.slice(0, 7)), /too short/);
  refuses(new TextEncoder().encode("(component)"), /does not begin like WebAssembly at byte 0/);
  refuses(Uint8Array.from([...HEAD.slice(0, 4), 1, 0, 0, 0]), /a core module, not a component/);
  refuses(Uint8Array.from([...HEAD.slice(0, 4), 2, 0, 1, 0]), /unknown WebAssembly version/);
});

parsing("should be refused with the place of what is broken", () => {
  refuses(file([1]), /ends inside the size of a section at byte 9/);
  refuses(file([1, 5, 0]), /the section at byte 8 goes 4 bytes beyond its end/);
  refuses(file([77, 0]), /unknown section 77 at byte 10/);
  refuses(file(section(8, 1, 3, 0, 9)), /the section at byte 8 has 1 bytes too many/);
  refuses(file(section(6, 1, 0x09)), /unknown sort 0x9 at byte 11/);
  refuses(file(section(7, 200, 1)), /the types cannot have 200 elements/);
  refuses(file(section(7, 0xff, 0xff, 0xff, 0xff, 0xff, 1)), /does not fit 32 bits at byte 10/);
  refuses(file(section(10, 1, 0, 1, 0xff, 5, 0)), /is not UTF-8/);
  refuses(file(section(7, 1, 0x72, 0)), /a record is empty/);
});

parsing("should be refused by the name of what WASI 0.2 does not have", () => {
  refuses(file(section(7, 1, 0x66, 1, 0x7d)), /the stream type: not supported/);
  refuses(file(section(7, 1, 0x65, 1, 0x7d)), /the future type: not supported/);
  refuses(file(section(7, 1, 0x43, 0, 1, 0)), /async functions: not supported/);
  refuses(file(section(8, 1, 0x05)), /asynchronous or threaded components \(built-in 0x5\): not supported/);
  refuses(file(section(8, 1, 0x01, 0x00, 0, 1, 0x06)), /the canonical option 0x6/);
  refuses(file(section(12, 0)), /values: not supported/);
});

parsing("should bound how deep things lie in each other", () => {
  let nested = [...HEAD];
  for (let depth = 0; depth < 70; depth++) {
    const size = nested.length;
    nested = [...HEAD, 4, ...(size < 128 ? [size] : [(size & 127) | 128, size >> 7]), ...nested];
  }
  refuses(Uint8Array.from(nested), /nested more than 64 deep/);
  refuses(file(section(7, 1, ...Array.from({ length: 40 }, () => [0x42, 1, 1]).flat())), /nested more than 32 deep/);
});

parsing("should not believe a count", () => {
  refuses(file(section(3, 0xff, 0xff, 0xff, 0xff, 0x0f)), /the core types cannot have 4294967295 elements/);
});

/** Whatever is wrong, the answer is one error of ours or a trap of the guest, in bounded time. */
async function tryOut(bytes: Uint8Array): Promise<string> {
  const platform = fakePlatform();
  const host = new WasiHost(platform);
  try {
    await instantiate(parseComponent(bytes), host, blocksThread(threadWaiter(platform)));
    return "instantiated";
  } catch (error) {
    if (error instanceof ComponentError) return "refused";
    if (/RuntimeError|RangeError|WasiTrap/.test((error as Error).name)) return "trapped";
    throw error;
  } finally {
    host.close();
    nothingIsLeft(host, platform);
  }
}

const damaged = suite("damaged component files");

damaged("should be refused wherever they are cut", async () => {
  const whole = await composed("(i32.const 0)");
  assert.is(await tryOut(whole), "instantiated");
  for (let length = 0; length < whole.length; length++) {
    try {
      parseComponent(whole.subarray(0, length));
    } catch (error) {
      assert.instance(error, ComponentError, `cut at ${length}`);
    }
  }
});

damaged(`should never be more than refused, ${DAMAGED} files`, async () => {
  const random = new Random();
  const whole = await composed("(i32.const 0)");
  const endings = new Map<string, number>();
  for (let round = 0; round < DAMAGED; round++) {
    const bytes = whole.slice();
    for (let flips = 1 + random.below(3); flips > 0; flips--) {
      bytes[HEAD.length + random.below(bytes.length - HEAD.length)] = random.next();
    }
    try {
      const ending = await tryOut(bytes);
      endings.set(ending, (endings.get(ending) ?? 0) + 1);
    } catch (error) {
      throw new Error(`TEST_SEED=${SEED}, file ${round}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  assert.ok((endings.get("refused") ?? 0) > DAMAGED / 4, "damage is seen");
  assert.ok((endings.get("instantiated") ?? 0) > 0, "some damage does no harm");
});

damaged("should be read or refused when the damage is in a large file", () => {
  const random = new Random();
  const whole = readFileSync(COMPONENT);
  let refused = 0;
  for (let round = 0; round < DAMAGED; round++) {
    const bytes = Uint8Array.from(whole);
    // Half of the damage at the front, where the types are: most of the rest is one core module.
    const span = round % 2 === 0 ? 4096 : bytes.length - HEAD.length;
    bytes[HEAD.length + random.below(span)] = random.next();
    try {
      parseComponent(bytes);
    } catch (error) {
      assert.instance(error, ComponentError, `TEST_SEED=${SEED}, file ${round}: ${String(error)}`);
      refused++;
    }
  }
  assert.ok(refused > DAMAGED / 10, "damage is seen");
});

damaged("should be refused when they double and double what they instantiate", async () => {
  const doubling = (depth: number): string => (depth === 0 ? "(component $c)" :
    `(component $c ${doubling(depth - 1)} (instance (instantiate $c)) (instance (instantiate $c)))`);
  assert.is(await tryOut(await parse(doubling(5))), "instantiated");
  assert.is(await tryOut(await parse(doubling(30))), "refused");
});

damaged("should be refused when they name a type that does not exist", async () => {
  const types = await parse("(component (type (list u8)) (type (list 0)))");
  assert.is(await tryOut(types), "instantiated");
  types[types.length - 1] = 9;
  assert.is(await tryOut(types), "refused");
});

parsing.run();
damaged.run();
