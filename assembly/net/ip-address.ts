// IP addresses as strings, for programs and their messages. What an address looks like is in ip-text.ts.

import { liftText, lowerText } from "../abi/text";
import { SocketAddress } from "../wasi/network";
import * as ipText from "./ip-text";

const written: usize = memory.data(48); // ADDRESS_TEXT_MAX

/** Makes `target` a literal, with port 0; false when `text` is none. Zones (`%eth0`) are refused. */
export function parseIp(text: string, target: SocketAddress): bool {
  const bytes = lowerText(text);
  return ipText.parse(changetype<usize>(bytes), bytes.byteLength, target);
}

/** `127.0.0.1`, `::1`. */
export function formatIp(address: SocketAddress): string {
  return liftText(written, <i32>(ipText.writeIp(address, written) - written));
}

/** `127.0.0.1:80`, `[::1]:80`. */
export function formatSocketAddress(address: SocketAddress): string {
  return liftText(written, <i32>ipText.write(address, written));
}

/** A decimal of `text` from `start` to `end`, at most `max` and without needless zeros; -1 when it is none. */
export function parseDecimal(text: string, start: i32, end: i32, max: i32): i32 {
  const bytes = lowerText(text.substring(start, end));
  const from = changetype<usize>(bytes);
  return ipText.parseDecimal(from, from + bytes.byteLength, max);
}
