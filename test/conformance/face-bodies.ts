// All TypeScript bodies, and how one is run in a world: afterwards engines are closed and nothing is left.
//
// This runs in pages too, so nothing here needs Node.
import * as assert from "uvu/assert";
import type { EventEngine } from "#host/engine/event-engine.js";
import { alarmBodies } from "../suite/face/alarms.js";
import type { FaceBody, World } from "../suite/face/body.js";
import { queueBodies } from "../suite/face/completion-queues.js";
import { connectionBodies } from "../suite/face/connections.js";
import { descriptorEndBodies } from "../suite/face/descriptor-ends.js";
import { descriptorBodies } from "../suite/face/descriptors.js";
import { endpointBodies } from "../suite/face/endpoints.js";
import { engineBodies } from "../suite/face/engine.js";
import { managerBodies } from "../suite/face/event-manager.js";
import { failureBodies } from "../suite/face/failure.js";
import { lookupBodies } from "../suite/face/lookups.js";
import { memoryBodies } from "../suite/face/memory.js";
import { queueTrafficBodies } from "../suite/face/queue-traffic.js";
import { resolverBodies } from "../suite/face/resolver.js";
import { statsBodies } from "../suite/face/stats.js";
import { taskBodies } from "../suite/face/tasks.js";
import { bodiesOf2021 } from "../suite/face/text-of-2021.js";

export const faceBodies: readonly FaceBody[] = [
  ...taskBodies, ...connectionBodies, ...endpointBodies, ...memoryBodies, ...engineBodies, ...bodiesOf2021,
  ...statsBodies, ...queueBodies, ...queueTrafficBodies, ...resolverBodies, ...lookupBodies, ...managerBodies,
  ...alarmBodies,
  ...descriptorBodies, ...descriptorEndBodies, ...failureBodies,
];

export type OnUncaught = (error: unknown) => void;

/** What an arm makes for one run of one body. */
export interface FaceWorld extends Omit<World, "makeEngine" | "uncaught"> {
  create(onUncaught: OnUncaught): Promise<EventEngine>;
  /** Runs the body with the arm's time going on. */
  drive(run: () => Promise<void>): Promise<void>;
  end(): void;
}

/** Bodies that must fail, and how: a false assertion, an object forgotten, an exception that nobody asked for. */
export const canaries: readonly { readonly message: string; readonly body: FaceBody }[] = [
  canary("Expected values to be strictly equal", async () => assert.is(1, 2)),
  canary("nothing is left", async ({ makeEngine }) => void (await makeEngine()).createSliceBuffer()),
  canary("nothing is thrown", async ({ makeEngine, sleep }) => {
    (await makeEngine()).run(() => { throw new Error("the canary sings"); });
    await sleep(1);
  }),
];

function canary(message: string, run: FaceBody["run"]): { message: string; body: FaceBody } {
  return { message, body: { name: `canary: ${message}`, title: "", run } };
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
