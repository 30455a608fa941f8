// What a client of the gateway can use up: streams, rates, bytes, time and memory.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  ACCEPTED, addressFrame, BIND, BIND_UDP, BOUND, CLOSE, CREDIT, creditFrame, dataFrame, END, FAIL, Goodbye,
  listenFrame, openFrame, PING, plainFrame, PONG, RESET, RESOLVED, resolveFrame,
} from "#host/gateway/frames.js";
import { Rate } from "#host/gateway/server/rate.js";
import { CHANNEL_HIGH_BYTES, checkLimits, NO_LIMITS, SESSION_LIMITS } from "#host/gateway/server/session-limits.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import type { Connection } from "#host/wasi/transport.js";
import { address, GATEWAY, SERVER, World } from "./session-world.js";

const RULES = [`tcp:${SERVER}:*`, `udp:${SERVER}:*`, `listen:${GATEWAY}:8080`, "resolve:*"];
const KIB = 1024;
const block = (length: number, value = 7): Uint8Array => new Uint8Array(length).fill(value);
/** Most of what is sent stays queued as long as nobody reads. */
const NARROW = { sendBufferBytes: [4096, 4096], windowBytes: [4096, 4096] } as const;

const caps = suite("caps of a gateway session");

caps("should bound what is open, of every kind together, and give room back", async () => {
  const world = await World.open({ rules: RULES, limits: { streams: 3 } });
  world.serve(80);
  await world.stream(1);
  world.client.send(addressFrame(BIND, 2, address(GATEWAY, 0)));
  world.client.send(addressFrame(BIND_UDP, 3, address("0.0.0.0", 0)));
  world.client.one(BOUND, 3);
  assert.is(await world.refusal(4, address(SERVER, 80)), ErrorCode.NewSocketLimit);
  world.client.send(addressFrame(BIND_UDP, 5, address("0.0.0.0", 0)));
  assert.is(world.client.one(FAIL, 5).code, ErrorCode.NewSocketLimit);
  world.client.send(plainFrame(CLOSE, 3));
  await world.stream(6);
  assert.is(world.gateway.transport.openCount, 3);
  await world.finish();
});

caps("should count connects under way, streams that are accepted, and those that still flush", async () => {
  const world = await World.open({ rules: RULES, limits: { streams: 2 }, conditions: NARROW });
  const made = world.serve(80);
  await world.stream(1);
  world.client.send(dataFrame(1, block(60_000), 0, 60_000));
  (made[0] as { wantsMore: boolean }).wantsMore = false;
  world.client.send(plainFrame(CLOSE, 1));
  world.client.send(openFrame(2, address(SERVER, 80), null));
  world.client.send(openFrame(3, address(SERVER, 80), null));
  assert.is(world.client.one(FAIL, 3).code, ErrorCode.NewSocketLimit, "one flushes, one connects");
  await world.settle(100);
  world.client.send(plainFrame(CLOSE, 2));
  await world.settle();
  assert.is(world.gateway.transport.openCount, 0);
  world.client.send(addressFrame(BIND, 4, address(GATEWAY, 8080)));
  world.client.send(listenFrame(4, 10));
  const outcomes: unknown[] = [];
  const peers: Connection[] = [];
  for (let index = 0; index < 3; index++) {
    world.server.transport.connect({ remote: address(GATEWAY, 8080), local: null }, (result) => {
      if (typeof result === "number") outcomes.push(result);
      else peers.push(result);
    });
  }
  await world.settle(100);
  assert.is(world.client.of(ACCEPTED).length, 1);
  assert.is(world.said("accept").filter(({ allowed }) => allowed === false).length, 2);
  for (const peer of peers) peer.abort();
  await world.finish();
});

caps("should bound how fast things are opened, and log a flood once", async () => {
  const world = await World.open({ rules: RULES, limits: { opensPerSecond: 5 } });
  world.serve(80);
  for (let id = 1; id <= 60; id++) world.client.send(openFrame(id, address("10.0.0.1", 80), null));
  const refused = world.client.of(FAIL).filter(({ code }) => code === ErrorCode.NewSocketLimit).length;
  assert.is(refused, 40, "four seconds' worth comes through");
  assert.is(world.said("connect").length, 21);
  await world.settle(1000);
  for (let id = 61; id <= 70; id++) world.client.send(openFrame(id, address("10.0.0.1", 80), null));
  assert.is(world.client.of(FAIL).filter(({ code }) => code === ErrorCode.NewSocketLimit).length, 45);
  await world.finish();
});

caps("should bound the look-ups under way", async () => {
  const world = await World.open({ rules: RULES, limits: { lookups: 2 } });
  world.sim.setName("slow.example", [SERVER], 1000);
  for (const id of [1, 2, 3]) world.client.send(resolveFrame(id, "slow.example"));
  const { id, code } = world.client.one(FAIL);
  assert.equal([id, code], [3, ErrorCode.TemporaryResolverFailure], "later it may do");
  world.client.send(plainFrame(CLOSE, 1));
  world.client.send(resolveFrame(4, "slow.example"));
  await world.settle();
  assert.equal(world.client.of(RESOLVED).map(({ id }) => id), [2, 4]);
  await world.finish();
});

caps("should end a session that moved all of its bytes", async () => {
  const world = await World.open({ rules: RULES, limits: { bytes: 10_000 } });
  const records = world.serve(80, (connection) => connection.write(block(6000), 0, 6000));
  await world.stream(1);
  assert.is(world.client.goodbye, null);
  world.client.send(dataFrame(1, block(4000), 0, 4000));
  await world.settle(1);
  assert.is(world.client.goodbye, null, "to the last byte");
  world.client.send(dataFrame(1, block(1), 0, 1));
  assert.is(world.client.goodbye, Goodbye.Limit);
  await world.settle();
  assert.ok((records[0]?.length ?? 0) <= 4000);
  await world.finish();
});

caps("should refuse longer frames than it asked for, and more than the window", async () => {
  const long = await World.open({ rules: RULES, limits: { frameBytes: 2048 } });
  long.serve(80);
  await long.stream(1);
  long.client.send(dataFrame(1, block(2049), 0, 2049));
  assert.is(long.client.goodbye, Goodbye.ProtocolError);
  await long.finish();
  const much = await World.open({ rules: RULES, limits: { windowBytes: 32 * KIB }, conditions: NARROW });
  much.serve(80, (connection) => connection.pause());
  await much.stream(1);
  for (let index = 0; index < 32; index++) much.client.send(dataFrame(1, block(KIB), 0, KIB));
  await much.settle(100);
  assert.equal([much.client.goodbye, much.client.of(CREDIT).length], [null, 0]);
  much.client.send(dataFrame(1, block(1), 0, 1));
  assert.is(much.client.goodbye, Goodbye.ProtocolError);
  await much.finish();
});

caps("should refuse limits that cannot be", () => {
  checkLimits(SESSION_LIMITS);
  checkLimits(NO_LIMITS);
  for (const wrong of [
    { windowBytes: 1 }, { windowBytes: Infinity }, { frameBytes: 1e9 }, { streams: -1 }, { streams: 1.5 },
    { streams: NaN }, { connectMs: 1e12 },
  ]) {
    assert.throws(() => checkLimits({ ...SESSION_LIMITS, ...wrong }), /the limit \w+ is a whole number/);
  }
});

caps.run();

const times = suite("time limits of a gateway session");

times("should give a connect up that takes too long", async () => {
  const world = await World.open({ rules: RULES, limits: { connectMs: 3000 }, conditions: { blackHole: 1 } });
  world.serve(80);
  const beganMs = world.sim.nowMs;
  world.client.send(openFrame(1, address(SERVER, 80), null));
  while (world.client.of(FAIL).length === 0) assert.ok(world.sim.step(), "an answer comes");
  assert.is(world.client.one(FAIL).code, ErrorCode.Timeout);
  assert.is(Math.round(world.sim.nowMs - beganMs), 3000);
  assert.is(world.gateway.transport.openCount, 0);
  await world.finish();
});

times("should reset a stream that moves nothing, and no other", async () => {
  const world = await World.open({ rules: RULES, limits: { streamIdleMs: 1000 } });
  const records = world.serve(80);
  await world.stream(1);
  await world.stream(2);
  for (let round = 0; round < 10; round++) {
    world.client.send(dataFrame(2, block(1), 0, 1));
    await world.settle(200);
  }
  assert.is(world.client.one(RESET).id, 1);
  assert.is(world.client.one(RESET).code, ErrorCode.Timeout);
  assert.equal(records[0]?.log, ["connection-reset"]);
  assert.equal(records[1]?.log, []);
  await world.finish();
});

times("should end a session that holds nothing and asks for nothing", async () => {
  const world = await World.open({ rules: RULES, limits: { sessionIdleMs: 1000 } });
  world.serve(80);
  await world.stream(1);
  await world.settle(5000);
  assert.is(world.client.goodbye, null, "it holds a stream");
  world.client.send(plainFrame(CLOSE, 1));
  for (let round = 0; round < 10; round++) {
    world.client.send(plainFrame(PING, 0));
    await world.settle(100);
  }
  await world.settle(500);
  assert.is(world.client.goodbye, Goodbye.Idle, "PING is no reason to stay");
  await world.finish();
});

times("should cut a stream that was closed when its peer takes nothing more", async () => {
  const world = await World.open({ rules: RULES, limits: { lingerMs: 1000 }, conditions: NARROW });
  const made: Connection[] = [];
  world.serve(80, (connection) => {
    made.push(connection);
    connection.pause();
  });
  await world.stream(1);
  world.client.send(dataFrame(1, block(60_000), 0, 60_000));
  world.client.send(plainFrame(CLOSE, 1));
  await world.settle(900);
  assert.is(world.gateway.transport.openCount, 1);
  await world.settle(2000);
  assert.is(world.gateway.transport.openCount, 0);
  assert.is(world.said("end")[0]?.reason, "its peer took nothing more");
  await world.finish();
});

times("should keep to its bytes per second, both ways, and stall nothing for good", async () => {
  const rate = 64 * KIB;
  const world = await World.open({ rules: RULES, limits: { bytesPerSecond: rate, windowBytes: 16 * KIB } });
  world.giveCredit();
  const total = 12 * rate;
  world.serve(80, (connection) => connection.write(block(total), 0, total));
  const beganMs = world.sim.nowMs;
  await world.stream(1);
  while (world.client.received(1) < total) {
    assert.ok(world.sim.step(), "bytes come");
    if (world.sim.events % 100 === 0) await world.sim.settle(world.sim.nowMs);
  }
  const seconds = (world.sim.nowMs - beganMs) / 1000;
  assert.ok(seconds >= 6.9 && seconds <= 9, `${seconds} s for 12 s' worth with a burst of 4 and a read of 1`);
  // The other way: credit is what is held back.
  const sentFrom = world.sim.nowMs;
  let sent = 0;
  while (sent < 4 * rate) {
    const given = world.client.of(CREDIT, 1).reduce((sum, { bytes }) => sum + bytes, 0);
    if (sent + 8 * KIB <= 16 * KIB + given) {
      world.client.send(dataFrame(1, block(8 * KIB), 0, 8 * KIB));
      sent += 8 * KIB;
    } else {
      await world.settle(10);
    }
  }
  assert.ok(world.sim.nowMs - sentFrom >= 3000, `${world.sim.nowMs - sentFrom} ms`);
  assert.is(world.client.goodbye, null);
  await world.finish();
});

times.run();

const memory = suite("memory of a gateway session");

memory("should read no more than the client gives credit for", async () => {
  const world = await World.open({ rules: RULES, window: 10_000, conditions: { segmentBytes: [1448, 1448] } });
  world.serve(80, (connection) => {
    connection.write(block(1_000_000), 0, 1_000_000);
    connection.end();
  });
  await world.stream(1);
  await world.settle();
  assert.is(world.client.received(1), 10_000, "to the byte");
  assert.is(world.client.of(END).length, 0);
  world.client.send(creditFrame(1, 7));
  world.client.send(creditFrame(1, 3));
  await world.settle();
  assert.is(world.client.received(1), 10_010);
  assert.ok(world.session.peakBytes <= 64 * KIB, `${world.session.peakBytes} held: one read at most`);
  world.giveCredit();
  world.client.send(creditFrame(1, 10_000));
  await world.settle();
  assert.is(world.client.received(1), 1_000_000);
  world.client.one(END, 1);
  await world.finish();
});

memory("should not let one slow stream stall the others", async () => {
  const world = await World.open({ rules: RULES, window: 16 * KIB });
  const total = 4_000_000;
  world.serve(80, (connection) => connection.write(block(total), 0, total));
  await world.stream(1);
  await world.settle();
  const before = world.client.received(1);
  world.client.later = (run) => world.sim.after(0, run);
  // From here on only the second one gives credit: the first one stays as slow as it was.
  await world.stream(2);
  await world.settle();
  assert.is(world.client.received(1), before);
  assert.is(world.client.received(2), total);
  await world.finish();
});

memory("should not let a peer that reads nothing stall the others", async () => {
  const world = await World.open({ rules: RULES, limits: { windowBytes: 32 * KIB }, conditions: NARROW });
  const records = world.serve(80, (connection) => {
    if (records.length === 1) connection.pause();
  });
  await world.stream(1);
  await world.stream(2);
  for (let index = 0; index < 8; index++) world.client.send(dataFrame(1, block(4 * KIB), 0, 4 * KIB));
  let sent = 0;
  while (sent < 1_000_000) {
    const given = world.client.of(CREDIT, 2).reduce((sum, { bytes }) => sum + bytes, 0);
    if (sent + 4 * KIB <= 32 * KIB + given) {
      world.client.send(dataFrame(2, block(4 * KIB), 0, 4 * KIB));
      sent += 4 * KIB;
    } else {
      await world.settle(5);
    }
  }
  await world.settle(1000);
  assert.is(records[1]?.length, sent);
  assert.is(records[0]?.length, 0);
  const given = world.client.of(CREDIT, 1).reduce((sum, { bytes }) => sum + bytes, 0);
  assert.ok(given <= 8 * KIB, `${given}: what the systems between took, and nobody else`);
  assert.ok(world.session.peakBytes <= 2 * 32 * KIB + 64 * KIB, `${world.session.peakBytes} held`);
  await world.finish();
});

memory("should hold no more than the channel's mark and one read each when the client does not read", async () => {
  const streams = 20;
  const world = await World.open({ rules: RULES, window: 1 << 20 });
  world.giveCredit();
  world.serve(80, (connection) => connection.write(block(1 << 20), 0, 1 << 20));
  for (let id = 1; id <= streams; id++) await world.stream(id, 80);
  const already = Array.from({ length: streams }, (_, index) => world.client.received(index + 1));
  assert.ok(already.every((length) => length > 0));
  await world.finish();

  const deaf = await World.open({ rules: RULES, window: 1 << 20 });
  deaf.serve(80, (connection) => connection.write(block(1 << 20), 0, 1 << 20));
  for (let id = 1; id <= streams; id++) deaf.client.send(openFrame(id, address(SERVER, 80), null));
  deaf.client.isReading = false;
  await deaf.settle(5000);
  const most = CHANNEL_HIGH_BYTES + streams * 64 * KIB + 64 * KIB;
  assert.ok(deaf.session.peakBytes >= CHANNEL_HIGH_BYTES, "it was put to the test");
  assert.ok(deaf.session.peakBytes <= most, `${deaf.session.peakBytes} held, ${most} at most`);
  assert.is(deaf.client.goodbye, null);
  deaf.client.isReading = true;
  for (let round = 0; round < 200; round++) {
    deaf.client.read();
    await deaf.settle(10);
  }
  for (let id = 1; id <= streams; id++) assert.is(deaf.client.received(id), 1 << 20, `stream ${id}`);
  await deaf.finish();
});

memory("should reset the stream that would hold too much, all of them together, and no other", async () => {
  const world = await World.open({ rules: RULES, limits: { heldBytes: 100_000 }, conditions: NARROW });
  world.serve(80, (connection) => connection.pause());
  for (const id of [1, 2]) {
    await world.stream(id);
    world.client.send(dataFrame(id, block(48_000), 0, 48_000));
  }
  assert.is(world.client.goodbye, null);
  await world.stream(3);
  world.client.send(dataFrame(3, block(5000), 0, 5000));
  assert.is(world.client.one(RESET).id, 3);
  assert.is(world.client.one(RESET).code, ErrorCode.OutOfMemory);
  assert.is(world.said("end")[0]?.reason, "failed: OutOfMemory");
  await world.stream(4);
  world.client.send(dataFrame(4, block(1000), 0, 1000));
  await world.settle(100);
  assert.equal([world.client.goodbye, world.gateway.transport.openCount], [null, 3]);
  await world.finish();
});

memory("should end a client that asks and asks and reads no answer", async () => {
  const world = await World.open({ rules: RULES });
  world.client.isReading = false;
  let pings = 0;
  while (!world.client.isClosed && pings < 2_000_000) {
    world.client.send(plainFrame(PING, 0));
    pings++;
    if (pings % 200_000 === 0) await world.settle(1);
  }
  assert.ok(world.client.isClosed, "it was let go");
  assert.ok(world.session.peakBytes < 5 * CHANNEL_HIGH_BYTES);
  world.client.read();
  assert.is(world.client.goodbye, Goodbye.Limit);
  assert.ok(world.client.of(PONG).length > 1000);
  await world.finish();
});

memory.run();

const rates = suite("rates");

rates("should give bursts, fill by time, and wait for what was used beyond", () => {
  let nowMs = 0;
  const rate = new Rate(10, () => nowMs * 1e6);
  let taken = 0;
  while (rate.take()) taken++;
  assert.is(taken, 40);
  assert.is(rate.waitMs(), 100);
  nowMs = 100;
  assert.ok(rate.take());
  assert.not(rate.take());
  rate.use(20);
  assert.is(rate.waitMs(), 2100);
  nowMs = 1_000_000;
  taken = 0;
  while (rate.take()) taken++;
  assert.is(taken, 40);
  const free = new Rate(Infinity, () => { throw new Error("nobody needs the time"); });
  free.use(1e18);
  assert.ok(free.take());
  assert.is(new Rate(0, () => 0).take(), true, "one at least");
});

rates.run();
