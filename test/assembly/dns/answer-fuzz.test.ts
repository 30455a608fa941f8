// Random messages. Good ones, in every spelling and order, mean what dns-packet and a plain reading of the rules say.
// Broken ones, ten million of them made inside the component, never trap, write nowhere and break no promise.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { randomMessage } from "../../support/dns-generator.js";
import { READS, DnsProbe } from "../../support/dns-probe.js";
import { TYPES, wireName } from "../../support/dns-message.js";
import { referenceAnswer } from "../../support/dns-reference.js";
import { compileProbe, Probe } from "../../support/probe.js";

console.log(`TEST_SEED=${SEED}`);
const GOOD_MESSAGES = 20_000;
const FUZZ_SEEDS = 200;
const BROKEN_MESSAGES = 10_000_000;
const BATCH = 500_000;
/** Where the parser keeps what it read: names of a chain, places of records, two scratch areas. */
const PARSER_BYTES = 16_384;
const SLOT_HEAD_BYTES = 260;

const good = suite("good messages");

good(`should mean what another parser says, ${GOOD_MESSAGES} of them`, async () => {
  const dns = await DnsProbe.create();
  const random = new Random();
  const ends = new Map<string, number>();
  for (let index = 0; index < GOOD_MESSAGES; index++) {
    const { message, name, type } = randomMessage(random);
    const expected = referenceAnswer(message, name, type);
    const answer = dns.read(message, type, name);
    assert.equal(answer, expected, `message ${index}: ${type} ${name} in ${message.toString("hex")}`);
    ends.set(answer.result, (ends.get(answer.result) ?? 0) + 1);
  }
  for (const result of ["answered", "alias", "no-records", "no-name", "loop", "failed"]) {
    assert.ok((ends.get(result) ?? 0) > GOOD_MESSAGES / 200, `${result} came up: ${JSON.stringify([...ends])}`);
  }
});

good.run();

// ---

const broken = suite("broken messages");

broken(`should be read without a trap and without a trace, ${BROKEN_MESSAGES} of them`, async () => {
  const probe = await Probe.create(await compileProbe("dns-fuzz", ["-O3"]));
  const { call } = probe;
  const random = new Random();
  call.begin!(SEED);
  for (let index = 0; index < FUZZ_SEEDS; index++) {
    const { message, name, type } = randomMessage(random);
    if (message.length > call.slotBytes!() - SLOT_HEAD_BYTES) continue;
    const slot = Buffer.alloc(SLOT_HEAD_BYTES + message.length);
    slot.writeUInt16LE(message.length, 0);
    slot.writeUInt16LE(TYPES[type], 2);
    slot.set(wireName(name), 4);
    slot.set(message, SLOT_HEAD_BYTES);
    probe.write(call.nextSlot!(), slot);
    call.added!();
  }
  const seeds = call.corpusSize!();
  const before = Buffer.from(probe.bytes(0, probe.memoryBytes()));
  try {
    for (let done = 0; done < BROKEN_MESSAGES; done += BATCH) call.run!(BATCH);
  } catch (error) {
    const bytes = Buffer.from(probe.bytes(call.scratchAddress!(), call.scratchLength!()));
    throw new Error(`${String(error)} ${probe.abortText} in ${bytes.toString("hex")}`);
  }
  assert.is(probe.memoryBytes(), before.length, "memory did not grow");
  const changed = untouched(probe, before);
  assert.equal(changed, [], "bytes that are not the parser's to change");
  const counts = READS.map((result, index) => [result, call.resultCount!(index)] as const);
  const sum = counts.reduce((total, [, count]) => total + count, 0);
  assert.is(sum, BROKEN_MESSAGES);
  console.log(`${call.takenCount!()} matched; ${counts.map((each) => each.join(" ")).join(", ")};`,
    `${call.corpusSize!() - seeds} new ways`);
  for (const [result, count] of counts) assert.ok(count > 1000, `${result} came up`);
  assert.ok(call.corpusSize!() > 2 * seeds, "the corpus grew");
});

broken.run();

/** Addresses outside the areas of the fuzzer and the parser whose bytes are not as before: none. */
function untouched(probe: Probe, before: Buffer): number[] {
  const { call } = probe;
  const after = Buffer.from(probe.bytes(0, before.length));
  const parser = call.regionStart!(2);
  assert.ok(parser > 0);
  const own = [0, 1].map((region) => [call.regionStart!(region), call.regionEnd!(region)] as const);
  own.push([parser, parser + PARSER_BYTES]);
  const isOwn = (address: number): boolean => own.some(([start, end]) => address >= start && address < end);
  const changed: number[] = [];
  for (let address = 0; address < before.length && changed.length < 10; address++) {
    if (before[address] !== after[address] && !isOwn(address)) changed.push(address);
  }
  return changed;
}
