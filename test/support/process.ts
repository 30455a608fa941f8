// Starts the command on an arm: as a server whose first line gives the port, or to its end.
//
// Every child is ended by its own id, also when the test process ends early.
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Arm } from "./arms.js";
import { GUARD_MS, within } from "./guard.js";

export interface Ended {
  code: number | null;
  signal: string | null;
}

export interface Server {
  pid: number;
  host: string;
  port: number;
  stdout(): string;
  stderr(): string;
  /** Resolves when the process has ended and its output is complete. */
  ended: Promise<Ended>;
  signal(name: NodeJS.Signals): void;
  /** Ends it at once and waits for that. */
  stop(): Promise<void>;
}

export interface RunResult extends Ended {
  stdout: Buffer;
  stderr: string;
}

const children = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

interface Started {
  child: ChildProcess;
  pid: number;
  ended: Promise<Ended>;
  stdout: Buffer[];
  stderr: Buffer[];
}

export interface StartOptions {
  /** Limits the file descriptors of the process, by the shell's ulimit; the process id stays its own. */
  filesMax?: number;
  /** Added to the environment. */
  environment?: Record<string, string>;
  /** What a server may say on stderr, line by line; nothing when not given. */
  complaints?: RegExp;
  /** False: the test reads standard output by itself, or does not. */
  readsOutput?: boolean;
}

function start(arm: Arm, args: string[], options: StartOptions = {}): Started {
  let [file, fullArgs] = arm.command(args);
  if (options.filesMax !== undefined) {
    fullArgs = ["-c", `ulimit -n ${options.filesMax} && exec "$0" "$@"`, file, ...fullArgs];
    file = "sh";
  }
  const env = { ...process.env, ...options.environment };
  const child = spawn(file, fullArgs, { stdio: ["pipe", "pipe", "pipe"], env });
  if (child.pid === undefined) throw new Error(`cannot start ${file}`);
  children.add(child);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  if (options.readsOutput !== false) child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on("error", () => {}); // It may end without having read all of its input.
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code, signal) => {
      children.delete(child);
      resolve({ code, signal });
    });
  });
  return { child, pid: child.pid, ended, stdout, stderr };
}

const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString("utf8");

export async function startServer(arm: Arm, args: string[], options?: StartOptions): Promise<Server> {
  const { child, pid, ended, stdout, stderr } = start(arm, args, options);
  const listening = new Promise<RegExpExecArray>((resolve, reject) => {
    const look = (): void => {
      const line = /^(.*)\n/.exec(text(stdout));
      if (line === null) return;
      const match = /^listening (\[[0-9a-f:]+\]|[0-9.]+):(\d+)$/.exec(line[1] ?? "");
      if (match === null) reject(new Error(`the first line is ${JSON.stringify(line[1])}`));
      else resolve(match);
    };
    child.stdout?.on("data", look);
    void ended.then(({ code, signal }) => {
      reject(new Error(`the server ended (${code ?? signal}) before it listened: ${text(stderr)}`));
    });
  });
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await within("the server to end after SIGKILL", ended);
  };
  try {
    const [, host = "", port] = await within(`${arm.name} ${args.join(" ")} to listen`, listening);
    return {
      pid, ended, stop, host: host.replace(/[[\]]/g, ""), port: Number(port),
      stdout: () => text(stdout), stderr: () => text(stderr), signal: (name) => child.kill(name),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A server for the length of one test. What it says on stderr at the end is part of the test. */
export async function withServer(
  arm: Arm, args: string[], body: (server: Server) => Promise<void>, options?: StartOptions,
): Promise<void> {
  const server = await startServer(arm, args, options);
  let early: Ended | undefined;
  void server.ended.then((ended) => (early = ended));
  try {
    await body(server);
    if (early !== undefined) throw new Error(`the server ended during the test: ${server.stderr()}`);
    const lines = server.stderr().split("\n").slice(0, -1);
    const unexpected = lines.filter((line) => options?.complaints?.test(line) !== true);
    if (unexpected.length > 0) throw new Error(`the server wrote to stderr: ${unexpected.join("\n")}`);
  } catch (error) {
    const story = server.stderr();
    if (error instanceof Error && !error.message.includes(story)) error.message += `\nits stderr: ${story}`;
    throw error;
  } finally {
    await server.stop();
  }
}

/** A program in the middle of its run, with its standard input in the test's hands. */
export interface Running {
  child: ChildProcess;
  finish(): Promise<RunResult>;
}

export function startCommand(arm: Arm, args: string[], options?: StartOptions): Running {
  const { child, ended, stdout, stderr } = start(arm, args, options);
  const finish = async (): Promise<RunResult> => {
    try {
      const { code, signal } = await within(`${arm.name} ${args.join(" ")} to end`, ended, GUARD_MS);
      return { code, signal, stdout: Buffer.concat(stdout), stderr: text(stderr) };
    } catch (error) {
      child.kill("SIGKILL");
      await ended;
      throw new Error(`${String(error)}; stdout ${stdout.length} chunks; stderr ${text(stderr)}`);
    }
  };
  return { child, finish };
}

/** Runs the command to its end, with this input (and then the end of input). */
export async function runCommand(arm: Arm, args: string[], input: string | Buffer = ""): Promise<RunResult> {
  const running = startCommand(arm, args);
  running.child.stdin?.end(input);
  return running.finish();
}

export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function statusField(path: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readFileSync(path, "utf8"));
  if (found === null) throw new Error(`${path} has no ${name}`);
  return Number(found[1]);
}

export function residentMib(pid: number): number {
  return statusField(`/proc/${pid}/status`, "VmRSS") / 1024;
}

/** Processor time that the process has used, in seconds. Linux counts it in hundredths. */
export function processorSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** How often any thread of the process gave up the processor to wait, since it began. */
function voluntarySwitches(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, id) => {
    try {
      return sum + statusField(`/proc/${pid}/task/${id}/status`, "voluntary_ctxt_switches");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return sum; // the thread ended meanwhile
      throw error;
    }
  }, 0);
}

/** A busy machine takes its time until the process is where the test wants it. One that never rests, never does. */
const REST_ATTEMPTS = 10;

/** What is counted must grow by `max` at most in one of several spans of `ms`. */
async function comesToRest(what: string, count: () => number, ms: number, max: number): Promise<void> {
  const grown: string[] = [];
  while (grown.length < REST_ATTEMPTS) {
    const before = count();
    await sleep(ms);
    const more = count() - before;
    if (more <= max) return;
    grown.push(more.toFixed(2));
  }
  throw new Error(`${what} in ${ms} ms, again and again: ${grown.join(" ")}, of ${max}`);
}

/** A process that waits hardly computes: it does not ask over and over whether it may go on. */
export function hardlyWorks(pid: number): Promise<void> {
  return comesToRest("seconds of processor time", () => processorSeconds(pid), 1000, 0.3);
}

/** A process that waits for nothing but news does not wake up. Polling every 100 ms would be 20 times. */
export function hardlyWakes(pid: number): Promise<void> {
  return comesToRest("wake-ups", () => voluntarySwitches(pid), 2000, 8);
}
