// The probe of the network layer: endpoints, pumps, relays, listeners, connects and look-ups, turned by hand.
// Everything that would call an owner calls `happened` with a kind (the constants below) and the owner's number.

import { realloc, usedBytes } from "../../../assembly/abi/arena";
import * as tasks from "../../../assembly/exec/tasks";
import * as acceptors from "../../../assembly/net/acceptor";
import { AddressList } from "../../../assembly/net/address-list";
import * as connections from "../../../assembly/net/connection";
import * as endpoints from "../../../assembly/net/endpoint";
import { Endpoint } from "../../../assembly/net/endpoint";
import { HostPort } from "../../../assembly/net/host-port";
import { formatSocketAddress, parseIp } from "../../../assembly/net/ip-address";
import * as listeners from "../../../assembly/net/listener";
import { Listener } from "../../../assembly/net/listener";
import * as lookup from "../../../assembly/dns/system-lookup";
import * as pumps from "../../../assembly/net/pump";
import { Pump } from "../../../assembly/net/pump";
import * as relays from "../../../assembly/net/relay";
import { Relay } from "../../../assembly/net/relay";
import { SocketOptions } from "../../../assembly/net/socket-options";
import * as readiness from "../../../assembly/poll/readiness";
import { MemoryQuota } from "../../../assembly/quota/memory-quota";
import * as timers from "../../../assembly/time/timer-heap";
import { SocketAddress, dropInstanceNetwork } from "../../../assembly/wasi/network";
import "../../../assembly/wasi/abort";

export { realloc as cabi_realloc, dropInstanceNetwork };
export { begin, readyBuffer, turn, turnByList } from "./turns";
export * from "./net-descriptor";
export * from "./net-io";

const READER: i32 = 0;
const WRITER: i32 = 1;
const PUMP_DONE: i32 = 2;
const RELAY_DONE: i32 = 3;
const OPENED: i32 = 4;
const ACCEPTED: i32 = 5;
const CONNECTED: i32 = 6;
const RESOLVED: i32 = 7;
const CLOSED: i32 = 8;
const SHUT_DOWN: i32 = 9;

@external("test", "happened")
declare function happened(kind: i32, owner: usize): void;

const input: usize = memory.data(4096, 8);
const listenAddress = changetype<SocketAddress>(memory.data(28, 4));
const addresses = AddressList.create();

/** Live records by kind, as the core's own `live` counts them; -1 past the last. */
export function live(kind: i32): i32 {
  switch (kind) {
    case 0: return readiness.liveCount();
    case 1: return timers.liveCount();
    case 2: return endpoints.liveCount();
    case 3: return pumps.liveCount();
    case 4: return relays.liveCount();
    case 5: return connections.liveCount();
    case 6: return usedBytes();
    case 7: return listeners.liveCount();
    case 8: return acceptors.liveCount();
    case 9: return tasks.liveCount();
    default: return -1;
  }
}

export function inputAddress(): usize {
  return input;
}

// Endpoints

export function endpointCreate(socket: u32, inputStream: u32, outputStream: u32): Endpoint {
  return endpoints.create(socket, inputStream, outputStream);
}

export function tellClosed(): void {
  endpoints.onClosed((): void => happened(CLOSED, endpoints.liveCount()));
}

export function setReader(endpoint: Endpoint, owner: usize): void {
  endpoints.setReader(endpoint, (who: usize): void => happened(READER, who), owner);
}

export function setWriter(endpoint: Endpoint, owner: usize): void {
  endpoints.setWriter(endpoint, (who: usize): void => happened(WRITER, who), owner);
}

export function waitReadable(endpoint: Endpoint): void {
  endpoints.waitReadable(endpoint);
}

export function waitWritable(endpoint: Endpoint): void {
  endpoints.waitWritable(endpoint);
}

export function finish(endpoint: Endpoint): void {
  endpoints.finish(endpoint);
}

export function keepAddresses(endpoint: Endpoint): void {
  endpoints.keepAddresses(endpoint);
}

export function addressOfEndpoint(endpoint: Endpoint, peer: bool): string {
  return formatSocketAddress(peer ? endpoints.peerAddress(endpoint) : endpoints.localAddress(endpoint));
}

// Pumps

export function pumpCreate(source: Endpoint, target: Endpoint, owner: usize): Pump {
  return pumps.create(source, target, (who: usize): void => happened(PUMP_DONE, who), owner);
}

export function pumpRun(pump: Pump): void {
  pumps.run(changetype<usize>(pump));
}

export function pumpEndSoon(pump: Pump): void {
  pumps.endSoon(pump);
}

export function pumpState(pump: Pump): i32 {
  return pump.state;
}

export function pumpFree(pump: Pump): void {
  pumps.free(pump);
}

// Relays

export function echo(a: Endpoint, owner: usize): Relay {
  return relays.echo(a, (who: usize): void => happened(RELAY_DONE, who), owner);
}

export function join(a: Endpoint, b: Endpoint, endsWithBack: bool, owner: usize): Relay {
  return relays.join(a, b, endsWithBack, (who: usize): void => happened(RELAY_DONE, who), owner);
}

export function endSilent(): void {
  relays.endSilent();
}

export function relayFailed(): bool {
  return relays.lastFailed;
}

// Listeners

/** A listener; with `later` one whose host may bind later. */
export function listenerCreate(owner: usize, later: bool): Listener {
  const accept = (who: usize): void => happened(ACCEPTED, who);
  const listener = listeners.create(accept, (who: usize): void => happened(SHUT_DOWN, who), owner, options());
  if (later) listeners.allowLater(listener, (who: usize): void => happened(OPENED, who));
  return listener;
}

export function listenerAllowBlocking(listener: Listener): void {
  listeners.allowBlocking(listener);
}

/** Binds the literal of `length` UTF-16 units at `input`. */
export function listenerBind(listener: Listener, length: i32, port: u16): i32 {
  assert(parseIp(inputText(length), listenAddress));
  listenAddress.port = port;
  return listeners.bind(listener, listenAddress);
}

export function listenerStart(listener: Listener): i32 {
  return listeners.start(listener);
}

export function listenerClose(listener: Listener): void {
  listeners.close(listener);
}

export function listenerCloseAfterRest(listener: Listener): void {
  listeners.closeAfterRest(listener);
}

export function listenerPause(listener: Listener): void {
  listeners.pause(listener);
}

export function listenerResume(listener: Listener): void {
  listeners.resume(listener);
}

export function listenerStatus(listener: Listener): i32 {
  return listener.status;
}

export function listenerAddress(listener: Listener): string {
  return formatSocketAddress(listeners.firstAddress(listener));
}

export function listenerSetQuota(listener: Listener, quota: MemoryQuota): void {
  listeners.setQuota(listener, quota);
}

export function accepted(): Endpoint {
  return listeners.accepted;
}

// Look-ups and connects: one address list, which a look-up fills and a connect tries

export function lookupStart(length: i32, port: u16, owner: usize): void {
  const target = new HostPort(inputText(length), port);
  lookup.start(target, addresses, (who: usize): void => happened(RESOLVED, who), owner);
}

export function lookupStatus(): i32 {
  return lookup.lastStatus;
}

export function addressCount(): i32 {
  return addresses.length;
}

export function addressText(index: i32): string {
  return formatSocketAddress(addresses.at(index));
}

/** Connects with a deadline, or -1 for none. Returns the slot. */
export function connect(owner: usize, deadlineNs: i64): u32 {
  const done = (who: usize): void => happened(CONNECTED, who);
  return connections.connect(addresses.start, addresses.length, options(), <u64>deadlineNs, done, owner);
}

export function connectGeneration(): u32 {
  return connections.lastGeneration;
}

export function connectCancel(slot: u32, generation: u32): bool {
  return connections.cancel(slot, generation);
}

export function connectReason(): i32 {
  return connections.lastReason;
}

export function connected(): Endpoint {
  return connections.connected;
}

/** The 40 bytes of options that the test may write; null while they are not to be used. */
export function optionsAddress(): usize {
  usesOptions = true;
  return optionsAt;
}

let usesOptions: bool = false;
const optionsAt: usize = memory.data(40, 8);

function options(): SocketOptions | null {
  return usesOptions ? changetype<SocketOptions>(optionsAt) : null;
}

function inputText(length: i32): string {
  return String.UTF16.decodeUnsafe(input, <usize>length << 1);
}
