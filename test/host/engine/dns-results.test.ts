// Results of look-ups as the face reads them: written here by the layout of assembly/dns/result.ts, over and over.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CoreMemory } from "#host/abi/core-memory.js";
import { ResolvedAddress } from "#host/engine/address.js";
import { CoreEngine } from "#host/engine/core-engine.js";
import type { EngineExports } from "#host/engine/core-exports.js";
import { addressesOf, failureTextOf, serviceRecordsOf, textsOf } from "#host/engine/dns-results.js";
import { Random, SEED } from "../../support/bytes.js";

console.log(`seed ${SEED}`);

const ROUNDS = 300;
/** Where the result begins: not where the memory does. */
const AT = 1028;
const random = new Random();

function coreOver(payload: Buffer, count: number): CoreEngine {
  const memory = new CoreMemory();
  const { buffer } = new Uint8Array(1 << 16).fill(0xa5);
  memory.bind({ buffer, grow: () => 0 }, () => 0);
  const header = Buffer.alloc(20);
  header.writeUInt32LE(count, 8);
  header.writeUInt32LE(payload.length, 12);
  memory.bytes.set(header, AT);
  memory.bytes.set(payload, AT + 20);
  const exports = { ring_state: () => 0, argument_area: () => 0 } as unknown as EngineExports;
  return new CoreEngine(exports, memory, undefined as never);
}

const padded = (bytes: Buffer, unit: number): Buffer => {
  return Buffer.concat([bytes, Buffer.alloc((unit - bytes.length % unit) % unit, 0xee)]);
};

/** Of any length, also such that are read in another way. */
function text(alphabet: string): string {
  const length = random.below(4) === 0 ? 64 + random.below(3) - 1 : random.below(200);
  return Array.from({ length }, () => alphabet[random.below(alphabet.length)]).join("");
}

function words16(...values: number[]): Buffer {
  return Buffer.from(Uint16Array.from(values).buffer);
}

function addressBytes(address: ResolvedAddress): Buffer {
  const { family, port, parts, flowInfo, scopeId } = address.socketAddress;
  const bytes = Buffer.alloc(28);
  bytes.writeUInt8(family, 0);
  bytes.writeUInt16LE(port, 2);
  bytes.writeUInt32LE(flowInfo, 4);
  bytes.writeUInt32LE(scopeId, 8);
  for (const [index, part] of parts.entries()) bytes.writeUInt16LE(part, 12 + 2 * index);
  return bytes;
}

function someAddress(): ResolvedAddress {
  const host = random.below(2) === 0
    ? Array.from({ length: 4 }, () => random.below(256)).join(".")
    : `[${Array.from({ length: 8 }, () => random.below(65_536).toString(16)).join(":")}]`;
  return ResolvedAddress.parse(`${host}:${random.below(65_536)}`);
}

const some = <T>(make: () => T): T[] => Array.from({ length: random.below(6) }, make);

const results = suite("results");

results("should be read as addresses", () => {
  for (let round = 0; round < ROUNDS; round++) {
    const expected = some(someAddress);
    const core = coreOver(Buffer.concat(expected.map(addressBytes)), expected.length);
    const found = addressesOf(core, AT);
    assert.equal(found.map(({ socketAddress }) => socketAddress), expected.map(({ socketAddress }) => socketAddress));
    assert.equal(found.map(String), expected.map(String));
  }
});

results("should be read as service records", () => {
  for (let round = 0; round < ROUNDS; round++) {
    const expected = some(() => {
      const [port, priority, weight] = [random.below(65_536), random.below(65_536), random.below(65_536)];
      return { host: text("abc-.0\\"), port, priority, weight };
    });
    const payload = Buffer.concat(expected.map(({ host, port, priority, weight }) => {
      return padded(Buffer.concat([words16(priority, weight, port, host.length), Buffer.from(host)]), 2);
    }));
    assert.equal(serviceRecordsOf(coreOver(payload, expected.length), AT), expected);
  }
});

results("should be read as texts, in UTF-8", () => {
  for (let round = 0; round < ROUNDS; round++) {
    const expected = some(() => text(round % 2 === 0 ? "abc =;\"" : "abc\u00fc\u20ac\ufeff\0"));
    const payload = Buffer.concat(expected.map((each) => {
      const bytes = Buffer.from(each);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return padded(Buffer.concat([length, bytes]), 4);
    }));
    assert.equal(textsOf(coreOver(payload, expected.length), AT), expected);
  }
});

results("should be read as texts with U+FFFD where the bytes are none", () => {
  const payload = Buffer.from([4, 0, 0, 0, 0x61, 0xff, 0xc3, 0x62]);
  assert.equal(textsOf(coreOver(payload, 1), AT), ["a\ufffd\ufffdb"]);
});

results("should be told from what was read before, however alike", () => {
  const before = text("abc").padEnd(9, "d");
  for (let index = 0; index < before.length; index++) {
    for (const letter of ["d", "e", "\0", "\u007f", "\u00e9"]) {
      const like = before.slice(0, index) + letter + before.slice(index + 1);
      for (const each of [before, like, like, before]) {
        assert.is(failureTextOf(coreOver(Buffer.from(each), 0), AT), each);
      }
    }
  }
});

results("should be read as what went wrong", () => {
  for (const expected of ["", "A/AAAA a.test: no such name (said 127.0.0.1:53)", text("x")]) {
    assert.is(failureTextOf(coreOver(Buffer.from(expected), 0), AT), expected);
  }
});

results.run();
