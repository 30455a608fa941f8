// Connections of the simulated network: every byte in its place, delays by arithmetic, windows, ends and resets.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HOSTILE, RAGGED, SimRandom } from "#host/sim/index.js";
import { type End, isConserved, meet, type Met, part } from "./sink.js";

const MS = 1_000_000;
const KIB = 1024;

const bytes = suite("bytes");

/** Every invariant that holds at any time. */
function assertSound({ client, server }: Met, what: string): void {
  for (const { connection, sink } of [client, server]) {
    if (!isConserved(connection.outgoing)) assert.unreachable(`${what}: a byte is lost sight of`);
    if (!sink.isRight) assert.unreachable(`${what}: a wrong byte`);
    if (sink.received !== connection.incoming.deliveredTotal) assert.unreachable(`${what}: delivered, not received`);
    if (new Set(sink.ends).size !== sink.ends.length) assert.unreachable(`${what}: told twice`);
  }
}

bytes("should all arrive, in order, both ways at once, however they are cut up and whenever readers pause", () => {
  for (let seed = 0; seed < 60; seed++) {
    const met = meet(RAGGED, seed);
    const { sim, client, server } = met;
    const random = new SimRandom(seed, "script");
    const sent = [0, 0];
    for (let step = 0; step < 60; step++) {
      const index = random.between([0, 1]) as 0 | 1;
      const end = index === 0 ? client : server;
      if (random.chance(0.5)) {
        const count = random.sizeBetween([1, 20_000]);
        end.send(count);
        sent[index] = sent[index]! + count;
      } else if (random.chance(0.3)) end.connection.pause();
      else end.connection.resume();
      for (let events = random.between([0, 20]); events > 0 && sim.step(); events--) assertSound(met, `seed ${seed}`);
    }
    for (const { connection } of [client, server]) {
      connection.end();
      connection.resume();
    }
    while (sim.step()) assertSound(met, `seed ${seed}`);
    assert.equal([server.sink.received, client.sink.received], sent, `seed ${seed}`);
    assert.equal([client.sink.ends, server.sink.ends], [["end"], ["end"]], `seed ${seed}`);
    part(met);
    assert.equal([met.clientHost.transport.openCount, met.serverHost.transport.openCount], [0, 0], `seed ${seed}`);
  }
});

bytes("should never arrive wrong or after a failure, whatever breaks", () => {
  let failures = 0;
  for (let seed = 0; seed < 60; seed++) {
    const met = meet({ ...HOSTILE, refuse: 0, blackHole: 0, unreachable: 0, reset: 0.05 }, seed);
    const random = new SimRandom(seed, "script");
    for (let step = 0; step < 40; step++) {
      const end: End = random.chance(0.5) ? met.client : met.server;
      const wasOver = end.sink.ends.some((entry) => entry.startsWith("failed"));
      const before = end.sink.received;
      if (random.chance(0.02)) end.connection.abort();
      else end.send(random.sizeBetween([1, 5000]));
      for (let left = random.between([0, 10]); left > 0 && met.sim.step(); left--) assertSound(met, `seed ${seed}`);
      if (wasOver) assert.is(end.sink.received, before, `seed ${seed}: bytes after a failure`);
    }
    while (met.sim.step()) assertSound(met, `seed ${seed}`);
    if (met.client.sink.ends.includes("failed ConnectionReset")) failures++;
    part(met);
    assert.equal([met.clientHost.transport.openCount, met.serverHost.transport.openCount], [0, 0], `seed ${seed}`);
  }
  assert.ok(failures > 10, `only ${failures} of 60 connections broke`);
});

bytes("should come one latency later, and behind each other at the line's pace", () => {
  const { sim, client, server } = meet({ bytesPerSecond: 1_000_000, segmentBytes: [1000, 1000] });
  const began = sim.nowMs;
  client.send(10_000); // 10 ms on the line
  sim.run();
  assert.is(server.sink.latestMs - began, 10.5);
  assert.is(server.sink.received, 10_000);
});

bytes("should share one host's line among its connections, and loopback should have none", () => {
  const met = meet({ bytesPerSecond: 1_000_000, segmentBytes: [1000, 1000] });
  const { sim, client, server } = met;
  const began = sim.nowMs;
  client.send(5000);
  server.send(5000); // another host, another line
  sim.run();
  assert.equal([server.sink.latestMs - began, client.sink.latestMs - began], [5.5, 5.5]);
});

bytes("should wait for the window: one window per round trip", () => {
  const { sim, client, server } = meet({ windowBytes: [1000, 1000], sendBufferBytes: [0, 0] });
  const began = sim.nowMs;
  client.send(10_000);
  assert.is(client.connection.queuedBytes, 9000);
  sim.run(sim.nowMs + 3);
  assert.is(client.connection.queuedBytes, 6000);
  sim.run();
  assert.is(server.sink.latestMs - began, 9.5);
  assert.is(client.sink.log.filter((entry) => entry === "room").length, 9);
});

bytes("should be held back by who does not read: one window, one send buffer, and no event any more", () => {
  const { sim, client, server } = meet({ windowBytes: [4 * KIB, 4 * KIB], sendBufferBytes: [2 * KIB, 2 * KIB] });
  server.connection.pause();
  client.send(10 * KIB);
  sim.run();
  assert.is(server.sink.received, 0);
  assert.is(client.connection.queuedBytes, 4 * KIB);
  assert.is(sim.pendingEvents, 0);
  server.connection.resume();
  sim.run();
  assert.is(server.sink.received, 10 * KIB);
  assert.is(client.connection.queuedBytes, 0);
});

bytes("should stop coming when an arrival was answered by false, until resume", () => {
  const { sim, client, server } = meet({ readBytes: [100, 100] });
  server.sink.wantsMore = false;
  client.send(1000);
  sim.run();
  assert.is(server.sink.received, 100);
  server.connection.resume();
  sim.run();
  assert.is(server.sink.received, 200);
  server.sink.wantsMore = true;
  server.connection.resume();
  sim.run();
  assert.is(server.sink.received, 1000);
});

bytes("should be lent only for the call", () => {
  const { sim, client, server } = meet();
  let kept: Uint8Array = new Uint8Array(0);
  server.sink.bytesArrived = (lent, start, end) => {
    kept = lent.subarray(start, end);
    return true;
  };
  client.send(100);
  sim.run();
  assert.is(kept.length, 100);
  assert.ok(kept.every((byte) => byte === 0xa5), "what was lent is written over");
});

bytes.run();

// ---

const ends = suite("ends");

ends("should leave the other direction open", () => {
  const { sim, client, server } = meet();
  client.send(10);
  client.connection.end();
  client.connection.end();
  sim.run();
  assert.equal([server.sink.received, server.sink.ends], [10, ["end"]]);
  server.send(20);
  sim.run();
  assert.equal([client.sink.received, client.sink.ends], [20, []]);
  server.connection.end();
  sim.run();
  assert.equal(client.sink.ends, ["end"]);
});

ends("should be told behind all bytes, and not to who is paused", () => {
  const { sim, client, server } = meet({ readBytes: [10, 10] });
  server.connection.pause();
  client.send(25);
  client.connection.end();
  client.send(5); // after the end: nothing
  sim.run();
  assert.equal(server.sink.log, []);
  server.connection.resume();
  sim.run();
  assert.equal([server.sink.received, server.sink.ends], [25, ["end"]]);
});

ends("should give a closed connection back once nothing is queued, and still bring its bytes", () => {
  const met = meet({ windowBytes: [100, 100], sendBufferBytes: [500, 500] });
  const { sim, client, server, clientHost } = met;
  client.send(1000);
  client.connection.close(60_000);
  assert.is(clientHost.transport.openCount, 1);
  sim.run(sim.nowMs + 5);
  assert.is(clientHost.transport.openCount, 0, "the system has the rest");
  assert.ok(server.sink.received < 1000);
  sim.run();
  assert.equal([server.sink.received, server.sink.ends], [1000, ["end"]]);
  assert.equal(client.sink.ends, [], "nobody is called back after close");
});

ends("should cut a closed connection whose bytes do not leave within the linger time", () => {
  const { sim, client, server, clientHost } = meet({ windowBytes: [100, 100], sendBufferBytes: [0, 0] });
  server.connection.pause();
  client.send(1000);
  client.connection.close(2000);
  const began = sim.nowMs;
  sim.run(began + 1999);
  assert.is(clientHost.transport.openCount, 1);
  sim.run(began + 2000);
  assert.is(clientHost.transport.openCount, 0);
  server.connection.resume();
  sim.run();
  assert.equal([server.sink.received, server.sink.ends], [100, ["failed ConnectionReset"]]);
});

ends("should not cut a closed connection that is slow, as long as it moves", () => {
  const { sim, client, server, clientHost } = meet({ windowBytes: [100, 100], sendBufferBytes: [0, 0] });
  client.send(100 * 60);
  client.connection.close(2); // a round trip takes 1 ms
  sim.run();
  assert.is(clientHost.transport.openCount, 0);
  assert.equal([server.sink.received, server.sink.ends], [6000, ["end"]]);
});

ends("should answer bytes for a closed end by a reset", () => {
  const { sim, client, server } = meet();
  server.connection.close(1000);
  sim.run();
  assert.equal(client.sink.ends, ["end"]);
  client.send(10);
  sim.run();
  assert.equal(client.sink.ends, ["end", "failed ConnectionReset"]);
});

ends("should be followed by a reset when unread bytes are left at a close", () => {
  const { sim, client, server } = meet();
  server.connection.pause();
  client.send(10);
  sim.run();
  server.connection.close(1000);
  sim.run();
  assert.equal(client.sink.ends, ["end", "failed ConnectionReset"]);
});

ends.run();

// ---

const resets = suite("resets");

resets("should overtake nothing that is on its way, and drop what is unsent", () => {
  const { sim, client, server } = meet({ windowBytes: [100, 100], sendBufferBytes: [500, 500] });
  client.send(1000);
  client.connection.abort();
  assert.is(client.connection.outgoing.droppedTotal, 900);
  sim.run();
  assert.equal([server.sink.received, server.sink.ends], [100, ["failed ConnectionReset"]]);
});

resets("should be told at once to who has bytes queued or writes, else behind unread bytes", () => {
  const cases: [name: string, act: (met: Met) => void, received: number][] = [
    ["reading", ({ server }) => server.connection.resume(), 50],
    ["writing", ({ server }) => server.send(10), 0],
  ];
  for (const [name, act, received] of cases) {
    const met = meet();
    met.server.connection.pause();
    met.client.send(50);
    met.sim.run();
    met.client.connection.abort();
    met.sim.run();
    assert.equal(met.server.sink.ends, [], `${name}: paused, so not told yet`);
    act(met);
    assert.equal(met.server.sink.ends, [], `${name}: not from inside a call`);
    met.sim.run();
    assert.equal([met.server.sink.received, met.server.sink.ends], [received, ["failed ConnectionReset"]], name);
    assert.is(met.serverHost.transport.openCount, 0, name);
  }
});

resets("should throw unread bytes away when conditions say so", () => {
  const met = meet({ resetDropsUnread: 1 });
  met.server.connection.pause();
  met.client.send(50);
  met.sim.run();
  met.client.connection.abort();
  met.sim.run();
  assert.equal([met.server.sink.received, met.server.sink.ends], [0, ["failed ConnectionReset"]]);
});

resets("should leave nothing that works", () => {
  const met = meet();
  met.client.connection.abort();
  met.sim.run();
  met.server.send(10);
  met.server.connection.end();
  met.server.connection.resume();
  met.server.connection.close(10);
  met.server.connection.abort();
  met.sim.run();
  assert.is(met.server.connection.queuedBytes, 0);
  assert.equal(met.client.sink.log, []);
});

resets.run();

// ---

const silence = suite("silence");

silence("should tell nobody, until the system gives up unconfirmed bytes", () => {
  const met = meet({ retransmitTimeoutNs: 1000 * MS }, 1, (sim) => sim.addRule({ fate: "silence", afterBytes: 100 }));
  const { sim, client, server } = met;
  const began = sim.nowMs;
  client.send(300);
  sim.run(began + 999);
  assert.is(server.sink.received, 100);
  assert.equal([client.sink.ends, server.sink.ends], [[], []]);
  sim.run();
  assert.equal([client.sink.ends, server.sink.ends], [["failed Timeout"], []]);
  assert.is(client.sink.endMs - began, 1000);
});

silence("should be found by keep-alive, and only by who asked for it", () => {
  const met = meet({}, 1, (sim) => sim.addRule({ fate: "silence", afterMs: 100 }));
  const { sim, client, server } = met;
  server.connection.setKeepAlive(true, 5000);
  sim.run();
  assert.equal([client.sink.ends, server.sink.ends], [[], ["failed Timeout"]]);
  assert.is(Math.round(server.sink.endMs), 100 + 5000 + 10_000 + 1);
});

silence("should not keep a closed end", () => {
  const met = meet({}, 1, (sim) => sim.addRule({ fate: "silence", afterMs: 0 }));
  met.sim.run();
  part(met);
  assert.equal([met.clientHost.transport.openCount, met.serverHost.transport.openCount], [0, 0]);
});

silence.run();
