// Hash tables from (name, type) to a record. Names are chosen by strangers, so where an entry goes depends on a secret
// (SipHash-1-3 with a random key): nobody can make names that all meet in one place.
//
// An entry has its place in the table in itself. Buckets double when there are more entries than buckets, and
// go back to the first few with the last entry.

import { MemoryAllocator } from "../quota/memory-allocator";
import * as records from "../quota/record";
import * as random from "../wasi/random";

/** The beginning of every record that a table holds. */
@unmanaged
export class NameEntry {
  nextInBucket: usize;
  hash: u32;
  /** A wire name in small letters, and its bytes. */
  name: usize;
  nameLength: u32;
  type: u16;
}

@unmanaged
export class NameTable {
  allocator: MemoryAllocator;
  /** Addresses of the first entries; 0 before the first one. */
  buckets: usize;
  mask: u32;
  count: u32;
}

const BUCKETS_MIN: u32 = 16;

let key0: u64 = 0;
let key1: u64 = 0;

/** Where in any table the name belongs. */
export function hashOf(name: usize, length: u32): u32 {
  if (!(key0 | key1)) {
    key0 = random.nextU64();
    key1 = random.nextU64() | 1;
  }
  let v0 = key0 ^ 0x736f6d6570736575;
  let v1 = key1 ^ 0x646f72616e646f6d;
  let v2 = key0 ^ 0x6c7967656e657261;
  let v3 = key1 ^ 0x7465646279746573;
  let at = name;
  const end = name + length;
  // One round per word, three at the end. The last word holds what is left and the length.
  for (let rounds: i32 = <i32>(length >> 3) + 4; rounds > 0; rounds--) {
    let word: u64 = 0;
    if (rounds > 4) {
      word = load<u64>(at);
      at += 8;
    } else if (rounds == 4) {
      word = <u64>length << 56;
      for (let shift: u64 = 0; at < end; at++, shift += 8) word |= <u64>load<u8>(at) << shift;
    } else if (rounds == 3) {
      v2 ^= 0xff;
    }
    v3 ^= word;
    v0 += v1;
    v1 = rotl(v1, 13) ^ v0;
    v0 = rotl(v0, 32);
    v2 += v3;
    v3 = rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = rotl(v1, 17) ^ v2;
    v2 = rotl(v2, 32);
    v0 ^= word;
  }
  return <u32>(v0 ^ v1 ^ v2 ^ v3);
}

/** The entry of a name in small letters, or 0. */
export function find(table: NameTable, hash: u32, name: usize, length: u32, type: u16): usize {
  if (!table.buckets) return 0;
  let at = load<usize>(bucketOf(table, hash));
  while (at) {
    const entry = changetype<NameEntry>(at);
    if (entry.hash == hash && entry.type == type && entry.nameLength == length
      && !memory.compare(entry.name, name, length)) break;
    at = entry.nextInBucket;
  }
  return at;
}

/** Adds an entry whose fields are set, and which is not in the table. */
export function add(table: NameTable, entry: NameEntry): void {
  if (!table.buckets) setBuckets(table, BUCKETS_MIN);
  else if (table.count > table.mask) grow(table);
  table.count++;
  link(table, entry);
}

export function remove(table: NameTable, entry: NameEntry): void {
  let slot = bucketOf(table, entry.hash);
  while (load<usize>(slot) != changetype<usize>(entry)) {
    slot = load<usize>(slot) + offsetof<NameEntry>("nextInBucket");
  }
  store<usize>(slot, entry.nextInBucket);
  if (--table.count == 0) clear(table);
}

/** Gives the buckets back; the table must be empty. */
function clear(table: NameTable): void {
  records.destroy(table.buckets);
  table.buckets = 0;
}

function setBuckets(table: NameTable, count: u32): void {
  table.buckets = records.createBytes(table.allocator, count << 2);
  table.mask = count - 1;
}

function grow(table: NameTable): void {
  const before = table.buckets;
  const end = before + (<usize>(table.mask + 1) << 2);
  setBuckets(table, (table.mask + 1) << 1);
  for (let bucket = before; bucket < end; bucket += 4) {
    for (let at = load<usize>(bucket); at;) {
      const entry = changetype<NameEntry>(at);
      at = entry.nextInBucket;
      link(table, entry);
    }
  }
  records.destroy(before);
}

@inline function link(table: NameTable, entry: NameEntry): void {
  const bucket = bucketOf(table, entry.hash);
  entry.nextInBucket = load<usize>(bucket);
  store<usize>(bucket, changetype<usize>(entry));
}

@inline function bucketOf(table: NameTable, hash: u32): usize {
  return table.buckets + (<usize>(hash & table.mask) << 2);
}
