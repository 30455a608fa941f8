// What a look-up ended with: one block of memory that its holders share, charged to the allocator of the resolver.
//
//   0 references u32 | 4 kind u8 | 5 reason u8 | 8 count u32 | 12 bytes u32 | 16 charged bytes u32 | 20 payload
//
//   ADDRESSES   `count` times a SocketAddress (28 bytes) with its port
//   SRV         per record u16 priority, weight, port and length of the host, then the host: text without a dot at
//               its end; the next record begins at an even place
//   TXT         per record u32 length, then its bytes, the strings of the record joined; the next one is aligned to 4
//   FAILURE     UTF-8 text for people; `reason` says why, see net/reason.ts
//
// Nobody changes a result that others may hold. One may outlive its resolver and the allocator that pays for it.

import { OK, Reason } from "../net/reason";
import { MemoryAllocator } from "../quota/memory-allocator";
import * as records from "../quota/record";

export const FAILURE: u8 = 0;
export const ADDRESSES: u8 = 1;
export const SRV: u8 = 2;
export const TXT: u8 = 3;

const HEADER_BYTES: u32 = 20;
/** What quota/record.ts charges beside the bytes. */
const CHARGE_BYTES: u32 = 16;

@unmanaged
export class Result {
  references: u32;
  kind: u8;
  reason: u8;
  count: u32;
  /** Bytes of the payload. */
  bytes: u32;
  charged: u32;

  /** Where the payload begins, aligned to 4. */
  @inline get payload(): usize {
    return changetype<usize>(this) + HEADER_BYTES;
  }
}

let live: i32 = 0;

/** A result with room for its payload, which the caller writes before anybody else sees it. It holds one reference. */
export function create(allocator: MemoryAllocator, kind: u8, count: u32, bytes: u32): Result {
  const result = changetype<Result>(records.createBytes(allocator, HEADER_BYTES + bytes));
  result.references = 1;
  result.kind = kind;
  result.reason = <u8>OK;
  result.count = count;
  result.bytes = bytes;
  result.charged = HEADER_BYTES + bytes + CHARGE_BYTES;
  live++;
  return result;
}

/** A FAILURE with a copy of its text. */
export function createFailure(allocator: MemoryAllocator, reason: Reason, text: usize, length: u32): Result {
  const result = create(allocator, FAILURE, 0, length);
  result.reason = <u8>reason;
  memory.copy(result.payload, text, length);
  return result;
}

/** One more holder. */
@inline export function retain(result: Result): Result {
  result.references++;
  return result;
}

/** One holder less; the last one frees it. */
export function release(result: Result): void {
  assert(result.references != 0, "a result that was released before");
  if (--result.references) return;
  live--;
  records.destroy(changetype<usize>(result));
}

/** Results that somebody holds, caches included. */
export function liveCount(): i32 {
  return live;
}
