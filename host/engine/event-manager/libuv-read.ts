// A read of the libuv flavour: into room of the caller's, for which it is asked when there is something to read.

import type { CoreEngine } from "../core-engine.js";
import { bufferAddress, CoreSliceBuffer } from "../slice-buffer.js";
import { OK_STATUS, refuseArgument, type Status, StatusCode } from "../status.js";
import { statusOf } from "../status-table.js";
import { ErrorCode } from "../../wasi/error-code.js";
import type { ReadStatus } from "./descriptor-interfaces.js";
import { Moved, type Transferring } from "./libuv-transfer.js";

/** What the caller is asked for, in bytes; as libuv does. */
const SUGGESTED_BYTES = 65_536;
/** Read at once, so that a peer with much to send does not hold the turn. */
const STEP_BYTES_MAX = 1 << 20;
const NOTHING = new Uint8Array(0);
/** As a reason of assembly/net/reason.ts: the error code out-of-memory, moved up. */
const NO_ROOM = statusOf(StatusCode.RESOURCE_EXHAUSTED, ErrorCode.OutOfMemory + 1);

/** What the descriptor offers. */
export interface ReadSource {
  readonly core: CoreEngine;
  /** As `Descriptor.read`, into a buffer that the engine has. */
  readInto(bufferAddress: number, mostBytes: number): number | Status;
  clearReadable(): void;
}

export class LibuvRead implements Transferring {
  /** Asked for and not told of yet. */
  private room: Uint8Array | null = null;
  private length = 0;
  private status = OK_STATUS;

  constructor(
    private readonly source: ReadSource,
    private readonly upcall: (status: ReadStatus) => void,
    private readonly allocate: (suggestedBytes: number) => Uint8Array,
  ) {}

  prepare(): void {
    if (this.room !== null) return;
    this.room = NOTHING; // whatever happens
    const { core } = this.source;
    try {
      this.room = checkedRoom(core, this.allocate(SUGGESTED_BYTES));
    } catch (error) {
      core.post(() => { throw error; }); // by itself: the upcall is still to hear that there was no room
    }
  }

  move(): Moved {
    const room = this.room as Uint8Array;
    if (room.length === 0) {
      this.status = NO_ROOM;
      return Moved.Last;
    }
    const most = Math.min(room.length, STEP_BYTES_MAX);
    const buffer = new CoreSliceBuffer(this.source.core, null);
    const ended = this.fill(room.subarray(0, most), buffer);
    buffer.destroy();
    if (this.length === most) return Moved.Part;
    if (this.length > 0) {
      this.source.clearReadable(); // the rest of the room says that no more is there
      return Moved.Last;
    }
    if (ended === null) return Moved.Nothing;
    this.status = ended;
    return Moved.Last;
  }

  tell(ended: Status | null, rearmed: boolean): void {
    const { length } = this;
    const room = this.room ?? NOTHING;
    const bytes = room.length > 0 ? room.subarray(0, length) : NOTHING; // there is no view of what was transferred away
    this.room = null;
    this.length = 0;
    this.upcall({ status: ended ?? this.status, bytes, rearmed });
  }

  /** Reads until `room` is full or nothing is there. Answers why nothing ever will be, when that was heard. */
  private fill(room: Uint8Array, buffer: CoreSliceBuffer): Status | null {
    const address = bufferAddress(this.source.core, buffer);
    while (this.length < room.length) {
      const count = this.source.readInto(address, room.length - this.length);
      if (typeof count !== "number") return count;
      if (count === 0) break;
      buffer.copyTo(room.subarray(this.length));
      buffer.clear();
      this.length += count;
    }
    return null;
  }
}

/** Refuses what cannot be read into. An empty array can: it says that there is no room. */
function checkedRoom(core: CoreEngine, room: unknown): Uint8Array {
  if (!(room instanceof Uint8Array)) refuseArgument("the allocator of notifyAfterRead must give a Uint8Array");
  if (room.buffer === core.bytes().buffer) {
    refuseArgument("the allocator of notifyAfterRead gave memory of the engine, which moves: want the caller's own");
  }
  return room;
}
