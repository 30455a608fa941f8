// The TypeScript bodies under Node.
import { nodeFaceArm } from "./face-arms.js";
import { testFaceBodies } from "./face-tests.js";

testFaceBodies(nodeFaceArm);
