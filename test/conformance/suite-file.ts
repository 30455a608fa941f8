// The core bodies as a component, made when a source is newer than the file: the engine's sources and test/suite/core.
import {
  mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync,
} from "node:fs";
import { ROOT } from "../support/arms.js";

const ENTRY = "test/suite/core/index.ts";
const FOLDER = "build/suite";
export const SUITE = `${ROOT}${FOLDER}/conformance.wasm`;
const SOURCES = ["assembly", "test/suite/core", "wit"];

/** Variables, because neither has types that TypeScript should see. */
const COMPILER: string = "assemblyscript/asc";
const WRAPPER: string = `${ROOT}wit/build.mjs`;

interface Compiler {
  main(args: string[], streams: object): Promise<{ error: Error | null }>;
}

interface Wrapper {
  buildComponent(core: Uint8Array): Promise<Uint8Array>;
}

/** The path of the component, which is as new as its sources. */
export async function suiteFile(): Promise<string> {
  const made = statSync(SUITE, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (SOURCES.some((path) => newest(`${ROOT}${path}`) >= made)) await build();
  return SUITE;
}

function newest(path: string): number {
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  return Math.max(status.mtimeMs, ...readdirSync(path).map((name) => newest(`${path}/${name}`)));
}

/** Other test processes may build it at the same time: each writes files of its own and renames the last one. */
async function build(): Promise<void> {
  const core = `${FOLDER}/conformance.${process.pid}.core.wasm`;
  mkdirSync(`${ROOT}${FOLDER}`, { recursive: true });
  const startedAt = new Date();
  let said = "";
  const stderr = { write: (text: string | Uint8Array): void => void (said += text) };
  const options = ["--config", "test/suite/core/asconfig.json", "--transform", "./wit/export-names.mjs"];
  const compiler = await import(COMPILER) as Compiler;
  const args = [ENTRY, "--baseDir", ROOT, ...options, "--target", "release", "--outFile", core];
  const { error } = await compiler.main(args, { stdout: stderr, stderr });
  if (error !== null) throw new Error(`${ENTRY} does not compile: ${error.message}\n${said}`);
  const wrapper = await import(WRAPPER) as Wrapper;
  const temporary = `${SUITE}.${process.pid}`;
  writeFileSync(temporary, await wrapper.buildComponent(readFileSync(`${ROOT}${core}`)));
  // What was edited meanwhile must count as newer.
  utimesSync(temporary, startedAt, startedAt);
  renameSync(temporary, SUITE);
  rmSync(`${ROOT}${core}`);
}
