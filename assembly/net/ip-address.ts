// IP addresses as text: parsing (RFC 4291 §2.2, dotted quads as inet_pton takes them) and formatting (RFC 5952).

import { hexText } from "../abi/text";
import { IPV4, IPV6, SocketAddress } from "../wasi/network";

/** Sets family and parts of `target` from a literal; false when `text` is none. Zones (`%eth0`) are refused. */
export function parseIp(text: string, target: SocketAddress): bool {
  target.flowInfo = 0;
  target.scopeId = 0;
  return text.includes(":") ? parseIpv6(text, target) : parseIpv4(text, target, 0);
}

/** `127.0.0.1`, `::1`. */
export function formatIp(address: SocketAddress): string {
  return address.family == IPV4 ? formatIpv4(address) : formatIpv6(address);
}

/** `127.0.0.1:80`, `[::1]:80`. */
export function formatSocketAddress(address: SocketAddress): string {
  const ip = formatIp(address);
  const port = address.port.toString();
  return address.family == IPV4 ? ip + ":" + port : "[" + ip + "]:" + port;
}

/** A decimal of `text` from `start` to `end`, at most `max` and without needless zeros; -1 when it is none. */
export function parseDecimal(text: string, start: i32, end: i32, max: i32): i32 {
  if (start >= end || (end - start > 1 && text.charCodeAt(start) == 48)) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (<u32>digit > 9) return -1;
    value = value * 10 + digit;
    if (value > max) return -1;
  }
  return value;
}

/** Four octets from `start` on into parts 0–3. */
function parseIpv4(text: string, target: SocketAddress, start: i32): bool {
  target.family = IPV4;
  for (let part = 0; part < 4; part++) {
    let end = text.indexOf(".", start);
    if (end < 0) end = text.length;
    if ((end == text.length) != (part == 3)) return false;
    const octet = parseDecimal(text, start, end, 255);
    if (octet < 0) return false;
    target.setPart(part, <u16>octet);
    start = end + 1;
  }
  return true;
}

function parseIpv6(text: string, target: SocketAddress): bool {
  const length = text.length;
  let count = 0;
  let gap = -1; // where `::` stands
  let i = 0;
  if (text.startsWith("::")) {
    gap = 0;
    i = 2;
  }
  while (i < length) {
    if (count == 8) return false;
    let end = text.indexOf(":", i);
    if (end < 0) end = length;
    if (text.indexOf(".", i) >= 0 && end == length) {
      if (count > 6 || !parseIpv4(text, target, i)) return false;
      const high = <u16>((target.part(0) << 8) | target.part(1));
      const low = <u16>((target.part(2) << 8) | target.part(3));
      // the octets were written over the first segments, so the text is read again below
      return parseMapped(text.substring(0, i), high, low, target);
    }
    const segment = parseHex(text, i, end);
    if (segment < 0) return false;
    target.setPart(count++, <u16>segment);
    if (end == length) {
      i = end;
      break;
    }
    i = end + 1;
    if (i < length && text.charCodeAt(i) == 58) {
      if (gap >= 0) return false;
      gap = count;
      i++;
    } else if (i == length) {
      return false; // a single colon at the end
    }
  }
  if (gap < 0 ? count != 8 : count > 7) return false;
  target.family = IPV6;
  if (gap >= 0) spread(target, gap, count);
  return true;
}

/** `head` (`::ffff:`) with a dotted quad behind it: the same text with two hexadecimal segments. */
function parseMapped(head: string, high: u16, low: u16, target: SocketAddress): bool {
  return parseIpv6(head + hexText(high, 1) + ":" + hexText(low, 1), target);
}

/** Moves what came after `::` to the end and fills the gap with zeros. */
function spread(target: SocketAddress, gap: i32, count: i32): void {
  const tail = count - gap;
  for (let k = 0; k < tail; k++) target.setPart(7 - k, target.part(count - 1 - k));
  for (let k = gap; k < 8 - tail; k++) target.setPart(k, 0);
}

function parseHex(text: string, start: i32, end: i32): i32 {
  if (start >= end || end - start > 4) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    let digit = code - 48;
    if (<u32>digit > 9) {
      digit = (code | 32) - 97 + 10;
      if (digit < 10 || digit > 15) return -1;
    }
    value = (value << 4) | digit;
  }
  return value;
}

function formatIpv4(address: SocketAddress): string {
  return address.part(0).toString() + "." + address.part(1).toString() + "." +
    address.part(2).toString() + "." + address.part(3).toString();
}

function formatIpv6(address: SocketAddress): string {
  let bestStart = -1;
  let bestLength = 1; // one zero alone is not shortened
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && address.part(i + length) == 0) length++;
    if (length > bestLength) {
      bestStart = i;
      bestLength = length;
    }
    if (length) i += length - 1;
  }
  let text = "";
  for (let i = 0; i < 8; i++) {
    if (i == bestStart) {
      text += "::";
      i += bestLength - 1;
      continue;
    }
    if (i && !text.endsWith("::")) text += ":";
    text += hexText(address.part(i), 1);
  }
  return text;
}
