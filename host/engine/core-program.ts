// A core module instantiated over a host, with the exports that the direct path drives it by.

import { CoreMemory } from "../abi/core-memory.js";
import { turnFace } from "../abi/face.js";
import { importsFor } from "../abi/imports.js";
import { extractCoreModule } from "../component/core-module.js";
import { wasm, type WasmMemory } from "../abi/webassembly.js";
import type { WasiHost } from "../wasi/wasi-host.js";

/** What `start` answers. */
export enum StartResult {
  Running = 0,
  Finished = 1,
  Failed = 2,
}

/** What `turn` answers below 0; from 0 on it is nanoseconds until the next turn is wanted. */
export const TURN_NO_DEADLINE = -1;
export const TURN_FINISHED = -2;
export const TURN_FAILED = -3;

/** What every core exports. */
export interface ProgramExports {
  readonly memory: WasmMemory;
  cabi_realloc(oldAddress: number, oldSize: number, align: number, newSize: number): number;
  _initialize?(): void;
  start(): number;
  ready_buffer(): number;
  ready_capacity(): number;
  turn(readyCount: number): number;
  stop(): void;
  live(kind: number): number;
}

const REQUIRED = ["cabi_realloc", "start", "ready_buffer", "ready_capacity", "turn", "stop", "live"] as const;

export class CoreProgram {
  private constructor(
    readonly exports: ProgramExports,
    readonly memory: CoreMemory,
    private readonly readyAt: number,
    readonly readyCapacity: number,
  ) {}

  /** `file` is the component, or a bare core module; `more` is what it has to export beside a program's functions. */
  static async instantiate(file: Uint8Array, host: WasiHost, more: readonly string[] = []): Promise<CoreProgram> {
    const module = await wasm.compile(extractCoreModule(file));
    const memory = new CoreMemory();
    const instance = await wasm.instantiate(module, importsFor(module, turnFace(host, memory)));
    for (const name of [...REQUIRED, ...more]) {
      if (typeof instance.exports[name] !== "function") {
        throw new Error(`the module does not export the function ${name}`);
      }
    }
    const exports = instance.exports as unknown as ProgramExports;
    memory.bind(exports.memory, exports.cabi_realloc);
    exports._initialize?.();
    const readyAt = exports.ready_buffer() >>> 0;
    const readyCapacity = exports.ready_capacity() >>> 0;
    memory.check(readyAt, readyCapacity * 4, 4);
    return new CoreProgram(exports, memory, readyAt, readyCapacity);
  }

  start(): StartResult {
    return this.exports.start();
  }

  /** One round, after telling the guest what became ready. */
  turn(host: WasiHost): number {
    this.memory.refresh();
    const count = host.ready.drain(this.memory.words, this.readyAt >>> 2, this.readyCapacity);
    return this.exports.turn(count);
  }

  stop(): void {
    this.exports.stop();
  }

  /** Live records by kind, for leak checks. */
  live(): number[] {
    const counts: number[] = [];
    for (let kind = 0, count = this.exports.live(0); count >= 0; count = this.exports.live(++kind)) counts.push(count);
    return counts;
  }

  /** Bytes of linear memory, for reports and leak checks. */
  get memoryBytes(): number {
    this.memory.refresh();
    return this.memory.bytes.byteLength;
  }
}
