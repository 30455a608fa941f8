// Targets as gRPC writes them: a host, perhaps with a port.
//
//   host   host:port   1.2.3.4   1.2.3.4:port   [::1]   [::1]:port   ::1        two colons and no bracket: no port
//
// A port is a number from 0 to 65535 or the name of a service (services.ts). The default port is written in the same
// way and counts only when the target has none. A host is a literal or a name of DNS; one whose last label is only
// digits could be taken for an address by somebody else, so it is refused (RFC 3696 §2, and 256.1.1.1 is no name).

import { parse, parsePort } from "../net/ip-text";
import { SocketAddress } from "../wasi/network";
import * as names from "./name";
import { portOf } from "./services";

const COLON: u8 = 58;

/** What a target stands for. */
export const INVALID: i32 = 0;
export const LITERAL: i32 = 1;
export const LOCALHOST: i32 = 2;
export const NAME: i32 = 3;

/** Of the latest `parseTarget`: a LITERAL with its port. */
export const address = changetype<SocketAddress>(memory.data(28, 4));
/** A NAME in wire form and small letters, and its bytes. */
export const wire: usize = memory.data(256, 8);
export let wireLength: u32 = 0;
export let port: u16 = 0;
/** Whether a dot ended the name, so that it is not to be searched. */
export let isAbsolute: bool = false;
/** Why it was INVALID. */
export let error: string = "";

/** Reads a target. What it found is in the variables above until the next one. */
export function parseTarget(text: usize, length: u32, defaultPort: usize, defaultLength: u32): i32 {
  const end = text + length;
  let host = text;
  let hostEnd = end;
  let portAt: usize = 0;
  let isIpv6 = false;
  const colon = indexOf(text, end, COLON);
  if (length && load<u8>(text) == 91) {
    host++;
    hostEnd = indexOf(host, end, 93);
    if (hostEnd == end) return refuse("a bracket is not closed");
    if (hostEnd + 1 != end) {
      if (load<u8>(hostEnd, 1) != COLON) return refuse("only a port may follow the bracket");
      portAt = hostEnd + 2;
    }
    if (host != hostEnd && colon > hostEnd) return refuse("not an IPv6 address");
    isIpv6 = true;
  } else if (colon != end) {
    isIpv6 = indexOf(colon + 1, end, COLON) != end;
    if (!isIpv6) {
      hostEnd = colon;
      portAt = colon + 1;
    }
  }
  if (host == hostEnd) return refuse("the host is missing");
  const hostLength = <u32>(hostEnd - host);
  // An IPv4 address ends in a digit, and nearly no name does.
  const isLiteral = (isIpv6 || isDigit(load<u8>(hostEnd - 1))) && parse(host, hostLength, address);
  if (isIpv6 && !isLiteral) return refuse("not an IPv6 address");
  if (!readPort(portAt, end, defaultPort, defaultLength)) return INVALID;
  if (isLiteral) {
    address.port = port;
    return LITERAL;
  }
  return readName(host, hostLength);
}

function readName(host: usize, length: u32): i32 {
  const count = names.fromText(host, length, wire);
  wireLength = count;
  if (count <= 1) return refuse("not a name");
  for (let i: usize = 1; i < count; i++) store<u8>(wire + i, names.fold(load<u8>(wire + i)));
  const last = load<u8>(wire + count - 2);
  if (isDigit(last) && isNumber(wire)) return refuse("a name cannot end in a number");
  isAbsolute = endsWithDot(host, length);
  return last == 116 && names.isLocalhost(wire) ? LOCALHOST : NAME;
}

@inline function isDigit(byte: u8): bool {
  return <u32>byte - 48 < 10;
}

function readPort(at: usize, end: usize, defaultPort: usize, defaultLength: u32): bool {
  if (!at) {
    if (!defaultLength) return refuse("the port is missing, and there is no default") != INVALID;
    at = defaultPort;
    end = at + defaultLength;
  }
  const length = <u32>(end - at);
  let number = parsePort(at, length);
  if (number < 0 && length) number = portOf(at, length);
  if (number < 0) return refuse("not a port") != INVALID;
  port = <u16>number;
  return true;
}

/** Whether the last label is all digits. */
function isNumber(name: usize): bool {
  let at = name;
  let label = name;
  for (let length = load<u8>(at); length; length = load<u8>(at)) {
    label = at;
    at += 1 + <usize>length;
  }
  for (let i = label + 1; i < at; i++) if (!isDigit(load<u8>(i))) return false;
  return true;
}

/** Whether the last byte is a dot that is not escaped. */
function endsWithDot(text: usize, length: u32): bool {
  let at = text + length - 1;
  if (load<u8>(at) != 46) return false;
  let escapes = 0;
  while (at > text && load<u8>(--at) == 92) escapes++;
  return !(escapes & 1);
}

/** INVALID, because of that. */
export function refuse(why: string): i32 {
  error = why;
  return INVALID;
}

function indexOf(from: usize, end: usize, byte: u8): usize {
  while (from < end && load<u8>(from) != byte) from++;
  return from;
}
