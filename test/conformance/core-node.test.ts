// The core bodies on the node arm.
import { testCoreBodies } from "./core-tests.js";
import { nodeArm } from "./node-arm.js";

await testCoreBodies(nodeArm);
