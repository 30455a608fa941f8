// What a resolver believes: only the answer to what it asked, from whom it asked. Forgeries, floods and broken answers,
// and what an onlooker could guess of its questions.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DAMAGES, FORGERIES, type Treatment } from "#host/sim/index.js";
import type { ZoneRecord } from "#host/sim/peers/nameserver-zone.js";
import { SEED } from "../support/bytes.js";
import { World } from "./resolver-world.js";

console.log(`seed ${SEED}`);

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const RECORDS: readonly ZoneRecord[] = [
  [`${LETTERS}.example.test`, "A", "192.0.2.1"],
  ["_x._tcp.example.test", "SRV", [1, 2, 3, "a.example.test"]],
  ["text.example.test", "TXT", ["right"]],
];

const safety = suite("safety");

safety("should ask by numbers, ports and letters that nobody can guess", async () => {
  const world = await World.create({ records: RECORDS, resolver: { cacheSizeBytes: 0 }, seed: SEED });
  for (let i = 0; i < 128; i++) {
    await world.look("hostname", `${LETTERS}.example.test`);
    await world.sim.settle(world.sim.nowMs + 20);
  }
  const { queries } = world.server;
  const distinct = (values: readonly unknown[]): number => new Set(values).size;
  assert.is(queries.length, 256);
  assert.ok(distinct(queries.map(({ id }) => id)) > 245, `seed ${SEED}`);
  assert.ok(distinct(queries.map(({ from }) => from)) > 245, `seed ${SEED}: ports`);
  assert.ok(distinct(queries.map(({ name }) => name)) > 250, `seed ${SEED}: letters`);
  assert.ok(queries.every(({ from }) => Number(from.split(":")[1]) >= 1024));
  for (let bit = 0; bit < LETTERS.length; bit++) {
    const capitals = queries.filter(({ name }) => name[bit] !== LETTERS[bit]).length;
    assert.ok(capitals > 80 && capitals < 176, `seed ${SEED}: letter ${bit} is a capital ${capitals} times of 256`);
  }
  await world.over();
});

for (const kind of FORGERIES) {
  safety(`should wait for the right answer behind one with ${kind}`, async () => {
    const world = await World.create({
      records: RECORDS, servers: [{ treat: () => ({ forgeries: [kind, kind], delayMs: 50 }) }],
    });
    assert.equal((await world.look("txt", "text.example.test")).records, ["right"]);
    assert.equal((await world.look("srv", "_x._tcp.example.test")).records, ["1 2 3 a.example.test"]);
    assert.equal((await world.look("hostname", `${LETTERS}.example.test`)).records, ["192.0.2.1:80"]);
    assert.is(world.server.forgeriesSent, 8);
    await world.over();
  });
}

safety("should count what it did not believe, and say so when it gives up", async () => {
  const treat = (): Partial<Treatment> => ({ forgeries: ["wrong-id", "wrong-name", "garbage"], fate: "silence" });
  const world = await World.create({ records: RECORDS, servers: [{ treat }] });
  const { reason, message } = await world.look("txt", "text.example.test");
  assert.is(reason, "timeout");
  assert.match(message, /\(3 tries, [1-9] wrong answers ignored\)/);
  await world.over();
});

safety("should outlast a flood of guesses", async () => {
  const forgeries = Array.from({ length: 5000 }, () => "wrong-id" as const);
  let asked = 0;
  const treat = (): Partial<Treatment> => ++asked === 1 ? { forgeries, delayMs: 100 } : {};
  const world = await World.create({ records: RECORDS, servers: [{ treat }] });
  assert.equal((await world.look("txt", "text.example.test")).records, ["right"]);
  await world.over();
});

safety("should not believe small letters by datagram, and get on with a server that has no others", async () => {
  const world = await World.create({ records: RECORDS, servers: [{ lowersCase: true }] });
  assert.equal((await world.look("txt", "text.example.test")).records, ["right"]);
  assert.equal(world.server.queries.map(({ carrier }) => carrier).slice(0, 2), ["udp", "tcp"]);
  assert.equal((await world.look("srv", "_x._tcp.example.test")).records, ["1 2 3 a.example.test"]);
  await world.over();
});

for (const damage of DAMAGES) {
  safety(`should find nothing in an answer that is damaged (${damage}), and go to the next server`, async () => {
    const treat = (): Partial<Treatment> => ({ fate: "damage", damage });
    const world = await World.create({ records: RECORDS, servers: [{ treat }], seed: SEED });
    const { reason, records } = await world.look("txt", "text.example.test");
    const isEmptied = damage === "crowd"; // of records that nobody asked for, not broken
    assert.equal(records, [], `seed ${SEED}`);
    assert.is(reason, isEmptied ? "no-records" : "temporary-resolver-failure", `seed ${SEED}`);
    await world.over();
    if (isEmptied) return;
    const two = await World.create({ records: RECORDS, servers: [{ treat }, {}], seed: SEED });
    assert.equal((await two.look("txt", "text.example.test")).records, ["right"], `seed ${SEED}`);
    await two.over();
  });
}

safety("should keep literals, localhost and what is no name to itself", async () => {
  const world = await World.create({ records: RECORDS });
  for (const [name, wanted] of [
    ["192.0.2.77", ["192.0.2.77:80"]], ["[fd00::1]:7", ["[fd00::1]:7"]], ["localhost:1", ["[::1]:1", "127.0.0.1:1"]],
    ["a.localhost", ["[::1]:80", "127.0.0.1:80"]], ["bad name", "invalid-argument"], ["", "invalid-argument"],
  ] as const) {
    const { reason, records } = await world.look("hostname", name);
    assert.equal(typeof wanted === "string" ? reason : records, wanted, name);
  }
  assert.equal((await world.look("srv", "localhost")).records, []);
  assert.is(world.server.queries.length, 0);
  await world.over();
});

safety.run();
