// Probes: small AssemblyScript entries (test/assembly/probe/*.ts) that show one layer of the core to its tests.
//
// A probe is compiled into build/probe when it is older than the core or the probes. Imports that a test does not
// give throw "unexpected call of X", where X is a short label such as `streams/input-stream.read`. The import
// `test/…` is how a probe calls back into its test. The address 0 is never handed out, so it can mean null.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { type ImportFunction, type WasmMemory, type WasmModule, wasm } from "./webassembly.js";

const ROOT = join(import.meta.dirname, "../../..");
const PROBES = "test/assembly/probe";
const CONFIG = `${PROBES}/asconfig.json`;

/** A variable, because the compiler's own types would declare its language (i32, load, …) for every test. */
const COMPILER: string = "assemblyscript/asc";

interface Compiler {
  main(args: string[], streams: object): Promise<{ error: Error | null }>;
}

export type Imports = Record<string, ImportFunction>;
/** A number for a 32-bit parameter, a bigint for a 64-bit one. */
type CoreFunction<Result> = (...args: (number | bigint)[]) => Result;

/** `wasi:io/streams@0.2.0` and `[method]input-stream.read` give `streams/input-stream.read`. */
export function labelOf(module: string, field: string): string {
  const name = module.replace(/^.*\//, "").replace(/@.*$/, "");
  return `${name}/${field.replace("[method]", "").replace("[resource-drop]", "drop ")}`;
}

/** `options` are more arguments for the compiler, the same ones at every place that asks for this probe. */
export async function compileProbe(name: string, options: string[] = []): Promise<WasmModule> {
  const source = `test/assembly/probe/${name}.ts`;
  const target = `build/probe/${name}.wasm`;
  if (!isFresh(join(ROOT, target), [join(ROOT, "assembly"), join(ROOT, PROBES)])) {
    await compile(source, target, options);
  }
  return new wasm.Module(readFileSync(join(ROOT, target)));
}

async function compile(source: string, target: string, options: string[]): Promise<void> {
  const temporary = `${target}.${process.pid}`; // Other test processes may compile the same probe meanwhile.
  mkdirSync(join(ROOT, "build/probe"), { recursive: true });
  let said = "";
  const stderr = { write: (text: string | Uint8Array): void => void (said += text) };
  const args = [source, "--baseDir", ROOT, "--config", CONFIG, "--outFile", temporary, ...options];
  const compiler = await import(COMPILER) as Compiler;
  const { error } = await compiler.main(args, { stdout: stderr, stderr });
  if (error !== null) {
    rmSync(join(ROOT, temporary), { force: true });
    throw new Error(`${source} does not compile: ${error.message}\n${said}`);
  }
  renameSync(join(ROOT, temporary), join(ROOT, target));
}

function isFresh(target: string, sources: string[]): boolean {
  const made = statSync(target, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const newest = (path: string): number => {
    const status = statSync(path);
    if (!status.isDirectory()) return status.mtimeMs;
    return Math.max(status.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
  };
  return sources.every((path) => newest(path) < made);
}

/** One instance of a probe. A trap spoils it, so a test of a trap takes its own. */
export class Probe {
  readonly call: Readonly<Record<string, CoreFunction<number>>>;
  /** The same functions, for those that return 64 bits. */
  readonly callLong: Readonly<Record<string, CoreFunction<bigint>>>;
  /** What a failed assertion wrote before its trap. */
  abortText = "";
  readonly #memory: WasmMemory;

  private constructor(exports: Readonly<Record<string, unknown>>) {
    this.call = exports as Record<string, CoreFunction<number>>;
    this.callLong = exports as Record<string, CoreFunction<bigint>>;
    this.#memory = exports.memory as WasmMemory;
  }

  static async create(module: WasmModule, imports: Imports = {}): Promise<Probe> {
    const wanted = wasm.Module.imports(module);
    const labels = new Set(wanted.map((each) => labelOf(each.module, each.name)));
    for (const label of Object.keys(imports)) {
      if (!labels.has(label)) throw new Error(`the probe imports no ${label}`);
    }
    let probe: Probe | undefined;
    const own: Imports = {
      "stderr/get-stderr": () => 0x7fff_ffff,
      "streams/output-stream.blocking-write-and-flush": (
        _stderr: number, address: number, length: number, result: number,
      ): void => {
        probe!.abortText += new TextDecoder().decode(probe!.bytes(address, length));
        probe!.view().setUint8(result, 0);
      },
    };
    const object: Record<string, Imports> = {};
    for (const each of wanted) {
      const label = labelOf(each.module, each.name);
      const unexpected = (): never => {
        throw new Error(`unexpected call of ${label}`);
      };
      const fields = (object[each.module] ??= {});
      fields[each.name] = imports[label] ?? own[label] ?? unexpected;
    }
    const { exports } = new wasm.Instance(module, object);
    probe = new Probe(exports);
    (exports._initialize as () => void)();
    return probe;
  }

  /** Memory as it is now; growing makes a new one, so it is never kept. */
  view(): DataView {
    return new DataView(this.#memory.buffer);
  }

  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, address, length).slice();
  }

  write(address: number, bytes: Uint8Array): void {
    new Uint8Array(this.#memory.buffer).set(bytes, address);
  }

  memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  u8(address: number): number {
    return this.view().getUint8(address);
  }

  u32(address: number): number {
    return this.view().getUint32(address, true);
  }

  words(address: number, count: number): number[] {
    return Array.from({ length: count }, (_, index) => this.u32(address + 4 * index));
  }

  /** The text of a string object of the core; the word before it holds its length in bytes. */
  text(address: number): string {
    const bytes = this.bytes(address, this.u32(address - 4));
    return new TextDecoder("utf-16le").decode(bytes);
  }

  /** Asserts that `run` fails an assertion of the core in a file whose name matches. */
  traps(run: () => unknown, where: string): void {
    assert.throws(run, (error: Error) => error.message === "unreachable");
    assert.match(this.abortText, new RegExp(`^event-engine: assertion failed: .* at .*${where}.*:\\d+\n$`));
  }
}
