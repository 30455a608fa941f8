// The arm of engines that event managers turn: a loop that is none of ours, and our own EventManager on one more
// engine. Whatever a body does, no turn of its engines may begin outside of a function or an alarm of the manager, the
// clock below is asked for the time and for nothing else, and in the end the manager owes nobody anything.
import * as assert from "uvu/assert";
import { EventEngine } from "#host/engine/event-engine.js";
import { EventManager } from "#host/engine/event-manager/event-manager.js";
import { managedPlatform } from "#host/engine/event-manager/managed-platform.js";
import type { Clock } from "#host/wasi/clock.js";
import type { Platform } from "#host/wasi/wasi-host.js";
import { CountingManager } from "../support/counting-manager.js";
import { TimersLoop } from "../support/foreign-loop.js";
import { type CreateOn, nodeAsPage, nodeWorld, simWorld, wasm } from "./face-arms.js";
import type { FaceWorld } from "./face-bodies.js";
import type { FaceArm } from "./face-tests.js";
import { PLAIN, ROUGH } from "./sim-conditions.js";

interface Standing {
  readonly manager: CountingManager;
  /** When the engines of the body are closed. */
  end(): Promise<void>;
}

/** Stands on nothing of the platform's. */
async function onTimers(): Promise<Standing> {
  const loop = new TimersLoop();
  const end = async (): Promise<void> => {
    await new Promise(setImmediate);
    assert.is(loop.refs, 0);
    assert.ok(loop.isIdle, "nothing is left in the loop");
  };
  return { manager: new CountingManager(loop), end };
}

async function onEngine(platform: Platform): Promise<Standing> {
  const engine = await EventEngine.create({ wasm, platform });
  const end = async (): Promise<void> => {
    await engine.close();
    assert.equal(Object.entries(engine.live()).filter(([, count]) => count !== 0), [], "nothing is left below");
  };
  return { manager: new CountingManager(new EventManager(engine)), end };
}

/** The time of a clock, which notes each turn that begins; its loop must not be used. */
function watched(clock: Clock, turnBegins: () => void): Clock {
  const { resolutionNs, wallResolutionNs } = clock;
  return {
    resolutionNs, wallResolutionNs,
    monotonicNowNs: () => clock.monotonicNowNs(),
    monotonicNow: () => clock.monotonicNow(),
    wallNowNs: () => clock.wallNowNs(),
    soon: () => assert.unreachable("soon of the platform"),
    setTimer: () => assert.unreachable("setTimer of the platform"),
    clearTimer: () => assert.unreachable("clearTimer of the platform"),
    turnBegins: () => {
      turnBegins();
      clock.turnBegins?.();
    },
    ...(clock.isTurnOver !== undefined && { isTurnOver: () => clock.isTurnOver?.() === true }),
  };
}

/** A world whose engines stand on one manager. */
function managed(
  worldOf: (create: CreateOn) => FaceWorld, stand: (platform: Platform) => Promise<Standing>,
): FaceWorld {
  let standing: Standing | undefined;
  let turns = 0;
  const create: CreateOn = async (platform, onUncaught) => {
    const { manager } = standing ??= await stand(platform);
    const clock = watched(platform.clock, () => {
      turns++;
      assert.ok(manager.isInside, "a turn outside of the manager");
    });
    const { transport, streams, environment } = platform;
    const base = {
      transport, clock, streams, fillRandom: (target: Uint8Array) => platform.fillRandom(target),
      ...(environment && { environment }),
    };
    return EventEngine.create({ wasm, platform: managedPlatform(manager, base), onUncaught });
  };
  const world = worldOf(create);
  const checked = async (run: () => Promise<void>): Promise<void> => {
    await run();
    assert.ok(turns > 0, "the manager turned nothing");
    await standing?.end();
    standing?.manager.checkBooks();
  };
  return { ...world, drive: (run) => world.drive(() => checked(run)) };
}

export const managedFaceArm: FaceArm = {
  name: "managed",
  worlds: [
    () => managed(nodeWorld, onTimers),
    () => managed(nodeWorld, onEngine),
    () => managed(nodeAsPage, onEngine),
    () => managed((create) => simWorld(PLAIN, create), onEngine),
    () => managed((create) => simWorld(ROUGH, create), onEngine),
  ],
};
