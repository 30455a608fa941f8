// An endpoint: one connection of the core, one read and one write outstanding at most.
//
//   OPEN -- destroy --> ENDING -- its outstanding callbacks ran --> GONE
//                          (at once when none is outstanding)
//
// Read and write are each:
//
//   IDLE -- read()/write() answers false --> OUTSTANDING -- entry in the ring --> IDLE, then the callback
//
// The object keeps its tag, and its allocator lives, until GONE: so a completion always finds who it belongs to.
//
// While a descriptor has the connection (event-manager/descriptor.ts) the object is as if it were destroyed.

import { ResolvedAddress } from "./address.js";
import type { CoreEngine, Receiver } from "./core-engine.js";
import { KIND_READ } from "./core-exports.js";
import type { Endpoint, MemoryAllocator, ReadArgs, SliceBuffer, Status, WriteArgs } from "./interfaces.js";
import { FRAME_BYTES_DEFAULT, REQUEST_BYTES_MAX } from "./limits.js";
import type { CoreMemoryAllocator } from "./memory-allocator.js";
import { bufferAddress, type CoreSliceBuffer } from "./slice-buffer.js";
import { refuse, refuseArgument } from "./status.js";
import { type Ending, statusFrom } from "./status-table.js";

type Callback = (status: Status) => void;

export class CoreEndpoint implements Endpoint, Receiver {
  private readonly tag: number;
  private onRead: Callback | null = null;
  private readBuffer: CoreSliceBuffer | null = null;
  private onWritable: Callback | null = null;
  private isSendShut = false;
  /** For messages, while the address is 0. */
  private what = "a destroyed endpoint";
  private peer: ResolvedAddress | null = null;
  private local: ResolvedAddress | null = null;

  /** @internal Takes over a connection of the core, and an allocator that is held for it. */
  constructor(
    /** @internal */
    readonly core: CoreEngine,
    /** 0 once destroyed, and while a descriptor has it. */
    private address: number,
    private readonly allocator: CoreMemoryAllocator,
  ) {
    this.tag = core.receivers.add(this);
    core.live.endpoints++;
    core.exports.endpoint_set_tag(address, this.tag);
    core.exports.endpoint_set_allocator(address, allocator.heldAddress);
  }

  read(onRead: Callback, buffer: SliceBuffer, args?: ReadArgs): boolean {
    const { core } = this;
    if (this.address === 0) core.refuse(`read of ${this.what}`);
    if (this.onRead !== null) refuse("a read is already outstanding: at most one per endpoint");
    if (typeof onRead !== "function") refuseArgument("onRead must be a function");
    const target = bufferAddress(core, buffer);
    const hint = args === undefined ? 1 : sizeArgument("readHintBytes", args.readHintBytes, 1);
    const mayCompleteInline = args?.mayCompleteInline === true ? 1 : 0;
    const isDone = core.exports.endpoint_read(this.address, target, hint, mayCompleteInline) !== 0;
    core.touch();
    if (isDone) return true;
    this.onRead = onRead;
    this.readBuffer = buffer as CoreSliceBuffer;
    this.readBuffer.isBusy = true;
    return false;
  }

  write(onWritable: Callback, buffer: SliceBuffer, args?: WriteArgs): boolean {
    const { core } = this;
    if (this.address === 0) core.refuse(`write to ${this.what}`);
    if (this.onWritable !== null) refuse("a write is already outstanding: at most one per endpoint");
    if (typeof onWritable !== "function") refuseArgument("onWritable must be a function");
    const source = bufferAddress(core, buffer);
    const frame = args === undefined ? FRAME_BYTES_DEFAULT
      : sizeArgument("maxFrameSize", args.maxFrameSize, FRAME_BYTES_DEFAULT);
    const mayCompleteInline = args?.mayCompleteInline === true ? 1 : 0;
    const isDone = core.exports.endpoint_write(this.address, source, frame, mayCompleteInline) !== 0;
    core.touch();
    if (isDone) return true;
    this.onWritable = onWritable;
    return false;
  }

  shutdownSend(): void {
    if (this.address === 0) this.core.refuse(`shutdownSend of ${this.what}`);
    if (this.onWritable !== null) refuse("shutdownSend while a write is outstanding");
    if (this.isSendShut) return;
    this.isSendShut = true;
    this.core.exports.endpoint_shutdown_send(this.address);
    this.core.touch();
  }

  get peerAddress(): ResolvedAddress {
    if (this.peer === null) {
      this.core.exports.endpoint_peer(this.address, this.core.argumentsAt);
      this.peer = new ResolvedAddress(this.core.takeAddress());
    }
    return this.peer;
  }

  get localAddress(): ResolvedAddress {
    if (this.local === null) {
      this.core.exports.endpoint_local(this.address, this.core.argumentsAt);
      this.local = new ResolvedAddress(this.core.takeAddress());
    }
    return this.local;
  }

  /** @internal What its buffers are charged to. */
  get memoryAllocator(): MemoryAllocator {
    return this.allocator;
  }

  get isDestroyed(): boolean {
    return this.address === 0;
  }

  destroy(): void {
    if (this.address === 0) return;
    // They are promised for as long as the object lives.
    void this.peerAddress;
    void this.localAddress;
    this.core.exports.endpoint_destroy(this.address);
    this.address = 0;
    this.core.touch();
    this.forgetIfQuiet();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  /** @internal */
  close(): void {
    this.destroy();
  }

  /** @internal */
  get isBusy(): boolean {
    return this.onRead !== null || this.onWritable !== null;
  }

  /** @internal Puts another address in place of the one that it answers; for 0, `what` the object is meanwhile. */
  exchange(address: number, what: string): number {
    const before = this.address;
    this.address = address;
    this.what = what;
    return before;
  }

  /** @internal */
  completed(kind: number, ending: Ending): void {
    const callback = kind === KIND_READ ? this.onRead : this.onWritable;
    if (callback === null) return;
    if (kind === KIND_READ) {
      this.onRead = null;
      (this.readBuffer as CoreSliceBuffer).isBusy = false;
      this.readBuffer = null;
    } else {
      this.onWritable = null;
    }
    if (this.address === 0) this.forgetIfQuiet();
    callback(statusFrom(ending));
  }

  /** @internal The core has given it up. */
  forgetIfQuiet(): void {
    if (this.isBusy) return;
    this.core.receivers.remove(this.tag);
    this.core.live.endpoints--;
    this.allocator.letGo();
  }
}

function sizeArgument(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (Number.isInteger(value) && value > 0 && value <= REQUEST_BYTES_MAX) return value;
  refuseArgument(`${name} is ${value}: want 1 to ${REQUEST_BYTES_MAX}`);
}
