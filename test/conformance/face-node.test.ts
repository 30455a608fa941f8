// The TypeScript bodies under Node.
import { nodeFaceArm } from "./face-arms.js";
import { testFaceBodies } from "./face-bodies.js";

testFaceBodies(nodeFaceArm);
