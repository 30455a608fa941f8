// A client that sends whatever comes to its mind: the session never throws, never leaks, and says GOODBYE or goes on.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  ACCEPTED, addressFrame, BIND, BIND_UDP, BOUND, CLOSE, codeFrame, connectUdpFrame, CREDIT, creditFrame, dataFrame,
  datagramFrame, END, GOODBYE, helloFrame, LISTENING, listenFrame, OPENED, openFrame, PING, plainFrame, PONG, RELEASED,
  RESET, RESOLVED, resolvedFrame, resolveFrame, WELCOME,
} from "#host/gateway/frames.js";
import { CHANNEL_HIGH_BYTES } from "#host/gateway/server/session-limits.js";
import { RAGGED } from "#host/sim/index.js";
import type { SocketAddress } from "#host/wasi/ip-address.js";
import { NAMESERVER } from "#host/wasi/virtual-nameserver.js";
import { Random, SEED } from "../../support/bytes.js";
import { address, GATEWAY, type RawClient, SERVER, World } from "./session-world.js";

const ROUNDS = Number(process.env.TEST_ROUNDS ?? 120);
const RULES = [
  `tcp:${SERVER}:80-82`, `udp:${SERVER}:53`, `listen:${GATEWAY}:8080-8082`, `listen:${GATEWAY}:0`, "resolve:*",
];
const LIMITS = {
  streams: 12, opensPerSecond: 1000, windowBytes: 16_384, frameBytes: 4096, lookups: 3, lingerMs: 500, connectMs: 2000,
} as const;

const NAMES = ["known.example", "slow.example", "nobody.example", "%"];
const PLACES = [SERVER, SERVER, SERVER, "127.0.0.1", "::ffff:127.0.0.1", "10.0.0.1", "2606:4700::2", "ff02::1"];
const PORTS = [80, 80, 81, 82, 53, 0, 8080];

/** Mostly frames that may come, in any order; a few that may not, and a few that are damaged. */
class Hostile {
  private nextId = 1;
  /** What the client has begun, each with a few ids. */
  private readonly begun = { stream: [] as number[], binding: [] as number[], udp: [] as number[] };
  private readonly ended = new Set<number>();
  private readonly sent = new Map<number, number>();

  /** `mischief`: one frame of so many breaks the protocol. */
  constructor(
    private readonly random: Random, private readonly client: RawClient, private readonly mischief: number,
  ) {}

  frame(): Uint8Array {
    const { random } = this;
    if (random.below(this.mischief) > 0) return this.whole();
    const frame = this.whole();
    switch (random.below(4)) {
      case 0: return frame.subarray(0, random.below(frame.length + 1));
      case 1: return Uint8Array.of(...frame, random.below(256));
      case 2: return this.nonsense(random.below(3) === 0 ? random.next() : random.below(this.nextId + 2));
      default: {
        const damaged = frame.slice();
        damaged[random.below(frame.length)] = random.below(256);
        return damaged;
      }
    }
  }

  private whole(): Uint8Array {
    const { random } = this;
    switch (random.below(20)) {
      case 0: case 1: case 2: return openFrame(this.begin("stream"), this.anyAddress(), null);
      case 3: return openFrame(this.begin("stream"), this.anyAddress(), this.anyAddress());
      case 4: {
        const port = random.below(2) * (8080 + random.below(4));
        return addressFrame(BIND, this.begin("binding"), address(GATEWAY, port));
      }
      case 5: return addressFrame(BIND_UDP, this.begin("udp"), address("0.0.0.0", 0));
      case 6: return resolveFrame(this.newId(), NAMES[random.below(NAMES.length)] as string);
      case 7: return this.close("binding");
      case 8: case 9: return this.toDatagrams();
      case 10: return plainFrame(random.below(2) === 0 ? PING : PONG, 0);
      case 11: return this.close(random.below(2) === 0 ? "udp" : "stream");
      case 12: case 13: return this.listen();
      default: return this.toStream();
    }
  }

  private toStream(): Uint8Array {
    const { random, client } = this;
    const open = [...client.of(OPENED).map(({ id }) => id), ...client.of(ACCEPTED).map(({ stream }) => stream)];
    const id = open[random.below(Math.max(1, open.length))];
    if (id === undefined) return plainFrame(PING, 0);
    switch (random.below(8)) {
      case 0: return plainFrame(CLOSE, id);
      case 1: return codeFrame(RESET, id, random.below(21));
      case 2: return creditFrame(id, random.below(40_000) + 1);
      case 3:
        if (this.ended.has(id)) return creditFrame(id, 1);
        this.ended.add(id);
        return plainFrame(END, id);
      default: {
        const given = client.of(CREDIT, id).reduce((sum, { bytes }) => sum + bytes, 0) + LIMITS.windowBytes;
        const sent = this.sent.get(id) ?? 0;
        const count = Math.min(random.below(LIMITS.frameBytes) + 1, given - sent);
        if (count === 0 || this.ended.has(id)) return creditFrame(id, 1);
        this.sent.set(id, sent + count);
        return dataFrame(id, new Uint8Array(count).fill(id), 0, count);
      }
    }
  }

  private toDatagrams(): Uint8Array {
    const { random, client } = this;
    const bound = client.of(BOUND).map(({ id }) => id).filter((id) => this.begun.udp.includes(id));
    const id = bound[random.below(Math.max(1, bound.length))];
    if (id === undefined) return plainFrame(PING, 0);
    const to = random.below(3) === 0 ? null : this.anyAddress();
    if (random.below(4) === 0) return connectUdpFrame(id, to);
    return datagramFrame(id, to, new Uint8Array(1500), 0, random.below(1500));
  }

  /** Each binding is asked once. */
  private listen(): Uint8Array {
    const id = this.client.of(BOUND).map((frame) => frame.id)
      .find((one) => this.begun.binding.includes(one) && !this.ended.has(one));
    if (id === undefined) return plainFrame(PING, 0);
    this.ended.add(id);
    return listenFrame(id, this.random.below(100));
  }

  private nonsense(id: number): Uint8Array {
    const kind = this.random.below(6);
    if (kind === 0) return helloFrame(4096, "again");
    if (kind === 1) return resolvedFrame(id === 0 ? 1 : id, []);
    if (kind === 2) return creditFrame(id, 0x7fff_ffff);
    return plainFrame([END, CLOSE, RELEASED, LISTENING][kind - 2] as typeof END, id);
  }

  private begin(kind: keyof Hostile["begun"]): number {
    const id = this.newId();
    this.begun[kind].push(id);
    return id;
  }

  /** Closes anything of a kind, over or not. */
  private close(kind: keyof Hostile["begun"]): Uint8Array {
    const ids = this.begun[kind];
    const id = ids[this.random.below(Math.max(1, ids.length))];
    return plainFrame(id === undefined ? PING : CLOSE, id ?? 0);
  }

  private newId(): number {
    return this.nextId++;
  }

  private anyAddress(): SocketAddress {
    const { random } = this;
    if (random.below(20) === 0) return NAMESERVER;
    return address(PLACES[random.below(PLACES.length)] as string, PORTS[random.below(PORTS.length)]);
  }
}

/** One session from HELLO until its client goes. Returns how it ended, and what it did. */
async function play(seed: number): Promise<{ goodbye: number | null; opened: number }> {
  const random = new Random(seed);
  const world = await World.open({
    rules: RULES, limits: LIMITS, seed, conditions: random.below(2) === 0 ? RAGGED : {},
    window: 4096 + random.below(9000),
  });
  const { sim, client } = world;
  sim.setName("known.example", [SERVER, "127.0.0.1"]);
  sim.setName("slow.example", [SERVER], 500);
  world.serve(80, (connection) => {
    connection.write(new Uint8Array(20_000), 0, 20_000);
    if (random.below(2) === 0) connection.end();
  });
  world.serve(81, (connection) => { if (random.below(2) === 0) connection.abort(); });
  if (random.below(2) === 0) world.giveCredit();
  const hostile = new Hostile(random, client, random.below(2) === 0 ? 60 : 100_000);
  for (let step = 0; step < 400 && client.goodbye === null; step++) {
    client.send(hostile.frame());
    if (random.below(30) === 0) client.isReading = !client.isReading;
    if (client.isReading) client.read();
    if (random.below(4) === 0) await world.settle(random.below(60));
    assert.ok(world.gateway.transport.openCount <= LIMITS.streams + 1, "the cap holds");
    assert.ok(world.session.peakBytes <= CHANNEL_HIGH_BYTES * 4 + LIMITS.streams * (LIMITS.windowBytes + 65_536));
  }
  client.isReading = true;
  client.read();
  const goodbye = client.goodbye;
  assert.is(client.isClosed, goodbye !== null, "whoever is told goodbye is let go, and nobody else");
  assert.is(client.of(WELCOME).length, 1);
  assert.ok(client.of(GOODBYE).length <= 1);
  const connects = world.said("connect").filter(({ allowed }) => allowed);
  for (const { address: where } of connects) assert.match(where ?? "", /^93\.184\.216\.34:8[012]$/);
  for (const { addresses } of client.of(RESOLVED)) {
    assert.ok(addresses.every(({ parts }) => parts.join(".") === SERVER), "nothing inward is told");
  }
  await world.finish();
  return { goodbye, opened: connects.length };
}

const hostile = suite("a hostile client of the gateway");

hostile(`should break nothing and leave nothing (seed ${SEED}, ${ROUNDS} sessions)`, async () => {
  let opened = 0;
  let goodbyes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const seed = (SEED + round) >>> 0;
    try {
      const result = await play(seed);
      opened += result.opened;
      goodbyes += result.goodbye === null ? 0 : 1;
    } catch (error) {
      (error as Error).message += ` (TEST_SEED=${seed} TEST_ROUNDS=1)`;
      throw error;
    }
  }
  assert.ok(opened > 4 * ROUNDS, `${opened} streams: the rounds did something`);
  assert.ok(goodbyes > 0 && goodbyes < ROUNDS, `${goodbyes} goodbyes of ${ROUNDS}`);
});

hostile(`should survive random bytes before and after HELLO (seed ${SEED})`, async () => {
  const random = new Random();
  for (let round = 0; round < 300; round++) {
    const world = round % 2 === 0 ? new World({ rules: RULES }) : await World.open({ rules: RULES });
    for (let step = 0; step < 20; step++) {
      const bytes = Uint8Array.from({ length: random.below(40) }, () => random.below(256));
      if (random.below(2) === 0 && bytes.length > 0) bytes[0] = random.below(27);
      world.client.send(bytes);
    }
    await world.finish();
  }
});

hostile.run();
