// Memory allocators as objects (assembly/quota/memory-allocator.ts has the rules).
//
//   OPEN -- shutdown --> SHUT, while connections hold it --> given back to the core
//                          (at once when none does)

import type { CoreEngine, Receiver } from "./core-engine.js";
import { Charge, ChargedVector, type Charger, OwnedValue } from "./charges.js";
import { REQUEST_BYTES_MAX, SLICE_BYTES_MAX } from "./limits.js";
import type {
  ContainerAllocator, MemoryAllocator, MemoryRequest, MemoryVector, Owned, ReclamationPass, ReclamationSweep,
  Reservation, Slice,
} from "./memory-interfaces.js";
import { CoreSlice } from "./slice.js";
import { refuse, refuseArgument } from "./status.js";
import type { Ending } from "./status-table.js";

type Reclaim = (sweep: ReclamationSweep | null) => void;

const PASSES: readonly ReclamationPass[] = ["benign", "idle", "destructive"];

export class CoreMemoryAllocator implements MemoryAllocator, Charger {
  private isShutDown = false;
  /** Connections, and attempts at one, that the core charges to it. */
  private holders = 0;
  /** Bytes reserved and not released. */
  private reserved = 0;

  /** @internal */
  constructor(
    private readonly core: CoreEngine,
    private readonly ownAddress: number,
    readonly name: string,
  ) {
    core.live.allocators++;
  }

  /** @internal The address, if the allocator is of this engine and in use. */
  addressFor(core: CoreEngine): number {
    if (this.core !== core) refuse("a memory allocator of another event engine");
    return this.address;
  }

  private get address(): number {
    if (this.isShutDown) refuse(`use of the memory allocator '${this.name}' after its shutdown`);
    return this.ownAddress;
  }

  get isValid(): boolean {
    return !this.isShutDown;
  }

  reserve(request: MemoryRequest): number {
    const { min, max } = checkedRequest(request, REQUEST_BYTES_MAX);
    const bytes = this.core.exports.allocator_reserve(this.address, min, max) >>> 0;
    this.reserved += bytes;
    this.core.touch();
    return bytes;
  }

  release(bytes: number): void {
    if (!Number.isInteger(bytes) || bytes < 0 || bytes > this.reserved) {
      refuseArgument(`release of ${bytes} bytes where ${this.reserved} are reserved`);
    }
    if (bytes === 0) return;
    this.reserved -= bytes;
    this.core.exports.allocator_release(this.ownAddress, bytes);
    this.core.touch();
  }

  makeReservation(request: MemoryRequest): Reservation {
    return new Charge(this, this.core.live, this.reserve(request));
  }

  makeSlice(request: MemoryRequest): Slice {
    const { min, max } = checkedRequest(request, SLICE_BYTES_MAX);
    const slice = new CoreSlice(this.core, this.core.exports.slice_create(this.address, min, max));
    this.core.touch();
    return slice;
  }

  makeUnique<T>(bytes: number, make: () => T): Owned<T> {
    const charge = this.makeReservation(bytes);
    try {
      return new OwnedValue(charge, make());
    } catch (error) {
      charge.destroy();
      throw error;
    }
  }

  container(elementBytes: number): ContainerAllocator {
    checkElementBytes(elementBytes);
    return {
      elementBytes,
      allocate: (count) => { this.reserve(count * elementBytes); },
      deallocate: (count) => this.release(count * elementBytes),
    };
  }

  vector<T>(elementBytes: number): MemoryVector<T> {
    checkElementBytes(elementBytes);
    return new ChargedVector<T>(this, this.core.live, elementBytes);
  }

  postReclaimer(pass: ReclamationPass, reclaim: Reclaim): void {
    const order = PASSES.indexOf(pass);
    if (order < 0) refuseArgument(`'${pass}' is not a reclamation pass: want ${PASSES.join(", ")}`);
    if (typeof reclaim !== "function") refuseArgument("a reclaimer must be a function");
    const { address } = this;
    this.core.exports.reclaimer_post(address, order, new Reclaimer(this.core, reclaim).tag);
    this.core.touch();
  }

  shutdown(): void {
    if (this.isShutDown) return;
    this.isShutDown = true;
    if (this.holders === 0) this.giveBack();
  }

  /** @internal A connection takes it over: the core may use it until `letGo`, shut down or not. */
  hold(core: CoreEngine): void {
    this.addressFor(core);
    this.holders++;
  }

  /** @internal The connection is over, and the allocator with it. */
  letGo(): void {
    this.isShutDown = true;
    this.holders--;
    if (this.holders === 0) this.giveBack();
  }

  /** @internal For the core, by who holds it. */
  get heldAddress(): number {
    return this.ownAddress;
  }

  private giveBack(): void {
    this.core.live.allocators--;
    this.core.exports.allocator_shutdown(this.ownAddress);
    this.core.touch();
  }

  [Symbol.dispose](): void {
    this.shutdown();
  }
}

/** An offer to give memory back: posted, then called once. */
class Reclaimer implements Receiver {
  readonly tag: number;
  private isCalled = false;

  constructor(
    private readonly core: CoreEngine,
    private readonly reclaim: Reclaim,
  ) {
    this.tag = core.receivers.add(this);
    core.live.reclaimers++;
  }

  completed(_kind: number, _ending: Ending, number: number): void {
    const { core } = this;
    core.receivers.remove(this.tag);
    const sweep = number === 0 ? null : new Sweep(core, number);
    if (this.isCalled) sweep?.finish();
    else this.call(sweep);
  }

  /** Nobody will ask any more; the allocator may yet be shut down, which is heard of and ignored. */
  close(): void {
    if (this.isCalled) return;
    this.isCalled = true;
    this.core.post(() => this.call(null));
  }

  private call(sweep: ReclamationSweep | null): void {
    this.isCalled = true;
    this.core.live.reclaimers--;
    this.reclaim(sweep);
  }
}

class Sweep implements ReclamationSweep {
  private isFinished = false;

  constructor(
    private readonly core: CoreEngine,
    private readonly number: number,
  ) {}

  finish(): void {
    if (this.isFinished) return;
    this.isFinished = true;
    this.core.exports.sweep_finish(this.number);
    this.core.touch();
  }

  [Symbol.dispose](): void {
    this.finish();
  }
}

function checkedRequest(request: MemoryRequest, bytesMax: number): { min: number; max: number } {
  const { min, max } = typeof request === "number" ? { min: request, max: request } : request;
  if (Number.isInteger(min) && Number.isInteger(max) && min >= 0 && min <= max && max <= bytesMax) return { min, max };
  refuseArgument(`a request of ${min} to ${max} bytes: want whole numbers from 0 to ${bytesMax}, in order`);
}

function checkElementBytes(elementBytes: number): void {
  if (!Number.isInteger(elementBytes) || elementBytes <= 0) refuseArgument(`elements of ${elementBytes} bytes`);
}
