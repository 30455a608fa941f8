// A guest of doubles for the direct face: a real memory that may grow under the host's feet, a bump allocator, and
// calls by interface and name with flat parameters, as a core module would make them.
import type { Waiter } from "#host/abi/blocking.js";
import { CoreMemory } from "#host/abi/core-memory.js";
import { turnFace } from "#host/abi/face.js";
import { allImports } from "#host/abi/all-imports.js";
import { wasm } from "#host/abi/webassembly.js";
import { type Grants, WasiHost } from "#host/wasi/wasi-host.js";
import { type FakePlatform, fakePlatform } from "../support/fake-platform.js";

const PAGE_BYTES = 65_536;
/** Return areas lie here; lists are allocated above. */
export const RET = 64;
const HEAP = 4096;
/** Filled in before each call, so that a byte that the host forgets to write is seen. */
const GARBAGE = 0xa5;

type Flat = number | bigint;

export class Guest {
  readonly platform: FakePlatform = fakePlatform();
  readonly host: WasiHost;
  readonly memory = new wasm.Memory({ initial: 1 });
  /** Grow the memory at every allocation, which detaches every view. */
  growsAlways = false;
  allocations: number[] = [];
  private nextAddress = HEAP;
  readonly imports;

  constructor(grants: Grants = { tcp: true, nameLookup: true }, waiterFor?: (host: WasiHost) => Waiter) {
    this.host = new WasiHost(this.platform, grants);
    const memory = new CoreMemory();
    const face = turnFace(this.host, memory);
    this.imports = allImports(waiterFor === undefined ? face : { ...face, waiter: waiterFor(this.host) });
    memory.bind(this.memory, (_old, _oldSize, align, size) => this.allocate(align, size));
  }

  allocate(align: number, size: number): number {
    const address = Math.ceil(this.nextAddress / align) * align;
    this.nextAddress = address + size;
    this.allocations.push(size);
    const missing = this.nextAddress - this.memory.buffer.byteLength;
    if (missing > 0 || this.growsAlways) this.memory.grow(Math.max(1, Math.ceil(missing / PAGE_BYTES)));
    return address;
  }

  /** Calls an import; the return area holds garbage before. */
  call(interfaceName: string, name: string, ...params: Flat[]): unknown {
    new Uint8Array(this.memory.buffer, RET, 64).fill(GARBAGE);
    const found = this.imports[`wasi:${interfaceName}`]?.[name] as ((...flat: Flat[]) => unknown) | undefined;
    if (found === undefined) throw new Error(`no import wasi:${interfaceName} ${name}`);
    return found(...params);
  }

  number(interfaceName: string, name: string, ...params: Flat[]): number {
    return this.call(interfaceName, name, ...params) as number;
  }

  view(): DataView {
    return new DataView(this.memory.buffer);
  }

  u8(offset: number): number {
    return this.view().getUint8(RET + offset);
  }

  u16(offset: number): number {
    return this.view().getUint16(RET + offset, true);
  }

  u32(offset: number): number {
    return this.view().getUint32(RET + offset, true);
  }

  u64(offset: number): bigint {
    return this.view().getBigUint64(RET + offset, true);
  }

  /** The bytes of a (address, length) pair in the return area. */
  list(offset: number): number[] {
    return [...new Uint8Array(this.memory.buffer, this.u32(offset), this.u32(offset + 4))];
  }

  /** The list<u32> whose (address, length) pair is in the return area. */
  words(offset: number): number[] {
    return [...new Uint32Array(this.memory.buffer, this.u32(offset), this.u32(offset + 4))];
  }

  textAt(address: number): string {
    const pair = this.view();
    const start = pair.getUint32(address, true);
    return Buffer.from(this.memory.buffer, start, pair.getUint32(address + 4, true)).toString();
  }

  /** Puts bytes into memory and answers (address, length). */
  put(bytes: ArrayLike<number>): [number, number] {
    const address = this.allocate(8, bytes.length);
    new Uint8Array(this.memory.buffer).set(bytes, address);
    return [address, bytes.length];
  }

  /** A TCP socket's handle. */
  socket(family = 0): number {
    this.call("sockets/tcp-create-socket", "create-tcp-socket", family, RET);
    if (this.u8(0) !== 0) throw new Error(`create-tcp-socket: error ${this.u8(4)}`);
    return this.u32(4);
  }

  network(): number {
    return this.number("sockets/instance-network", "instance-network");
  }

  /** A connected socket with its streams. */
  connected(): { socket: number; input: number; output: number } {
    const socket = this.socket();
    const network = this.network();
    this.call("sockets/tcp", "[method]tcp-socket.start-connect", socket, network, ...LOOPBACK_FLAT, RET);
    this.call("sockets/network", "[resource-drop]network", network);
    this.platform.transport.settle();
    this.call("sockets/tcp", "[method]tcp-socket.finish-connect", socket, RET);
    return { socket, input: this.u32(4), output: this.u32(8) };
  }

  /** Drops in the order that WASI wants. */
  dropConnected({ socket, input, output }: { socket: number; input: number; output: number }): void {
    this.call("io/streams", "[resource-drop]input-stream", input);
    this.call("io/streams", "[resource-drop]output-stream", output);
    this.call("sockets/tcp", "[resource-drop]tcp-socket", socket);
  }
}

/** 127.0.0.1:8080 as twelve flat slots. */
export const LOOPBACK_FLAT = [0, 8080, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0];
