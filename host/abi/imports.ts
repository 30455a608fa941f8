// The import object of a core module that runs in turns: the canonical-ABI functions that this very module asks for,
// under the version that it names. An import that is not offered is an error that names it.

import type { ImportFunction, ImportObject, WasmModule } from "./webassembly.js";
import { wasm } from "./webassembly.js";
import { cliImports } from "./cli.js";
import { clocksImports } from "./clocks.js";
import type { Face } from "./face.js";
import { ioImports } from "./io.js";
import { randomImports } from "./random.js";
import { socketsImports } from "./sockets.js";
import { trap } from "../wasi/trap.js";

/** Handles of resources that the module exports: for guests in the same component, and here there is none. */
const OWN_RESOURCES = /^\[export\]/;
const VERSIONED = /^(wasi:[a-z-]+\/[a-z-]+)@0\.2\.\d+$/;

/** Keyed by interface, without version. All that cores are made with: no files, no terminals (all-imports.ts). */
export function coreImports(face: Face): ImportObject {
  return {
    ...ioImports(face), ...clocksImports(face), ...randomImports(face), ...cliImports(face), ...socketsImports(face),
  };
}

export function importsFor(module: WasmModule, face: Face): ImportObject {
  const offered = coreImports(face);
  const chosen: ImportObject = {};
  for (const { module: from, name, kind } of wasm.Module.imports(module)) {
    const found = kind !== "function" ? undefined
      : OWN_RESOURCES.test(from) ? () => trap(`${from} ${name} was called without a guest`) : find(offered, from, name);
    if (found === undefined) throw new Error(`the module imports ${from} ${name}, which this host does not offer`);
    (chosen[from] ??= {})[name] = found;
  }
  return chosen;
}

function find(offered: ImportObject, from: string, name: string): ImportFunction | undefined {
  const plain = VERSIONED.exec(from)?.[1];
  if (plain === undefined || !Object.hasOwn(offered, plain)) return undefined;
  const functions = offered[plain] as ImportObject[string];
  return Object.hasOwn(functions, name) ? functions[name] : undefined;
}
