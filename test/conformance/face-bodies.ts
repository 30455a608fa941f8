// All TypeScript bodies, and the test of each on a given arm: afterwards engines are closed and nothing is left.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { EventEngine } from "#host/engine/event-engine.js";
import type { FaceBody, World } from "../suite/face/body.js";
import { queueBodies } from "../suite/face/completion-queues.js";
import { connectionBodies } from "../suite/face/connections.js";
import { endpointBodies } from "../suite/face/endpoints.js";
import { engineBodies } from "../suite/face/engine.js";
import { lookupBodies } from "../suite/face/lookups.js";
import { memoryBodies } from "../suite/face/memory.js";
import { queueTrafficBodies } from "../suite/face/queue-traffic.js";
import { resolverBodies } from "../suite/face/resolver.js";
import { taskBodies } from "../suite/face/tasks.js";
import { bodiesOf2021 } from "../suite/face/text-of-2021.js";
import type { FaceArmName } from "./arms.js";

export const faceBodies: readonly FaceBody[] = [
  ...taskBodies, ...connectionBodies, ...endpointBodies, ...memoryBodies, ...engineBodies, ...bodiesOf2021,
  ...queueBodies, ...queueTrafficBodies, ...resolverBodies, ...lookupBodies,
];

export type OnUncaught = (error: unknown) => void;

/** What an arm makes for one run of one body. */
export interface FaceWorld extends Omit<World, "makeEngine" | "uncaught"> {
  create(onUncaught: OnUncaught): Promise<EventEngine>;
  /** Runs the body with the arm's time going on. */
  drive(run: () => Promise<void>): Promise<void>;
  end(): void;
}

export interface FaceArm {
  readonly name: FaceArmName;
  /** The worlds that each body runs in, one after the other. */
  readonly worlds: readonly (() => FaceWorld)[];
}

export function testFaceBodies(arm: FaceArm): void {
  const tests = suite(`face bodies, ${arm.name}`);
  for (const body of faceBodies) {
    tests(`${body.name}: ${body.title}`, async () => {
      for (const world of arm.worlds) await runFaceBody(world(), body);
    });
  }
  tests("canary: should be seen to fail", () => testCanary(arm));
  tests.run();
}

/** Bodies that must fail: a false assertion, an object forgotten, and an exception that nobody asked for. */
async function testCanary({ worlds }: FaceArm): Promise<void> {
  const canaries: [string, FaceBody["run"]][] = [
    ["Expected values to be strictly equal", async () => assert.is(1, 2)],
    ["nothing is left", async ({ makeEngine }) => void (await makeEngine()).createSliceBuffer()],
    ["nothing is thrown", async ({ makeEngine, sleep }) => {
      (await makeEngine()).run(() => { throw new Error("the canary sings"); });
      await sleep(1);
    }],
  ];
  for (const [message, run] of canaries) {
    for (const world of worlds) {
      const failure = await runFaceBody(world(), { name: "canary", title: "", run }).catch(String);
      assert.match(String(failure), message);
    }
  }
}

export async function runFaceBody(world: FaceWorld, body: FaceBody): Promise<void> {
  const uncaught: unknown[] = [];
  // Made before time goes on: an instance takes real time, which a simulation does not have.
  const create = (): Promise<EventEngine> => world.create((error) => uncaught.push(error));
  const engines = [await create(), await create()];
  let made = 0;
  const makeEngine = async (): Promise<EventEngine> => {
    const engine = engines[made++];
    if (engine === undefined) throw new Error("a body can have two engines");
    return engine;
  };
  const all = async (): Promise<void> => {
    await body.run({ ...world, makeEngine, uncaught });
    for (const engine of engines) {
      await engine.close();
      const left = Object.entries(engine.live()).filter(([, count]) => count !== 0);
      assert.equal(left, [], "nothing is left");
    }
    assert.equal(uncaught.map(String), [], "nothing is thrown");
  };
  try {
    await world.drive(all);
  } finally {
    world.end();
  }
}
