// The program `resolve` in Node.
import { arms, nodeArm } from "../support/arms.js";
import { programTests } from "../support/dns/program-tests.js";
import { leaveOut } from "../support/verdict.js";

if (arms.includes(nodeArm)) await programTests(nodeArm);
else leaveOut("E2E_ARMS asks for the other arm");
