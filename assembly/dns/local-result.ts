// What is known without asking anybody: literals, and localhost with all below it (RFC 6761 §6.3).

import { MemoryAllocator } from "../quota/memory-allocator";
import { IPV4, IPV6, SocketAddress } from "../wasi/network";
import { TYPE_SRV, TYPE_TXT } from "./message";
import * as results from "./result";
import { ADDRESSES, Result, SRV, TXT } from "./result";
import * as target from "./target";

const ADDRESS_BYTES: u32 = offsetof<SocketAddress>();

/** The address that was read as the target. */
export function literal(allocator: MemoryAllocator): Result {
  const result = results.create(allocator, ADDRESSES, 1, ADDRESS_BYTES);
  memory.copy(result.payload, changetype<usize>(target.address), ADDRESS_BYTES);
  return result;
}

/** [::1] and 127.0.0.1, in this order, with the port of the target; no records of any other type. */
export function localhost(allocator: MemoryAllocator, type: u16): Result {
  if (type == TYPE_SRV || type == TYPE_TXT) return results.create(allocator, type == TYPE_SRV ? SRV : TXT, 0, 0);
  const result = results.create(allocator, ADDRESSES, 2, 2 * ADDRESS_BYTES);
  const first = changetype<SocketAddress>(result.payload);
  first.family = IPV6;
  first.port = target.port;
  first.setPart(7, 1);
  const second = changetype<SocketAddress>(result.payload + ADDRESS_BYTES);
  second.family = IPV4;
  second.port = target.port;
  second.setPart(0, 127);
  second.setPart(3, 1);
  return result;
}
