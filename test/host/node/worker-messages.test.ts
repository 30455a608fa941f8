// Addresses and datagrams as the two threads write them.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Family, makeAddress, type SocketAddress } from "#host/wasi/ip-address.js";
import { ADDRESS_BYTES, decodeAddress, encodeAddresses, encodeDatagram } from "#host/node/worker/messages.js";
import { Random, SEED } from "../../support/bytes.js";

const messages = suite("messages");

function someAddress(random: Random): SocketAddress | null {
  const kind = random.below(5);
  if (kind === 0) return null;
  const port = random.below(65_536);
  if (kind <= 2) {
    return makeAddress(Family.Ipv4, Array.from({ length: 4 }, () => random.below(256)), port);
  }
  const parts = Array.from({ length: 8 }, () => random.below(65_536));
  return { family: Family.Ipv6, port, parts, flowInfo: random.next(), scopeId: random.next() };
}

messages("should bring addresses back as they were, also behind others", () => {
  console.log(`seed ${SEED}`);
  const random = new Random(SEED);
  for (let round = 0; round < 500; round++) {
    const addresses = Array.from({ length: 1 + random.below(4) }, () => someAddress(random));
    const bytes = encodeAddresses(addresses);
    assert.is(bytes.length, addresses.length * ADDRESS_BYTES);
    assert.equal(addresses.map((_, index) => decodeAddress(bytes, index * ADDRESS_BYTES)), addresses);
  }
});

messages("should bring a datagram and its address, whatever was there before", () => {
  const random = new Random(SEED);
  for (let round = 0; round < 200; round++) {
    const remote = someAddress(random);
    const source = Uint8Array.from({ length: random.below(2000) }, () => random.below(256));
    const start = random.below(source.length + 1);
    const end = start + random.below(source.length - start + 1);
    const frame = encodeDatagram(remote, source, start, end);
    assert.equal(decodeAddress(frame, 0), remote);
    assert.equal(frame.slice(ADDRESS_BYTES, ADDRESS_BYTES + end - start), source.slice(start, end));
  }
});

messages.run();
