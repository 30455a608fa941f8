// The import object: everything that WASI 0.2 sockets, io, clocks, random and cli name, under any 0.2 version, and a
// clear refusal of everything else.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { allImports } from "#host/abi/all-imports.js";
import { CoreMemory } from "#host/abi/core-memory.js";
import { type Face, turnFace } from "#host/abi/face.js";
import { importsFor } from "#host/abi/imports.js";
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

/** Every function that the WIT of WASI 0.2.12 names, as `wasi:io/poll poll`; what hangs on a feature is left out. */
function namesOfWasi(): string[] {
  const builtin = fileURLToPath(new URL("../lib/wit/builtin/0.2.12/", import.meta.resolve("@bytecodealliance/jco")));
  return ["cli", "clocks", "filesystem", "io", "random", "sockets"].flatMap((folder) => {
    const wit = readFileSync(`${builtin}wasi-${folder}/package.wit`, "utf8");
    const names: string[] = [];
    let from = "";
    let resource = "";
    let isUnstable = false;
    for (const line of wit.split("\n")) {
      const opened = /^interface ([a-z-]+) \{/.exec(line);
      if (opened !== null) {
        from = isUnstable ? "" : `wasi:${folder}/${opened[1]}`;
        resource = "";
      }
      const owner = /^\s+resource ([a-z-]+)\s*[{;]/.exec(line);
      if (owner !== null) {
        resource = owner[1] as string;
        names.push(`${from} [resource-drop]${resource}`);
      }
      if (/^ {2,4}\}/.test(line) || line.endsWith(`${resource};`)) resource = "";
      const name = /^\s+%?([a-z0-9-]+): func\(/.exec(line)?.[1];
      if (name !== undefined && from !== "") {
        names.push(`${from} ${resource === "" ? name : `[method]${resource}.${name}`}`);
      }
      isUnstable = line.startsWith("@unstable");
    }
    return names.filter((name) => !name.includes("cli/run run"));
  });
}

all("should offer every function of WASI 0.2, each once, and nothing else", () => {
  const offered = Object.entries(allImports(face())).flatMap(([from, functions]) =>
    Object.keys(functions).map((name) => `${from} ${name}`));
  assert.is(new Set(offered).size, offered.length);
  assert.equal(offered.sort(), namesOfWasi().sort());
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
