// The TypeScript bodies in simulations whose engines do next to nothing in a turn: everything happens all the same.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventEngine } from "#host/engine/event-engine.js";
import { SEED } from "../support/bytes.js";
import { type CreateOn, simWorld, wasm } from "./face-arms.js";
import { faceBodies, runFaceBody } from "./face-bodies.js";
import { PLAIN, ROUGH } from "./sim-conditions.js";

/** What these say holds within a turn, and all of theirs fits into one as a rule. */
const OF_ONE_TURN = [
  "alarm-priority", "cq-wait", "descriptor-engine-closes", "descriptor-priorities", "manager-flood",
  "manager-functions", "manager-order", "manager-random",
];

console.log(`seed ${SEED}`);

for (const [turnBound, worlds] of [[1, [PLAIN, ROUGH]], [7, [ROUGH]]] as const) {
  const create: CreateOn = (platform, onUncaught) => EventEngine.create({ wasm, platform, onUncaught, turnBound });
  const tests = suite(`face bodies, with turns of ${turnBound}`);

  tests("should know the bodies that are left out", () => {
    assert.equal(OF_ONE_TURN.filter((name) => !faceBodies.some((body) => body.name === name)), []);
  });

  for (const body of faceBodies.filter(({ name }) => !OF_ONE_TURN.includes(name))) {
    tests(`${body.name}: ${body.title}`, async () => {
      for (const conditions of worlds) await runFaceBody(simWorld(conditions, create), body);
    });
  }

  tests.run();
}
