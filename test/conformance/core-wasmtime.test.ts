// The core bodies on the wasmtime arm.
import { testCoreBodies } from "./core-tests.js";
import { wasmtimeArm } from "./child-arms.js";

await testCoreBodies(wasmtimeArm);
