// The record of a resolver, for those who work on it: look-ups and questions. What may happen to it is in resolver.ts.

import { MemoryAllocator } from "../quota/memory-allocator";
import { Cache } from "./cache";
import { NameTable } from "./name-table";

@unmanaged
export class Resolver {
  /** Pays for everything; somebody else's. */
  allocator: MemoryAllocator;
  /** The way to the servers, 0 without any. */
  channel: usize;
  /** Where they are: a record of `serverCount` SocketAddresses. */
  servers: usize;
  serverCount: i32;
  /** Whether addresses are asked for there too, and not from the system. */
  asksForAddresses: bool;
  /** The search list, see search-list.ts. */
  search: usize;
  searchCount: i32;
  cache: Cache;
  /** Questions that are under way. */
  questions: NameTable;
  /** Look-ups that were not told how they ended, newest first. */
  firstLookup: usize;
}
