// `event-engine run`: a component on this project's host, as a command. JavaScript Promise Integration needs a newer
// Node than the project does, which test/tools/jspi-node.sh finds or brings.
import { execFileSync } from "node:child_process";
import { type Arm, arms, CLI, COMPONENT, ROOT } from "./arms.js";

let jspiNodePath: string | undefined;

export function jspiNode(): string {
  jspiNodePath ??= execFileSync("sh", [`${ROOT}test/tools/jspi-node.sh`], {
    encoding: "utf8", stdio: ["ignore", "pipe", "inherit"],
  }).trim();
  return jspiNodePath;
}

/** Runs one component. `options` are those of `run`; the Node that runs the tests may have to block in a worker. */
export function runArm(file: string, options: string[] = ["--network"], node: () => string = jspiNode): Arm {
  return { name: "node", command: (args) => [node(), [CLI, "run", ...options, file, ...args]] };
}

export interface LabelledArm {
  label: string;
  arm: Arm;
}

const hereArm = runArm(COMPONENT, ["--network"], () => process.execPath);

/** The shipped file as a command, and as a component that `event-engine run` runs in the Node that runs the tests. */
export const armsAndRun: LabelledArm[] = [
  ...arms.map((arm) => ({ label: arm.name, arm })),
  ...(arms.some(({ name }) => name === "node") ? [{ label: "event-engine run in this Node", arm: hereArm }] : []),
];
