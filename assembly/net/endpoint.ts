// One end of an open connection: a socket and its two streams, or the process's stdin and stdout.
//
//   create --> OPEN -- close() --> CLOSED (everything dropped)
//               |                    ^
//               +-- finish() --> DRAINING: written bytes are still on their way
//
// Dropping an output stream may wait, in some runtimes, until the peer has taken what was written. A peer that
// never reads would then hold the whole engine, so an endpoint with bytes on their way is only dropped when its
// output says that they are gone.

import { Pool } from "../base/pool";
import * as readiness from "../poll/readiness";
import { IDLE, Source } from "../poll/source";
import * as streams from "../wasi/streams";
import * as tcp from "../wasi/tcp";

@unmanaged
export class Endpoint {
  /** 0 for stdin and stdout. */
  socket: u32;
  input: u32;
  output: u32;
  readable: Source;
  writable: Source;
}

const pool = new Pool(offsetof<Endpoint>());

/** Table index of a `() => void`. */
let closed: u32 = nobody.index;

/** `run` runs after each endpoint that is closed: there is room for one more. */
export function onClosed(run: () => void): void {
  closed = run.index;
}

/** Takes ownership of the three handles. */
export function create(socket: u32, input: u32, output: u32): Endpoint {
  const endpoint = changetype<Endpoint>(pool.take());
  endpoint.socket = socket;
  endpoint.input = input;
  endpoint.output = output;
  endpoint.readable = readiness.create(unowned, 0);
  endpoint.writable = readiness.create(unowned, 0);
  return endpoint;
}

/** Endpoints that are not yet closed, draining ones included. */
export function liveCount(): i32 {
  return pool.live;
}

/** Who hears when the input has something. One reader at a time. */
export function setReader(endpoint: Endpoint, run: (owner: usize) => void, owner: usize): void {
  endpoint.readable.run = run.index;
  endpoint.readable.owner = owner;
}

/** Who hears when the output takes something. One writer at a time. */
export function setWriter(endpoint: Endpoint, run: (owner: usize) => void, owner: usize): void {
  endpoint.writable.run = run.index;
  endpoint.writable.owner = owner;
}

/** Runs the reader when the input has something. Nothing changes when it waits or is queued already. */
export function waitReadable(endpoint: Endpoint): void {
  const source = endpoint.readable;
  if (source.state != IDLE) return;
  if (!source.pollable) readiness.subscribe(source, streams.subscribeInput(endpoint.input));
  readiness.wait(source);
}

/** Runs the writer when the output takes something. Nothing changes when it waits or is queued already. */
export function waitWritable(endpoint: Endpoint): void {
  const source = endpoint.writable;
  if (source.state != IDLE) return;
  if (!source.pollable) readiness.subscribe(source, streams.subscribeOutput(endpoint.output));
  readiness.wait(source);
}

/** Closes both directions and drops everything once written bytes are gone. The caller forgets it. */
export function finish(endpoint: Endpoint): void {
  // Either way there is no permit from here on until every byte has left.
  if (endpoint.socket) tcp.shutdown(endpoint.socket, tcp.SHUTDOWN_BOTH);
  else streams.flush(endpoint.output);
  readiness.free(endpoint.readable);
  readiness.rest(endpoint.writable);
  if (endpoint.writable.state != IDLE) { // queued for the owner that is leaving
    readiness.free(endpoint.writable);
    endpoint.writable = readiness.create(unowned, 0);
  }
  endpoint.readable = changetype<Source>(0);
  setWriter(endpoint, drain, changetype<usize>(endpoint));
  drain(changetype<usize>(endpoint));
}

function drain(owner: usize): void {
  const endpoint = changetype<Endpoint>(owner);
  if (streams.checkWrite(endpoint.output) == 0) waitWritable(endpoint);
  else close(endpoint);
}

/** Drops children before parents: pollables, streams, socket. */
function close(endpoint: Endpoint): void {
  readiness.free(endpoint.writable);
  streams.dropInput(endpoint.input);
  streams.dropOutput(endpoint.output);
  if (endpoint.socket) tcp.drop(endpoint.socket);
  pool.give(changetype<usize>(endpoint));
  call_indirect<void>(closed);
}

function nobody(): void {}

function unowned(owner: usize): void {
  assert(false, "an event for an endpoint that nobody reads or writes");
}
