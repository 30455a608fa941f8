// The core bodies on the jco arm.
import { jcoArm } from "./child-arms.js";
import { testCoreBodies } from "./core-tests.js";

await testCoreBodies(await jcoArm());
