// The core bodies on the simulation arm.
import { SEED } from "../support/bytes.js";
import { testCoreBodies } from "./core-tests.js";
import { simArm } from "./sim-arm.js";

console.log(`seed ${SEED}`);
await testCoreBodies(simArm);
