// The event engine of the TypeScript face: one instance of the component, its host, and the objects over it.
//
//   OPEN -- close() --> RUNNING OUT -- what was given to `run` has run --> SHUTTING DOWN -- the core says -2 --> CLOSED
//     |                 new work is refused                     everything ends, callbacks run                     ^
//     +-----------+-- FAILED: the component trapped, or the loop under it refused ---------+-- all are told why ---+
//
// A failure may come inside of anybody's call: there everything is only taken out of service (core-engine.ts), and who
// is to hear of it does so in a microtask.
//
// While an event manager holds it, `close` leaves it OPEN; the last hold's end closes it then.

import { CoreProgram } from "./core-program.js";
import { ENGINE_REQUIRED, type EngineExports, KIND_READ, KIND_WRITE } from "./core-exports.js";
import { CompletionQueues } from "./completion-queues.js";
import { Completions } from "./completions.js";
import { Connector } from "./connector.js";
import { CoreEngine } from "./core-engine.js";
import { CoreDNSResolver } from "./dns-resolver.js";
import { settingsOf } from "./endpoint-config.js";
import { EngineTurns, type CoreTurn } from "./engine-turns.js";
import type { ConnectionHandle, TaskHandle } from "./handles.js";
import type * as face from "./interfaces.js";
import { CoreListener } from "./listener.js";
import { liveCounts } from "./live-counts.js";
import { CoreMemoryAllocator } from "./memory-allocator.js";
import { CoreMemoryQuota } from "./memory-quota.js";
import { defaultPlatform, platformDefaults } from "./platform-defaults.js";
import type {
  CompletionFunctor, CompletionQueue, CompletionQueueAttributes, CompletionQueueFactory, CompletionType,
} from "./queue-interfaces.js";
import { Reactor } from "./reactor.js";
import { CoreSliceBuffer } from "./slice-buffer.js";
import { type EngineStats, statisticsOf, type TurnReport } from "./stats.js";
import { refuseArgument, type Status, StatusError } from "./status.js";
import { CLOSED_STATUS } from "./status-table.js";
import { TaskRunner } from "./task-runner.js";
import { type Grants, type Platform, WasiHost } from "../wasi/wasi-host.js";

export interface EventEngineOptions {
  /** The component, or where it lies. Default: the one that comes with this package. */
  readonly wasm?: Uint8Array | URL;
  /** Where sockets, time and random bytes come from. Default: this platform's own. */
  readonly platform?: Platform;
  /** The bound on what connections take, in bytes or in detail. Default: none. */
  readonly quota?: number | face.MemoryQuotaOptions;
  /** What the component may use. Default: TCP and name look-up, without limits. */
  readonly grants?: Grants;
  /** Told what a callback threw. Default: it is thrown again by itself, so that the platform reports it. */
  readonly onUncaught?: (error: unknown) => void;
  /**
   * Timers, tasks and sockets that one turn handles at most, each, and callbacks that are called before the platform's
   * other events have their turn: 1 to 1,048,576. Default 1,024.
   */
  readonly turnBound?: number;
  /** Told of each turn of the platform when it ends. Its calls of the engine are taken up by the next one. */
  readonly onTurn?: (turn: TurnReport) => void;
}

/** What an engine stands on: the exports and the turns of a core, and the host that the core has. */
export interface EngineParts {
  readonly core: CoreEngine;
  readonly program: CoreTurn;
  readonly host: WasiHost;
}

const TURN_BOUND_MAX = 2 ** 20;

/** For `queryExtension`: the WasiHost under the engine, for tools that count handles and sockets. */
const HOST_EXTENSION = "event-engine.host";

export class EventEngine implements face.EventEngine {
  readonly memoryQuota: face.MemoryQuota;
  /** @internal */
  readonly core: CoreEngine;
  /** @internal */
  readonly tasks: TaskRunner;
  /**
   * What the engine did since it was made; also after `close`. The length of turns is measured from the first call on,
   * or from the beginning when there is `onTurn`.
   */
  readonly stats: () => EngineStats;
  /** @internal Event managers may hold it: told of each `close`, it answers whether that waits (holds.ts). */
  held?: () => boolean;
  /** Tasks whose time had not come when the engine was closed. */
  droppedTasks = 0;
  private readonly host: WasiHost;
  private readonly connector: Connector;
  private readonly queues: CompletionQueues;
  private readonly turns: EngineTurns;
  private readonly ended: Promise<void>;
  private readonly ending = new AbortController();
  private isShuttingDown = false;

  /** @internal Use `EventEngine.create`. */
  constructor({ core, program, host }: EngineParts, options: EventEngineOptions = {}) {
    const { turnBound, onTurn } = options;
    if (turnBound !== undefined) {
      if (!(Number.isInteger(turnBound) && turnBound > 0 && turnBound <= TURN_BOUND_MAX)) {
        refuseArgument("turnBound: want a whole number from 1 to 1048576");
      }
      core.exports.set_turn_bound(turnBound);
    }
    const uncaught = guarded(options.onUncaught ?? throwLater);
    this.core = core;
    this.host = host;
    const quota = typeof options.quota === "number" ? { sizeBytes: options.quota } : options.quota;
    this.memoryQuota = new CoreMemoryQuota(core, { name: "event engine", ...quota }, true);
    this.tasks = new TaskRunner(core);
    this.connector = new Connector(core, (name) => this.ownQuota.createAllocator(name));
    this.queues = new CompletionQueues(core, this.tasks, uncaught);
    const completions = new Completions(core, this.tasks, uncaught, turnBound);
    this.turns = new EngineTurns(core, program, this.tasks, completions);
    this.turns.afterCallbacks = () => this.goOnClosing();
    this.stats = statisticsOf(core, this.turns, uncaught, onTurn);
    const reactor = new Reactor(this.turns, host);
    core.wake = () => reactor.wake();
    core.post = (callback) => this.tasks.post(callback);
    this.turns.failed = (cause) => {
      core.fail(cause);
      completions.stop();
    };
    // All that the core ever says there is which assertion failed; then it traps, in whoever's call that is.
    host.onStderr = () => reactor.fail(new Error("an assertion failed, as stderr says"));
    const end = (): void => this.end(uncaught);
    this.ended = reactor.run().then(end, end);
  }

  /** An engine of its own: for one channel, one server, or the whole process. Its owner closes it. */
  static async create(options: EventEngineOptions = {}): Promise<EventEngine> {
    const platform = options.platform ?? defaultPlatform();
    const { wasm } = options;
    const bytes = wasm instanceof Uint8Array ? wasm : await platformDefaults().load(wasm);
    // Another platform has an environment of its own.
    const env = options.platform === undefined ? platformDefaults().environment() : platform.environment ?? {};
    const host = new WasiHost(platform, options.grants ?? { tcp: true, udp: true, nameLookup: true, env });
    const program = await CoreProgram.instantiate(bytes, host, ENGINE_REQUIRED);
    const core = new CoreEngine(program.exports as EngineExports, program.memory, platform.clock);
    return new EventEngine({ core, program, host }, options);
  }

  run(closure: face.Closure): void {
    this.tasks.run(closure);
  }

  runAt(when: Date, closure: face.Closure, options?: face.TimerOptions): TaskHandle {
    return this.tasks.runAt(when, closure, options?.slackMs ?? 0);
  }

  runAfter(delayMs: number, closure: face.Closure, options?: face.TimerOptions): TaskHandle {
    return this.tasks.runAfter(delayMs, closure, options?.slackMs ?? 0);
  }

  cancel(handle: TaskHandle): boolean {
    return this.tasks.cancel(handle);
  }

  createListener(
    onAccept: face.AcceptCallback, onShutdown: (status: Status) => void,
    config?: face.EndpointConfig | face.EndpointOptions, factory?: face.MemoryAllocatorFactory,
  ): face.Listener {
    this.core.checkOpen("createListener");
    if (typeof onAccept !== "function" || typeof onShutdown !== "function") {
      refuseArgument("onAccept and onShutdown must be functions");
    }
    return new CoreListener(this.core, {
      onAccept, onShutdown, settings: settingsOf(config), quotaAddress: this.ownQuota.address,
      factory: factory ?? { createMemoryAllocator: (name) => this.ownQuota.createAllocator(name) },
    });
  }

  connect(
    onConnect: face.ConnectCallback, address: face.ConnectAddress, options: face.ConnectOptions = {},
  ): ConnectionHandle {
    this.core.checkOpen("connect");
    return this.connector.connect(onConnect, address, options);
  }

  cancelConnect(handle: ConnectionHandle): boolean {
    return this.connector.cancel(handle);
  }

  getDNSResolver(options: face.ResolverOptions = {}): face.DNSResolver {
    this.core.checkOpen("getDNSResolver");
    return new CoreDNSResolver(this.core, options, (name) => this.ownQuota.createAllocator(name));
  }

  createSliceBuffer(allocator?: face.MemoryAllocator): face.SliceBuffer {
    this.core.checkOpen("createSliceBuffer");
    if (allocator === undefined) return new CoreSliceBuffer(this.core, null);
    if (!(allocator instanceof CoreMemoryAllocator)) refuseArgument("want a memory allocator of this event engine");
    allocator.addressFor(this.core);
    return new CoreSliceBuffer(this.core, allocator);
  }

  createMemoryQuota(options?: face.MemoryQuotaOptions): face.MemoryQuota {
    this.core.checkOpen("createMemoryQuota");
    return new CoreMemoryQuota(this.core, options);
  }

  /**
   * The factory of completion queues with these attributes; an unknown version or type is refused. (Completion queues
   * are not in the EventEngine texts.)
   */
  completionQueueFactory(attributes: CompletionQueueAttributes): CompletionQueueFactory {
    this.core.checkOpen("completionQueueFactory");
    return this.queues.factory(attributes);
  }

  createCompletionQueueForNext(): CompletionQueue {
    return this.queueOf("next");
  }

  createCompletionQueueForPluck(): CompletionQueue {
    return this.queueOf("pluck");
  }

  createCompletionQueueForCallback(onShutdown: CompletionFunctor): CompletionQueue {
    return this.queueOf("callback", { onShutdown });
  }

  /**
   * Runs `run` and answers what it answers. Functors of completion queues that become due meanwhile run when the
   * outermost scope ends, before this returns (so a scope does not outlast an `await`); without a scope they run in a
   * turn of the engine.
   */
  applicationCallbackScope<T>(run: () => T): T {
    return this.queues.scope(run);
  }

  live(): Record<string, number> {
    return { queueTags: this.queues.liveCount, ...liveCounts(this.core, this.tasks) };
  }

  /** Bytes of linear memory; it grows with the greatest need so far and never shrinks. */
  get memoryBytes(): number {
    return this.core.bytes().length;
  }

  queryExtension(id: string): unknown {
    return id === HOST_EXTENSION ? this.host : null;
  }

  get isClosed(): boolean {
    return this.core.isClosing;
  }

  get closing(): AbortSignal {
    return this.ending.signal;
  }

  close(): Promise<void> {
    if (this.core.isClosing || this.held?.()) return this.ended;
    this.core.isClosing = true;
    this.core.touch();
    if (this.core.failure === null) this.ending.abort(new StatusError(CLOSED_STATUS));
    return this.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private queueOf(completionType: CompletionType, more?: Partial<CompletionQueueAttributes>): CompletionQueue {
    const attributes = { version: more ? 2 : 1, completionType, pollingType: "default", ...more } as const;
    return this.completionQueueFactory(attributes).create();
  }

  private get ownQuota(): CoreMemoryQuota {
    return this.memoryQuota as CoreMemoryQuota;
  }

  /** After the callbacks of a turn: what was given to `run` comes first, then everything else ends. */
  private goOnClosing(): void {
    if (!this.core.isClosing || this.isShuttingDown || this.tasks.hasRuns) return;
    this.isShuttingDown = true;
    for (const receiver of this.core.receivers.all()) receiver.close();
    this.core.exports.engine_shutdown();
    this.droppedTasks = this.tasks.dropSilent();
    this.core.touch();
  }

  private end(uncaught: (error: unknown) => void): void {
    const { core } = this;
    core.isClosing = true;
    core.wake = () => {};
    if (core.failure !== null) this.tellFailure(core.failure, uncaught);
    this.queues.finish();
    this.ownQuota.end();
  }

  /** Ends everything as a close does, but with the failure's status, and no turn of the core takes part. */
  private tellFailure(failure: StatusError, uncaught: (error: unknown) => void): void {
    const { core, tasks } = this;
    const tell = (call: () => void): void => {
      try {
        call();
      } catch (error) {
        uncaught(error);
      }
    };
    uncaught(failure.cause);
    this.ending.abort(failure);
    this.droppedTasks += tasks.giveUp(failure.status, tell);
    for (const receiver of core.receivers.all()) tell(() => receiver.close());
    for (const kind of [KIND_READ, KIND_WRITE]) {
      for (const receiver of core.receivers.all()) tell(() => receiver.completed(kind, failure.status, 0));
    }
    tasks.giveUp(failure.status, tell); // what these asked for
    tell(() => this.host.close()); // once more, for the stream of its last words
  }
}

/** The platform reports it as it reports any uncaught exception; the engine goes on. */
function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** What the handler itself throws is nobody's but the platform's. */
function guarded(uncaught: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    try {
      uncaught(error);
    } catch (second) {
      throwLater(second);
    }
  };
}
