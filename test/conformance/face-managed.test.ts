// The TypeScript bodies on engines that event managers turn.
import { SEED } from "../support/bytes.js";
import { testFaceBodies } from "./face-tests.js";
import { managedFaceArm } from "./managed-arm.js";

console.log(`seed ${SEED}`);
testFaceBodies(managedFaceArm);
