// The order of addresses, as far as it depends on the sources that connected sockets have. RFC 6724's own rules are
// tested with address-order; here is who is asked, how often, and what happens when nobody may ask.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Address } from "../../support/canonical-abi.js";
import { LookupProbe, SECOND } from "../../support/dns/lookup-probe.js";

const V4_SOURCE: Address = { family: 0, port: 4000, parts: [192, 0, 2, 200] };
const V6_SOURCE: Address = { family: 1, port: 4000, parts: [0x2001, 0xdb8, 0, 0, 0, 0, 0, 9], flow: 0, scope: 0 };
const UNREACHABLE = 13;

const v4 = (...parts: number[]): Address => ({ family: 0, port: 0, parts });
const v6 = (...head: number[]): Address => {
  return { family: 1, port: 0, parts: [...head, ...new Array<number>(7 - head.length).fill(0), 1] };
};
const textOf = ({ parts }: Address): string => parts.map((part) => part.toString(16)).join(":");

/** The addresses in the order that the core gives them. */
function sorted(made: LookupProbe, addresses: Address[]): string[] {
  const at = made.call.firstText!();
  addresses.forEach(({ family, parts }, index) => {
    const record = Buffer.alloc(28);
    record[0] = family;
    parts.forEach((part, place) => void record.writeUInt16LE(part, 12 + 2 * place));
    made.probe.write(at + 28 * index, record);
  });
  made.call.sortAddresses!(addresses.length);
  return addresses.map((_, index) => {
    const record = Buffer.from(made.probe.bytes(at + 28 * index, 28));
    const count = record[0] === 0 ? 4 : 8;
    return Array.from({ length: count }, (__, place) => record.readUInt16LE(12 + 2 * place).toString(16)).join(":");
  });
}

async function create(): Promise<LookupProbe> {
  const made = await LookupProbe.bare();
  made.sourceOf = ({ family }) => (family === 0 ? V4_SOURCE : V6_SOURCE);
  return made;
}

const sources = suite("source addresses");

sources("should put what can be reached before what cannot", async () => {
  const made = await create();
  const addresses = [v6(0x2001, 0xdb8, 1), v4(198, 51, 100, 1)];
  assert.equal(sorted(made, addresses), addresses.map(textOf), "IPv6 first");
  made.host.nowNs += 60n * SECOND;
  made.datagrams.script("stream", UNREACHABLE);
  assert.equal(sorted(made, addresses), [...addresses].reverse().map(textOf));
  made.host.nowNs += 60n * SECOND;
  made.datagrams.script("create", 2); // the system knows no IPv6
  assert.equal(sorted(made, addresses), [...addresses].reverse().map(textOf));
  made.end();
});

sources("should sort loopback before 6to4, as gRPC's own test wants it", async () => {
  const made = await create();
  made.sourceOf = ({ parts }) => ({ family: 1, port: 1, parts, flow: 0, scope: 0 });
  const addresses = [v6(0x2002), v6()];
  assert.equal(sorted(made, addresses), [...addresses].reverse().map(textOf));
  made.end();
});

sources("should send nothing, bind to nothing in particular, and close every socket", async () => {
  const made = await create();
  sorted(made, [v6(0x2001, 0xdb8, 1), v4(198, 51, 100, 1)]);
  assert.is(made.datagrams.sockets.length, 2);
  assert.equal(made.datagrams.boundPorts, [0, 0]);
  assert.equal(made.datagrams.sockets.map(({ peer }) => peer!.port), [9, 9]);
  assert.equal(made.datagrams.sent, []);
  assert.equal(made.datagrams.open(), []);
  made.end();
});

sources("should ask once for a subnet, and again after a while", async () => {
  const made = await create();
  const addresses = [v4(198, 51, 100, 1), v4(198, 51, 100, 2), v6(0x2001, 0xdb8, 1, 1), v6(0x2001, 0xdb8, 1, 1, 7)];
  sorted(made, addresses);
  assert.is(made.datagrams.sockets.length, 2);
  sorted(made, addresses);
  made.host.nowNs += 10n * SECOND - 1n;
  sorted(made, addresses);
  assert.is(made.datagrams.sockets.length, 2);
  made.host.nowNs += 1n;
  sorted(made, addresses);
  assert.is(made.datagrams.sockets.length, 4);
  sorted(made, [v4(198, 51, 101, 1), v6(0x2001, 0xdb8, 1, 2)]);
  assert.is(made.datagrams.sockets.length, 6, "other subnets");
  made.end();
});

sources("should ask nobody about a single address", async () => {
  const made = await create();
  assert.equal(sorted(made, [v4(198, 51, 100, 1)]), ["c6:33:64:1"]);
  assert.equal(made.datagrams.sockets, []);
  made.end();
});

for (const [what, prepare] of [
  ["sockets are denied", (made: LookupProbe) => made.datagrams.script("create", 1)],
  ["binding is denied", (made: LookupProbe) => made.datagrams.script("start-bind", 1)],
  ["this peer is denied", (made: LookupProbe) => made.datagrams.script("stream", 1)],
  ["there are no sockets left", (made: LookupProbe) => made.datagrams.script("create", 10)],
  ["binding takes its time", (made: LookupProbe) => void (made.datagrams.bindsLater = true)],
] as const) {
  sources(`should keep the order when ${what}`, async () => {
    const made = await create();
    prepare(made);
    made.sourceOf = () => UNREACHABLE;
    const addresses = [v4(198, 51, 100, 1), v6(0x2001, 0xdb8, 1), v6()];
    assert.equal(sorted(made, addresses), addresses.map(textOf));
    assert.equal(made.datagrams.open(), []);
    made.end();
  });
}

sources("should not make a socket for each of many subnets", async () => {
  const made = await create();
  const addresses = Array.from({ length: 1000 }, (_, index) => v4(10, index >> 8, index & 255, 1));
  assert.equal(sorted(made, addresses), addresses.map(textOf));
  assert.is(made.datagrams.sockets.length, 8);
  made.host.nowNs += 60n * SECOND;
  made.sourceOf = ({ family }) => (family === 0 ? V4_SOURCE : UNREACHABLE);
  const mixed = Array.from({ length: 20 }, (_, index) => [v6(0x2001, 0xdb8, index), v4(10, 0, index, 1)]);
  const expected = [1, 0].flatMap((which) => mixed.map((pair) => textOf(pair[which]!)));
  assert.equal(sorted(made, mixed.flat()), expected, "by what is known of the others of their family");
  assert.is(made.datagrams.sockets.length, 16);
  made.end();
});

sources.run();
