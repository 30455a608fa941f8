// The slice allocator of the 2021 text: allocating waits until the quota has the memory.
//
//   WAITING -- the quota has the bytes --> the callback, OK
//      +------ shutdown, or the engine closes --> the callback, CANCELLED

import type { CoreEngine, Receiver } from "./core-engine.js";
import { REQUEST_BYTES_MAX } from "./limits.js";
import type { CoreMemoryAllocator } from "./memory-allocator.js";
import type { SliceBuffer } from "./memory-interfaces.js";
import { bufferAddress, type CoreSliceBuffer } from "./slice-buffer.js";
import { OK_STATUS, refuseArgument, type Status, StatusCode } from "./status.js";
import { type Ending, statusFrom, statusOf } from "./status-table.js";

const NO_REASON = 0;

export class SliceAllocator implements Disposable {
  /** @internal */
  constructor(
    private readonly core: CoreEngine,
    /** @internal */
    readonly memoryAllocator: CoreMemoryAllocator,
  ) {}

  /**
   * Appends `size` bytes, not zeroed, to `target`, which is the engine's until the callback ran. OK: `callback` runs
   * exactly once, never inline, with OK or CANCELLED. RESOURCE_EXHAUSTED: the quota is smaller than that, and the
   * callback will not run. Any number may wait; they are served in order.
   */
  allocate(size: number, target: SliceBuffer, callback: (status: Status) => void): Status {
    if (!Number.isInteger(size) || size < 0 || size > REQUEST_BYTES_MAX) {
      refuseArgument(`a request of ${size} bytes: want a whole number from 0 to ${REQUEST_BYTES_MAX}`);
    }
    if (typeof callback !== "function") refuseArgument("a callback must be a function");
    const buffer = bufferAddress(this.core, target);
    const payer = this.memoryAllocator.addressFor(this.core);
    if (this.core.failure !== null) this.core.refuse("allocate");
    const request = new Request(this.core, this.memoryAllocator, target as CoreSliceBuffer, callback);
    const code: StatusCode = this.core.exports.slice_allocate(payer, size, buffer, request.tag);
    this.core.touch();
    if (code === StatusCode.OK) return OK_STATUS;
    request.forget();
    return statusOf(code, NO_REASON);
  }

  /** Whoever waits gets CANCELLED. Idempotent. */
  shutdown(): void {
    this.memoryAllocator.shutdown();
  }

  [Symbol.dispose](): void {
    this.shutdown();
  }
}

class Request implements Receiver {
  readonly tag: number;

  constructor(
    private readonly core: CoreEngine,
    private readonly allocator: CoreMemoryAllocator,
    private readonly target: CoreSliceBuffer,
    private readonly callback: (status: Status) => void,
  ) {
    this.tag = core.receivers.add(this);
    target.isBusy = true;
  }

  completed(_kind: number, ending: Ending): void {
    this.forget();
    this.callback(statusFrom(ending));
  }

  close(): void {
    this.allocator.shutdown();
  }

  forget(): void {
    this.core.receivers.remove(this.tag);
    this.target.isBusy = false;
  }
}
