// The program `resolve` in Wasmtime.
import { arms, wasmtimeArm } from "../support/arms.js";
import { programTests } from "../support/dns/program-tests.js";
import { leaveOut } from "../support/verdict.js";

if (arms.includes(wasmtimeArm)) await programTests(wasmtimeArm);
else leaveOut("E2E_ARMS asks for the other arm");
