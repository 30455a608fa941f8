// The promise forms: an engine's connections, listeners and timers for `await` and `for await`.

export { AcceptQueue, type AcceptOptions, listen, type ListenOptions } from "./promises/accept-queue.js";
export { connect, type ConnectStreamOptions } from "./promises/connect.js";
export {
  type ChunkOptions, EndpointStream, type ReadOptions, type WriteOptions,
} from "./promises/endpoint-stream.js";
export {
  type LookupPromiseOptions, lookupHostname, lookupSRV, lookupTXT,
} from "./promises/lookup.js";
export { sleep, type SleepOptions } from "./promises/sleep.js";
