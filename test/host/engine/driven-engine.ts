// An engine on a platform of doubles: time passes and events happen when the test says so, and what callbacks
// throw is kept.
import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { EventEngine, type EventEngineOptions } from "#host/engine/event-engine.js";
import type { Endpoint, MemoryAllocator } from "#host/engine/interfaces.js";
import { COMPONENT } from "../../support/arms.js";
import { type FakeConnection, type FakePlatform, fakePlatform } from "../support/fake-platform.js";

const component = readFileSync(COMPONENT);
/** Far more than anything here needs; without it a loop that never ends would hang. */
const STEPS_MAX = 100_000;

export interface DrivenEngine {
  engine: EventEngine;
  platform: FakePlatform;
  /** What callbacks threw, in order. */
  thrown: unknown[];
  /** Lets everything happen that is due now. */
  settle(): void;
  /** Lets time pass, a millisecond at a time. */
  passMs(delayMs: number): void;
  /** Closes the engine and checks that nothing is left of it. */
  close(): Promise<void>;
}

export async function drivenEngine(options: EventEngineOptions = {}): Promise<DrivenEngine> {
  const platform = fakePlatform();
  platform.transport.endsAtOnce = true;
  const thrown: unknown[] = [];
  const engine = await EventEngine.create({
    wasm: component, platform, onUncaught: (error) => { thrown.push(error); }, ...options,
  });
  const settle = (): void => {
    for (let step = 0; step < STEPS_MAX; step++) {
      platform.transport.settle();
      if (platform.clock.runSoon() === 0) return;
    }
    throw new Error("the engine never comes to rest");
  };
  const passMs = (delayMs: number): void => {
    for (let ms = 0; ms < delayMs; ms++) {
      platform.clock.advanceMs(1);
      settle();
    }
  };
  const close = async (): Promise<void> => {
    const closed = engine.close();
    settle();
    passMs(1);
    await closed;
    nothingIsLeft(engine, platform);
  };
  settle();
  return { engine, platform, thrown, settle, passMs, close };
}

/** The leak law: the core, the objects over it and the platform have nothing left. */
export function nothingIsLeft(engine: EventEngine, platform: FakePlatform): void {
  const left = Object.entries(engine.live()).filter(([, count]) => count !== 0);
  assert.equal(left, [], "is left");
  assert.is(platform.clock.timers.size, 0, "timers are left");
  assert.is(platform.clock.soonCount, 0, "turns are left");
  assert.is(platform.transport.openCount, 0, "connections or bindings are left");
}

/** Runs a body on an engine of its own, which is closed and checked at the end. */
export function onEngine(
  body: (driven: DrivenEngine) => void | Promise<void>, options?: EventEngineOptions,
): () => Promise<void> {
  return async () => {
    const driven = await drivenEngine(options);
    await body(driven);
    await driven.close();
    assert.equal(driven.thrown, [], "callbacks threw");
  };
}

export interface Accepted {
  endpoint: Endpoint;
  allocator: MemoryAllocator;
  connection: FakeConnection;
}

/** A connection that a listener let in. */
export function accept({ engine, platform, settle }: DrivenEngine): Accepted {
  const seen: { endpoint: Endpoint; allocator: MemoryAllocator }[] = [];
  const listener = engine.createListener((endpoint, allocator) => seen.push({ endpoint, allocator }), () => {});
  listener.bind("127.0.0.1:0");
  listener.start();
  settle();
  const connection = platform.transport.binding!.arrive();
  settle();
  listener.close();
  settle();
  assert.is(seen.length, 1);
  return { ...seen[0]!, connection };
}
