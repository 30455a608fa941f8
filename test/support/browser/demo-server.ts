// The demo's server as a process of its own, as `make demo` starts it.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { ROOT } from "../arms.js";
import { until, within } from "../guard.js";

export interface DemoServer {
  readonly url: string;
  stderr(): string;
  /** Ends it by SIGTERM; its exit code. */
  stop(): Promise<number | null>;
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export async function startDemo(...args: string[]): Promise<DemoServer> {
  const child = spawn(process.execPath, ["examples/demo/serve.mjs", ...args], { cwd: ROOT, stdio: "pipe" });
  running.add(child);
  const ended = once(child, "exit").then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => { stdout += chunk.toString(); });
  child.stderr.on("data", (chunk: Buffer) => { stderr += chunk.toString(); });
  const hasBegun = (): boolean => stdout.includes("\n") || child.exitCode !== null;
  await until(() => `the demo's first line: ${stdout} ${stderr}`, hasBegun);
  const url = /^open (http:\/\/127\.0\.0\.1:\d+\/)\n/.exec(stdout)?.[1];
  if (url === undefined) {
    child.kill("SIGKILL");
    throw new Error(`the demo did not say where it is: ${stdout} ${stderr}`);
  }
  return {
    url,
    stderr: () => stderr,
    stop: () => {
      child.kill("SIGTERM");
      return within("the demo's end", ended);
    },
  };
}
