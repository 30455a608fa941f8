// What passed between the engine and its host, for the statistics. The bindings count, one addition per call.

/** Connections that came in, and connections that were made. */
export let accepted: u64 = 0;
export let connected: u64 = 0;
/** Bytes of streams: connections, and the standard ones of programs. */
export let bytesRead: u64 = 0;
export let bytesWritten: u64 = 0;
/** Calls of wasi:io/poll, and the pollables in their lists. */
export let polls: u64 = 0;
export let polled: u64 = 0;

@inline export function countAccepted(): void {
  accepted++;
}

@inline export function countConnected(): void {
  connected++;
}

@inline export function countRead(bytes: i32): void {
  bytesRead += <u64>bytes;
}

@inline export function countWritten(bytes: i32): void {
  bytesWritten += <u64>bytes;
}

@inline export function countPoll(pollables: i32): void {
  polls++;
  polled += <u64>pollables;
}
