// The probe of exchanges: questions to nameservers over UDP and TCP, turned by hand. `done` calls `ended` with the
// owner's number; the results are read with the functions below while it runs.

import { realloc, usedBytes } from "../../../assembly/abi/arena";
import * as channels from "../../../assembly/dns/channel";
import { Channel } from "../../../assembly/dns/channel";
import * as exchanges from "../../../assembly/dns/exchange";
import { Exchange } from "../../../assembly/dns/exchange";
import * as ports from "../../../assembly/dns/ports";
import * as streamChannels from "../../../assembly/dns/stream-channel";
import * as connections from "../../../assembly/net/connection";
import * as endpoints from "../../../assembly/net/endpoint";
import * as readiness from "../../../assembly/poll/readiness";
import * as clock from "../../../assembly/time/clock";
import * as timers from "../../../assembly/time/timer-heap";
import { SocketAddress, dropInstanceNetwork, liftSocketAddress } from "../../../assembly/wasi/network";
import "../../../assembly/wasi/abort";

export { realloc as cabi_realloc, dropInstanceNetwork };
export { begin, readyBuffer, turn } from "./turns";

@external("test", "ended")
declare function ended(owner: usize): void;

const question: usize = memory.data(256, 8);
const servers: usize = memory.data(8 * 28, 8);

/** Live records by kind. */
export function live(kind: i32): i32 {
  switch (kind) {
    case 0: return exchanges.liveCount();
    case 1: return ports.liveCount();
    case 2: return streamChannels.liveCount();
    case 3: return channels.liveCount();
    case 4: return readiness.liveCount();
    case 5: return timers.liveCount();
    case 6: return timers.scheduledCount();
    case 7: return endpoints.liveCount();
    case 8: return connections.liveCount();
    case 9: return usedBytes();
    default: return -1;
  }
}

/** Where the test puts the wire name of a question. */
export function questionAddress(): usize {
  return question;
}

/** Server `index` is the `ip-socket-address` at `questionAddress()`. */
export function setServer(index: i32): void {
  const server = changetype<SocketAddress>(servers + <usize>index * 28);
  memory.fill(changetype<usize>(server), 0, 28);
  liftSocketAddress(question, server);
}

export function createChannel(count: i32, timeoutMs: u32, tries: u32): Channel {
  return channels.create(servers, count, timeoutMs, tries);
}

export function destroyChannel(channel: Channel): void {
  channels.destroy(channel);
}

export function inFlight(channel: Channel): i32 {
  return channel.inFlight;
}

export function windowOf(channel: Channel): i32 {
  return channel.window;
}

export function roundTripUs(channel: Channel, index: i32): u32 {
  return channel.serverAt(index).roundTripUs;
}

/** Ports of a server: all, and those that take more questions. */
export function portCount(channel: Channel, index: i32): i32 {
  return channel.serverAt(index).portCount;
}

export function freshCount(channel: Channel, index: i32): i32 {
  return channel.serverAt(index).freshCount;
}

export function ask(channel: Channel, type: u16, owner: usize): Exchange {
  clock.update();
  return exchanges.ask(channel, question, type, ended, owner);
}

export function cancel(exchange: Exchange): void {
  exchanges.cancel(exchange);
}

export function lastReason(): i32 {
  return exchanges.lastReason;
}

export function lastTries(): u32 {
  return exchanges.lastTries;
}

export function lastWrong(): u32 {
  return exchanges.lastWrong;
}

export function lastPort(): u32 {
  return exchanges.lastServer.port;
}

export function message(): usize {
  return exchanges.message;
}

export function messageLength(): u32 {
  return exchanges.messageLength;
}
