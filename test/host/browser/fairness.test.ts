// Fair turns: however much an engine has to do, no row of callbacks lasts longer than a slice, everything runs in
// order, and whoever awaits goes on in between. On a time that only callbacks move.
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PageClock } from "#host/browser/clock.js";
import { PageNetwork } from "#host/browser/network/network.js";
import { pagePlatform } from "#host/browser/platform.js";
import { CoreEngine } from "#host/engine/core-engine.js";
import type { EngineExports } from "#host/engine/core-exports.js";
import { CoreProgram } from "#host/engine/core-program.js";
import { EventEngine } from "#host/engine/event-engine.js";
import type { Endpoint } from "#host/engine/interfaces.js";
import { type Platform, WasiHost } from "#host/wasi/wasi-host.js";
import { COMPONENT } from "../../support/arms.js";
import { FakePageTime } from "./page-time.js";

const SLICE_MS = 8;
const component = readFileSync(COMPONENT);

interface Fair {
  readonly time: FakePageTime;
  readonly engine: EventEngine;
  /** No task took longer than a slice and its last callback, nor were there more tasks than that takes. */
  check(callbackMs: number): void;
}

/** An engine whose core takes `turnMs` for each turn, and now and then wants another one at once. */
async function slowEngine(time: FakePageTime, platform: Platform, turnMs: number): Promise<EventEngine> {
  const host = new WasiHost(platform);
  const program = await CoreProgram.instantiate(component, host);
  let turns = 0;
  const turn = (): number => {
    time.take(turnMs);
    return ++turns % 20 === 0 ? program.turn(host) : 0;
  };
  const core = new CoreEngine(program.exports as EngineExports, program.memory, platform.clock);
  return new EventEngine({ core, program: { turn }, host });
}

/** Runs `body` with an engine; then the engine is closed, and nothing is left. */
function fairly(body: (fair: Fair) => Promise<void>): () => Promise<void> {
  return async () => {
    const time = new FakePageTime();
    const clock = new PageClock(time);
    const network = new PageNetwork(clock);
    const thrown: unknown[] = [];
    const platform = { ...pagePlatform({ network }), clock };
    const engine = await EventEngine.create({ wasm: component, platform, onUncaught: (each) => thrown.push(each) });
    await time.settle();
    time.taskMs.length = 0;
    const check = (callbackMs: number): void => {
      const longest = Math.max(...time.taskMs);
      // Quick callbacks may be a few before the time is looked at.
      const over = Math.max(callbackMs, Math.min(8 * callbackMs, 1));
      assert.ok(longest <= SLICE_MS + over, `a task took ${longest} ms`);
      const total = time.taskMs.reduce((sum, ms) => sum + ms, 0);
      assert.ok(time.taskMs.length <= total / SLICE_MS * 2 + 10, `${time.taskMs.length} tasks for ${total} ms`);
    };
    await body({ time, engine, check });
    const closed = engine.close();
    await time.settle();
    await closed;
    assert.equal(thrown, []);
    assert.is(network.openCount, 0);
    assert.equal(Object.values(engine.live()).filter((count) => count !== 0), []);
  };
}

const fair = suite("fair turns");

fair("should run 100,000 closures in order, in slices", fairly(async ({ time, engine, check }) => {
  const count = 100_000;
  let ran = 0;
  for (let number = 0; number < count; number++) {
    engine.run(() => {
      if (ran !== number) assert.is(ran, number);
      ran++;
      time.take(1 / 64);
    });
  }
  await time.settle();
  assert.is(ran, count);
  check(1 / 64);
}));

fair("should run a chain in which each closure gives the next one, in slices", fairly(async (given) => {
  const { time, engine, check } = given;
  let ran = 0;
  const next = (): void => {
    time.take(1 / 4);
    if (++ran < 2000) engine.run(next);
  };
  engine.run(next);
  await time.settle();
  assert.is(ran, 2000);
  check(1 / 4);
}));

fair("should run tasks that are due together in slices", fairly(async ({ time, engine, check }) => {
  const order: number[] = [];
  for (let number = 0; number < 300; number++) {
    engine.runAfter(0, () => {
      order.push(number);
      time.take(1);
    });
  }
  await time.settle();
  assert.equal(order, Array.from({ length: 300 }, (_, number) => number));
  check(1);
}));

fair("should let each callback that takes longer than a slice have a task of its own", fairly(async (given) => {
  const { time, engine, check } = given;
  let ran = 0;
  for (let number = 0; number < 20; number++) {
    engine.run(() => {
      ran++;
      time.take(30);
    });
  }
  await time.settle();
  assert.is(ran, 20);
  check(30);
}));

fair("should end a row of turns without callbacks too", async () => {
  const time = new FakePageTime();
  const clock = new PageClock(time);
  const engine = await slowEngine(time, { ...pagePlatform({ network: new PageNetwork(clock) }), clock }, 3);
  let ran = 0;
  engine.run(() => { ran++; });
  await time.settle();
  assert.is(ran, 1);
  assert.ok(Math.max(...time.taskMs) < SLICE_MS + 3, `${time.taskMs}`);
  const closed = engine.close();
  await time.settle();
  await closed;
});

fair("should let who awaits go on within the slice", fairly(async ({ time, engine, check }) => {
  const seen: string[] = [];
  const step = async (name: string): Promise<void> => {
    for (let number = 0; number < 50; number++) {
      await new Promise<void>((resolve) => { engine.run(resolve); });
      seen.push(name);
      time.take(1);
    }
  };
  const both = Promise.all([step("a"), step("b")]);
  await time.settle();
  await both;
  assert.is(seen.join(""), "ab".repeat(50));
  check(2);
}));

fair("should serve many ready sockets in slices, each of them", fairly(async ({ time, engine, check }) => {
  const count = 200;
  const clients: Endpoint[] = [];
  const servers: Endpoint[] = [];
  const listener = engine.createListener((endpoint) => servers.push(endpoint), () => {}, { backlog: count });
  const port = listener.bind("127.0.0.1:0");
  listener.start();
  for (let number = 0; number < count; number++) {
    engine.connect((status, endpoint) => {
      assert.ok(status.ok, String(status.message));
      clients.push(endpoint!);
    }, `127.0.0.1:${port}`);
  }
  await time.settle();
  assert.equal([clients.length, servers.length], [count, count]);
  time.taskMs.length = 0;
  let heard = 0;
  for (const endpoint of servers) {
    const buffer = engine.createSliceBuffer();
    endpoint.read((status) => {
      assert.ok(status.ok);
      heard++;
      buffer.destroy();
      time.take(1);
    }, buffer);
  }
  for (const endpoint of clients) {
    const buffer = engine.createSliceBuffer();
    buffer.append("hello");
    endpoint.write(() => buffer.destroy(), buffer);
  }
  await time.settle();
  assert.is(heard, count);
  check(1);
  for (const endpoint of [...clients, ...servers]) endpoint.destroy();
  listener.close();
}));

fair("should serve two sockets that never rest, in slices", fairly(async ({ time, engine, check }) => {
  const listener = engine.createListener((endpoint) => echo(endpoint), () => {});
  const buffers = engine.createSliceBuffer();
  const echo = (endpoint: Endpoint): void => {
    const buffer = engine.createSliceBuffer();
    const again = (): void => {
      endpoint.read((status) => {
        if (!status.ok) {
          buffer.destroy();
          return endpoint.destroy();
        }
        time.take(1 / 8);
        endpoint.write(again, buffer);
      }, buffer);
    };
    again();
  };
  const port = listener.bind("127.0.0.1:0");
  listener.start();
  let rounds = 0;
  engine.connect((_, endpoint) => {
    const next = (): void => {
      if (rounds++ === 500) {
        buffers.destroy();
        return endpoint!.destroy();
      }
      buffers.append("ping");
      endpoint!.write(() => endpoint!.read(next, buffers), buffers);
    };
    next();
  }, `127.0.0.1:${port}`);
  await time.settle();
  assert.is(rounds, 501);
  check(1 / 8);
  listener.close();
}));

fair.run();
