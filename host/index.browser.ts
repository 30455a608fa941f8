// The platform-neutral entry: loading the component and a WASI 0.2 host over a caller's own platform. No transport
// for pages exists yet, so a page brings its own arm of the seams.

export { extractCoreModule } from "./component/core-module.js";
export { CoreProgram } from "./engine/core-program.js";
export { Reactor } from "./engine/reactor.js";
export type { Clock, TimerId } from "./wasi/clock.js";
export { ErrorCode, errorCodeName } from "./wasi/error-code.js";
export { addressText, Family, makeAddress, parseIp, type SocketAddress } from "./wasi/ip-address.js";
export type { AddressCheck, AddressUse } from "./wasi/socket-context.js";
export type {
  InputEvents, OutputEvents, StandardInput, StandardOutput, StandardStreams,
} from "./wasi/standard-streams.js";
export type {
  Binding, BindOptions, ByteSink, ByteSource, ByteTarget, Connection, ConnectionEvents, ConnectOptions,
  ListenerEvents, Request, RoomListener, Transport,
} from "./wasi/transport.js";
export { GuestExit, WasiTrap } from "./wasi/trap.js";
export { type Grants, type Platform, WasiHost } from "./wasi/wasi-host.js";
export { createJcoImports, jcoAsyncImports, type JcoImports } from "./component/jco.js";
