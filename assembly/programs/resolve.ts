// resolve NAME: looks a name up and prints what there is, one record a line.
//
//   addresses   192.0.2.1, 2001:db8::1; with a port, in NAME or as an option: 192.0.2.1:443, [2001:db8::1]:443
//   --srv       PRIORITY WEIGHT PORT HOST, where `.` for a host says that the service is not there
//   --txt       the text, with \\ for a backslash and \xNN for each byte that cannot be printed

import { liftText, lowerText } from "../abi/text";
import { DEFAULT_QUOTA_BYTES } from "../base/limits";
import * as lookups from "../dns/lookup";
import * as resolvers from "../dns/resolver";
import { DEFAULT_CACHE_BYTES, Resolver, ResolverOptions } from "../dns/resolver";
import * as results from "../dns/result";
import { ADDRESSES, FAILURE, Result, SRV } from "../dns/result";
import * as engineMemory from "../engine/memory";
import * as ipText from "../net/ip-text";
import * as allocators from "../quota/memory-allocator";
import { MemoryAllocator } from "../quota/memory-allocator";
import * as quotas from "../quota/memory-quota";
import { MemoryQuota } from "../quota/memory-quota";
import * as clock from "../time/clock";
import { IPV6, SocketAddress } from "../wasi/network";
import { Options } from "./options";
import * as program from "./program";
import * as statistics from "./statistics";

/** Seconds after which nobody waits any more, when no other time is given. */
const DEFAULT_SECONDS: string = "10";
const SECOND_NS: u64 = 1_000_000_000;
const ADDRESS_BYTES: usize = offsetof<SocketAddress>();
const HEX_DIGITS: usize = memory.data<u8>([48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102]);

let quota: MemoryQuota = changetype<MemoryQuota>(0);
let allocator: MemoryAllocator = changetype<MemoryAllocator>(0);
let resolver: Resolver = changetype<Resolver>(0);
let slot: u32 = 0;
let generation: u32 = 0;

export function start(args: string[]): void {
  const options = new Options(args, 2, ["--dns-server", "--port", "--timeout"], ["--srv", "--txt"]);
  if (options.error.length) return fail(options.error);
  if (!options.words.length) return fail("what? (want NAME)");
  if (options.words.length > 1) return fail("unexpected '" + options.words[1] + "'");
  const isSrv = options.has("--srv");
  const isTxt = options.has("--txt");
  if (isSrv && isTxt) return fail("'--srv' and '--txt' exclude each other");
  if ((isSrv || isTxt) && options.has("--port")) return fail("'--port' is for addresses");
  const seconds = options.seconds("--timeout", DEFAULT_SECONDS);
  if (!seconds || !statistics.areMeant(options)) return fail(options.error);
  if (options.has("--dns-server") && !options.value("--dns-server", "").length) return fail("no server is given");
  if (!open(lowerText(options.value("--dns-server", "")))) return;
  statistics.begin(options);
  program.onStop(stop);
  const name = lowerText(options.words[0]);
  const length = <u32>name.byteLength;
  const at = changetype<usize>(name);
  const deadlineNs = clock.after(<u64>seconds * SECOND_NS);
  if (isSrv) {
    slot = lookups.srv(resolver, at, length, deadlineNs, done, 0);
  } else if (isTxt) {
    slot = lookups.txt(resolver, at, length, deadlineNs, done, 0);
  } else {
    const port = lowerText(options.value("--port", "0"));
    slot = lookups.hostname(
      resolver, at, length, changetype<usize>(port), <u32>port.byteLength, deadlineNs, done, 0,
    );
  }
  generation = lookups.lastGeneration;
}

/** Makes the resolver; false after a failure. */
function open(servers: ArrayBuffer): bool {
  quota = engineMemory.createQuota(DEFAULT_QUOTA_BYTES);
  allocator = allocators.create(quota);
  const options = changetype<ResolverOptions>(memory.data(offsetof<ResolverOptions>(), 4));
  options.servers = changetype<usize>(servers);
  options.serversLength = <u32>servers.byteLength;
  options.cacheBytes = DEFAULT_CACHE_BYTES;
  const made = resolvers.create(options, allocator);
  if (made) {
    resolver = made;
    return true;
  }
  tellFailure(resolvers.createFailure);
  closeQuota();
  return false;
}

function close(): void {
  resolvers.destroy(resolver);
  closeQuota();
}

function closeQuota(): void {
  allocators.shutdown(allocator);
  quotas.destroy(quota);
}

function stop(): void {
  if (!lookups.cancel(slot, generation)) return;
  close();
  program.finish();
}

function done(owner: usize): void {
  const result = lookups.lastResult;
  if (result.kind == FAILURE) {
    tellFailure(result);
  } else {
    if (result.count) program.say(textOf(result));
    results.release(result);
  }
  close();
  program.finish();
}

function tellFailure(result: Result): void {
  fail(liftText(result.payload, <i32>result.bytes));
  results.release(result);
}

function fail(why: string): void {
  program.fail("resolve: " + why);
}

/**
 * The lines of a result, without the end of the last one. They are put together as bytes, which is no garbage; four
 * for each byte of any record are enough.
 */
function textOf(result: Result): string {
  const room = heap.alloc(<usize>result.bytes << 2);
  let to = room;
  let from = result.payload;
  for (let i: u32 = 0; i < result.count; i++) {
    if (i) store<u8>(to++, 0x0a);
    if (result.kind == ADDRESSES) {
      to = writeAddress(changetype<SocketAddress>(from), to);
      from += ADDRESS_BYTES;
    } else if (result.kind == SRV) {
      const hostLength = <usize>load<u16>(from, 6);
      to = writeSrv(from, hostLength, to);
      from += (8 + hostLength + 1) & ~1;
    } else {
      const length = <usize>load<u32>(from);
      to = writeTxt(from + 4, length, to);
      from += (4 + length + 3) & ~3;
    }
  }
  const text = liftText(room, <i32>(to - room));
  heap.free(room);
  return text;
}

/** Without the port when that is 0. */
function writeAddress(address: SocketAddress, to: usize): usize {
  const end = to + ipText.write(address, to);
  if (address.port) return end;
  if (address.family != IPV6) return end - 2;
  memory.copy(to, to + 1, end - to - 4);
  return end - 4;
}

function writeSrv(record: usize, hostLength: usize, to: usize): usize {
  for (let i: usize = 0; i < 6; i += 2) {
    to = ipText.writeDecimal(load<u16>(record + i), to);
    store<u8>(to++, 0x20);
  }
  if (!hostLength) store<u8>(to++, 0x2e);
  memory.copy(to, record + 8, hostLength);
  return to + hostLength;
}

function writeTxt(text: usize, length: usize, to: usize): usize {
  for (const end = text + length; text < end; text++) {
    const byte = load<u8>(text);
    if (byte >= 0x20 && byte < 0x7f) {
      if (byte == 0x5c) store<u8>(to++, 0x5c);
      store<u8>(to++, byte);
    } else {
      store<u16>(to, 0x785c); // \x
      store<u8>(to, load<u8>(HEX_DIGITS + (byte >> 4)), 2);
      store<u8>(to, load<u8>(HEX_DIGITS + (byte & 15)), 3);
      to += 4;
    }
  }
  return to;
}
