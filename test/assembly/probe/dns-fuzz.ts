// The fuzzer of the parser of DNS: it makes broken messages of good ones and has each read, millions of them.
//
//   corpus --pick, change one to four times--> scratch --copy--> the end of memory --> check, read, writeRecords
//      ^                                                                                    |
//      +------ the message joins it when the answer shows something that none did ---------+
//
// What the core says of a message (results, counts, sizes, in coarse steps) stands for the way that it took. After each
// message every promise is checked; an assertion that fails leaves the message in `scratch`.

import * as answer from "../../../assembly/dns/answer";
import { ALIASES_MAX, NEGATIVE_TTL_MAX, TTL_MAX } from "../../../assembly/base/limits";
import * as message from "../../../assembly/dns/message";
import * as names from "../../../assembly/dns/name";
import "../../../assembly/wasi/abort";

const SLOTS_MAX: u32 = 1024;
/** `| length u16 | type u16 | question, 256 bytes | message |` */
const SLOT_BYTES: usize = 1024;
const HEAD_BYTES: usize = 260;
const MESSAGE_MAX: u32 = <u32>(SLOT_BYTES - HEAD_BYTES);
const CHANGES_MAX: u32 = 4;
const OUTPUT_BYTES: usize = 1 << 20;
const GUARD_BYTES: usize = 64;
const GUARD: u8 = 0xa5;
const SEEN_BYTES: usize = 1 << 13;
/** One message of so many is read a second time, with other bytes in front of it. */
const REPEATED: u32 = 64;

const CORPUS_BYTES: usize = <usize>SLOTS_MAX * SLOT_BYTES;
const RESULTS_BYTES: usize = 8 * 4;
const OWN_BYTES: usize = CORPUS_BYTES + SLOT_BYTES + SEEN_BYTES + RESULTS_BYTES + OUTPUT_BYTES + GUARD_BYTES;

/** Everything that the fuzzer itself writes. */
const corpus: usize = heap.alloc(OWN_BYTES);
const scratch: usize = corpus + CORPUS_BYTES;
const seen: usize = scratch + SLOT_BYTES;
/** How many messages ended with each result of `read`. */
const results: usize = seen + SEEN_BYTES;
const output: usize = results + RESULTS_BYTES;
/** A page that nobody has; a message is laid to its end, so that to read on would trap. */
const page: usize = <usize>memory.grow(1) << 16;
const end: usize = page + (1 << 16);

let slots: u32 = 0;
let seeds: u32 = 0;
let state: u32 = 1;
let length: u32 = 0;
let slot: usize = 0;
/** Where the parser keeps the first name of a chain, which is where its own memory begins. */
let parserAt: usize = 0;

/** How many messages `check` took for the answer. */
let taken: u32 = 0;

export function begin(seed: u32): void {
  memory.fill(seen, 0, SEEN_BYTES);
  memory.fill(results, 0, RESULTS_BYTES);
  memory.fill(output + OUTPUT_BYTES, GUARD, GUARD_BYTES);
  state = seed | 1;
  slots = seeds = taken = 0;
}

/** Where the test writes the next message that the fuzzer begins with; `added` takes it. */
export function nextSlot(): usize {
  return corpus + <usize>slots * SLOT_BYTES;
}

export function added(): void {
  assert(slots < SLOTS_MAX / 2);
  assert(load<u16>(nextSlot()) <= MESSAGE_MAX);
  seeds = ++slots;
}

export function slotBytes(): usize {
  return SLOT_BYTES;
}

export function corpusSize(): u32 {
  return slots;
}

export function resultCount(result: i32): u32 {
  return load<u32>(results + (<usize>result << 2));
}

export function takenCount(): u32 {
  return taken;
}

export function scratchAddress(): usize {
  return scratch;
}

export function scratchLength(): u32 {
  return length;
}

/** What may change. 0: what the fuzzer itself writes; 1: the page; 2: the parser's own, whose end is not known. */
export function regionStart(region: i32): usize {
  return region == 0 ? corpus : region == 1 ? page : parserAt;
}

export function regionEnd(region: i32): usize {
  return region == 0 ? corpus + OWN_BYTES : end;
}

export function memoryEnd(): usize {
  return <usize>memory.size() << 16;
}

/** Reads `count` broken messages. */
export function run(count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    slot = corpus + <usize>below(slots) * SLOT_BYTES;
    length = load<u16>(slot);
    memory.copy(scratch, slot + HEAD_BYTES, length);
    for (let change = 1 + below(CHANGES_MAX); change > 0; change--) mutate();
    read(i % REPEATED == 0);
  }
  for (let i: usize = 0; i < GUARD_BYTES; i++) assert(load<u8>(output + OUTPUT_BYTES + i) == GUARD);
}

function read(twice: bool): void {
  const at = end - length;
  memory.copy(at, scratch, length);
  const type = load<u16>(slot, 2);
  const question = slot + 4;
  const id = length >= 2 ? message.word(at) : 0;
  const checked = message.check(at, length, id, question, type);
  assert(<u32>checked <= <u32>message.MALFORMED);
  if (checked <= message.MATCH_OTHER_CASE) taken++;
  const result = answer.read(at, length, question, type);
  verify(result, type);
  const count = answer.recordCount;
  const bytes = answer.recordBytes;
  const ttl = answer.ttlSeconds;
  const aliases = answer.aliases;
  assert(memory.compare(at, scratch, length) == 0, "the message was written to");
  if (twice) {
    memory.fill(at - 512, <u8>below(256), 512);
    assert(answer.read(at, length, question, type) == result, "what stands before the message was read");
    assert(count == answer.recordCount && bytes == answer.recordBytes);
    assert(ttl == answer.ttlSeconds && aliases == answer.aliases);
  }
  store<u32>(results + (<usize>result << 2), resultCount(result) + 1);
  const way = (checked << 3 | result) * 0x9e3779b1 ^ (aliases << 9 | min(count, 15) << 5 | steps(ttl)) * 0x85ebca6b;
  keepWhenNew(<u32>(way ^ steps(bytes) * 0xc2b2ae35));
}

/** What `read` promises, whatever it read. */
function verify(result: i32, type: u16): void {
  assert(<u32>result <= <u32>answer.FAILED);
  assert(answer.aliases <= ALIASES_MAX);
  assert(answer.ttlSeconds <= (result <= answer.ALIAS ? TTL_MAX : NEGATIVE_TTL_MAX));
  assert((result == answer.ANSWERED) == (answer.recordCount > 0));
  assert((result == answer.ANSWERED) == (answer.recordBytes > 0));
  assert(names.wireLength(answer.target) <= names.NAME_MAX);
  if (answer.aliases == 1) parserAt = answer.target;
  if (result != answer.ANSWERED) return;
  const bytes = answer.recordBytes;
  assert(bytes <= <u32>OUTPUT_BYTES);
  const behind = output + bytes;
  store<u32>(behind, 0xa5a5a5a5);
  answer.writeRecords(output);
  assert(load<u32>(behind) == 0xa5a5a5a5, "more was written than announced");
  let at = output;
  for (let i = 0; i < answer.recordCount; i++) {
    if (type == message.TYPE_SRV) at += (8 + <usize>load<u16>(at, 6) + 1) & ~1;
    else if (type == message.TYPE_TXT) at += (4 + <usize>load<u32>(at) + 3) & ~3;
    else at += 28;
    assert(at <= behind);
  }
  assert(at == behind, "less was written than announced");
}

function steps(value: u32): u32 {
  return 32 - clz(value);
}

function keepWhenNew(way: u32): void {
  const bit = (way ^ way >> 16) & (<u32>SEEN_BYTES * 8 - 1);
  const at = seen + (bit >> 3);
  const mask = <u8>(1 << <u8>(bit & 7));
  if (load<u8>(at) & mask) return;
  store<u8>(at, load<u8>(at) | mask);
  const place = slots < SLOTS_MAX ? slots++ : seeds + below(SLOTS_MAX - seeds);
  const kept = corpus + <usize>place * SLOT_BYTES;
  if (kept != slot) memory.copy(kept, slot, HEAD_BYTES);
  store<u16>(kept, <u16>length);
  memory.copy(kept + HEAD_BYTES, scratch, length);
}

/** One change of the message in `scratch`. */
function mutate(): void {
  if (!length) return;
  const at = below(length);
  const rest = length - at;
  switch (below(11)) {
    case 0: return store<u8>(scratch + at, load<u8>(scratch + at) ^ <u8>(1 << <u8>below(8)));
    case 1: return store<u8>(scratch + at, <u8>random());
    case 2: return store<u8>(scratch + at, edgeByte());
    case 3: return setWord(at, <u16>(0xc000 | below(length + 4))); // a pointer to somewhere
    case 4: return setWord(at, <u16>(0xc000 | max(<i32>at - <i32>below(40), 0))); // to just before, or to itself
    case 5: { // cut off
      length = below(8) ? length - below(min(length, 24)) : at;
      return;
    }
    case 6: { // bytes are gone
      const gone = 1 + below(min(rest, 16));
      memory.copy(scratch + at, scratch + at + gone, rest - gone);
      length -= gone;
      return;
    }
    case 7: return insert(at, scratch + below(length), 1 + below(min(rest, 64))); // bytes twice
    case 8: { // bytes of another message
      const other = corpus + <usize>below(slots) * SLOT_BYTES;
      const otherLength = <u32>load<u16>(other);
      if (!otherLength) return;
      const from = below(otherLength);
      return insert(at, other + HEAD_BYTES + from, 1 + below(min(otherLength - from, 64)));
    }
    case 9: return setWord(4 + 2 * below(4), <u16>(below(4) ? below(8) : random())); // a count
    default: return setWord(at, <u16>(below(4) ? below(64) : random())); // a length, a type
  }
}

function insert(at: u32, from: usize, count: u32): void {
  if (length + count > MESSAGE_MAX) return;
  const held = output; // no record is there now
  memory.copy(held, from, count);
  memory.copy(scratch + at + count, scratch + at, length - at);
  memory.copy(scratch + at, held, count);
  length += count;
}

function setWord(at: u32, value: u16): void {
  if (at + 2 <= length) store<u16>(scratch + at, bswap(value));
}

/** Bytes at the edges of what a length or the type of a label can be. */
function edgeByte(): u8 {
  switch (below(8)) {
    case 0: return 0;
    case 1: return 1;
    case 2: return 62 + <u8>below(4);
    case 3: return 0x7f;
    case 4: return 0x80 + <u8>below(2);
    case 5: return 0xbf;
    case 6: return 0xc0;
    default: return 0xff;
  }
}

function random(): u32 {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

function below(limit: u32): u32 {
  return <u32>(<u64>random() * limit >> 32);
}
