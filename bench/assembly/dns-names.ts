// What the nameserver of the benchmarks knows (bench/dns-answers.ts): a name for each number, and the records that all
// of them have.

import { ADDRESSES, Result, SRV } from "../../assembly/dns/result";
import { IPV4, SocketAddress } from "../../assembly/wasi/network";

export const SRV_LOOKUP: i32 = 0;
export const TXT_LOOKUP: i32 = 1;
export const HOSTNAME_LOOKUP: i32 = 2;
export const LOOKUP_KINDS: i32 = 3;

const SUFFIX = String.UTF8.encode(".w.example.test");
const HOST = String.UTF8.encode("a.example.test");
const TEXT = String.UTF8.encode("a text of sixty-four bytes, about as many as such records have..");
const PORT = String.UTF8.encode("443");
const ADDRESS_BYTES: usize = offsetof<SocketAddress>();
const SRV_HEAD_BYTES: usize = 8;
const TXT_HEAD_BYTES: usize = 4;

/** Bytes of a name. */
const nameArea = memory.data(64);

export const port: usize = changetype<usize>(PORT);
export const portLength: u32 = PORT.byteLength;

/** Writes `n<number>.w.example.test` to `name` and returns its length. */
export function write(number: u32): u32 {
  let digits: u32 = 1;
  for (let rest = number; rest >= 10; rest /= 10) digits++;
  store<u8>(nameArea, 0x6e);
  for (let i = digits, rest = number; i > 0; i--, rest /= 10) store<u8>(nameArea + i, <u8>(0x30 + rest % 10));
  memory.copy(nameArea + 1 + digits, changetype<usize>(SUFFIX), SUFFIX.byteLength);
  return 1 + digits + SUFFIX.byteLength;
}

export const name: usize = nameArea;

/** Whether a result has the records of such a name, and no others. */
export function isRight(result: Result, kind: i32): bool {
  const payload = result.payload;
  if (kind == HOSTNAME_LOOKUP) {
    if (result.kind != ADDRESSES || result.count != 2) return false;
    return isAddress(payload, load<u8>(payload) == IPV4)
      && isAddress(payload + ADDRESS_BYTES, load<u8>(payload + ADDRESS_BYTES) == IPV4)
      && load<u8>(payload) != load<u8>(payload + ADDRESS_BYTES);
  }
  if (result.count != 1) return false;
  if (kind == SRV_LOOKUP) {
    return result.kind == SRV && load<u16>(payload) == 10 && load<u16>(payload, 2) == 5
      && load<u16>(payload, 4) == 50051 && load<u16>(payload, 6) == HOST.byteLength
      && memory.compare(payload + SRV_HEAD_BYTES, changetype<usize>(HOST), HOST.byteLength) == 0;
  }
  return load<u32>(payload) == TEXT.byteLength
    && memory.compare(payload + TXT_HEAD_BYTES, changetype<usize>(TEXT), TEXT.byteLength) == 0;
}

/** 192.0.2.9 or 2001:db8::9, port 443. */
function isAddress(at: usize, isIpv4: bool): bool {
  const address = changetype<SocketAddress>(at);
  if (address.port != 443) return false;
  if (isIpv4) return address.part(0) == 192 && address.part(1) == 0 && address.part(2) == 2 && address.part(3) == 9;
  let between: u16 = 0;
  for (let i = 2; i < 7; i++) between |= address.part(i);
  return address.part(0) == 0x2001 && address.part(1) == 0xdb8 && between == 0 && address.part(7) == 9;
}
