// The way from one resolver to its nameservers: what is known of them, and how many questions may be out at a time.
//
// The window of questions is small at first and grows with every answer while more wait, up to DNS_IN_FLIGHT_MAX; a try
// without an answer halves it. So however many are asked at once, a server's buffer is not flooded with them.

import { DNS_IN_FLIGHT_MAX, DNS_IN_FLIGHT_MIN } from "../base/limits";
import * as timers from "../time/timer-heap";
import { Timer } from "../time/timer-heap";
import { SocketAddress } from "../wasi/network";
import { Exchange } from "./in-flight";
import { SERVER_BYTES, Server } from "./server";
import * as streamChannels from "./stream-channel";

const SERVERS_AT: usize = (offsetof<Channel>() + 7) & ~7;

@unmanaged
export class Channel {
  count: i32;
  /** Rounds of tries: each server is asked once in each. */
  rounds: u32;
  /** Nanoseconds that a try waits while the server's round trip is not known. */
  tryNs: u64;
  /** Questions that are out, and how many may be. */
  inFlight: i32;
  window: i32;
  /** Questions that wait for their turn, oldest first. */
  first: usize;
  last: usize;
  /** A timer that lets those out that may go, after a cancel; or 0. */
  release: usize;

  @inline serverAt(index: i32): Server {
    return changetype<Server>(changetype<usize>(this) + SERVERS_AT + <usize>index * SERVER_BYTES);
  }

  enqueue(exchange: Exchange): void {
    exchange.previous = this.last;
    exchange.next = 0;
    if (this.last) changetype<Exchange>(this.last).next = changetype<usize>(exchange);
    else this.first = changetype<usize>(exchange);
    this.last = changetype<usize>(exchange);
  }

  dequeue(exchange: Exchange): void {
    if (exchange.previous) changetype<Exchange>(exchange.previous).next = exchange.next;
    else this.first = exchange.next;
    if (exchange.next) changetype<Exchange>(exchange.next).previous = exchange.previous;
    else this.last = exchange.previous;
  }

  /** A question was answered. */
  widen(): void {
    if (this.first && this.window < DNS_IN_FLIGHT_MAX) this.window++;
  }

  /** A question was not answered in time. */
  narrow(): void {
    this.window = max(this.window >> 1, DNS_IN_FLIGHT_MIN);
  }
}

let channels: i32 = 0;

/**
 * A channel to `count` nameservers (their socket addresses one after the other; copied), in the order in which they are
 * to be asked. The first try of a question waits `timeoutMs` at most, and every server is asked up to `tries` times;
 * both are at least 1. The caller owns the channel.
 */
export function create(servers: usize, count: i32, timeoutMs: u32, tries: u32): Channel {
  const bytes = SERVERS_AT + <usize>count * SERVER_BYTES;
  const channel = changetype<Channel>(heap.alloc(bytes));
  memory.fill(changetype<usize>(channel), 0, bytes);
  channel.count = count;
  channel.rounds = min<u32>(max<u32>(tries, 1), u8.MAX_VALUE);
  channel.tryNs = <u64>max<u32>(timeoutMs, 1) * 1_000_000;
  channel.window = DNS_IN_FLIGHT_MIN;
  for (let i = 0; i < count; i++) {
    const server = channel.serverAt(i);
    server.address.copyFrom(changetype<SocketAddress>(servers + <usize>i * offsetof<SocketAddress>()));
  }
  channels++;
  return channel;
}

/** Closes every connection. No question is out or waits any more. */
export function destroy(channel: Channel): void {
  assert(!channel.inFlight && !channel.first, "questions are left");
  for (let i = 0; i < channel.count; i++) {
    streamChannels.detach(channel.serverAt(i)); // a port closes with its last question
  }
  if (channel.release) timers.free(changetype<Timer>(channel.release));
  heap.free(changetype<usize>(channel));
  channels--;
}

/** Channels that are not destroyed. */
export function liveCount(): i32 {
  return channels;
}
