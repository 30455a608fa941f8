// The import object: everything that WASI 0.2 sockets, io, clocks, random and cli name, under any 0.2 version, and a
// clear refusal of everything else.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CoreMemory } from "#host/abi/core-memory.js";
import { type Face, turnFace } from "#host/abi/face.js";
import { allImports, importsFor } from "#host/abi/imports.js";
import { wasm, type WasmModule } from "#host/abi/webassembly.js";
import { WasiHost } from "#host/wasi/wasi-host.js";
import { fakePlatform } from "../support/fake-platform.js";

const face = (): Face => turnFace(new WasiHost(fakePlatform()), new CoreMemory());
const leb = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);
const text = (value: string): number[] => [...leb(value.length), ...Buffer.from(value)];

/** A module that imports functions without parameters, or one memory. */
function moduleWith(imports: [from: string, name: string][], kind: "function" | "memory" = "function"):
  Promise<WasmModule> {
  const descriptor = kind === "function" ? [0, 0] : [2, 0, 1];
  const entries = imports.flatMap(([from, name]) => [...text(from), ...text(name), ...descriptor]);
  const section = [...leb(imports.length), ...entries];
  const types = [1, 4, 1, 0x60, 0, 0];
  return wasm.compile(Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...types, 2, ...leb(section.length), ...section,
  ]));
}

const all = suite("allImports");

all("should offer the 100 functions of its interfaces, each once", () => {
  const names = Object.entries(allImports(face())).flatMap(([from, functions]) =>
    Object.keys(functions).map((name) => `${from} ${name}`));
  assert.is(new Set(names).size, names.length);
  assert.is(names.length, 100);
});

all.run();

// ---

const chosen = suite("importsFor");

chosen("should give what the module names, under the version that it names", async () => {
  for (const version of ["0.2.0", "0.2.12"]) {
    const from = `wasi:io/poll@${version}`;
    const imports = importsFor(await moduleWith([[from, "poll"], [from, "[method]pollable.ready"]]), face());
    assert.equal(Object.keys(imports), [from]);
    assert.equal(Object.keys(imports[from]!), ["poll", "[method]pollable.ready"]);
  }
});

const refused: [string, string][] = [
  ["env", "abort"], ["wasi:io/poll@0.3.0", "poll"], ["wasi:io/poll", "poll"], ["wasi:io/poll@0.2.0", "pol"],
  ["wasi:io/poll@0.2.0", "constructor"], ["wasi:http/types@0.2.0", "drop"], ["wasi:filesystem/types@0.2.0", "x"],
];

for (const [from, name] of refused) {
  chosen(`should refuse ${from} ${name} by name`, async () => {
    const module = await moduleWith([[from, name]]);
    assert.throws(() => importsFor(module, face()), new RegExp(`imports ${from} ${name}`.replace(/[.[\]]/g, "\\$&")));
  });
}

chosen("should refuse an imported memory", async () => {
  const module = await moduleWith([["wasi:io/poll@0.2.0", "poll"]], "memory");
  assert.throws(() => importsFor(module, face()), /which this host does not offer/);
});

chosen.run();
