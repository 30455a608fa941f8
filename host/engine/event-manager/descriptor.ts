// A descriptor of the core, in TypeScript.
//
//   registerFileDescriptor --> OPEN -- close, deleteDescriptor, the engine closes --> CLOSED, the endpoint is destroyed
//                               +----- release -------------------------------------> CLOSED, the endpoint is as before
//
// What is registered runs in either case (conditions.ts); the libuv flavour has a machine for each direction
// (libuv-transfer.ts).

import type { ResolvedAddress } from "../address.js";
import type { CoreEngine, Receiver } from "../core-engine.js";
import { deadlineNs } from "../deadline.js";
import { CoreEndpoint } from "../endpoint.js";
import type { Endpoint } from "../interfaces.js";
import { REQUEST_BYTES_MAX } from "../limits.js";
import type { SliceBuffer } from "../memory-interfaces.js";
import { bufferAddress } from "../slice-buffer.js";
import { refuse, refuseArgument, type Status, StatusCode, statusOfThrown } from "../status.js";
import { CANCELLED_STATUS, statusOf } from "../status-table.js";
import { CONDITION_NAMES, Conditions, HAS_ERROR, READABLE, type Upcall, WRITABLE } from "./conditions.js";
import type { Descriptor, ReadStatus, WriteInfo, WriteStatus } from "./descriptor-interfaces.js";
import type { EpollEventManager } from "./interfaces.js";
import { LibuvRead } from "./libuv-read.js";
import { Transfer } from "./libuv-transfer.js";
import { LibuvWrite } from "./libuv-write.js";
import type { Priority } from "./priority.js";

/** `read` when nobody says otherwise. */
const READ_BYTES_DEFAULT = 65_536;
/** A reason of assembly/net/reason.ts. */
const ENDPOINT_CLOSED = 36;
const CLOSED_STATUS = statusOf(StatusCode.CANCELLED, ENDPOINT_CLOSED);
/** What an endpoint is without an address, for messages. */
const TAKEN = "an endpoint that a descriptor has";
const DESTROYED = "a destroyed endpoint";

export class CoreDescriptor implements Descriptor, Receiver {
  data: unknown = null;
  private readonly tag: number;
  private readonly conditions: Conditions;
  private readonly reading: Transfer;
  private readonly writing: Transfer;
  /** Upcalls of the epoll flavour that are to run, by condition. */
  private readonly waiting = [0, 0, 0];

  /** @internal */
  constructor(
    readonly eventManager: EpollEventManager,
    readonly core: CoreEngine,
    private readonly endpoint: CoreEndpoint,
  ) {
    this.conditions = new Conditions(core, core.exports.descriptor_register(endpoint.exchange(0, TAKEN)));
    this.reading = this.transfer(READABLE);
    this.writing = this.transfer(WRITABLE);
    this.tag = core.receivers.add(this);
    core.live.descriptors++;
  }

  get isClosed(): boolean {
    return this.conditions.address === 0;
  }

  get localAddress(): ResolvedAddress {
    return this.endpoint.localAddress;
  }

  get peerAddress(): ResolvedAddress {
    return this.endpoint.peerAddress;
  }

  notifyWhenReadable(upcall: () => void): void {
    this.notify("notifyWhenReadable", READABLE, upcall, Infinity);
  }

  notifyWhenWritable(upcall: () => void): void {
    this.notify("notifyWhenWritable", WRITABLE, upcall, Infinity);
  }

  notifyWhenHasError(upcall: () => void): void {
    this.notify("notifyWhenHasError", HAS_ERROR, upcall, Infinity);
  }

  notifyWhenReadableOrTimeout(upcall: Upcall, deadline: Date | number): void {
    this.notify("notifyWhenReadableOrTimeout", READABLE, upcall, deadline);
  }

  notifyWhenWritableOrTimeout(upcall: Upcall, deadline: Date | number): void {
    this.notify("notifyWhenWritableOrTimeout", WRITABLE, upcall, deadline);
  }

  clearReadable(): void {
    this.conditions.clear(READABLE);
  }

  clearWritable(): void {
    this.conditions.clear(WRITABLE);
  }

  clearHasError(): void {
    this.conditions.clear(HAS_ERROR);
  }

  forceReadable(): void {
    this.conditions.force(READABLE);
    this.reading.force();
  }

  forceWritable(): void {
    this.conditions.force(WRITABLE);
    this.writing.force();
  }

  forceHasError(): void {
    this.conditions.force(HAS_ERROR);
  }

  setReadPriority(priority: Priority): void {
    this.conditions.setPriority(READABLE, priority);
  }

  setWritePriority(priority: Priority): void {
    this.conditions.setPriority(WRITABLE, priority);
  }

  setErrorPriority(priority: Priority): void {
    this.conditions.setPriority(HAS_ERROR, priority);
  }

  read(buffer: SliceBuffer, mostBytes = READ_BYTES_DEFAULT): number | Status {
    this.checkFree("read", READABLE);
    if (!Number.isInteger(mostBytes) || mostBytes < 1 || mostBytes > REQUEST_BYTES_MAX) {
      refuseArgument(`mostBytes is ${mostBytes}: want 1 to ${REQUEST_BYTES_MAX}`);
    }
    return this.readInto(bufferAddress(this.core, buffer), mostBytes);
  }

  write(buffer: SliceBuffer): number | Status {
    this.checkFree("write", WRITABLE);
    return this.writeFrom(bufferAddress(this.core, buffer));
  }

  shutdownSend(): void {
    this.checkFree("shutdownSend", WRITABLE);
    this.core.exports.descriptor_shutdown_send(this.conditions.address);
    this.core.touch();
  }

  notifyAfterRead(upcall: (status: ReadStatus) => void, allocate: (suggestedBytes: number) => Uint8Array): void {
    this.checkTransfer("notifyAfterRead", READABLE, upcall);
    if (typeof allocate !== "function") refuseArgument("the allocator of notifyAfterRead must be a function");
    this.reading.begin("notifyAfterRead", () => new LibuvRead(this, upcall, allocate));
  }

  notifyAfterWrite(upcall: (status: WriteStatus) => void, info: WriteInfo): void {
    this.checkTransfer("notifyAfterWrite", WRITABLE, upcall);
    const bytes = info?.bytes;
    if (!bytes) refuseArgument("notifyAfterWrite wants { bytes }: a Uint8Array or a slice buffer");
    this.writing.begin("notifyAfterWrite", () => new LibuvWrite(this, upcall, bytes));
  }

  close(): void {
    if (this.isClosed) return;
    this.core.exports.descriptor_close(this.conditions.address);
    this.leave(this.core.failure?.status ?? CLOSED_STATUS);
    this.endpoint.exchange(0, DESTROYED);
    this.endpoint.forgetIfQuiet();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  release(): Endpoint {
    this.checkOpen("release");
    if (this.core.failure !== null) this.core.refuse("release");
    const endpointAddress = this.core.exports.descriptor_release(this.conditions.address);
    this.leave(CANCELLED_STATUS);
    this.endpoint.exchange(endpointAddress, DESTROYED);
    return this.endpoint;
  }

  toString(): string {
    return `descriptor ${this.localAddress} to ${this.peerAddress}: ${this.isClosed ? "closed" : this.conditions}`;
  }

  /** @internal Nothing is registered with the descriptor's own tag. */
  completed(): void {}

  /** @internal */
  readInto(buffer: number, mostBytes: number): number | Status {
    return this.moved(this.core.exports.descriptor_read(this.conditions.address, buffer, mostBytes));
  }

  /** @internal */
  writeFrom(buffer: number): number | Status {
    return this.moved(this.core.exports.descriptor_write(this.conditions.address, buffer));
  }

  private moved(count: number): number | Status {
    const status = count < 0 ? statusOf(this.core.result(0), -count) : null;
    this.core.touch();
    return status ?? count;
  }

  private notify(name: string, condition: number, upcall: Upcall, deadline: Date | number): void {
    const { conditions, waiting } = this;
    checkUpcall(name, upcall);
    this.checkFree(name, condition);
    if (typeof deadline !== "number" && !(deadline instanceof Date)) {
      refuseArgument(`the deadline of ${name} must be a number or a valid date`);
    }
    const options = typeof deadline === "number" ? { timeoutMs: deadline } : { deadline };
    const untilNs = deadlineNs(this.core.clock, options, name);
    if (conditions.isRegistered(condition)) {
      refuse(`${name} while an upcall is registered for ${CONDITION_NAMES[condition]}: at most one per condition`);
    }
    (waiting[condition] as number)++;
    conditions.register(condition, untilNs, (outcome) => {
      (waiting[condition] as number)--;
      upcall(outcome);
    });
  }

  private transfer(condition: number): Transfer {
    const { conditions } = this;
    const transfer = new Transfer({
      arm: () => conditions.register(condition, Infinity, () => transfer.occurred()),
      clear: () => conditions.clear(condition),
      why: (error) => this.core.failure?.status ?? statusOfThrown(error),
    });
    return transfer;
  }

  /** Closed or released: the core has queued what was registered. */
  private leave(status: Status): void {
    this.core.exports.descriptor_destroy(this.conditions.address);
    this.conditions.address = 0;
    this.core.receivers.remove(this.tag);
    this.core.live.descriptors--;
    this.reading.end(status);
    this.writing.end(status);
    this.core.touch();
  }

  private checkOpen(name: string): void {
    if (this.isClosed) this.core.refuse(`${name} of a closed descriptor`);
  }

  /** Nothing of the libuv flavour is outstanding in the condition's direction. */
  private checkFree(name: string, condition: number): void {
    this.checkOpen(name);
    if (condition === READABLE && !this.reading.isIdle) refuse(`${name} while a notifyAfterRead is outstanding`);
    if (condition === WRITABLE && !this.writing.isIdle) refuse(`${name} while a notifyAfterWrite is outstanding`);
  }

  /** Nothing of the epoll flavour is to run in the condition's direction. */
  private checkTransfer(name: string, condition: number, upcall: unknown): void {
    checkUpcall(name, upcall);
    this.checkOpen(name);
    if (this.waiting[condition] === 0) return;
    refuse(`${name} while an upcall waits for ${CONDITION_NAMES[condition]}: one flavour at a time`);
  }
}

function checkUpcall(name: string, upcall: unknown): void {
  if (typeof upcall !== "function") refuseArgument(`the upcall of ${name} must be a function`);
}

/** A descriptor that takes `endpoint` over: one of the engine's own, alive, without an outstanding read or write. */
export function registerDescriptor(manager: EpollEventManager, core: CoreEngine, endpoint: Endpoint): Descriptor {
  if (!(endpoint instanceof CoreEndpoint) || endpoint.core !== core) {
    refuseArgument("registerFileDescriptor wants an endpoint of this event engine");
  }
  if (endpoint.isDestroyed) refuse("registerFileDescriptor of an endpoint that is destroyed, or that a descriptor has");
  if (endpoint.isBusy) refuse("registerFileDescriptor while a read or write of the endpoint is outstanding");
  void endpoint.localAddress; // they are promised for as long as the object lives
  void endpoint.peerAddress;
  return new CoreDescriptor(manager, core, endpoint);
}

/** Closes it unless that is done, or it was released. */
export function deleteDescriptor(manager: EpollEventManager, descriptor: Descriptor): void {
  if (!(descriptor instanceof CoreDescriptor)) refuseArgument("want a descriptor of this event manager");
  if (descriptor.eventManager !== manager) refuse("deleteDescriptor of another event manager's descriptor");
  descriptor.close();
}
