// Which nameservers to ask, as text: `IP[:PORT]` with commas between, IPv6 in brackets when a port follows.

import { liftText } from "../abi/text";
import { SERVERS_MAX } from "../base/limits";
import { parseDecimal, parseIp } from "../net/ip-address";
import { SocketAddress } from "../wasi/network";

const DEFAULT_PORT: u16 = 53;
/** Longest text of one server: IPv6 in brackets, with a dotted quad at its end, and a port. */
const SERVER_TEXT_MAX: u32 = 45 + 2 + 6;
const ADDRESS_BYTES: usize = offsetof<SocketAddress>();

/** Which piece of the text the latest `parse` refused: where it begins in it, and its bytes. */
export let badStart: u32 = 0;
export let badLength: u32 = 0;

/**
 * Reads the servers in the text to `servers`, which has room for SERVERS_MAX, and returns how many; 0 when there is no
 * text, -1 when a piece of it is no server: not a literal address, a bad port or the port 0, nothing between two
 * commas, or one more than SERVERS_MAX. Spaces around a piece do not count. Makes strings, so not for hot paths.
 */
export function parse(text: usize, length: u32, servers: usize): i32 {
  let count = 0;
  if (isBlank(text, length)) return 0;
  for (let start: u32 = 0; start <= length; count++) {
    let end = start;
    while (end < length && load<u8>(text + end) != 0x2c) end++;
    const next = end + 1;
    while (start < end && load<u8>(text + start) == 0x20) start++;
    while (start < end && load<u8>(text + end - 1) == 0x20) end--;
    badStart = start;
    badLength = end - start;
    if (count == SERVERS_MAX || badLength > SERVER_TEXT_MAX) return -1;
    const server = changetype<SocketAddress>(servers + <usize>count * ADDRESS_BYTES);
    if (!parseServer(liftText(text + start, badLength), server)) return -1;
    start = next;
  }
  return count;
}

function isBlank(text: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) {
    if (load<u8>(text + i) != 0x20) return false;
  }
  return true;
}

function parseServer(text: string, server: SocketAddress): bool {
  let host = text;
  let portAt = -1;
  if (text.startsWith("[")) {
    const close = text.indexOf("]");
    host = text.substring(1, close);
    if (close < 0 || !host.includes(":")) return false;
    if (close + 1 < text.length) {
      if (text.charCodeAt(close + 1) != 0x3a) return false;
      portAt = close + 2;
    }
  } else {
    const colon = text.indexOf(":");
    if (colon >= 0 && colon == text.lastIndexOf(":")) {
      host = text.substring(0, colon);
      portAt = colon + 1;
    }
  }
  memory.fill(changetype<usize>(server), 0, ADDRESS_BYTES);
  server.port = DEFAULT_PORT;
  if (portAt >= 0) {
    const port = parseDecimal(text, portAt, text.length, 65535);
    if (port <= 0) return false;
    server.port = <u16>port;
  }
  return parseIp(host, server);
}
