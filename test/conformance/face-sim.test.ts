// The TypeScript bodies in simulations.
import { SEED } from "../support/bytes.js";
import { simFaceArm } from "./face-arms.js";
import { testFaceBodies } from "./face-tests.js";

console.log(`seed ${SEED}`);
testFaceBodies(simFaceArm);
