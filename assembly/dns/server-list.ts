// Which nameservers to ask, as text: `IP[:PORT]` with commas between, IPv6 in brackets when a port follows.

import { SERVERS_MAX } from "../base/limits";
import * as ipText from "../net/ip-text";
import { SocketAddress } from "../wasi/network";

const DEFAULT_PORT: u16 = 53;
const ADDRESS_BYTES: usize = offsetof<SocketAddress>();
const SPACE: u8 = 0x20;
const COMMA: u8 = 0x2c;
const COLON: u8 = 0x3a;
const OPEN: u8 = 0x5b;
const CLOSE: u8 = 0x5d;

/** Which piece of the text the latest `parse` refused: where it begins in it, and its bytes. */
export let badStart: u32 = 0;
export let badLength: u32 = 0;

/**
 * Reads the servers in the text to `servers`, which has room for SERVERS_MAX, and returns how many; 0 when there is no
 * text, -1 when a piece of it is no server: not a literal address, a bad port or the port 0, nothing between two
 * commas, or one more than SERVERS_MAX. Spaces around a piece do not count.
 */
export function parse(text: usize, length: u32, servers: usize): i32 {
  const end = text + length;
  let count = 0;
  let from = text;
  while (true) {
    const next = find(from, end, COMMA);
    let to = next;
    while (from < to && load<u8>(from) == SPACE) from++;
    while (from < to && load<u8>(to - 1) == SPACE) to--;
    if (!count && from == to && next == end) return 0;
    badStart = <u32>(from - text);
    badLength = <u32>(to - from);
    if (count == SERVERS_MAX) return -1;
    if (!parseServer(from, to, changetype<SocketAddress>(servers + <usize>count * ADDRESS_BYTES))) return -1;
    count++;
    if (next == end) return count;
    from = next + 1;
  }
}

/** Where `byte` first stands between `from` and `end`, or `end`. */
function find(from: usize, end: usize, byte: u8): usize {
  while (from < end && load<u8>(from) != byte) from++;
  return from;
}

function parseServer(from: usize, end: usize, server: SocketAddress): bool {
  if (from < end && load<u8>(from) == OPEN) {
    const close = find(from, end, CLOSE);
    if (find(from, close, COLON) == close || !ipText.parse(from + 1, <u32>(close - from) - 1, server)) return false;
    return close < end && setPort(close + 1, end, server);
  }
  const colon = find(from, end, COLON);
  const hasPort = colon < end && find(colon + 1, end, COLON) == end;
  const to = hasPort ? colon : end;
  return ipText.parse(from, <u32>(to - from), server) && setPort(to, end, server);
}

/** Takes `:PORT`, or nothing for the usual port. */
function setPort(from: usize, end: usize, server: SocketAddress): bool {
  server.port = DEFAULT_PORT;
  if (from == end) return true;
  if (load<u8>(from) != COLON) return false;
  const port = ipText.parsePort(from + 1, <u32>(end - from) - 1);
  server.port = <u16>port;
  return port > 0;
}
