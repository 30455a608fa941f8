// The interface `addresses`. These allocate managed text, so they collect it before they return: no object of ours is
// on the stack then.

import { lowerText, liftText } from "../abi/text";
import { RETURN_AREA } from "../abi/return-area";
import * as status from "../base/status";
import { formatSocketAddress, parseIp } from "../net/ip-address";
import { parseHostPort } from "../net/host-port";
import * as errors from "../wasi/error-code";
import { SocketAddress, lowerSocketAddress } from "../wasi/network";
import { socketAddress } from "./arguments";
import { failed, list, listSpace, releaseLists } from "./results";

/** Longest text of an address: IPv6 with brackets, zone and port. */
const TEXT_MAX: u32 = 80;
const parsed = changetype<SocketAddress>(memory.data(28, 4));

export function addresses$parse(text: usize, length: u32): usize {
  const isAddress = length <= TEXT_MAX && parseInto(liftText(text, <i32>length));
  __collect();
  releaseLists();
  if (!isAddress) return failed(status.INVALID_ARGUMENT, errors.INVALID_ARGUMENT, 4);
  store<u8>(RETURN_AREA, 0);
  lowerSocketAddress(parsed, RETURN_AREA + 4);
  return RETURN_AREA;
}

export function addresses$format(
  family: u32, s0: u32, s1: u32, s2: u32, s3: u32, s4: u32, s5: u32, s6: u32, s7: u32, s8: u32, s9: u32, s10: u32,
): usize {
  const text = lowerText(formatSocketAddress(socketAddress(family, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10)));
  const length = <u32>text.byteLength;
  const target = listSpace(length);
  memory.copy(target, changetype<usize>(text), length);
  __collect();
  return list(target, length);
}

export function addresses$post$format(area: usize): void {
  releaseLists();
}

function parseInto(text: string): bool {
  memory.fill(changetype<usize>(parsed), 0, offsetof<SocketAddress>());
  const parts = parseHostPort(text);
  if (!parts || !parseIp(parts.host, parsed)) return false;
  parsed.port = parts.port;
  return true;
}
