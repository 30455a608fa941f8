// TCP to the virtual nameserver of a page: every transition of a connection, and random schedules of all of them.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pageClock } from "#host/browser/clock.js";
import { PIPELINED_MAX, QUERY_BYTES_MAX } from "#host/browser/doh/limits.js";
import { DohNameserver } from "#host/browser/doh/nameserver.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import { Family, makeAddress } from "#host/wasi/ip-address.js";
import type { Connection, ConnectOptions, Request } from "#host/wasi/transport.js";
import { NAMESERVER } from "#host/wasi/virtual-nameserver.js";
import { Random, SEED } from "../../support/bytes.js";
import { FakeFetch, type FakeRequest, settle as settlePromises } from "../../support/dns/fake-fetch.js";
import { framed } from "../../support/dns/fault-proxy.js";
import { answerTo, query, RCODES, TYPES } from "../../support/dns/wire.js";

console.log(`TEST_SEED=${SEED}`);
const SCHEDULES = 100;

/** Lets everything happen that needs no more than promises and turns of the page's clock. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise<void>((resolve) => pageClock().soon(resolve));
    await settlePromises();
  }
}

class World {
  readonly fake = new FakeFetch();
  readonly nameserver = new DohNameserver({ url: "https://dns.example/", fetch: this.fake.fetch });
  readonly told: string[] = [];
  connection!: Connection;
  /** What has come of the stream. */
  arrived = Buffer.alloc(0);
  /** Whether the owner takes more after the next bytes. */
  takesMore = true;

  static async open(options: Partial<ConnectOptions> = {}): Promise<World> {
    const world = new World();
    const results: (Connection | ErrorCode)[] = [];
    world.nameserver.connect({ remote: NAMESERVER, local: null, ...options }, (result) => results.push(result));
    assert.is(results.length, 0, "nothing is told within a call");
    await settle();
    world.connection = results[0] as Connection;
    const take = (bytes: Uint8Array, start: number, end: number): boolean => {
      world.arrived = Buffer.concat([world.arrived, bytes.subarray(start, end)]);
      return world.takesMore;
    };
    world.connection.attach({
      bytesArrived: take, bytesGiven: take,
      endArrived: () => world.told.push("end"),
      roomMade: () => world.told.push("room"),
      failed: (code) => world.told.push(ErrorCode[code]),
    });
    return world;
  }

  write(bytes: Buffer): void {
    const copy = Buffer.from(bytes);
    this.connection.write(copy, 0, copy.length);
    copy.fill(0xff);
  }

  /** Requests that are neither answered nor broken off. */
  get open(): FakeRequest[] {
    return this.fake.requests.filter(({ isAborted }) => !isAborted);
  }

  /** Identifiers and lengths of the messages that came whole, and nothing else may have come. */
  messages(): [id: number, length: number][] {
    const found: [number, number][] = [];
    for (let at = 0; at < this.arrived.length;) {
      const length = this.arrived.readUInt16BE(at);
      found.push([this.arrived.readUInt16BE(at + 2), length]);
      at += 2 + length;
      assert.ok(at <= this.arrived.length, "messages come whole");
    }
    return found;
  }

  async end(): Promise<void> {
    const before = [...this.told];
    const { length } = this.arrived;
    this.connection.close(0);
    await settle();
    assert.equal(this.open, [], "requests that go on");
    assert.is(this.nameserver.openCount, 0);
    assert.equal(this.told, before, "told after its end");
    assert.is(this.arrived.length, length, "given after its end");
  }
}

const ask = (id: number): Buffer => query(id, `n${id}.test`, TYPES.TXT);
/** An answer of about so many bytes. */
const answer = (question: Buffer, length = 1): Buffer => {
  return answerTo(question, { answers: [{ type: TYPES.TXT, data: Buffer.alloc(length, question[1]) }] });
};
const reply = (request: FakeRequest, length?: number): void => request.answer([answer(request.body, length)]);
const lengthOf = (id: number, length?: number): [number, number] => [id, answer(ask(id), length).length];

const steps = suite("a connection by HTTPS");

steps("should be there soon, between addresses that are known", async () => {
  const world = await World.open();
  assert.is(world.connection.remoteAddress, NAMESERVER);
  assert.equal(world.connection.localAddress?.parts, [192, 0, 2, 52]);
  assert.ok(world.connection.localAddress!.port >= 49_152);
  assert.is(world.nameserver.openCount, 1);
  assert.is(world.fake.requests.length, 0, "nothing goes out before a question");
  await world.end();
  const local = makeAddress(Family.Ipv4, [10, 0, 0, 1], 5);
  const bound = await World.open({ local });
  assert.equal(bound.connection.localAddress, local);
  await bound.end();
});

steps("should lead to nobody else, and not be told of when it was cancelled", async () => {
  const world = new World();
  const results: (Connection | ErrorCode)[] = [];
  const connect = (remote = NAMESERVER): Request => {
    return world.nameserver.connect({ remote, local: null }, (result) => results.push(result));
  };
  connect({ ...NAMESERVER, port: 54 });
  await settle();
  assert.equal(results.splice(0), [ErrorCode.RemoteUnreachable]);
  connect().cancel();
  await settle();
  assert.equal(results, []);
  world.nameserver.bind({ address: NAMESERVER, backlog: 1 }, (result) => results.push(result as ErrorCode));
  await settle();
  assert.equal(results, [ErrorCode.NotSupported]);
  assert.is(world.nameserver.openCount, 0);
});

steps("should give answers with their lengths and identifiers, in the order in which they come", async () => {
  const world = await World.open();
  world.write(Buffer.concat([framed(ask(1)), framed(ask(2))]));
  assert.is(world.fake.requests.length, 0, "not within a call");
  await settle();
  const [first, second] = world.fake.requests as [FakeRequest, FakeRequest];
  assert.is(world.fake.requests.length, 2, "both are asked at once");
  assert.equal(first.body, Buffer.from(ask(1)).fill(0, 0, 2), "with the identifier 0");
  reply(second);
  await settle();
  assert.equal(world.arrived, framed(Buffer.concat([Buffer.of(0, 2), answer(second.body).subarray(2)])));
  reply(first, 300);
  await settle();
  assert.equal(world.messages(), [lengthOf(2), lengthOf(1, 300)]);
  assert.equal(world.told, []);
  await world.end();
});

steps("should say SERVFAIL for one question where HTTP says no, and go on with the others", async () => {
  const world = await World.open();
  world.write(Buffer.concat([framed(ask(1)), framed(ask(2))]));
  await settle();
  world.fake.requests[0]!.answer([], { status: 503 });
  await settle();
  assert.equal(world.messages(), [[1, ask(1).length]]);
  assert.is(world.arrived[5]! & 15, RCODES.SERVFAIL);
  reply(world.fake.requests[1]!);
  await settle();
  assert.equal(world.messages().slice(1), [lengthOf(2)]);
  assert.equal(world.told, []);
  await world.end();
});

steps("should break where the server is not reached, with all of its questions", async () => {
  const world = await World.open();
  world.write(Buffer.concat([framed(ask(1)), framed(ask(2)), framed(ask(3))]));
  await settle();
  reply(world.fake.requests[1]!);
  world.fake.requests[0]!.fail();
  await settle();
  assert.equal(world.open, [], "the third is broken off");
  assert.equal(world.told, ["ConnectionReset"]);
  world.write(framed(ask(4)));
  world.connection.end();
  world.connection.resume();
  await settle();
  assert.is(world.fake.requests.length, 3);
  assert.equal(world.told, ["ConnectionReset"], "once");
  await world.end();
});

steps("should break for what is no question", async () => {
  for (const length of [0, 11, QUERY_BYTES_MAX + 1]) {
    const world = await World.open();
    world.write(framed(Buffer.alloc(length)));
    await settle();
    assert.equal(world.told, ["ConnectionReset"]);
    assert.is(world.fake.requests.length, 0);
    await world.end();
  }
});

steps("should end after the last answer, once, whatever is left of a question", async () => {
  const world = await World.open();
  world.write(Buffer.concat([framed(ask(1)), framed(ask(2)).subarray(0, 9)]));
  world.connection.end();
  world.write(framed(ask(3))); // after the end
  await settle();
  assert.equal(world.told, []);
  world.takesMore = false;
  reply(world.fake.requests[0]!);
  await settle();
  assert.equal(world.told, [], "paused");
  world.connection.resume();
  assert.equal(world.told, [], "nothing is told within a call");
  world.connection.resume();
  await settle();
  assert.equal(world.told, ["end"]);
  assert.is(world.fake.requests.length, 1);
  await world.end();
});

steps("should ask a number of questions at a time, and no more while answers are not read", async () => {
  const world = await World.open();
  const count = PIPELINED_MAX + 20;
  for (let id = 0; id < count; id++) world.write(framed(ask(id)));
  await settle();
  const { requests } = world.fake;
  assert.is(requests.length, PIPELINED_MAX);
  reply(requests[0]!);
  await settle();
  assert.is(requests.length, PIPELINED_MAX + 1, "one after the other");
  world.connection.pause();
  for (let index = 1; index < requests.length; index++) {
    reply(requests[index]!, 50_000);
    await settle();
  }
  assert.ok(requests.length < count - 10, `${requests.length} are asked: answers lie there that nobody reads`);
  assert.is(world.open.length, 0);
  world.connection.resume();
  await settle();
  assert.is(requests.length, count);
  for (const request of world.open) reply(request);
  await settle();
  assert.equal(world.messages().map(([id]) => id), Array.from({ length: count }, (_, id) => id));
  await world.end();
});

steps("should hold the writer back while nothing is answered, and tell of room then", async () => {
  const world = await World.open();
  const question = framed(Buffer.concat([ask(7), Buffer.alloc(500)]));
  const count = Math.ceil((512 << 10) / question.length); // twice what a pipe holds
  for (let left = count; left > 0; left--) world.write(question);
  await settle();
  assert.is(world.fake.requests.length, PIPELINED_MAX);
  assert.is(world.fake.requests[0]!.body.length, question.length - 2);
  assert.ok(world.connection.queuedBytes > 0);
  for (let answered = 0; answered < count; answered++) {
    reply(world.fake.requests[answered]!);
    if ((answered + 1) % PIPELINED_MAX === 0) await settle();
  }
  await settle();
  assert.is(world.connection.queuedBytes, 0);
  assert.ok(world.told.length > 0 && world.told.every((each) => each === "room"), world.told.join());
  assert.is(world.messages().length, count);
  await world.end();
});

steps("should ask nothing any more once it is closed, whatever was written before", async () => {
  for (const end of ["close", "abort"] as const) {
    const world = await World.open();
    world.write(framed(ask(1)));
    world.connection[end](0);
    await settle();
    assert.is(world.fake.requests.length, 0);
    await world.end();
  }
});

steps("should break off what is asked when it is closed, and tell nothing more", async () => {
  for (const end of ["close", "abort"] as const) {
    const world = await World.open();
    world.write(Buffer.concat([framed(ask(1)), framed(ask(2))]));
    await settle();
    reply(world.fake.requests[0]!);
    world.connection[end](0);
    assert.ok(world.fake.requests.every(({ isAborted }) => isAborted), "within the call");
    await settle();
    assert.is(world.arrived.length, 0);
    await world.end();
  }
});

steps.run();

// ---

const schedules = suite("random schedules");

/** One run of a connection: writes in pieces, answers in any order, pauses, an end. Checks after each step. */
async function run(random: Random): Promise<void> {
  const world = await World.open();
  const total = random.below(120);
  const stream = Buffer.concat(Array.from({ length: total }, (_, id) => framed(ask(id))));
  const answered = new Set<FakeRequest>();
  const given: [number, number][] = [];
  let written = 0;
  let isEnded = false;
  const answerOne = (): void => {
    const open = world.open.filter((request) => !answered.has(request));
    const request = open[random.below(Math.max(1, open.length))];
    if (request === undefined) return;
    const id = Number(/n(\d+)/.exec(request.body.toString("latin1"))?.[1]);
    const length = random.below(3) === 0 ? random.below(60_000) : random.below(40);
    answered.add(request);
    given.push(lengthOf(id, length));
    reply(request, length);
  };
  const check = (): void => {
    assert.ok(world.open.length <= PIPELINED_MAX);
    assert.ok(world.connection.queuedBytes >= 0 && world.connection.queuedBytes <= written);
    assert.not.ok(world.told.includes("ConnectionReset"));
  };
  for (let step = 0; step < 5000 && !world.told.includes("end"); step++) {
    switch (random.below(8)) {
      case 0: case 1: {
        const count = Math.min(stream.length - written, random.below(4) === 0 ? 1 : random.below(400));
        world.write(stream.subarray(written, written + count));
        written += count;
        break;
      }
      case 2: case 3: answerOne(); break;
      case 4: world.takesMore = random.below(2) === 0; break;
      case 5: if (random.below(3) === 0) world.connection.pause(); else world.connection.resume(); break;
      case 6:
        if (written === stream.length && !isEnded) {
          isEnded = true;
          world.connection.end();
        }
        break;
      default: await settle();
    }
    check();
  }
  assert.equal(world.told.filter((each) => each !== "room"), ["end"]);
  assert.equal(world.messages(), given, "whole answers, in the order in which they came");
  assert.is(given.length, total, "all are answered");
  await world.end();
}

schedules(`should give every answer once and whole, ${SCHEDULES} of them`, async () => {
  for (let index = 0; index < SCHEDULES; index++) {
    const seed = (SEED + index) >>> 0;
    try {
      await run(new Random(seed));
    } catch (error) {
      if (error instanceof Error) error.message += `\nseed ${seed}`;
      throw error;
    }
  }
});

schedules.run();
