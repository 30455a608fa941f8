// The core bodies on the run arm.
import { ownRunArm } from "./child-arms.js";
import { testCoreBodies } from "./core-tests.js";

await testCoreBodies(ownRunArm);
