// The TypeScript bodies on the in-page network, with Node as the page.
import { pageFaceArm } from "./face-arms.js";
import { testFaceBodies } from "./face-tests.js";

testFaceBodies(pageFaceArm);
