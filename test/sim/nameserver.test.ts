// The scripted nameserver: what it answers, byte for byte, and that each fault is the fault that it is called.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DAMAGES, FORGERIES, POISON } from "#host/sim/peers/nameserver-forgeries.js";
import { readQuery } from "#host/sim/peers/nameserver-message.js";
import { byChance, NO_FAULTS } from "#host/sim/peers/nameserver-treatment.js";
import type { ZoneRecord } from "#host/sim/peers/nameserver-zone.js";
import { SimRandom } from "#host/sim/index.js";
import { Random, SEED } from "../support/bytes.js";
import {
  asking, connected, framed, hex, over, question, seen, SERVER, STRANGER, unframed,
} from "./nameserver-client.js";

console.log(`seed ${SEED}`);
const [A, TXT, AAAA, SRV] = [1, 16, 28, 33];
const NOTHING_LEFT = [0, 0, 0, 0, 0];

const RECORDS: readonly ZoneRecord[] = [
  ["a.example.test", "A", "192.0.2.1"],
  ["a.example.test", "AAAA", "fd00::1"],
  ["b.example.test", "CNAME", "a.example.test", 30],
  ["_x._tcp.example.test", "SRV", [10, 5, 443, "a.example.test"]],
  ["t.example.test", "TXT", ["one", "two"]],
  ["long.example.test", "TXT", Array.from({ length: 8 }, () => "x".repeat(250))],
  ["loop.example.test", "CNAME", "pool.example.test"],
  ["pool.example.test", "CNAME", "loop.example.test"],
  ["away.example.test", "CNAME", "a.elsewhere.test"],
  ["dangling.example.test", "CNAME", "nowhere.example.test"],
];

const answers = suite("answers");

answers("should be this, byte for byte", () => {
  const world = asking(RECORDS);
  world.ask(question(0x1234, "B.example.test", A, 1232));
  world.sim.run();
  assert.equal(world.heard.map(({ bytes, from, atMs }) => [hex(bytes), from, atMs]), [[
    "1234" + "8500" + "0001000200000001"
      + "0142076578616d706c6504746573740000010001" // B.example.test A IN
      + "c00c" + "00050001" + "0000001e" + "0004" + "0161c00e" // is a.example.test for 30 s
      + "c02c" + "00010001" + "0000012c" + "0004" + "c0000201"
      + "00" + "0029" + "04d0" + "00000000" + "0000",
    `${SERVER}:53`, 1,
  ]]);
  assert.equal(over(world), NOTHING_LEFT);
});

for (const [what, name, type, data] of [
  ["IPv6 addresses", "a", AAAA, "0010" + "fd000000000000000000000000000001"],
  ["services, with whole names", "_x._tcp", SRV,
    "0016" + "000a" + "0005" + "01bb" + "0161" + "076578616d706c65" + "0474657374" + "00"],
  ["texts", "t", TXT, "0008" + "036f6e65" + "0374776f"],
] as const) {
  answers(`should give ${what}`, () => {
    const world = asking(RECORDS);
    world.ask(question(1, `${name}.example.test`, type));
    world.sim.run();
    const answer = hex(world.heard[0]?.bytes as Uint8Array);
    assert.ok(answer.endsWith(`0000012c${data}`), answer);
    assert.equal(over(world), NOTHING_LEFT);
  });
}

for (const [what, name, type, rcode, counts] of [
  ["a name that is not there", "nowhere.example.test", A, 3, [1, 0, 1, 0]],
  ["a name without records of the type", "t.example.test", A, 0, [1, 0, 1, 0]],
  ["a name that only has names below it", "_tcp.example.test", A, 0, [1, 0, 1, 0]],
  ["an alias that leads to nothing", "dangling.example.test", A, 3, [1, 1, 1, 0]],
  ["an alias that leads elsewhere", "away.example.test", A, 0, [1, 1, 0, 0]],
  ["aliases that go round", "loop.example.test", A, 0, [1, 17, 0, 0]],
  ["a name of somebody else", "a.elsewhere.test", A, 5, [1, 0, 0, 0]],
] as const) {
  answers(`should tell of ${what}`, () => {
    const world = asking(RECORDS);
    world.ask(question(1, name, type));
    world.sim.run();
    const { rcode: found, counts: sections } = seen(world.heard[0]?.bytes as Uint8Array);
    assert.equal([found, sections], [rcode, counts]);
    assert.equal(over(world), NOTHING_LEFT);
  });
}

answers("should stop at the first alias where they are not followed", () => {
  const world = asking(RECORDS, { zone: { followsAliases: false } });
  world.ask(question(1, "b.example.test", A));
  world.sim.run();
  assert.equal(seen(world.heard[0]?.bytes as Uint8Array).counts, [1, 1, 0, 0]);
});

answers("should fit into what the asker takes, and else be truncated; over a connection all comes", () => {
  const world = asking(RECORDS);
  for (const bytes of [0, 1232, 4096]) world.ask(question(bytes, "long.example.test", TXT, bytes));
  const stream = connected(world);
  const message = framed(question(7, "long.example.test", TXT));
  stream.connection.write(message, 0, message.length);
  world.sim.run();
  assert.equal(world.heard.map(({ bytes }) => [seen(bytes).flags, bytes.length > 2000]), [
    [0x8700, false], [0x8700, false], [0x8500, true],
  ]);
  assert.equal(unframed(stream.received).map((bytes) => [seen(bytes).id, bytes.length > 2000]), [[7, true]]);
  stream.connection.abort();
  assert.equal(over(world), NOTHING_LEFT);
});

answers("should not be given to what is no question", () => {
  const world = asking(RECORDS);
  const good = question(1, "a.example.test", A, 1232);
  const random = new Random();
  for (let end = 0; end < good.length; end++) world.ask(good.slice(0, end));
  for (const [at, byte] of [[2, 0x80], [5, 2], [7, 1], [9, 1], [11, 2], [12, 64]] as const) {
    world.ask(good.map((old, index) => (index === at ? byte : old)));
  }
  for (let i = 0; i < 200; i++) world.ask(Uint8Array.from({ length: random.below(60) }, () => random.next()));
  world.sim.run();
  assert.equal([world.heard.length, world.server.queries.length, world.server.unreadable], [0, 0, good.length + 206]);
  assert.equal(over(world), NOTHING_LEFT);
});

answers("should come with small letters, or not at all to EDNS, from servers that are so", () => {
  const lower = asking(RECORDS, { lowersCase: true });
  lower.ask(question(1, "A.Example.TEST", A));
  lower.sim.run();
  assert.match(Buffer.from(lower.heard[0]?.bytes as Uint8Array).toString("latin1"), /\x01a\x07example\x04test\0/);
  const old = asking(RECORDS, { knowsEdns: false });
  old.ask(question(1, "a.example.test", A, 1232));
  old.ask(question(2, "a.example.test", A));
  old.sim.run();
  assert.equal(old.heard.map(({ bytes }) => [bytes.length, seen(bytes).rcode]), [[12, 1], [48, 0]]);
});

answers.run();

// ---

const faults = suite("faults");

faults("should be logged questions all the same, and come with their delay", () => {
  const world = asking(RECORDS, { treat: ({ name }) => ({ delayMs: name.startsWith("a.") ? 40 : 0 }) });
  world.ask(question(1, "a.example.test", A, 1232));
  world.ask(question(2, "t.example.test", TXT));
  world.sim.run();
  assert.equal(world.server.queries.map(({ id, name, type, carrier, hasEdns }) => [id, name, type, carrier, hasEdns]), [
    [1, "a.example.test", A, "udp", true], [2, "t.example.test", TXT, "udp", false],
  ]);
  assert.equal(world.heard.map(({ bytes, atMs }) => [seen(bytes).id, atMs]), [[2, 1], [1, 41]]);
  assert.equal(over(world), NOTHING_LEFT);
});

for (const [fate, rcode, flags] of [
  ["servfail", 2, 0x8100], ["notimp", 4, 0x8100], ["refused", 5, 0x8100], ["truncate", 0, 0x8700],
] as const) {
  faults(`should be ${fate}`, () => {
    const world = asking(RECORDS, { treat: () => ({ fate }) });
    world.ask(question(1, "a.example.test", A));
    world.sim.run();
    const answer = seen(world.heard[0]?.bytes as Uint8Array);
    assert.equal([answer.rcode, answer.flags, answer.counts], [rcode, flags, [1, 0, 0, 0]]);
  });
}

faults("should be silence", () => {
  const world = asking(RECORDS, { treat: () => ({ fate: "silence" }) });
  world.ask(question(1, "a.example.test", A));
  world.sim.run();
  assert.equal([world.heard, world.server.queries.length], [[], 1]);
});

faults("should be forgeries of every kind, each wrong in what it is called", () => {
  const forgeries = [...FORGERIES];
  const world = asking(RECORDS, { treat: () => ({ forgeries, delayMs: 50 }) });
  const asked = question(7, "a.example.test", A);
  world.ask(asked);
  world.sim.run();
  assert.is(world.heard.length, FORGERIES.length + 1);
  const section = hex(asked.subarray(12));
  const poison = Buffer.from(POISON.ipv4.split(".").map(Number)).toString("hex");
  for (const [index, kind] of forgeries.entries()) {
    const { bytes, from } = world.heard[index] as (typeof world.heard)[number];
    const { id, flags, counts } = seen(bytes);
    const isExact = id === 7 && flags === 0x8500 && counts[0] === 1 && hex(bytes.subarray(12)).startsWith(section);
    const isFromServer = from === `${SERVER}:53`;
    assert.is(isExact && isFromServer, false, kind);
    assert.is(isExact, kind === "wrong-address" || kind === "wrong-port", kind);
    assert.is(isFromServer, kind !== "wrong-address" && kind !== "wrong-port", kind);
    assert.is(from === `${STRANGER}:53`, kind === "wrong-address", kind);
    assert.is(hex(bytes).endsWith(`0004${poison}`), !["wrong-type", "garbage", "short"].includes(kind), kind);
  }
  assert.is(world.server.forgeriesSent, FORGERIES.length);
  assert.is(world.heard.at(-1)?.atMs, 51);
  assert.equal(over(world), NOTHING_LEFT);
});

faults("should be damage of every kind: the question is right, and what follows is not", () => {
  const whole = asking(RECORDS);
  whole.ask(question(7, "a.example.test", A));
  whole.sim.run();
  const right = whole.heard[0]?.bytes as Uint8Array;
  for (const damage of DAMAGES) {
    const world = asking(RECORDS, { treat: () => ({ fate: "damage", damage }) });
    world.ask(question(7, "a.example.test", A));
    world.sim.run();
    const bytes = world.heard[0]?.bytes as Uint8Array;
    assert.is.not(hex(bytes), hex(right), damage);
    assert.equal([seen(bytes).id, seen(bytes).rcode], [7, 0], damage);
    assert.ok(bytes.length >= 12 && bytes.length < 65_536, damage);
    if (damage !== "cut") assert.is(hex(bytes.subarray(12, 32)), hex(right.subarray(12, 32)), damage);
  }
});

faults("should break connections in the middle of an answer", () => {
  for (const fate of ["reset", "end"] as const) {
    const world = asking(RECORDS, { treat: () => ({ fate }) });
    const stream = connected(world);
    const message = framed(question(7, "a.example.test", A));
    stream.connection.write(message, 0, message.length);
    world.sim.run();
    assert.is(stream.ending, fate === "reset" ? "failed" : "end");
    if (fate === "end") assert.is(stream.received.length, (2 + 48) / 2);
    stream.connection.abort();
    assert.equal(over(world), NOTHING_LEFT);
  }
});

faults("should be bytes that come one by one, and answers in another order", () => {
  const world = asking(RECORDS, {
    conditions: { segmentBytes: [1, 1] }, treat: ({ id }) => ({ delayMs: id === 1 ? 20 : 10 }),
  });
  const stream = connected(world);
  const messages = framed(question(1, "a.example.test", A), question(2, "t.example.test", TXT));
  stream.connection.write(messages, 0, messages.length);
  world.sim.run();
  assert.equal(unframed(stream.received).map((bytes) => seen(bytes).id), [2, 1]);
  assert.is(stream.mostBytes, 1);
  assert.equal(world.server.queries.map(({ carrier }) => carrier), ["tcp", "tcp"]);
  stream.connection.abort();
  assert.equal(over(world), NOTHING_LEFT);
});

faults("should not come after the end: what was delayed is dropped", () => {
  const world = asking(RECORDS, { treat: () => ({ delayMs: 1000 }) });
  world.ask(question(1, "a.example.test", A));
  world.sim.run(500);
  assert.equal(over(world), NOTHING_LEFT);
  assert.is(world.heard.length, 0);
});

faults("should come as often as chance is told, none without, and the same by the same seed", () => {
  const query = readQuery(question(1, "a.example.test", A));
  if (query === null) return assert.unreachable("the question is one");
  const fates = (silence: number, seed: number): string[] => {
    const treat = byChance(new SimRandom(seed), { ...NO_FAULTS, silence, servfail: 0.25, forgery: silence });
    return Array.from({ length: 2000 }, () => JSON.stringify(treat(query, "udp")));
  };
  const counted = fates(0.5, SEED);
  const share = (fate: string): number => counted.filter((text) => text.includes(`"fate":"${fate}"`)).length / 2000;
  assert.ok(Math.abs(share("silence") - 0.5) < 0.1 && Math.abs(share("servfail") - 0.25) < 0.1, `seed ${SEED}`);
  assert.equal(fates(0.5, SEED), counted);
  assert.ok(fates(0, SEED).every((text) => !text.includes("silence") && text.includes('"forgeries":[]')));
  const none = byChance(new SimRandom(SEED), NO_FAULTS);
  for (let i = 0; i < 100; i++) assert.equal([none(query, "udp").fate, none(query, "udp").delayMs], ["answer", 0]);
});

faults.run();
