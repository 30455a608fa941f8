// Connection attempts:
//
//   PENDING -- entry in the ring --> onConnect, exactly once
//      |------ cancelConnect ------> forgotten; onConnect never runs
//      +------ the engine closes --> onConnect with CANCELLED, through the queue
//
// What the core answers for a handle is what counts: once it says that an attempt ended, onConnect will run.

import { type AddressLike, ResolvedAddress } from "./address.js";
import { ADDRESSES_MAX, type CoreEngine, type Receiver } from "./core-engine.js";
import { deadlineNs } from "./deadline.js";
import { CoreEndpoint } from "./endpoint.js";
import { putSettings, settingsOf } from "./endpoint-config.js";
import { ConnectionHandle, newSpace } from "./handles.js";
import type { ConnectAddress, ConnectCallback, ConnectOptions } from "./interfaces.js";
import { CoreMemoryAllocator } from "./memory-allocator.js";
import { refuseArgument } from "./status.js";
import { CLOSED_STATUS, type Ending, statusFrom } from "./status-table.js";

/** The latest attempt of each slot of the core. */
type Pending = (Attempt | null)[];

class Attempt implements Receiver {
  readonly tag: number;
  handle = ConnectionHandle.invalid;

  constructor(
    private readonly core: CoreEngine,
    private readonly pending: Pending,
    private readonly onConnect: ConnectCallback,
    private readonly allocator: CoreMemoryAllocator,
  ) {
    this.tag = core.receivers.add(this);
    core.live.connects++;
  }

  completed(_kind: number, ending: Ending, address: number): void {
    const { core } = this;
    const status = statusFrom(ending);
    this.forget();
    if (status.ok && !core.isClosing) {
      this.onConnect(status, new CoreEndpoint(core, address, this.allocator));
      return;
    }
    this.allocator.letGo();
    if (status.ok) {
      core.exports.endpoint_destroy(address);
      core.touch();
    }
    this.onConnect(status.ok ? CLOSED_STATUS : status, null);
  }

  close(): void {
    // Otherwise its entry is in the ring already, or will be.
    if (!this.cancel()) return;
    this.core.post(() => this.onConnect(CLOSED_STATUS, null));
  }

  cancel(): boolean {
    if (!this.core.exports.connect_cancel(this.handle.slot, this.handle.generation)) return false;
    this.core.touch();
    this.forget();
    this.allocator.letGo();
    return true;
  }

  private forget(): void {
    this.core.receivers.remove(this.tag);
    this.core.live.connects--;
    if (this.pending[this.handle.slot] === this) this.pending[this.handle.slot] = null;
  }
}

export class Connector {
  private readonly space = newSpace();
  private readonly pending: Pending = [];

  constructor(
    private readonly core: CoreEngine,
    private readonly makeAllocator: (name: string) => CoreMemoryAllocator,
  ) {}

  connect(onConnect: ConnectCallback, address: ConnectAddress, options: ConnectOptions): ConnectionHandle {
    const { core } = this;
    if (typeof onConnect !== "function") refuseArgument("onConnect must be a function");
    const list: readonly AddressLike[] = Array.isArray(address) ? address : [address as AddressLike];
    const addresses = Array.from(list, (each) => ResolvedAddress.from(each));
    if (addresses.length < 1 || addresses.length > ADDRESSES_MAX) {
      refuseArgument(`${addresses.length} addresses to connect to: want 1 to ${ADDRESSES_MAX}`);
    }
    const endNs = deadlineNs(core.clock, options, "a connect");
    const settings = settingsOf(options.config);
    const allocator = options.allocator ?? this.makeAllocator(String(addresses[0]));
    if (!(allocator instanceof CoreMemoryAllocator)) refuseArgument("want a memory allocator of this event engine");
    allocator.hold(core);
    const attempt = new Attempt(core, this.pending, onConnect, allocator);
    for (const [index, each] of addresses.entries()) core.putAddress(index, each.socketAddress);
    putSettings(core, settings);
    const slot = core.exports.connect_start(addresses.length, endNs, attempt.tag) >>> 0;
    attempt.handle = new ConnectionHandle(slot, core.result(0), this.space);
    while (this.pending.length <= slot) this.pending.push(null);
    this.pending[slot] = attempt;
    core.touch();
    return attempt.handle;
  }

  cancel(handle: ConnectionHandle): boolean {
    const attempt = handle.space === this.space ? this.pending[handle.slot] : null;
    return attempt?.handle.equals(handle) === true && attempt.cancel();
  }
}
