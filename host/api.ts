// What every platform's entry has: the event engine, and below it the seams and a WASI 0.2 host over a platform of the
// caller's own.

export {
  getDefaultEventEngine, resetEventEngineFactory, setDefaultEventEngine, setEventEngineFactory, SharedEventEngine,
  shutdownDefaultEventEngine,
} from "./engine/default-engine.js";
export { EventEngine, type EventEngineOptions } from "./engine/event-engine.js";
export { EventManager } from "./engine/event-manager/event-manager.js";
export {
  type AlarmClosure, type AlarmKey, type BaseEventManager, type EpollEventManager, NUM_PRIORITIES, Priority, type Task,
  type TaskKey,
} from "./engine/event-manager/interfaces.js";
export {
  type AcceptCallback2021, EventEngine2021, type SliceAllocatorFactory, type StatusCallback,
} from "./engine/event-engine-2021.js";
export { type AddressLike, ResolvedAddress } from "./engine/address.js";
export type {
  DeadlineOptions, DNSResolver, HostnameCallback, LookupOptions, ResolverOptions, SRVCallback, SRVRecord, TXTCallback,
} from "./engine/dns-interfaces.js";
export { DNSResolver2021 } from "./engine/dns-resolver-2021.js";
export { ConnectionHandle, LookupHandle, newSpace as newHandleSpace, TaskHandle } from "./engine/handles.js";
export type {
  AcceptCallback, BindAddress, Closure, ConnectAddress, ConnectCallback, ConnectOptions, Endpoint, EndpointConfig,
  EndpointOptions, EventEngine as EventEngineInterface, Listener, ReadArgs, WriteArgs,
} from "./engine/interfaces.js";
export type {
  ContainerAllocator, MemoryAllocator, MemoryAllocatorFactory, MemoryQuota, MemoryQuotaOptions, MemoryRequest,
  MemoryVector, Owned, ReclamationPass, ReclamationSweep, Reservation, Slice, SliceBuffer, SliceSource,
} from "./engine/memory-interfaces.js";
export { managedPlatform } from "./engine/event-manager/managed-platform.js";
export { registerGlobalEventManager } from "./engine/event-manager/registration.js";
export {
  type Descriptor, NotificationOutcome, type ReadStatus, type WriteInfo, type WriteStatus,
} from "./engine/event-manager/descriptor-interfaces.js";
export { setPlatformDefaults, type PlatformDefaults } from "./engine/platform-defaults.js";
export type {
  CompletionFunctor, CompletionQueue, CompletionQueueAttributes, CompletionQueueFactory, CompletionType, Operation,
  PollingType, QueueEvent, WaitOptions,
} from "./engine/queue-interfaces.js";
export { SliceAllocator } from "./engine/slice-allocator.js";
export { type EngineStats, quantileMs, type TimeHistogram, type TurnReport } from "./engine/stats.js";
export { type Status, StatusCode, StatusError } from "./engine/status.js";
export * from "./engine/promises.js";
export * from "./engine/web-streams.js";

export { CoreProgram } from "./engine/core-program.js";
export { Reactor } from "./engine/reactor.js";
export type { Clock, HeldLoop, TimerId } from "./wasi/clock.js";
export type { DatagramEvents, DatagramSocket } from "./wasi/datagram-transport.js";
export { ErrorCode, errorCodeName } from "./wasi/error-code.js";
export { addressText, Family, makeAddress, parseIp, type SocketAddress } from "./wasi/ip-address.js";
export type { AddressCheck, AddressUse } from "./wasi/socket-context.js";
export type {
  InputEvents, OutputEvents, StandardInput, StandardOutput, StandardStreams,
} from "./wasi/standard-streams.js";
export type {
  Binding, BindOptions, ByteSink, ByteSource, ByteTarget, Connection, ConnectionEvents,
  ConnectOptions as TransportConnectOptions, ListenerEvents, Request, RoomListener, Transport,
} from "./wasi/transport.js";
export { GuestExit, WasiTrap } from "./wasi/trap.js";
export { type Grants, type Platform, WasiHost } from "./wasi/wasi-host.js";
