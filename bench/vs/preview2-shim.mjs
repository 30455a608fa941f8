// Rival: the very same component, transpiled by jco and run on the stock preview2-shim.
//
// It shows what a WASI component reaches in Node without this project's host. The transpiled files are
// kept in build/bench/ under the hash of the component, so only the first start pays for making them.
// usage: node preview2-shim.mjs event-engine.wasm PROGRAM [ARGUMENT ...]
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transpileBytes } from "@bytecodealliance/jco-transpile";
import { WASIShim } from "@bytecodealliance/preview2-shim/instantiation";

const COMPONENT_NAME = "event-engine";

async function transpiledFolder(component) {
  const hash = createHash("sha256").update(component).digest("hex").slice(0, 16);
  const root = fileURLToPath(new URL("../../build/bench/", import.meta.url));
  const folder = join(root, `preview2-shim-${hash}`);
  if (existsSync(folder)) return folder;
  const { files } = await transpileBytes(component, {
    name: COMPONENT_NAME,
    instantiation: "async",
    emitTypescriptDeclarations: false,
  });
  const unfinished = `${folder}.${process.pid}`;
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(unfinished, name)), { recursive: true });
    writeFileSync(join(unfinished, name), bytes);
  }
  writeFileSync(join(unfinished, "package.json"), '{ "type": "module" }\n');
  renameSync(unfinished, folder);
  return folder;
}

const [path, ...args] = process.argv.slice(2);
if (path === undefined) throw new Error("preview2-shim: name the component file");
const folder = await transpiledFolder(readFileSync(path));
const { instantiate } = await import(pathToFileURL(join(folder, `${COMPONENT_NAME}.js`)).href);
const imports = new WASIShim({ sandbox: { args: [COMPONENT_NAME, ...args], env: {} } }).getImportObject();
const loadCore = (name) => WebAssembly.compile(readFileSync(join(folder, name)));
const instance = await instantiate(loadCore, imports);
instance.run.run();
