// What an answer of DNS costs from its bytes to the records of a result: it is checked against the question, read, and
// its records are written. Typical answers: names compressed as servers do it, an EDNS record at the end.

import * as answer from "../../assembly/dns/answer";
import * as message from "../../assembly/dns/message";
import * as names from "../../assembly/dns/name";
import * as figures from "./figures";

const ID: u16 = 0x1234;
const NAME = "www.example.com";
const SERVICE = "_grpc._tcp.example.com";
const TTL: u32 = 300;
const RESPONSE: u16 = 0x8180;
const HEADER_BYTES: u32 = 12;

const question: usize = memory.data(256, 8);
const bytes: usize = memory.data(1024, 8);
const payload: usize = memory.data(4096, 8);
let length: u32 = 0;

export function measure(_size: u32, operations: u32): void {
  begin(NAME, message.TYPE_A);
  addresses(2);
  run("a-2", message.TYPE_A, 2, operations);
  begin(NAME, message.TYPE_A);
  addresses(4);
  run("a-4", message.TYPE_A, 4, operations);
  begin(NAME, message.TYPE_A);
  const host = String.UTF8.encode("edge.cdn.example.net");
  record(HEADER_BYTES, message.TYPE_CNAME, 0);
  const aliasAt = length;
  name(host);
  endRecord(aliasAt);
  for (let i = 0; i < 2; i++) {
    record(aliasAt, message.TYPE_A, 0);
    address();
  }
  run("cname-a-2", message.TYPE_A, 2, operations);
  begin(SERVICE, message.TYPE_SRV);
  for (let i = 0; i < 2; i++) {
    record(HEADER_BYTES, message.TYPE_SRV, 0);
    const start = length;
    for (let number = 0; number < 3; number++) word(10);
    name(String.UTF8.encode("backend.example.com"));
    endRecord(start);
  }
  run("srv-2", message.TYPE_SRV, 2, operations);
}

function run(figure: string, type: u16, records: i32, operations: u32): void {
  store<u8>(bytes + length, 0); // the root owns EDNS: type 41, size 1232, no flags, no options
  length++;
  word(41);
  word(1232);
  for (let i = 0; i < 3; i++) word(0);
  store<u16>(bytes, bswap(<u16>records + u16(figure.startsWith("cname"))), 6);
  store<u16>(bytes, bswap<u16>(1), 10);
  let sum: u32 = 0;
  figures.startWatch();
  for (let i: u32 = 0; i < operations; i++) {
    if (message.check(bytes, length, ID, question, type) != message.MATCH) break;
    if (answer.read(bytes, length, question, type) != answer.ANSWERED) break;
    answer.writeRecords(payload);
    sum += answer.recordCount;
  }
  figures.add(figure, figures.watch(), <f64>operations);
  figures.verify(sum == operations * <u32>records, "a message was not read");
}

/** A message with its question. */
function begin(owner: string, type: u16): void {
  const text = String.UTF8.encode(owner);
  const nameLength = names.fromText(changetype<usize>(text), <u32>text.byteLength, question);
  memory.fill(bytes, 0, HEADER_BYTES);
  store<u16>(bytes, bswap(ID));
  store<u16>(bytes, bswap(RESPONSE), 2);
  store<u16>(bytes, bswap<u16>(1), 4);
  memory.copy(bytes + HEADER_BYTES, question, nameLength);
  length = HEADER_BYTES + nameLength;
  word(type);
  word(message.CLASS_IN);
}

/** A record up to its data; its owner is a pointer. */
function record(ownerAt: u32, type: u16, dataBytes: u16): void {
  word(<u16>(0xc000 | ownerAt));
  word(type);
  word(message.CLASS_IN);
  word(0);
  word(<u16>TTL);
  word(dataBytes);
}

/** The data that began at `start` end here. */
function endRecord(start: u32): void {
  store<u16>(bytes + start - 2, bswap<u16>(<u16>(length - start)));
}

function addresses(count: i32): void {
  for (let i = 0; i < count; i++) {
    record(HEADER_BYTES, message.TYPE_A, 0);
    address();
  }
}

function address(): void {
  store<u16>(bytes + length - 2, bswap<u16>(4));
  word(0xc000);
  word(0x0201);
}

/** A name in full. */
function name(text: ArrayBuffer): void {
  length += names.fromText(changetype<usize>(text), <u32>text.byteLength, bytes + length);
}

function word(value: u16): void {
  store<u16>(bytes + length, bswap(value));
  length += 2;
}
