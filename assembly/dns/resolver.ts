// Resolvers: whom to ask, what is remembered, and what is under way.
//
//   create() ──> OPEN ── destroy() ──> gone: look-ups end with CANCELLED, sockets are closed, the cache is emptied
//
// Servers come from the options, or else from EVENT_ENGINE_DNS_SERVERS; those are asked for everything. Without either,
// addresses are asked from the system, and the rest from the servers that the host itself offers in
// EVENT_ENGINE_HOST_DNS_SERVERS, if it does. Nobody else is ever asked.

import { mark, release } from "../abi/arena";
import { DNS_CACHE_BYTES, SERVERS_MAX } from "../base/limits";
import { MemoryAllocator } from "../quota/memory-allocator";
import * as records from "../quota/record";
import * as cli from "../wasi/cli";
import * as errors from "../wasi/error-code";
import { SocketAddress } from "../wasi/network";
import * as cache from "./cache";
import { Cache } from "./cache";
import * as channels from "./channel";
import { Channel } from "./channel";
import * as failure from "./failure";
import * as lookups from "./lookup";
import { NameTable } from "./name-table";
import { Resolver } from "./resolver-record";
import { Result } from "./result";
import * as searchList from "./search-list";
import * as serverList from "./server-list";

export { Resolver };

@unmanaged
export class ResolverOptions {
  /** `IP[:PORT],…` in UTF-8, for server-list.ts; empty: from the environment. Like `search`, good for the call only. */
  servers: usize;
  serversLength: u32;
  /** Domains with spaces or commas between, at most SEARCH_MAX. Empty: names are not searched. */
  search: usize;
  searchLength: u32;
  /** Milliseconds that the first try of a question waits at most, 0: DEFAULT_TIMEOUT_MS. */
  timeoutMs: u32;
  /** Times that every server is asked, 0: DEFAULT_TRIES. */
  tries: u32;
  /** Bytes that answers are remembered in; 0: none are; DEFAULT_CACHE_BYTES: DNS_CACHE_BYTES. */
  cacheBytes: u32;
}

export const DEFAULT_TIMEOUT_MS: u32 = 2000;
export const DEFAULT_TRIES: u32 = 3;
export const DEFAULT_CACHE_BYTES: u32 = 0xffff_ffff;

const ADDRESS_BYTES: u32 = offsetof<SocketAddress>();

const servers: usize = memory.data(28 * 8); // SERVERS_MAX addresses

let live: i32 = 0;

/** Why the latest `create` gave null, for the caller to release. */
export let createFailure: Result = changetype<Result>(0);

/** Resolvers that were not destroyed. */
export function liveCount(): i32 {
  return live;
}

/**
 * A resolver, which the caller owns until `destroy`. `allocator` pays for everything, is not owned and must outlive it.
 * Null, with `createFailure` INVALID_ARGUMENT: the servers, in the options or in the environment, or the search list
 * cannot be read.
 */
export function create(options: ResolverOptions, allocator: MemoryAllocator): Resolver | null {
  let count = 0;
  let isConfigured = false;
  const position = mark();
  if (options.serversLength) {
    count = readServers(options.servers, options.serversLength, "the servers", allocator);
    isConfigured = true;
  } else {
    count = readVariable("EVENT_ENGINE_DNS_SERVERS", allocator);
    isConfigured = count > 0;
    if (!count) count = readVariable("EVENT_ENGINE_HOST_DNS_SERVERS", allocator);
  }
  release(position);
  if (count < 0) return null;
  const search = searchList.parse(options.search, options.searchLength, allocator);
  if (searchList.count < 0) {
    refuse("the search list", options.search + searchList.badStart, searchList.badLength, allocator);
    return null;
  }
  const resolver = records.create<Resolver>(allocator);
  resolver.allocator = allocator;
  resolver.asksForAddresses = isConfigured;
  resolver.search = search;
  resolver.searchCount = searchList.count;
  resolver.cache = records.create<Cache>(allocator);
  cache.init(
    resolver.cache, allocator, options.cacheBytes == DEFAULT_CACHE_BYTES ? DNS_CACHE_BYTES : options.cacheBytes,
  );
  resolver.questions = records.create<NameTable>(allocator);
  resolver.questions.allocator = allocator;
  if (count) openChannel(resolver, count, options);
  live++;
  return resolver;
}

/** Gives the resolver up. Its look-ups end with CANCELLED: `done` of each runs in a later turn. */
export function destroy(resolver: Resolver): void {
  lookups.cancelAll(resolver);
  if (resolver.channel) channels.destroy(changetype<Channel>(resolver.channel));
  if (resolver.servers) records.destroy(resolver.servers);
  if (resolver.search) records.destroy(resolver.search);
  cache.clear(resolver.cache);
  records.destroy(changetype<usize>(resolver.cache));
  records.destroy(changetype<usize>(resolver.questions));
  records.destroy(changetype<usize>(resolver));
  live--;
}

function openChannel(resolver: Resolver, count: i32, options: ResolverOptions): void {
  const bytes = <u32>count * ADDRESS_BYTES;
  resolver.servers = records.createBytes(resolver.allocator, bytes);
  memory.copy(resolver.servers, servers, bytes);
  resolver.serverCount = count;
  const channel = channels.create(
    servers, count, options.timeoutMs || DEFAULT_TIMEOUT_MS, options.tries || DEFAULT_TRIES,
  );
  resolver.channel = changetype<usize>(channel);
}

/** The servers that a variable of the environment names: 0 without it, -1 after `refuse`. */
function readVariable(name: string, allocator: MemoryAllocator): i32 {
  const value = cli.findVariable(name);
  return value ? readServers(value, cli.valueLength, name, allocator) : 0;
}

function readServers(text: usize, length: u32, where: string, allocator: MemoryAllocator): i32 {
  const count = serverList.parse(text, length, servers);
  if (count < 0) refuse(where, text + serverList.badStart, serverList.badLength, allocator);
  return count;
}

function refuse(what: string, piece: usize, length: u32, allocator: MemoryAllocator): void {
  failure.beginWords("cannot read ");
  failure.add(what);
  failure.add(": ");
  failure.quote(piece, length);
  createFailure = failure.finish(allocator, errors.INVALID_ARGUMENT);
}
