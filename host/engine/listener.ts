// A listener of the core:
//
//   BINDING -- start --> ACCEPTING -- close --> CLOSING -- entry in the ring --> GONE, after onShutdown
//      +------------------ close ------------------^
//
// Connections that the core accepted before `close` are delivered before `onShutdown`, except when the engine itself
// closes: then they are closed unseen.

import { ResolvedAddress } from "./address.js";
import type { CoreEngine, Receiver } from "./core-engine.js";
import { KIND_ACCEPT } from "./core-exports.js";
import { CoreEndpoint } from "./endpoint.js";
import { putSettings, type Settings } from "./endpoint-config.js";
import type { AcceptCallback, BindAddress, Listener, MemoryAllocatorFactory, Status } from "./interfaces.js";
import { CoreMemoryAllocator } from "./memory-allocator.js";
import { refuse, refuseArgument, StatusError } from "./status.js";
import { codeOfError, type Ending, statusFrom, statusOf } from "./status-table.js";

const enum State {
  Binding,
  Accepting,
  Closing,
  Gone,
}

export interface ListenerOptions {
  readonly onAccept: AcceptCallback;
  readonly onShutdown: (status: Status) => void;
  readonly settings: Settings;
  readonly factory: MemoryAllocatorFactory;
  readonly quotaAddress: number;
}

export class CoreListener implements Listener, Receiver {
  private state = State.Binding;
  private readonly tag: number;
  private readonly address: number;
  private readonly bound: ResolvedAddress[] = [];

  /** @internal */
  constructor(
    private readonly core: CoreEngine,
    private readonly options: ListenerOptions,
  ) {
    this.tag = core.receivers.add(this);
    core.live.listeners++;
    putSettings(core, options.settings);
    this.address = core.exports.listener_create(this.tag, options.quotaAddress);
  }

  bind(address: BindAddress): number {
    const resolved = ResolvedAddress.from(address);
    if (this.state === State.Accepting) refuse("bind after start: bind every address before the listener starts");
    this.checkNotClosed("bind");
    this.core.putAddress(0, resolved.socketAddress);
    const port = this.core.exports.listener_bind(this.address);
    this.core.touch();
    if (port < 0) throw failure(`cannot listen on ${resolved}`, -port);
    this.bound.push(new ResolvedAddress({ ...resolved.socketAddress, port }));
    return port;
  }

  start(): void {
    if (this.state === State.Accepting) refuse("a listener starts once");
    this.checkNotClosed("start");
    if (this.bound.length === 0) refuse("start of a listener that is bound to no address");
    const reason = this.core.exports.listener_start(this.address);
    this.core.touch();
    if (reason !== 0) throw failure(`cannot listen on ${this.bound.join(", ")}`, Math.abs(reason));
    this.state = State.Accepting;
  }

  get boundAddresses(): readonly ResolvedAddress[] {
    return this.bound;
  }

  pause(): void {
    this.checkNotClosed("pause");
    this.core.exports.listener_pause(this.address);
    this.core.touch();
  }

  resume(): void {
    this.checkNotClosed("resume");
    this.core.exports.listener_resume(this.address);
    this.core.touch();
  }

  get isClosed(): boolean {
    return this.state >= State.Closing;
  }

  close(): void {
    if (this.isClosed) return;
    this.state = State.Closing;
    this.core.exports.listener_close(this.address);
    this.core.touch();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal */
  completed(kind: number, ending: Ending, endpoint: number): void {
    if (kind === KIND_ACCEPT) return this.accepted(endpoint);
    this.state = State.Gone;
    this.core.receivers.remove(this.tag);
    this.core.live.listeners--;
    this.options.onShutdown(statusFrom(ending));
  }

  private checkNotClosed(what: string): void {
    if (this.isClosed) this.core.refuse(`${what} of a closed listener`);
  }

  private accepted(address: number): void {
    const { core } = this;
    if (core.isClosing) {
      core.exports.endpoint_destroy(address);
      core.touch();
      return;
    }
    let endpoint: CoreEndpoint;
    try {
      core.exports.endpoint_peer(address, core.argumentsAt);
      const peer = new ResolvedAddress(core.takeAddress()).toString();
      const allocator = this.options.factory.createMemoryAllocator(peer);
      if (!(allocator instanceof CoreMemoryAllocator)) refuseArgument("the factory made a foreign memory allocator");
      allocator.hold(core);
      endpoint = new CoreEndpoint(core, address, allocator);
    } catch (error) {
      core.exports.endpoint_destroy(address);
      core.touch();
      throw error;
    }
    this.options.onAccept(endpoint, endpoint.memoryAllocator);
  }
}

function failure(what: string, reason: number): StatusError {
  const { code, reason: name, message } = statusOf(codeOfError(reason), reason);
  return new StatusError({ code, ok: false, reason: name, message: `${what}: ${message}` });
}
