// The probe of what reads and writes DNS. The test writes into `input` and `question` and reads from `output`.

import * as addressOrder from "../../../assembly/dns/address-order";
import * as answer from "../../../assembly/dns/answer";
import * as message from "../../../assembly/dns/message";
import * as names from "../../../assembly/dns/name";
import * as serverList from "../../../assembly/dns/server-list";
import "../../../assembly/wasi/abort";

const INPUT_BYTES: i32 = 1 << 17;
const OUTPUT_BYTES: i32 = 2 << 20;
const input: usize = memory.data(INPUT_BYTES, 16);
const question: usize = memory.data(256, 16);
const output: usize = heap.alloc(OUTPUT_BYTES);
/** One page that nobody has: a message is laid to its end, where memory ends, so that reading on would trap. */
const edge: usize = <usize>memory.grow(1) << 16;
const EDGE_BYTES: usize = 1 << 16;

/** Where memory ends. It must not grow, or messages would not lie at its end. */
export function end(): usize {
  assert(<usize>memory.size() << 16 == edge + EDGE_BYTES);
  return edge + EDGE_BYTES;
}

export function inputAddress(): usize {
  return input;
}

export function questionAddress(): usize {
  return question;
}

export function outputAddress(): usize {
  return output;
}

// Names: the first one is at `question`, a second one at `input`

/** Reads the text of `length` bytes at `input` as a name to `question`. */
export function fromText(length: u32): u32 {
  return names.fromText(input, length, question);
}

export function toText(): u32 {
  return names.toText(question, output);
}

export function textLength(): u32 {
  return names.textLength(question);
}

export function wireLength(): u32 {
  return names.wireLength(question);
}

export function nameEquals(): bool {
  return names.equals(question, input);
}

export function nameEqualsExactly(): bool {
  return names.equalsExactly(question, input);
}

export function nameHash(): u32 {
  return names.hash(question);
}

export function lower(): void {
  names.lower(question);
}

export function isLocalhost(): bool {
  return names.isLocalhost(question);
}

/** The random bytes are at `input`. */
export function randomizeCase(): void {
  names.randomizeCase(question, input);
}

// Messages: at any address, because a test puts them where memory ends

export function writeQuery(id: u16, type: u16, edns: bool): u32 {
  return message.writeQuery(output, id, question, type, edns);
}

export function check(address: usize, length: u32, id: u16, type: u16): i32 {
  return message.check(address, length, id, question, type);
}

export function rcode(address: usize): u8 {
  return message.rcode(address);
}

export function isTruncated(address: usize): bool {
  return message.isTruncated(address);
}

export function read(address: usize, length: u32, type: u16): i32 {
  return answer.read(address, length, question, type);
}

export function ttlSeconds(): u32 {
  return answer.ttlSeconds;
}

export function aliases(): u32 {
  return answer.aliases;
}

export function recordCount(): i32 {
  return answer.recordCount;
}

export function recordBytes(): u32 {
  return answer.recordBytes;
}

export function writeRecords(): void {
  assert(<i32>answer.recordBytes <= OUTPUT_BYTES);
  answer.writeRecords(output);
}

/** Writes the text of the name at the end of the chain. */
export function targetText(): u32 {
  return names.toText(answer.target, output);
}

// Servers and addresses: lists at `output`

export function parseServers(length: u32): i32 {
  return serverList.parse(input, length, output);
}

export function badStart(): u32 {
  return serverList.badStart;
}

export function badLength(): u32 {
  return serverList.badLength;
}

export function collect(): void {
  __collect();
}

/** Sorts `count` addresses at `output`, whose sources are at `input`. */
export function sort(count: i32): void {
  addressOrder.sort(output, count, input);
}
