#!/usr/bin/env node
// Builds a guest component from C: node build-guest.mjs -o app.wasm main.c... [OPTION FOR CLANG...]
//
// The C library of the engine and its header are added; app.wasm imports event-engine:engine/* and exports
// wasi:cli/run. The compiler is $WASI_CC (a command with its options), else that of $WASI_SDK_PATH, else clang with
// wasi-libc as Debian packages them. What it prints is the compiler's.
import { spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { componentEmbed, componentNew } from "@bytecodealliance/jco-transpile/wasm-tools";
import { witSource } from "../../../wit/build.mjs";
import { preview1Adapter } from "./preview1-adapter.mjs";

const SDK = fileURLToPath(new URL("..", import.meta.url));
const OPTIMIZED = ["-O2", "-std=c11"];
/** What wit-bindgen writes is for GNU C, and its warnings are nobody's here. */
const GENERATED = ["-O2", "-std=gnu11", "-w"];

function compiler() {
  if (process.env.WASI_CC) return process.env.WASI_CC.split(" ");
  const sdk = process.env.WASI_SDK_PATH;
  return sdk ? [join(sdk, "bin/clang"), "--target=wasm32-wasip1"] : ["clang", "--target=wasm32-wasi"];
}

function compile(args) {
  const [command, ...options] = compiler();
  const { status, error } = spawnSync(command, [...options, ...args], { stdio: "inherit" });
  if (error) throw new Error(`cannot run ${command}: ${error.message}; docs/embedding.md says what to install`);
  if (status !== 0) throw new Error("the compiler found errors");
}

async function sources(folder) {
  return (await readdir(folder)).filter((name) => name.endsWith(".c")).sort().map((name) => join(folder, name));
}

/**
 * One guest.
 *
 * `args`: sources and options for clang. `generated`: C files that wit-bindgen wrote. `wit` and `world`: the source
 * text of the world that those are of. Returns the bytes of the component.
 */
export async function buildGuest({ args, generated, wit, world }) {
  const folder = await mkdtemp(join(tmpdir(), "guest-"));
  try {
    const objects = generated.map((_, index) => join(folder, `${index}.o`));
    for (const [index, file] of generated.entries()) compile([...GENERATED, "-c", file, "-o", objects[index]]);
    const core = join(folder, "core.wasm");
    const start = ["-nostartfiles", join(SDK, "tools/start.c"), "-Wl,--strip-all"];
    compile([...OPTIMIZED, ...start, ...args, ...objects, "-o", core]);
    const embedded = await componentEmbed({ binary: await readFile(core), witSource: wit, world });
    return await componentNew(embedded, [["wasi_snapshot_preview1", await preview1Adapter()]]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A guest of the engine. */
export async function buildEngineGuest(args) {
  const library = [`-I${join(SDK, "include")}`, `-I${join(SDK, "generated")}`, ...await sources(join(SDK, "src"))];
  const generated = [...await sources(join(SDK, "generated")), join(SDK, "tools/no-type-object.c")];
  return buildGuest({ args: [...args, ...library], generated, wit: await witSource(), world: "guest" });
}

// The folder of packages may be a link.
if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  const at = args.indexOf("-o");
  const output = args[at + 1];
  if (at < 0 || output === undefined) {
    console.error("usage: build-guest.mjs -o app.wasm main.c... [option for clang...]");
    process.exit(2);
  }
  args.splice(at, 2);
  try {
    await writeFile(output, await buildEngineGuest(args));
  } catch (error) {
    console.error(`build-guest.mjs: ${error.message}`);
    process.exit(1);
  }
}
