// Every function of WASI 0.2 that the direct face offers: what components get.

import type { Face } from "./face.js";
import { filesystemImports } from "./filesystem.js";
import { coreImports } from "./imports.js";
import { terminalImports } from "./terminals.js";
import type { ImportObject } from "./webassembly.js";

/** Keyed by interface, without version. */
export function allImports(face: Face): ImportObject {
  return { ...coreImports(face), ...terminalImports(face), ...filesystemImports(face) };
}
