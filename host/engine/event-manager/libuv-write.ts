// A write of the libuv flavour. A caller's slice buffer is taken from where it is; other bytes are copied first.

import type { CoreEngine } from "../core-engine.js";
import { bufferAddress, CoreSliceBuffer } from "../slice-buffer.js";
import { OK_STATUS, type Status } from "../status.js";
import type { WriteInfo, WriteStatus } from "./descriptor-interfaces.js";
import { Moved, type Transferring } from "./libuv-transfer.js";

/** What the descriptor offers. */
export interface WriteTarget {
  readonly core: CoreEngine;
  /** As `Descriptor.write`, of a buffer that the engine has. */
  writeFrom(bufferAddress: number): number | Status;
  clearWritable(): void;
}

export class LibuvWrite implements Transferring {
  private readonly buffer: CoreSliceBuffer;
  private readonly address: number;
  private readonly isOwn: boolean;
  private written = 0;
  private left: number;
  private status = OK_STATUS;

  constructor(
    private readonly target: WriteTarget,
    private readonly upcall: (status: WriteStatus) => void,
    bytes: WriteInfo["bytes"],
  ) {
    const { core } = target;
    this.isOwn = bytes instanceof Uint8Array;
    this.buffer = bytes instanceof Uint8Array ? copied(core, bytes) : bytes as CoreSliceBuffer;
    this.address = bufferAddress(core, this.buffer);
    this.left = this.buffer.length;
    this.buffer.isBusy = true;
  }

  prepare(): void {}

  move(): Moved {
    if (this.left === 0) return Moved.Last;
    const count = this.target.writeFrom(this.address);
    if (typeof count !== "number") {
      this.status = count;
      return Moved.Last;
    }
    if (count === 0) return Moved.Nothing;
    this.written = count;
    this.left -= count;
    if (this.left === 0) return Moved.Last;
    this.target.clearWritable(); // it would have taken more
    return Moved.Part;
  }

  tell(ended: Status | null, rearmed: boolean): void {
    const { written: bytesWritten, left: bytesLeft } = this;
    this.written = 0;
    if (!rearmed) {
      this.buffer.isBusy = false;
      if (this.isOwn) this.buffer.destroy();
    }
    this.upcall({ status: ended ?? this.status, bytesWritten, bytesLeft, rearmed });
  }
}

function copied(core: CoreEngine, bytes: Uint8Array): CoreSliceBuffer {
  const buffer = new CoreSliceBuffer(core, null);
  try {
    buffer.append(bytes);
  } catch (error) {
    buffer.destroy();
    throw error;
  }
  return buffer;
}
