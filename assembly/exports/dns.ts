// Exports of the direct face: names. A resolver is its address; the caller owns it until `dns_resolver_destroy`. A
// look-up ends by a LOOKUP entry of the completion ring, with its result (dns/result.ts), which the host reads in place
// and releases. Texts come by an area of a fixed size, so that a look-up allocates nothing for them.

import * as lookups from "../dns/lookup";
import * as resolvers from "../dns/resolver";
import { Resolver, ResolverOptions } from "../dns/resolver";
import * as results from "../dns/result";
import { Result } from "../dns/result";
import * as ring from "../exec/completion-ring";
import { codeOf } from "../net/reason";
import { MemoryAllocator } from "../quota/memory-allocator";
import * as clock from "../time/clock";
import { deadlineFrom } from "./arguments";

/** A name or a list of servers, then a port or a list of domains. */
const FIRST_BYTES: usize = 1104;
const SECOND_BYTES: usize = 2048;
const area: usize = memory.data(1104 + 2048, 8);

const options = changetype<ResolverOptions>(memory.data(offsetof<ResolverOptions>(), 8));

const HOSTNAME: u32 = 1;
const SRV: u32 = 2;

/** Where the host writes the two texts that a call takes: 1,104 bytes for the first one, 2,048 for the second. */
export function dns_text_area(): usize {
  assert(FIRST_BYTES + SECOND_BYTES == 3152);
  return area;
}

/**
 * A resolver that asks the servers of the first text and tries the domains of the second; numbers as in
 * dns/resolver.ts. The allocator pays for it and outlives it. 0: result 0 is a result that says why not.
 */
export function dns_resolver_create(
  serversLength: u32, domainsLength: u32, timeoutMs: u32, tries: u32, cacheBytes: u32, allocator: MemoryAllocator,
): usize {
  options.servers = area;
  options.serversLength = serversLength;
  options.search = area + FIRST_BYTES;
  options.searchLength = domainsLength;
  options.timeoutMs = timeoutMs;
  options.tries = tries;
  options.cacheBytes = cacheBytes;
  const resolver = changetype<usize>(resolvers.create(options, allocator));
  if (!resolver) ring.setResult(0, <u32>changetype<usize>(resolvers.createFailure));
  return resolver;
}

/** Outstanding look-ups still have their entries. */
export function dns_resolver_destroy(resolver: Resolver): void {
  resolvers.destroy(resolver);
}

/**
 * Looks up the first text; the second is the default port of a host name. `kind` is 1 for a host name, 2 for SRV, 3 for
 * TXT. `isInTurn` says that the turn's time will do: reading it costs more than an answer from the cache. Returns
 * the slot of its handle, result 0 is the generation. One LOOKUP entry carries `tag`, unless `dns_cancel` says 1.
 */
export function dns_lookup(
  kind: u32, resolver: Resolver, nameLength: u32, portLength: u32, deadlineNs: f64, isInTurn: bool, tag: u32,
): u32 {
  if (!isInTurn) clock.update();
  const end = deadlineFrom(deadlineNs);
  let slot: u32;
  if (kind == HOSTNAME) {
    slot = lookups.hostname(resolver, area, nameLength, area + FIRST_BYTES, portLength, end, ended, tag);
  } else if (kind == SRV) {
    slot = lookups.srv(resolver, area, nameLength, end, ended, tag);
  } else {
    slot = lookups.txt(resolver, area, nameLength, end, ended, tag);
  }
  ring.setResult(0, lookups.lastGeneration);
  return slot;
}

/** 1: there will be no entry. */
export function dns_cancel(slot: u32, generation: u32): bool {
  return lookups.cancel(slot, generation);
}

export function dns_result_release(result: Result): void {
  results.release(result);
}

function ended(tag: usize): void {
  const result = lookups.lastResult;
  ring.push(ring.LOOKUP, codeOf(result.reason), result.reason, <u32>tag, <u32>changetype<usize>(result));
}
