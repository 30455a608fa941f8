// The core bodies on the in-page network, with Node as the page.
import { pageArm } from "./core-page-arm.js";
import { testCoreBodies } from "./core-tests.js";

await testCoreBodies(pageArm);
