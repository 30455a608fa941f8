// The simulation as its users see it: one seed decides everything, promises have their say, and nothing runs for
// ever.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CALM, HOSTILE, Simulation, SimulationError } from "#host/sim/index.js";
import { EchoPeer } from "#host/sim/peers/echo-peer.js";
import { listenAt, startPeer } from "#host/sim/peers/meeting.js";

/** Scripted peers only, so that what it gives depends on nothing but the network's own code. */
function exchange(seed: number): { hash: string; outcomes: string; events: number } {
  const sim = new Simulation({ seed, conditions: { ...HOSTILE, silence: 0 } });
  listenAt(sim.host("10.0.0.1"), "0.0.0.0", 7, (connection) => { new EchoPeer(connection); });
  const peers = Array.from({ length: 12 }, (_, stream) => {
    const host = sim.host(`10.0.0.${2 + stream % 3}`);
    return startPeer(host, "10.0.0.1", 7, { sends: host.random.sizeBetween([1, 20_000]), stream });
  });
  sim.run();
  const outcomes = peers.map(({ outcome, received, wrongAt }) => `${outcome} ${received} ${wrongAt}`).join(", ");
  assert.not.match(outcomes, /\bnull [0-9]+ (?!null)/, "a wrong byte");
  return { hash: sim.hash, outcomes, events: sim.events };
}

const seeds = suite("seeds");

seeds("should decide everything: the same again for the same seed, another for another", () => {
  const results = Array.from({ length: 40 }, (_, seed) => exchange(seed));
  for (const [seed, result] of results.entries()) assert.equal(exchange(seed), result, `seed ${seed}`);
  assert.is(new Set(results.map(({ hash }) => hash)).size, results.length);
  assert.ok(new Set(results.map(({ outcomes }) => outcomes)).size > 30, "fates differ");
});

seeds("should give this hash on every machine", () => {
  assert.is(exchange(2022).hash, "f565b80022bd5a2c");
});

seeds("should decide about wasi:random, for each host its own", () => {
  const bytesOf = (seed: number, address: string): string => {
    const sim = new Simulation({ seed });
    sim.host("10.0.0.1");
    const bytes = new Uint8Array(20);
    sim.host(address).fillRandom(bytes);
    return String(bytes);
  };
  assert.is(bytesOf(1, "10.0.0.2"), bytesOf(1, "10.0.0.2"));
  assert.is.not(bytesOf(1, "10.0.0.2"), bytesOf(2, "10.0.0.2"));
  assert.is.not(bytesOf(1, "10.0.0.2"), bytesOf(1, "10.0.0.1"));
});

seeds("should show in the hash what a script noted", () => {
  const noted = (text: string): string => {
    const sim = new Simulation({ seed: 1 });
    sim.note(text);
    return sim.hash;
  };
  assert.is(noted("a"), noted("a"));
  assert.is.not(noted("a"), noted("b"));
});

seeds.run();

// ---

const time = suite("time");

time("should pass only by events, or when told to", () => {
  const sim = new Simulation({ seed: 1 });
  const { clock } = sim.host("10.0.0.1");
  const wall = clock.wallNowNs();
  const heard: string[] = [];
  clock.setTimer(86_400_000, () => heard.push(`timer ${sim.nowMs}`));
  sim.at(5, () => heard.push(`at ${sim.nowMs}`));
  sim.after(2.5, () => heard.push(`after ${sim.nowMs}`));
  sim.run(10);
  assert.equal([heard, sim.nowMs, sim.pendingEvents], [["after 2.5", "at 5"], 10, 1]);
  sim.run();
  assert.equal([heard.at(-1), sim.nowMs], ["timer 86400000", 86_400_000]);
  assert.is(clock.wallNowNs() - wall, 86_400_000_000_000n);
  assert.is(Number(clock.monotonicNowNs()), clock.monotonicNow());
  assert.is(clock.wallNow().toISOString(), "2022-02-03T00:00:00.000Z");
});

time("should run what is wanted soon behind what is due, before any wait", () => {
  const sim = new Simulation({ seed: 1 });
  const { clock } = sim.host("10.0.0.1");
  const order: string[] = [];
  sim.at(1, () => {
    order.push("first");
    clock.soon(() => order.push("soon"));
    clock.setTimer(0, () => order.push("timer 0"));
    clock.clearTimer(clock.setTimer(0, () => order.push("cleared")));
  });
  sim.at(1, () => order.push("second"));
  sim.at(1.1, () => order.push("later"));
  sim.run();
  assert.equal(order, ["first", "second", "soon", "timer 0", "later"]);
});

time("should make timers late and `soon` slow only as far as the conditions say", () => {
  const sim = new Simulation({ seed: 1, conditions: { timerLateNs: [0, 2e6], soonDelayNs: [1e3, 5e3] } });
  const { clock } = sim.host("10.0.0.1");
  const late: number[] = [];
  for (let index = 0; index < 200; index++) clock.setTimer(10, () => late.push(sim.nowMs - 10));
  clock.soon(() => assert.ok(sim.nowMs >= 0.001 && sim.nowMs <= 0.005));
  sim.run();
  assert.ok(late.every((ms) => ms >= 0 && ms <= 2));
  assert.ok(Math.max(...late) > 1.5 && Math.min(...late) < 0.5);
});

time.run();

// ---

const running = suite("running");

running("should let promises have their say before the next event", async () => {
  const sim = new Simulation({ seed: 1 });
  const { clock } = sim.host("10.0.0.1");
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => { clock.setTimer(ms, resolve); });
  const heard: string[] = [];
  async function script(): Promise<string> {
    for (let round = 1; round <= 3; round++) {
      await sleep(10);
      for (let depth = 0; depth < 50; depth++) await Promise.resolve();
      heard.push(`awake ${sim.nowMs}`);
    }
    return "done";
  }
  for (const atMs of [10.5, 20.5]) sim.at(atMs, () => heard.push(`event ${sim.nowMs}`));
  assert.is(await sim.runUntil(script()), "done");
  assert.equal(heard, ["awake 10", "event 10.5", "awake 20", "event 20.5", "awake 30"]);

  const again = script();
  await sim.settle();
  assert.is(await again, "done");
  assert.is(sim.nowMs, 60);
});

running("should hand on the failure of what was waited for", async () => {
  const sim = new Simulation({ seed: 1 });
  const failing = new Promise<void>((_, reject) => { sim.after(5, () => reject(new Error("as told"))); });
  let message = "";
  await sim.runUntil(failing).catch((error: Error) => { message = error.message; });
  assert.is(message, "as told");
});

running("should tell of a promise that nothing will settle, with the seed", async () => {
  const sim = new Simulation({ seed: 77, name: "stuck" });
  let error: unknown = null;
  await sim.runUntil(new Promise(() => {})).catch((caught: unknown) => { error = caught; });
  assert.instance(error, SimulationError);
  assert.match((error as Error).message, /^stuck with seed 77: nothing is left to happen/);
});

running("should end with an error, with the seed, when it does not come to rest", () => {
  const sim = new Simulation({ seed: 78, name: "busy", eventsMax: 1000 });
  const { clock } = sim.host("10.0.0.1");
  const spin = (): void => clock.soon(spin);
  spin();
  assert.throws(() => sim.run(), /^busy with seed 78: has not come to rest after 1000 events/);
  assert.is(sim.events, 1000);
});

running("should give the same host for the same addresses, and refuse an address twice", () => {
  const sim = new Simulation({ seed: 1 });
  assert.is(sim.host("10.0.0.1"), sim.host({ addresses: ["10.0.0.1"] }));
  assert.throws(() => sim.host({ addresses: ["10.0.0.2", "10.0.0.1"] }), /belongs to two hosts/);
  assert.throws(() => sim.host("server"), /not an IP address/);
});

running("should call a network without faults calm: nothing in it is left to chance", () => {
  const timesOf = (seed: number): string => {
    const sim = new Simulation({ seed, conditions: CALM });
    listenAt(sim.host("10.0.0.1"), "10.0.0.1", 7, (connection) => { new EchoPeer(connection); });
    const plan = { sends: 100_000, stream: 0, writeBytes: [1000, 1000] } as const;
    const peer = startPeer(sim.host("10.0.0.2"), "10.0.0.1", 7, plan);
    sim.run();
    return `${peer.outcome} ${peer.overAtMs} ${sim.events}`;
  };
  assert.is(timesOf(1), timesOf(2));
});

running.run();
