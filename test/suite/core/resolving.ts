// What the bodies about names share: one resolver and its quota, look-ups by their place, and how each ended as text.

import { liftText, lowerText } from "../../../assembly/abi/text";
import * as lookups from "../../../assembly/dns/lookup";
import * as resolvers from "../../../assembly/dns/resolver";
import { DEFAULT_CACHE_BYTES, Resolver, ResolverOptions } from "../../../assembly/dns/resolver";
import * as results from "../../../assembly/dns/result";
import { ADDRESSES, FAILURE, Result, SRV } from "../../../assembly/dns/result";
import * as tasks from "../../../assembly/exec/tasks";
import { formatSocketAddress } from "../../../assembly/net/ip-address";
import * as allocators from "../../../assembly/quota/memory-allocator";
import { MemoryAllocator } from "../../../assembly/quota/memory-allocator";
import * as quotas from "../../../assembly/quota/memory-quota";
import { MemoryQuota } from "../../../assembly/quota/memory-quota";
import * as clock from "../../../assembly/time/clock";
import { NEVER } from "../../../assembly/time/timer-heap";
import { SocketAddress } from "../../../assembly/wasi/network";
import { equal, expect, fail, note, parameters } from "./harness";

export const HOST: i32 = 0;
export const SERVICE: i32 = 1;
export const TEXT: i32 = 2;
export const MILLISECOND_NS: u64 = 1_000_000;

const ADDRESS_BYTES: usize = offsetof<SocketAddress>();
const QUOTA_BYTES: i64 = 1 << 28;
/** The last try waits so long at least: whoever answers may be busy. */
const PATIENCE_MS: u32 = 10_000;
const NO_RESOLVER: Resolver = changetype<Resolver>(0);

const options = changetype<ResolverOptions>(memory.data(offsetof<ResolverOptions>(), 8));
/** What look-ups are begun with unless they say otherwise. */
export let resolver: Resolver = NO_RESOLVER;
let allocator: MemoryAllocator = changetype<MemoryAllocator>(0);
let quota: MemoryQuota = changetype<MemoryQuota>(0);

/** By the place of a look-up: how it ended, its reason (-1: not yet), and its handle. */
export const endings: string[] = [];
export const reasons: i32[] = [];
export const slots: u32[] = [];
export const generations: u32[] = [];
/** Look-ups that ended. */
export let ended: i32 = 0;

/** Whether all that were begun have. */
export function allEnded(): bool {
  return ended == endings.length;
}

/** True while a call is made that must not call back. */
let isInCall: bool = false;

// Resolvers

/** Makes `resolver`, by options as ResolverOptions has them. */
export function open(
  servers: string, search: string = "", cacheBytes: u32 = DEFAULT_CACHE_BYTES, timeoutMs: u32 = 0, tries: u32 = 0,
): void {
  resolver = another(servers, search, cacheBytes, timeoutMs, tries);
}

/** The same, but the body destroys it itself. */
export function another(
  servers: string, search: string = "", cacheBytes: u32 = DEFAULT_CACHE_BYTES, timeoutMs: u32 = 0, tries: u32 = 0,
): Resolver {
  const made = create(servers, search, cacheBytes, timeoutMs, tries);
  if (!made) fail("the resolver cannot be made: " + take(resolvers.createFailure));
  return made ? made : NO_RESOLVER;
}

/** The failure of a resolver that must not be made. */
export function refusal(servers: string, search: string): string {
  const made = create(servers, search, DEFAULT_CACHE_BYTES, 0, 0);
  if (!made) return take(resolvers.createFailure);
  resolvers.destroy(made);
  return "it was made";
}

function create(servers: string, search: string, cacheBytes: u32, timeoutMs: u32, tries: u32): Resolver | null {
  if (!quota) {
    quota = quotas.create(QUOTA_BYTES);
    allocator = allocators.create(quota);
  }
  const serverBytes = lowerText(servers);
  const searchBytes = lowerText(search);
  options.servers = changetype<usize>(serverBytes);
  options.serversLength = serverBytes.byteLength;
  options.search = changetype<usize>(searchBytes);
  options.searchLength = searchBytes.byteLength;
  options.timeoutMs = timeoutMs;
  options.tries = tries;
  options.cacheBytes = cacheBytes;
  return resolvers.create(options, allocator);
}

/** Makes `resolver`, which asks the nameserver behind the body's name on the command line. */
export function openOutside(): void {
  open(outside(), "", DEFAULT_CACHE_BYTES, PATIENCE_MS, 8);
}

/** Where that nameserver is. */
export function outside(): string {
  return parameters[0];
}

/** Gives everything up. Look-ups that are outstanding are told CANCELLED later. */
export function close(): void {
  if (resolver) destroyResolver();
  allocators.shutdown(allocator);
  quotas.destroy(quota);
}

export function destroyResolver(): void {
  isInCall = true;
  resolvers.destroy(resolver);
  isInCall = false;
  resolver = NO_RESOLVER;
}

/** Bytes that resolvers and look-ups are charged for. */
export function charged(): i64 {
  return allocators.outstandingBytes(allocator);
}

// Look-ups

/** Begins a look-up; its place. The texts are overwritten as soon as the call returns. */
export function look(
  name: string, port: string = "", kind: i32 = HOST, deadlineNs: u64 = NEVER,
  done: (owner: usize) => void = noteEnd, by: Resolver = resolver,
): i32 {
  const place = endings.length;
  endings.push("");
  reasons.push(-1);
  const nameBytes = lowerText(name);
  const portBytes = lowerText(port);
  const at = changetype<usize>(nameBytes);
  const length: u32 = nameBytes.byteLength;
  const portLength: u32 = portBytes.byteLength;
  isInCall = true;
  if (kind == HOST) {
    slots.push(lookups.hostname(by, at, length, changetype<usize>(portBytes), portLength, deadlineNs, done, place));
  } else if (kind == SERVICE) {
    slots.push(lookups.srv(by, at, length, deadlineNs, done, place));
  } else {
    slots.push(lookups.txt(by, at, length, deadlineNs, done, place));
  }
  isInCall = false;
  generations.push(lookups.lastGeneration);
  memory.fill(at, 0xff, length);
  memory.fill(changetype<usize>(portBytes), 0xff, portLength);
  return place;
}

export function noteEnd(owner: usize): void {
  const place = <i32>owner;
  expect(!isInCall, "no end of a look-up inside of a call");
  equal(reasons[place], -1, "as the reason before the one end");
  reasons[place] = lookups.lastResult.reason;
  endings[place] = take(lookups.lastResult);
  ended++;
}

export function cancel(place: i32): bool {
  isInCall = true;
  const isCancelled = lookups.cancel(slots[place], generations[place]);
  isInCall = false;
  return isCancelled;
}

/** How it ended: records in brackets, or the text of a failure. */
export function told(place: i32, wanted: string): void {
  if (endings[place] != wanted) fail("expected " + wanted + ", found " + endings[place]);
}

/** It failed for this reason, with a text that has this in it. */
export function failed(place: i32, reason: i32, part: string): void {
  equal(reasons[place], reason, "as the reason of: " + endings[place]);
  expect(endings[place].includes(part), part + " in: " + endings[place]);
}

/** A few milliseconds in which something could still happen that must not; then there is a note. */
export function waitAWhile(): void {
  tasks.runAt(clock.after(10 * MILLISECOND_NS), note, 1, tasks.SILENT);
}

// Results as text: [192.0.2.1:80 [::1]:80]   [0 5 1234 host, 1 3 1235 host]   [text, text]

function take(result: Result): string {
  const text = result.kind == FAILURE ? liftText(result.payload, <i32>result.bytes) : recordsOf(result);
  results.release(result);
  return text;
}

function recordsOf(result: Result): string {
  const found: string[] = [];
  let at = result.payload;
  for (let i: u32 = 0; i < result.count; i++) {
    if (result.kind == ADDRESSES) {
      found.push(formatSocketAddress(changetype<SocketAddress>(at)));
      at += ADDRESS_BYTES;
    } else if (result.kind == SRV) {
      const length = load<u16>(at, 6);
      const numbers = [load<u16>(at), load<u16>(at, 2), load<u16>(at, 4)];
      found.push(numbers.join(" ") + " " + liftText(at + 8, length));
      at += (8 + <usize>length + 1) & ~1;
    } else {
      const length = load<u32>(at);
      found.push(liftText(at + 4, <i32>length));
      at += (4 + <usize>length + 3) & ~3;
    }
  }
  equal(<i64>(at - result.payload), result.bytes, "bytes of records");
  return "[" + found.join(result.kind == ADDRESSES ? " " : ", ") + "]";
}
