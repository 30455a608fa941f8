// The EventEngine text of 2021-07 over the same engine. What differs from the text of 2022-02:
//
//   tasks      a callback gets a status and runs exactly once: OK when its time came, CANCELLED when `tryCancel` came
//              first or the engine was shut down; after that it runs at once, inside the call, with CANCELLED
//   connect    answers a status: one that is not OK means that the callback will not run
//   names      `tryCancelLookup` instead of `cancelLookup`: the callback runs, with CANCELLED
//   memory     a SliceAllocator, which waits for memory instead of overcommitting
//
// It uses the interface alone, so any engine will do. Only waiting for memory is not in the interface: that takes a
// quota of ours.

import type { ResolverOptions } from "./dns-interfaces.js";
import { DNSResolver2021 } from "./dns-resolver-2021.js";
import { EventEngine } from "./event-engine.js";
import type { TaskHandle } from "./handles.js";
import type {
  ConnectAddress, ConnectCallback, Endpoint, EndpointConfig, EndpointOptions, EventEngine as EventEngineInterface,
  Listener,
} from "./interfaces.js";
import type { MemoryQuota } from "./memory-interfaces.js";
import { CoreMemoryQuota } from "./memory-quota.js";
import { SliceAllocator } from "./slice-allocator.js";
import { OK_STATUS, refuse, refuseArgument, type Status, StatusError } from "./status.js";
import { type StatusCallback, StatusTasks, type TasksWithStatus } from "./status-tasks.js";

export type { StatusCallback } from "./status-tasks.js";

/** Makes the slice allocator of each accepted connection. */
export interface SliceAllocatorFactory {
  createSliceAllocator(peerName: string): SliceAllocator;
}

/** The endpoint is the callback's to destroy; the allocator is the endpoint's own and ends with it. */
export type AcceptCallback2021 = (endpoint: Endpoint, sliceAllocator: SliceAllocator) => void;

export class EventEngine2021 implements AsyncDisposable {
  private readonly tasks: TasksWithStatus;
  private readonly ownTasks: StatusTasks | null;

  /** Shares the engine with whoever else uses it; makes nothing of its own. */
  constructor(readonly engine: EventEngineInterface) {
    this.ownTasks = engine instanceof EventEngine ? null : new StatusTasks(engine);
    this.tasks = engine instanceof EventEngine ? engine.tasks : this.ownTasks as StatusTasks;
  }

  /** Runs `callback` soon, exactly once; answers a handle for `tryCancel`. */
  run(callback: StatusCallback): TaskHandle {
    return this.tasks.runWithStatus(callback);
  }

  /** Runs `callback` at `when`, or with CANCELLED before that, exactly once. An invalid date is refused. */
  runAt(when: Date, callback: StatusCallback): TaskHandle {
    return this.tasks.runAtWithStatus(when, callback);
  }

  /** Best effort: a callback that has not begun runs soon, with CANCELLED. Otherwise nothing happens. */
  tryCancel(handle: TaskHandle): void {
    this.tasks.tryCancel(handle);
  }

  /** As in the text of 2022, with slice allocators, and with nobody told of the listener's end. */
  createListener(
    onAccept: AcceptCallback2021, config?: EndpointConfig | EndpointOptions, factory?: SliceAllocatorFactory,
  ): Listener {
    if (typeof onAccept !== "function") refuseArgument("onAccept must be a function");
    const makers = factory ?? { createSliceAllocator: (name: string) => this.createSliceAllocator(name) };
    let made: SliceAllocator;
    const accepted = (endpoint: Endpoint): void => onAccept(endpoint, made);
    return this.engine.createListener(accepted, () => {}, config, {
      createMemoryAllocator: (name) => {
        made = makers.createSliceAllocator(name);
        return made.memoryAllocator;
      },
    });
  }

  /** OK: `onConnect` will run exactly once. Otherwise why it never will: the attempt could not even begin. */
  connect(
    onConnect: ConnectCallback, address: ConnectAddress, config?: EndpointConfig | EndpointOptions,
    sliceAllocator?: SliceAllocator, deadline?: Date,
  ): Status {
    try {
      this.engine.connect(onConnect, address, {
        ...(config && { config }), ...(deadline && { deadline }),
        ...(sliceAllocator && { allocator: sliceAllocator.memoryAllocator }),
      });
      return OK_STATUS;
    } catch (error) {
      if (error instanceof StatusError) return error.status;
      throw error;
    }
  }

  /** The caller destroys it. */
  getDNSResolver(options?: ResolverOptions): DNSResolver2021 {
    return new DNSResolver2021(this.engine.getDNSResolver(options), this.engine);
  }

  /** An allocator of `quota`, by default the engine's own. The caller shuts it down, or an endpoint that takes it. */
  createSliceAllocator(name: string, quota: MemoryQuota = this.engine.memoryQuota): SliceAllocator {
    if (!(quota instanceof CoreMemoryQuota)) refuse("want a memory quota of an EventEngine of this package");
    return new SliceAllocator(quota.core, quota.createAllocator(name));
  }

  /** Ends the shared engine as its `close` does. Every task that has not begun runs with CANCELLED. */
  shutdown(): Promise<void> {
    this.ownTasks?.cancelTimers();
    return this.engine.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}
