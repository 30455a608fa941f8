// What the DNS workloads share: resolvers, and look-ups of which so many are kept under way.

import * as lookups from "../../assembly/dns/lookup";
import * as resolvers from "../../assembly/dns/resolver";
import { Resolver } from "../../assembly/dns/resolver-record";
import { ResolverOptions } from "../../assembly/dns/resolver";
import * as results from "../../assembly/dns/result";
import * as allocators from "../../assembly/quota/memory-allocator";
import { MemoryAllocator } from "../../assembly/quota/memory-allocator";
import * as quotas from "../../assembly/quota/memory-quota";
import { MemoryQuota } from "../../assembly/quota/memory-quota";
import { NEVER } from "../../assembly/time/timer-heap";
import * as figures from "./figures";
import * as names from "./dns-names";

const QUOTA_BYTES: i64 = 1 << 30;
const DEFAULT_CACHE: u32 = 0xffffffff;

const options = changetype<ResolverOptions>(memory.data(offsetof<ResolverOptions>(), 8));

let quota: MemoryQuota = changetype<MemoryQuota>(0);
let allocator: MemoryAllocator = changetype<MemoryAllocator>(0);

/** A resolver that asks `server`, whose first try waits for `timeoutMs`, 0 being what is usual. */
export function open(server: string, timeoutMs: u32): Resolver {
  if (!changetype<usize>(quota)) {
    quota = quotas.create(QUOTA_BYTES);
    allocator = allocators.create(quota);
  }
  const text = String.UTF8.encode(server);
  memory.fill(changetype<usize>(options), 0, offsetof<ResolverOptions>());
  options.servers = changetype<usize>(text);
  options.serversLength = text.byteLength;
  options.timeoutMs = timeoutMs;
  options.cacheBytes = DEFAULT_CACHE;
  const resolver = resolvers.create(options, allocator);
  figures.verify(resolver !== null, "the resolver cannot be made");
  return resolver!;
}

/** Nothing of any resolver may be left. */
export function checkNothingLeft(): void {
  figures.verify(lookups.liveCount() + resolvers.liveCount() + results.liveCount() == 0, "something of DNS is left");
  figures.verify(allocators.outstandingBytes(allocator) == 0, "bytes are still taken");
}

let resolver: Resolver = changetype<Resolver>(0);
let kind: i32 = 0;
let firstName: u32 = 0;
let nameCount: u32 = 0;
let wanted: u32 = 0;
let started: u32 = 0;
let ended: u32 = 0;
let finished: () => void = (): void => {};

/**
 * Keeps `inFlight` look-ups under way until `operations` have ended, each with its records looked at, over the names
 * from number `first` on, `count` of them again and again. `then` runs inside the last one's end.
 */
export function drive(
  by: Resolver, what: i32, inFlight: u32, operations: u32, first: u32, count: u32, then: () => void,
): void {
  resolver = by;
  kind = what;
  firstName = first;
  nameCount = count;
  wanted = operations;
  started = ended = 0;
  finished = then;
  for (let i = min(inFlight, operations); i > 0; i--) startOne();
}

function startOne(): void {
  const length = names.write(firstName + started % nameCount);
  started++;
  if (kind == names.SRV_LOOKUP) lookups.srv(resolver, names.name, length, NEVER, onDone, 0);
  else if (kind == names.TXT_LOOKUP) lookups.txt(resolver, names.name, length, NEVER, onDone, 0);
  else lookups.hostname(resolver, names.name, length, names.port, names.portLength, NEVER, onDone, 0);
}

function onDone(_owner: usize): void {
  const result = lookups.lastResult;
  figures.verify(names.isRight(result, kind), "a look-up failed, or a record is wrong");
  results.release(result);
  ended++;
  if (started < wanted) startOne();
  else if (ended == wanted) finished();
}
