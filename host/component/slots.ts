// Where core values wait while JavaScript looks at them on their way from one component to another: 8 bytes each, in
// memories of our own that no guest can reach. Each function has its slots for itself: a component is never entered
// again while it runs, so no two calls of one function are ever under way.

import { wasm, type WasmMemory } from "../abi/webassembly.js";

const PAGE_BYTES = 65_536;

export interface Slots {
  readonly memory: WasmMemory;
  /** Over all of the memory, which never grows. */
  readonly words: Uint32Array;
  /** Index of the first word of these slots. */
  readonly word: number;
}

export class SlotSource {
  private memory = new wasm.Memory({ initial: 1, maximum: 1 });
  private words = new Uint32Array(this.memory.buffer);
  private usedBytes = 0;

  take(count: number): Slots {
    const bytes = count * 8;
    if (this.usedBytes + bytes > PAGE_BYTES) {
      this.memory = new wasm.Memory({ initial: 1, maximum: 1 });
      this.words = new Uint32Array(this.memory.buffer);
      this.usedBytes = 0;
    }
    const word = this.usedBytes / 4;
    this.usedBytes += bytes;
    return { memory: this.memory, words: this.words, word };
  }
}
