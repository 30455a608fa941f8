// The guest's linear memory as the host sees it: views that survive growth, bounds checks, and the few writes that
// results of the canonical ABI are made of.
//
// `memory.grow` detaches the buffer, which shows as a view of length 0; every entry point refreshes first. Numbers of
// 64 bits are written as two halves, so that the hot path makes no BigInt.

import { trap } from "../wasi/trap.js";
import type { WasmMemory } from "./webassembly.js";

type Realloc = (oldAddress: number, oldSize: number, align: number, newSize: number) => number;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });
const TWO_32 = 4294967296;

export class CoreMemory {
  bytes = new Uint8Array(0);
  words = new Uint32Array(0);
  halves = new Uint16Array(0);
  private memory: WasmMemory | null = null;
  private realloc: Realloc = () => 0;

  /** The memory exists only after instantiation, which needs the imports first: hence two steps. */
  bind(memory: WasmMemory, realloc: Realloc): void {
    this.memory = memory;
    this.realloc = realloc;
    this.refresh();
  }

  /** Makes the views current. Cheap when nothing grew. */
  refresh(): void {
    if (this.words.length !== 0 || this.memory === null) return;
    const { buffer } = this.memory;
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
    this.halves = new Uint16Array(buffer);
  }

  /** Checks a return area or list before anything is changed; addresses come from the guest. */
  check(address: number, size: number, align: number): void {
    this.refresh();
    if (address % align !== 0) trap(`address ${address} is not aligned to ${align}`);
    if (address + size > this.bytes.byteLength) trap(`address ${address} and ${size} bytes lie outside the memory`);
  }

  /** Memory of the guest for a list or string; the views are current afterwards. */
  allocate(align: number, size: number): number {
    if (size === 0) return align;
    const address = this.realloc(0, 0, align, size) >>> 0;
    this.check(address, size, align);
    return address;
  }

  setWord(address: number, value: number): void {
    this.words[address >>> 2] = value;
  }

  /** A u64 that is known to be a safe integer. */
  setU64(address: number, value: number): void {
    this.words[address >>> 2] = value % TWO_32;
    this.words[(address >>> 2) + 1] = Math.floor(value / TWO_32);
  }

  setBigU64(address: number, value: bigint): void {
    this.words[address >>> 2] = Number(value & 0xffff_ffffn);
    this.words[(address >>> 2) + 1] = Number((value >> 32n) & 0xffff_ffffn);
  }

  readString(address: number, length: number): string {
    this.check(address, length, 1);
    try {
      return decoder.decode(this.bytes.subarray(address, address + length));
    } catch {
      return trap("a string is not valid UTF-8");
    }
  }

  /** Puts a string into guest memory and its (address, length) pair at `pairAddress`. */
  writeString(pairAddress: number, text: string): void {
    this.writeList(pairAddress, encoder.encode(text));
  }

  /** Puts bytes into guest memory and their (address, length) pair at `pairAddress`. */
  writeList(pairAddress: number, list: Uint8Array): void {
    const address = this.allocate(1, list.length);
    this.bytes.set(list, address);
    this.setWord(pairAddress, address);
    this.setWord(pairAddress + 4, list.length);
  }
}
