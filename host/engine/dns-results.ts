// What look-ups end with, read in place from linear memory. The layout is that of assembly/dns/result.ts:
//
//   4 u8 kind | 5 u8 reason | 8 u32 count | 12 u32 payload bytes | 20 payload
//   addresses  28 bytes each
//   SRV        u16 priority, weight, port, length of the host, the host, padded to 2
//   TXT        u32 length, the text, padded to 4
//   failure    text

import { ResolvedAddress } from "./address.js";
import { ADDRESS_BYTES, type CoreEngine } from "./core-engine.js";
import type { SRVRecord } from "./dns-interfaces.js";

const COUNT = 8;
const PAYLOAD_BYTES = 12;
const PAYLOAD = 20;
/** Up to here a loop is faster than a decoder. */
const LOOP_MAX = 64;
/** Up to here texts are remembered, and how many are: servers say the same few again and again. */
const KNOWN_LENGTH_MAX = 256;
const KNOWN_MAX = 64;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export function addressesOf(core: CoreEngine, result: number): ResolvedAddress[] {
  const count = core.words()[(result + COUNT) >>> 2] as number;
  const addresses: ResolvedAddress[] = [];
  for (let index = 0; index < count; index++) {
    addresses.push(new ResolvedAddress(core.addressAt(result + PAYLOAD + index * ADDRESS_BYTES)));
  }
  return addresses;
}

export function serviceRecordsOf(core: CoreEngine, result: number): SRVRecord[] {
  const count = core.words()[(result + COUNT) >>> 2] as number;
  const { bytes, halves } = core.memory;
  const records: SRVRecord[] = [];
  for (let index = 0, at = result + PAYLOAD; index < count; index++) {
    const half = at >>> 1;
    const length = halves[half + 3] as number;
    records.push({
      host: textAt(bytes, at + 8, length),
      port: halves[half + 2] as number,
      priority: halves[half] as number,
      weight: halves[half + 1] as number,
    });
    at += (8 + length + 1) & ~1;
  }
  return records;
}

export function textsOf(core: CoreEngine, result: number): string[] {
  const words = core.words();
  const count = words[(result + COUNT) >>> 2] as number;
  const texts: string[] = [];
  for (let index = 0, at = result + PAYLOAD; index < count; index++) {
    const length = words[at >>> 2] as number;
    texts.push(textAt(core.memory.bytes, at + 4, length));
    at += (4 + length + 3) & ~3;
  }
  return texts;
}

export function failureTextOf(core: CoreEngine, result: number): string {
  const length = core.words()[(result + PAYLOAD_BYTES) >>> 2] as number;
  return textAt(core.memory.bytes, result + PAYLOAD, length);
}

const known: string[] = new Array<string>(KNOWN_MAX).fill("");

/** The text that was read before, when it has the same bytes: to compare costs a tenth of reading. */
function textAt(bytes: Uint8Array, from: number, length: number): string {
  if (length > KNOWN_LENGTH_MAX || length === 0) return decoder.decode(bytes.subarray(from, from + length));
  const middle = bytes[from + (length >>> 1)] as number;
  const place = (length ^ (bytes[from] as number) << 3 ^ middle << 1 ^ (bytes[from + length - 1] as number))
    & (KNOWN_MAX - 1);
  const before = known[place] as string;
  if (before.length === length && isAt(before, bytes, from)) return before;
  const text = readText(bytes, from, length);
  known[place] = text;
  return text;
}

/** Whether the bytes are those of an ASCII text. */
function isAt(text: string, bytes: Uint8Array, from: number): boolean {
  for (let index = 0; index < text.length; index++) {
    const byte = bytes[from + index] as number;
    if (byte > 0x7f || byte !== text.charCodeAt(index)) return false;
  }
  return true;
}

function readText(bytes: Uint8Array, from: number, length: number): string {
  if (length <= LOOP_MAX) {
    let text = "";
    let at = from;
    for (const end = from + length; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte > 0x7f) break;
      text += String.fromCharCode(byte);
    }
    if (at === from + length) return text;
  }
  return decoder.decode(bytes.subarray(from, from + length));
}
