// A descriptor of the core, in TypeScript. What is registered with it lies here as closures; when each has its turn is
// the core's business (assembly/net/descriptor.ts has the states of the three conditions).
//
//   registerFileDescriptor --> OPEN -- close, deleteDescriptor, the engine's close --> CLOSED, its endpoint is destroyed
//                                +---- release ---------------------------------------> CLOSED, its endpoint is as before
//
// A registration has a tag of its own, because one may overtake another when a priority is changed between them. It keeps
// the tag until its closure runs, which may be after the descriptor is gone.

import type { ResolvedAddress } from "../address.js";
import type { CoreEngine, Receiver } from "../core-engine.js";
import { deadlineNs } from "../deadline.js";
import { CoreEndpoint } from "../endpoint.js";
import type { Endpoint } from "../interfaces.js";
import { REQUEST_BYTES_MAX } from "../limits.js";
import type { SliceBuffer } from "../memory-interfaces.js";
import { bufferAddress } from "../slice-buffer.js";
import { refuse, refuseArgument, type Status, StatusCode } from "../status.js";
import { CANCELLED_STATUS, statusOf } from "../status-table.js";
import type {
  Descriptor, NotificationOutcome, ReadStatus, WriteInfo, WriteStatus,
} from "./descriptor-interfaces.js";
import type { EpollEventManager } from "./interfaces.js";
import { LibuvRead } from "./libuv-read.js";
import { Transfer, type TransferCondition } from "./libuv-transfer.js";
import { LibuvWrite } from "./libuv-write.js";
import { checkPriority, type Priority } from "./priority.js";

const READABLE = 0;
const WRITABLE = 1;
const HAS_ERROR = 2;
const CONDITION_NAMES = ["readable", "writable", "has-error"] as const;
/** In the words of `descriptor_state`, above the statuses. */
const REGISTERED_SHIFT = 4;
/** `read` when nobody says otherwise. */
const READ_BYTES_DEFAULT = 65_536;
/** A reason of assembly/net/reason.ts. */
const ENDPOINT_CLOSED = 36;
const CLOSED_STATUS = statusOf(StatusCode.CANCELLED, ENDPOINT_CLOSED);

/** What an endpoint is without an address, for messages. */
const DESTROYED = "a destroyed endpoint";

type Upcall = (outcome: NotificationOutcome) => void;

/** One closure that is to run. */
class Registration implements Receiver {
  readonly tag: number;

  constructor(
    private readonly core: CoreEngine,
    private readonly run: Upcall,
  ) {
    this.tag = core.receivers.add(this);
  }

  completed(_kind: number, _word0: number, a: number): void {
    this.core.receivers.remove(this.tag);
    this.run(a >>> 8);
  }

  /** Its descriptor closes, too, and that is how it runs. */
  close(): void {}
}

export class CoreDescriptor implements Descriptor, Receiver {
  data: unknown = null;
  /** 0 once it is closed. */
  private address: number;
  private readonly tag: number;
  /** Closures of the epoll flavour that are to run, by condition. */
  private readonly waiting = [0, 0, 0];
  private readonly reading = new Transfer(this.condition(READABLE, () => this.reading));
  private readonly writing = new Transfer(this.condition(WRITABLE, () => this.writing));

  /** @internal */
  constructor(
    readonly eventManager: EpollEventManager,
    readonly core: CoreEngine,
    private readonly endpoint: CoreEndpoint,
  ) {
    this.address = core.exports.descriptor_register(endpoint.exchange(0, "an endpoint that a descriptor has"));
    this.tag = core.receivers.add(this);
    core.live.descriptors++;
  }

  get isClosed(): boolean {
    return this.address === 0;
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
    const name = "notifyWhenReadableOrTimeout";
    this.notify(name, READABLE, upcall, this.deadline(name, deadline));
  }

  notifyWhenWritableOrTimeout(upcall: Upcall, deadline: Date | number): void {
    const name = "notifyWhenWritableOrTimeout";
    this.notify(name, WRITABLE, upcall, this.deadline(name, deadline));
  }

  clearReadable(): void {
    this.clear(READABLE);
  }

  clearWritable(): void {
    this.clear(WRITABLE);
  }

  clearHasError(): void {
    this.clear(HAS_ERROR);
  }

  forceReadable(): void {
    this.force(READABLE);
    this.reading.force();
  }

  forceWritable(): void {
    this.force(WRITABLE);
    this.writing.force();
  }

  forceHasError(): void {
    this.force(HAS_ERROR);
  }

  setReadPriority(priority: Priority): void {
    this.setPriority(READABLE, priority);
  }

  setWritePriority(priority: Priority): void {
    this.setPriority(WRITABLE, priority);
  }

  setErrorPriority(priority: Priority): void {
    this.setPriority(HAS_ERROR, priority);
  }

  read(buffer: SliceBuffer, mostBytes = READ_BYTES_DEFAULT): number | Status {
    this.checkOpen("read");
    this.checkNoTransfer("read", READABLE);
    if (!Number.isInteger(mostBytes) || mostBytes < 1 || mostBytes > REQUEST_BYTES_MAX) {
      refuseArgument(`mostBytes is ${mostBytes}: want 1 to ${REQUEST_BYTES_MAX}`);
    }
    return this.readInto(bufferAddress(this.core, buffer), mostBytes);
  }

  write(buffer: SliceBuffer): number | Status {
    this.checkOpen("write");
    this.checkNoTransfer("write", WRITABLE);
    return this.writeFrom(bufferAddress(this.core, buffer));
  }

  shutdownSend(): void {
    this.checkOpen("shutdownSend");
    this.checkNoTransfer("shutdownSend", WRITABLE);
    this.core.exports.descriptor_shutdown_send(this.address);
    this.core.touch();
  }

  notifyAfterRead(upcall: (status: ReadStatus) => void, allocate: (suggestedBytes: number) => Uint8Array): void {
    this.checkTransfer("notifyAfterRead", READABLE, upcall);
    if (typeof allocate !== "function") refuseArgument("the allocator of notifyAfterRead must be a function");
    this.reading.begin("notifyAfterRead", () => new LibuvRead(this, upcall, allocate));
  }

  notifyAfterWrite(upcall: (status: WriteStatus) => void, info: WriteInfo): void {
    this.checkTransfer("notifyAfterWrite", WRITABLE, upcall);
    if (!info?.bytes) refuseArgument("notifyAfterWrite wants { bytes }: a Uint8Array or a slice buffer");
    this.writing.begin("notifyAfterWrite", () => new LibuvWrite(this, upcall, info));
  }

  close(): void {
    if (this.address === 0) return;
    this.core.exports.descriptor_close(this.address);
    this.leave(CLOSED_STATUS);
    this.endpoint.exchange(0, DESTROYED);
    this.endpoint.forgetIfQuiet();
  }

  release(): Endpoint {
    this.checkOpen("release");
    const endpointAddress = this.core.exports.descriptor_release(this.address);
    this.leave(CANCELLED_STATUS);
    this.endpoint.exchange(endpointAddress, DESTROYED);
    return this.endpoint;
  }

  toString(): string {
    const text = `descriptor ${this.localAddress} to ${this.peerAddress}`;
    if (this.address === 0) return `${text}: closed`;
    const state = this.core.exports.descriptor_state(this.address);
    const conditions = CONDITION_NAMES.map((name, condition) =>
      `${name} ${state >>> condition & 1 ? "set" : "clear"}${isRegistered(state, condition) ? " and registered" : ""}`);
    return `${text}: ${conditions.join(", ")}`;
  }

  /** @internal Nothing is registered with the descriptor's own tag. */
  completed(): void {}

  /** @internal */
  readInto(buffer: number, mostBytes: number): number | Status {
    return this.moved(this.core.exports.descriptor_read(this.address, buffer, mostBytes));
  }

  /** @internal */
  writeFrom(buffer: number): number | Status {
    return this.moved(this.core.exports.descriptor_write(this.address, buffer));
  }

  private moved(count: number): number | Status {
    const status = count < 0 ? statusOf(this.core.result(0), -count) : null;
    this.core.touch();
    return status ?? count;
  }

  private notify(name: string, condition: number, upcall: Upcall, deadline: number): void {
    this.checkOpen(name);
    checkUpcall(name, upcall);
    this.checkNoTransfer(name, condition);
    if (isRegistered(this.core.exports.descriptor_state(this.address), condition)) {
      refuse(`${name} while an upcall is registered for ${CONDITION_NAMES[condition]}: at most one per condition`);
    }
    this.count(condition, 1);
    this.register(condition, deadline, (outcome) => {
      this.count(condition, -1);
      upcall(outcome);
    });
  }

  private register(condition: number, deadline: number, run: Upcall): void {
    const { tag } = new Registration(this.core, run);
    this.core.exports.descriptor_notify(this.address, condition, deadline, tag);
    this.core.touch();
  }

  private clear(condition: number): void {
    if (this.address !== 0) this.core.exports.descriptor_clear(this.address, condition);
  }

  private force(condition: number): void {
    if (this.address === 0) return;
    this.core.exports.descriptor_force(this.address, condition);
    this.core.touch();
  }

  private setPriority(condition: number, priority: Priority): void {
    checkPriority(priority, `${CONDITION_NAMES[condition]} upcalls`);
    if (this.address !== 0) this.core.exports.descriptor_set_priority(this.address, condition, priority);
  }

  private condition(condition: number, transfer: () => Transfer): TransferCondition {
    return {
      arm: () => this.register(condition, Infinity, () => transfer().occurred()),
      clear: () => this.clear(condition),
    };
  }

  /** Closed or released: the core has queued what was registered. */
  private leave(status: Status): void {
    this.core.exports.descriptor_destroy(this.address);
    this.address = 0;
    this.core.receivers.remove(this.tag);
    this.core.live.descriptors--;
    this.reading.end(status);
    this.writing.end(status);
    this.core.touch();
  }

  private deadline(name: string, deadline: Date | number): number {
    const options = typeof deadline === "number" ? { timeoutMs: deadline } : { deadline };
    return deadlineNs(this.core.clock, options, name);
  }

  private count(condition: number, change: number): void {
    this.waiting[condition] = (this.waiting[condition] as number) + change;
  }

  private checkOpen(name: string): void {
    if (this.address === 0) refuse(`${name} of a closed descriptor`);
  }

  private checkNoTransfer(name: string, condition: number): void {
    if (condition === READABLE && !this.reading.isIdle) refuse(`${name} while a notifyAfterRead is outstanding`);
    if (condition === WRITABLE && !this.writing.isIdle) refuse(`${name} while a notifyAfterWrite is outstanding`);
  }

  private checkTransfer(name: string, condition: number, upcall: unknown): void {
    this.checkOpen(name);
    checkUpcall(name, upcall);
    if (this.waiting[condition] === 0) return;
    refuse(`${name} while an upcall waits for ${CONDITION_NAMES[condition]}: one flavour at a time`);
  }
}

function checkUpcall(name: string, upcall: unknown): void {
  if (typeof upcall !== "function") refuseArgument(`the upcall of ${name} must be a function`);
}

function isRegistered(state: number, condition: number): boolean {
  return (state >>> (REGISTERED_SHIFT + condition) & 1) !== 0;
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
