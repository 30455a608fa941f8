// The part of event-engine:engine that the example needs, as classes over its imported functions. wit/ documents them.
import { results, takeString } from "./memory";

/** A deadline that never comes. */
export const NEVER: u64 = u64.MAX_VALUE;

// ---- addresses ------------------------------------------------------------------------------------------------------

@external("event-engine:engine/addresses@0.1.0", "parse")
declare function addresses_parse(text: usize, length: usize, result: usize): void;
@external("event-engine:engine/addresses@0.1.0", "format")
declare function addresses_format(
  kind: i32, a: i32, b: i32, c: i32, d: i32, e: i32, f: i32, g: i32, h: i32, i: i32, j: i32, k: i32, result: usize,
): void;

/**
 * Twelve numbers are an ip-socket-address in a call: which family, and the fields of the larger one, of which the
 * smaller one uses the first. For IPv4 those are the port and four bytes.
 */
class Address {
  readonly numbers: StaticArray<i32> = new StaticArray<i32>(12);
}

/** The address in a text like `127.0.0.1:80` or `[::1]:80`; null for any other text. */
export function parseAddress(text: string): Address | null {
  const bytes = String.UTF8.encode(text);
  addresses_parse(changetype<usize>(bytes), bytes.byteLength, results);
  if (load<u8>(results)) return null;
  const address = new Address();
  const numbers = address.numbers;
  const fields = results + 8;
  numbers[0] = load<u8>(results, 4);
  numbers[1] = load<u16>(fields);
  if (numbers[0] == 0) {
    for (let at = 0; at < 4; at++) numbers[2 + at] = load<u8>(fields + at, 2);
  } else {
    numbers[2] = load<i32>(fields, 4);
    for (let at = 0; at < 8; at++) numbers[3 + at] = load<u16>(fields + (at << 1), 8);
    numbers[11] = load<i32>(fields, 24);
  }
  return address;
}

/** The text of an address, with another port. */
export function formatAddress(address: Address, port: u16): string {
  const n = address.numbers;
  addresses_format(n[0], port, n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10], n[11], results);
  return takeString(results);
}

// ---- completion queues ----------------------------------------------------------------------------------------------

@external("event-engine:engine/completion-queues@0.1.0", "[static]completion-queue.create-for-next")
declare function completion_queue_create_for_next(): i32;
@external("event-engine:engine/completion-queues@0.1.0", "[method]completion-queue.next")
declare function completion_queue_next(self: i32, deadline: u64, result: usize): void;

/** What `CompletionQueue.next` took last. */
export namespace event {
  export let success: bool = false;
  export let tag: u64 = 0;
  export let value: u64 = 0;
}

/** A queue of the NEXT kind. */
export class CompletionQueue {
  readonly handle: i32 = completion_queue_create_for_next();

  /** Waits for the oldest event, at most until `deadline`, and puts it into `event`. */
  next(deadline: u64): void {
    completion_queue_next(this.handle, deadline, results);
    event.success = load<bool>(results, 1);
    event.tag = load<u64>(results, 8);
    event.value = load<u64>(results, 16);
  }
}

// ---- slice buffers --------------------------------------------------------------------------------------------------

@external("event-engine:engine/slices@0.1.0", "[constructor]slice-buffer")
declare function slice_buffer_constructor(): i32;
@external("event-engine:engine/slices@0.1.0", "[resource-drop]slice-buffer")
declare function slice_buffer_drop(self: i32): void;

/** Bytes that stay with the engine. */
export class SliceBuffer {
  readonly handle: i32 = slice_buffer_constructor();

  drop(): void {
    slice_buffer_drop(this.handle);
  }
}

// ---- endpoints ------------------------------------------------------------------------------------------------------

@external("event-engine:engine/endpoints@0.1.0", "claim")
declare function endpoints_claim(ticket: u64, result: usize): void;
@external("event-engine:engine/endpoints@0.1.0", "[method]endpoint.read")
declare function endpoint_read(self: i32, queue: i32, tag: u64, into: i32, hint: i32, inline: bool): i32;
@external("event-engine:engine/endpoints@0.1.0", "[method]endpoint.write")
declare function endpoint_write(self: i32, queue: i32, tag: u64, data: i32, maxFrame: i32, inline: bool): i32;
@external("event-engine:engine/endpoints@0.1.0", "[resource-drop]endpoint")
declare function endpoint_drop(self: i32): void;

/** A connection. */
export class Endpoint {
  constructor(readonly handle: i32) {}

  /** Fills the buffer with what the peer sends; an event says when. */
  read(queue: CompletionQueue, tag: u64, into: SliceBuffer): void {
    endpoint_read(this.handle, queue.handle, tag, into.handle, 0, false);
  }

  /** Writes the buffer, which is empty again when this returns; an event says when the stream has taken it. */
  write(queue: CompletionQueue, tag: u64, data: SliceBuffer): void {
    endpoint_write(this.handle, queue.handle, tag, data.handle, 0, false);
  }

  drop(): void {
    endpoint_drop(this.handle);
  }
}

/** The endpoint that an event brought. */
export function claim(ticket: u64): Endpoint | null {
  endpoints_claim(ticket, results);
  return load<u8>(results) ? new Endpoint(load<i32>(results, 4)) : null;
}

// ---- listeners ------------------------------------------------------------------------------------------------------

@external("event-engine:engine/listeners@0.1.0", "[constructor]listener")
declare function listener_constructor(
  keepAlive: bool, keepAliveIdle: u64, keepAliveInterval: u64, keepAliveCount: i32,
  receiveBuffer: i32, sendBuffer: i32, hopLimit: i32, backlog: i32,
): i32;
@external("event-engine:engine/listeners@0.1.0", "[method]listener.bind")
declare function listener_bind(
  self: i32,
  kind: i32, a: i32, b: i32, c: i32, d: i32, e: i32, f: i32, g: i32, h: i32, i: i32, j: i32, k: i32, result: usize,
): void;
@external("event-engine:engine/listeners@0.1.0", "[method]listener.start")
declare function listener_start(self: i32, result: usize): void;
@external("event-engine:engine/listeners@0.1.0", "[method]listener.accept")
declare function listener_accept(self: i32, queue: i32, tag: u64): i32;

/** A listener with the options that the system likes. */
export class Listener {
  readonly handle: i32 = listener_constructor(false, 0, 0, 0, 0, 0, 0, 0);

  /** The port, or -1. */
  bind(address: Address): i32 {
    const n = address.numbers;
    listener_bind(
      this.handle, n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10], n[11], results,
    );
    return load<u8>(results) ? -1 : load<u16>(results, 2);
  }

  start(): bool {
    listener_start(this.handle, results);
    return load<u8>(results) == 0;
  }

  /** Lets one connection in; its event has the ticket for `claim`. */
  accept(queue: CompletionQueue, tag: u64): void {
    listener_accept(this.handle, queue.handle, tag);
  }
}
