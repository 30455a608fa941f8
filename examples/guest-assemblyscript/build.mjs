// Builds the example: node examples/guest-assemblyscript/build.mjs echo.guest.wasm
//
// AssemblyScript compiles to a core module; the type of our world is put into it, and it is wrapped into a component.
// Join it with the engine afterwards: make compose GUEST=echo.guest.wasm OUT=echo.wasm
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { componentEmbed, componentNew } from "@bytecodealliance/jco-transpile/wasm-tools";
import { guestSource } from "../../wit/build.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const output = process.argv[2];
if (output === undefined) throw new Error("usage: node build.mjs OUTPUT");

const folder = await mkdtemp(join(tmpdir(), "guest-"));
try {
  const core = join(folder, "core.wasm");
  const result = await asc.main([
    "echo.ts", "--baseDir", here, "--outFile", core, "-O3", "--runtime", "incremental", "--bindings", "none",
    "--exportStart", "_initialize", "--use", "abort=memory/abort", "--transform", "../../wit/export-names.mjs",
  ], { stdout: process.stdout, stderr: process.stderr });
  if (result.error) process.exit(1);
  const wit = await readFile(join(here, "world.wit"), "utf8") + await guestSource();
  const embedded = await componentEmbed({ binary: await readFile(core), witSource: wit, world: "echo" });
  await writeFile(output, await componentNew(embedded, []));
} finally {
  await rm(folder, { recursive: true });
}
