// The arms of the TypeScript bodies that run here: Node with its own clock and sockets, simulations with neither, and
// the arm of pages.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { PageNetwork } from "#host/browser/network/network.js";
import { pagePlatform } from "#host/browser/platform.js";
import { EventEngine } from "#host/engine/event-engine.js";
import { Simulation } from "#host/sim/index.js";
import { nodePlatform } from "#host/node/platform.js";
import type { Platform } from "#host/wasi/wasi-host.js";
import { COMPONENT } from "../support/arms.js";
import { SEED } from "../support/bytes.js";
import { within } from "../support/guard.js";
import type { FaceWorld, OnUncaught } from "./face-bodies.js";
import type { FaceArm } from "./face-tests.js";
import { isCollected } from "./garbage.js";
import { loopbackNameserver } from "./nameservers.js";
import { type BlackHole, openBlackHole } from "./peers.js";
import { pageWorld } from "./page-world.js";
import { type OpenNameserver, seamNameserver } from "./seam-nameserver.js";
import { HERE, HOLE, NAMES, PLAIN, ROUGH } from "./sim-conditions.js";

export const wasm = readFileSync(COMPONENT);

/** Makes an engine on an arm's platform. */
export type CreateOn = (platform: Platform, onUncaught: OnUncaught) => Promise<EventEngine>;

const createOn: CreateOn = (platform, onUncaught) => EventEngine.create({ wasm, platform, onUncaught });

export function nodeWorld(create = createOn): FaceWorld {
  const holes: BlackHole[] = [];
  const servers: OpenNameserver[] = [];
  return {
    create: (onUncaught) => create(nodePlatform(), onUncaught),
    sleep: (ms) => sleep(ms),
    nowMs: () => performance.now(),
    date: () => new Date(),
    largeBytes: 32 << 20,
    isCollected,
    blackHole: async () => {
      const hole = holes[0] ?? await openBlackHole();
      if (holes.length === 0) holes.push(hole);
      return hole.address;
    },
    nameserver: async () => {
      const server = servers[0] ?? await loopbackNameserver();
      if (servers.length === 0) servers.push(server);
      return server;
    },
    drive: (run) => within("the body", run()),
    end: () => { for (const each of [...holes, ...servers]) each.end(); },
  };
}

export function simWorld(conditions: typeof PLAIN, create = createOn): FaceWorld {
  const sim = new Simulation({ seed: SEED, conditions });
  sim.addRule({ fate: "black-hole", to: HOLE });
  const platform = sim.host(HERE);
  let server: OpenNameserver | undefined;
  return {
    create: (onUncaught) => create(platform, onUncaught),
    sleep: (ms) => new Promise((resolve) => { platform.clock.setTimer(ms, resolve); }),
    nowMs: () => platform.clock.monotonicNow() / 1_000_000,
    date: () => platform.clock.wallNow(),
    largeBytes: 1_000_000,
    isCollected,
    blackHole: async () => HOLE,
    nameserver: async () => server ??= seamNameserver(sim.host(NAMES), NAMES),
    drive: (run) => sim.runUntil(run()),
    end: () => server?.end(),
  };
}

/** Node as the page. */
export function nodeAsPage(create = createOn): FaceWorld {
  const platform = pagePlatform({ network: new PageNetwork() });
  const world = pageWorld({ wasm, platform, isCollected });
  const made = (onUncaught: OnUncaught): Promise<EventEngine> => create(platform, onUncaught);
  return { ...world, create: made, drive: (run) => within("the body", world.drive(run)) };
}

export const nodeFaceArm: FaceArm = { name: "node", worlds: [() => nodeWorld()] };
export const pageFaceArm: FaceArm = { name: "page", worlds: [() => nodeAsPage()] };
export const simFaceArm: FaceArm = {
  name: "sim",
  worlds: [() => simWorld(PLAIN), () => simWorld(ROUGH)],
};
