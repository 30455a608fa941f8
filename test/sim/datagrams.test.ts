// Datagrams in the simulated network: who hears them, when, and what chance does to them; all of it by the seed.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Conditions, HOSTILE, RAGGED, type SimHost, Simulation } from "#host/sim/index.js";
import { parseAddress } from "#host/sim/host.js";
import type { DatagramSocket } from "#host/wasi/datagram-transport.js";
import { ErrorCode, OK } from "#host/wasi/error-code.js";
import { addressText, type SocketAddress } from "#host/wasi/ip-address.js";
import { SEED } from "../support/bytes.js";

console.log(`seed ${SEED}`);

interface Bound {
  socket: DatagramSocket;
  /** What it heard: text, sender, time in milliseconds. */
  heard: [text: string, from: string, atMs: number][];
  errors: string[];
  rooms: number;
}

const at = (text: string, port: number): SocketAddress => ({ ...parseAddress(text), port });

function bind(sim: Simulation, host: SimHost, address: SocketAddress): Bound | ErrorCode {
  const bound = { heard: [], errors: [], rooms: 0 } as unknown as Bound;
  let outcome: DatagramSocket | ErrorCode | undefined;
  host.transport.bindDatagrams(address, {
    datagramArrived: (bytes, from) => {
      bound.heard.push([Buffer.from(bytes).toString(), addressText(from), sim.nowMs]);
    },
    failed: (code) => { bound.errors.push(ErrorCode[code]); },
    roomMade: () => { bound.rooms++; },
  }, (result) => { outcome = result; });
  if (typeof outcome === "number") return outcome;
  bound.socket = outcome as DatagramSocket;
  return bound;
}

function mustBind(sim: Simulation, host: SimHost, address: SocketAddress): Bound {
  const result = bind(sim, host, address);
  if (typeof result === "number") throw new Error(ErrorCode[result]);
  return result;
}

interface World {
  sim: Simulation;
  hosts: [SimHost, SimHost];
  a: Bound;
  b: Bound;
}

function world(conditions: Partial<Conditions> = {}, seed = 3): World {
  const sim = new Simulation({ seed, conditions });
  const hosts: [SimHost, SimHost] = [sim.host("10.0.0.1"), sim.host("10.0.0.2")];
  const a = mustBind(sim, hosts[0], at("10.0.0.1", 53));
  return { sim, hosts, a, b: mustBind(sim, hosts[1], at("0.0.0.0", 0)) };
}

function over({ sim, hosts, a, b }: World): void {
  for (const { socket } of [a, b]) socket.close();
  sim.run();
  assert.equal([hosts[0].transport.openCount, hosts[1].transport.openCount, sim.pendingEvents], [0, 0, 0]);
}

const send = ({ socket }: Bound, text: string, to: SocketAddress | null): void =>
  socket.send(Buffer.from(text), to);

const delivery = suite("delivery");

delivery("should take one way, whole, in order in a calm network, with the sender's real address", () => {
  const made = world();
  for (const text of ["one", "", "two"]) send(made.b, text, at("10.0.0.1", 53));
  assert.is(made.b.socket.queuedCount, 3);
  made.sim.run();
  const from = `10.0.0.2:${made.b.socket.localAddress.port}`;
  assert.equal(made.a.heard, [["one", from, 0.5], ["", from, 0.5], ["two", from, 0.5]]);
  assert.equal([made.b.socket.queuedCount, made.b.rooms], [0, 3]);
  over(made);
});

delivery("should reach the own host by loopback and by its address", () => {
  const made = world();
  const { port } = made.b.socket.localAddress;
  send(made.b, "loop", at("127.0.0.1", port));
  send(made.b, "self", at("10.0.0.2", port));
  made.sim.run();
  assert.equal(made.b.heard.map(([text, from]) => [text, from]), [
    ["loop", `127.0.0.1:${port}`], ["self", `10.0.0.2:${port}`],
  ]);
  over(made);
});

delivery("should be decided at the arrival: a socket that is gone by then hears nothing", () => {
  const made = world();
  send(made.b, "late", at("10.0.0.1", 53));
  made.a.socket.close();
  const next = mustBind(made.sim, made.hosts[0], at("10.0.0.1", 53));
  made.sim.run();
  assert.equal([made.a.heard, next.heard.length], [[], 1]);
  next.socket.close();
  made.b.socket.close();
  assert.is(made.hosts[0].transport.openCount, 0);
});

delivery("should wait for the host's line", () => {
  const made = world({ bytesPerSecond: 1000 });
  send(made.b, "x".repeat(1000), at("10.0.0.1", 53));
  send(made.b, "y", at("10.0.0.1", 53));
  made.sim.run();
  assert.equal(made.a.heard.map(([, , atMs]) => atMs), [1000.5, 1001.5]);
  over(made);
});

delivery.run();

// ---

const binding = suite("binding");

binding("should refuse what is taken, what is not ours, and sockets over the limit", () => {
  const sim = new Simulation({ seed: 1 });
  const host = sim.host({ addresses: ["10.0.0.1"], socketsMax: 2 });
  const first = mustBind(sim, host, at("10.0.0.1", 53));
  assert.is(bind(sim, host, at("10.0.0.1", 53)), ErrorCode.AddressInUse);
  assert.is(bind(sim, host, at("0.0.0.0", 53)), ErrorCode.AddressInUse);
  assert.is(bind(sim, host, at("10.0.0.9", 53)), ErrorCode.AddressNotBindable);
  const second = mustBind(sim, host, at("127.0.0.1", 53));
  assert.is(bind(sim, host, at("10.0.0.1", 54)), ErrorCode.NewSocketLimit);
  for (const { socket } of [first, second]) socket.close();
  mustBind(sim, host, at("0.0.0.0", 53)).socket.close();
  assert.is(host.transport.openCount, 0);
});

binding("should run out of ephemeral ports, which are not TCP's", () => {
  const sim = new Simulation({ seed: 1 });
  const host = sim.host({ addresses: ["10.0.0.1"], ephemeralPorts: [40_000, 40_001] });
  host.transport.bind({ address: at("10.0.0.1", 40_000), backlog: 1 }, () => {});
  const ports = [0, 0].map(() => mustBind(sim, host, at("10.0.0.1", 0)).socket.localAddress.port);
  assert.equal(ports.sort(), [40_000, 40_001]);
  assert.is(bind(sim, host, at("10.0.0.1", 0)), ErrorCode.AddressInUse);
});

binding.run();

// ---

const peers = suite("connected sockets");

peers("should hear their peer only, and know which address it sees", () => {
  const made = world();
  const other = mustBind(made.sim, made.hosts[0], at("10.0.0.1", 54));
  assert.is(made.b.socket.connect(at("10.0.0.1", 53)), OK);
  const { localAddress } = made.b.socket;
  assert.equal(localAddress.parts, [10, 0, 0, 2]);
  send(other, "no", localAddress);
  send(made.a, "yes", localAddress);
  send(made.b, "to the peer", null);
  made.sim.run();
  assert.equal(made.b.heard.map(([text]) => text), ["yes"]);
  assert.equal(made.a.heard.map(([text]) => text), ["to the peer"]);
  assert.is(made.b.socket.connect(null), OK);
  send(other, "now", { ...localAddress });
  made.sim.run();
  assert.is(made.b.heard.length, 2);
  other.socket.close();
  over(made);
});

peers("should be told that nobody is there, after a round trip, and only they", () => {
  const made = world();
  made.b.socket.connect(at("10.0.0.1", 9));
  send(made.b, "x", null);
  send(made.a, "x", at("10.0.0.2", 9));
  made.sim.run();
  assert.is(made.sim.nowMs, 1);
  assert.equal([made.b.errors, made.a.errors], [["ConnectionRefused"], []]);
  made.b.socket.connect(at("10.9.9.9", 9));
  send(made.b, "x", null);
  made.sim.run();
  assert.equal(made.b.errors, ["ConnectionRefused", "RemoteUnreachable"]);
  assert.is(made.b.socket.connect(at("fd00::9", 9)), ErrorCode.RemoteUnreachable, "a host without IPv6");
  over(made);
});

peers.run();

// ---

const COUNT = 2000;

/** Sends numbered datagrams and gives the numbers as they arrived. */
function storm(conditions: Partial<Conditions>, seed: number): { numbers: number[]; hash: string } {
  const made = world(conditions, seed);
  for (let number = 0; number < COUNT; number++) {
    made.sim.at(number, () => send(made.b, String(number), at("10.0.0.1", 53)));
  }
  made.sim.run();
  const numbers = made.a.heard.map(([text]) => Number(text));
  over(made);
  return { numbers, hash: made.sim.hash };
}

const chance = suite("chance");

const overtaken = (numbers: number[]): number =>
  numbers.filter((number, index) => index > 0 && number < (numbers[index - 1] as number)).length;

for (const [name, conditions, isLossy, isDoubled, isShuffled] of [
  ["calm", {}, false, false, false],
  ["lossy", { datagramLoss: 0.2 }, true, false, false],
  ["doubling", { datagramDuplicate: 0.2 }, false, true, false],
  ["reordering", { latencyNs: [3_000_000, 3_000_000], datagramReorder: 0.2 }, false, false, true],
  ["ragged", RAGGED, false, false, true],
  ["hostile", HOSTILE, true, true, true],
] as [string, Partial<Conditions>, boolean, boolean, boolean][]) {
  chance(`should do to datagrams what a ${name} network does, and the same again by the same seed`, () => {
    const { numbers, hash } = storm(conditions, SEED);
    const distinct = new Set(numbers);
    assert.is(distinct.size < COUNT, isLossy, `seed ${SEED}: lost ${COUNT - distinct.size}`);
    assert.is(numbers.length > distinct.size, isDoubled, `seed ${SEED}: doubled`);
    assert.is(overtaken(numbers) > 0, isShuffled, `seed ${SEED}: overtaken ${overtaken(numbers)}`);
    assert.ok([...distinct].every((number) => number >= 0 && number < COUNT));
    assert.equal(storm(conditions, SEED), { numbers, hash });
  });
}

chance("should leave connections alone: their trace is the same with and without", () => {
  const connect = (conditions: Partial<Conditions>): string => {
    const sim = new Simulation({ seed: 5, conditions });
    sim.host("10.0.0.1").transport.connect({ remote: at("10.0.0.2", 1), local: null }, () => {});
    sim.run();
    return sim.hash;
  };
  assert.is(connect({ datagramLoss: 0.5, datagramDuplicate: 0.5 }), connect({}));
});

chance.run();
