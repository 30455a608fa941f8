// A server under test as a child process: start it, wait for its `listening HOST:PORT` line, look at what it
// uses through /proc, end it.
//
// Every child is known here by its pid and ended on every way out of this process (return, error, signal), so
// that a benchmark that was broken off leaves nothing running.
import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;
const STDERR_MAX_CHARS = 8_192;
const ANSWER_TIMEOUT_MS = 5_000;
const ANSWER_STEP_MS = 10;

const children = new Set<ChildProcess>();

/** Starts a child that ends with this process whatever happens. */
export function spawnTracked(command: readonly string[], stdio: "pipe" | "inherit" = "pipe"): ChildProcess {
  const [file, ...args] = command;
  if (file === undefined) throw new Error("nothing to start: the command is empty");
  const child = spawn(file, args, { stdio: ["ignore", stdio, stdio] });
  children.add(child);
  child.once("exit", () => children.delete(child));
  child.once("error", () => children.delete(child));
  return child;
}

/** Ends all children when this process ends, and ends this process when it is told to. */
export function endChildrenOnExit(): void {
  process.on("exit", () => {
    for (const child of children) child.kill("SIGKILL");
  });
  process.once("SIGINT", () => process.exit(130));
  process.once("SIGTERM", () => process.exit(143));
  process.once("SIGHUP", () => process.exit(129));
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export class ServerProcess {
  readonly #child: ChildProcess;
  readonly pid: number;
  readonly name: string;
  /** Where it listens; the host as printed, the port as the kernel gave it. */
  readonly host: string;
  readonly port: number;
  #stderr = "";
  #exit: Exit | undefined;

  private constructor(name: string, child: ChildProcess, host: string, port: number, stderr: string) {
    this.name = name;
    this.#child = child;
    this.pid = child.pid ?? 0;
    this.host = host;
    this.port = port;
    this.#stderr = stderr;
    child.once("exit", (code, signal) => {
      this.#exit = { code, signal };
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      if (this.#stderr.length < STDERR_MAX_CHARS) this.#stderr += chunk.toString();
    });
  }

  /** The open file limit is raised in a shell that then becomes the server, so the pid stays the same. */
  static async start(name: string, command: readonly string[]): Promise<ServerProcess> {
    const raise = 'ulimit -n "$(ulimit -Hn)"; exec "$@"';
    const child = spawnTracked(["sh", "-c", raise, "sh", ...command]);
    const first = await firstLine(name, child);
    const match = /^listening (.+):(\d+)$/.exec(first.line);
    if (match === null) {
      child.kill("SIGKILL");
      throw new Error(`${name}: the first line is not "listening HOST:PORT": ${first.line}`);
    }
    return new ServerProcess(name, child, match[1] ?? "", Number(match[2]), first.stderr);
  }

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Fails when the server is gone: a measurement of a dead server would only be confusing. */
  assertAlive(): void {
    if (this.#exit === undefined) return;
    const how = describeExit(this.#exit);
    throw new Error(`${this.name}: the server ended by itself (${how}): ${this.#stderr.trim()}`);
  }

  /** The most memory that the process ever had resident. */
  peakMemoryKib(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN);
  }

  /** Asks a probe by SIGUSR2 for a number of its own; it answers with a line `NAME NUMBER` on stderr. */
  async ask(name: string): Promise<number> {
    const seen = this.#stderr.length;
    process.kill(this.pid, "SIGUSR2");
    const pattern = new RegExp(`^${name} (\\d+)$`, "m");
    for (let waited = 0; waited < ANSWER_TIMEOUT_MS; waited += ANSWER_STEP_MS) {
      const match = pattern.exec(this.#stderr.slice(seen));
      if (match !== null) return Number(match[1]);
      this.assertAlive();
      await sleep(ANSWER_STEP_MS);
    }
    throw new Error(`${this.name}: no answer to "${name}": ${this.#stderr.trim()}`);
  }

  openFiles(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  /** Asks politely first; a server that does not go in time is killed. */
  async stop(): Promise<Exit> {
    if (this.#exit !== undefined) return this.#exit;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const killer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await gone;
    clearTimeout(killer);
    return this.#exit ?? { code: null, signal: null };
  }
}

export function describeExit(exit: Exit): string {
  return exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
}

function firstLine(name: string, child: ChildProcess): Promise<{ line: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    let text = "";
    let stderr = "";
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      finish(new Error(`${name}: no first line within ${START_TIMEOUT_MS / 1000} s`));
    }, START_TIMEOUT_MS);
    const onOut = (chunk: Buffer): void => {
      text += chunk.toString();
      if (text.includes("\n")) finish(undefined);
    };
    const onErr = (chunk: Buffer): void => {
      if (stderr.length < STDERR_MAX_CHARS) stderr += chunk.toString();
    };
    const onError = (error: Error): void => finish(new Error(`${name}: ${error.message}`));
    const onExit = (code: number | null, signal: NodeJS.Signals | null): void => {
      const how = describeExit({ code, signal });
      finish(new Error(`${name}: ended before it listened (${how}): ${stderr.trim()}`));
    };
    const finish = (error: Error | undefined): void => {
      clearTimeout(timer);
      child.stdout?.off("data", onOut);
      child.stderr?.off("data", onErr);
      child.off("error", onError).off("close", onExit);
      child.stdout?.resume();
      if (error !== undefined) reject(error);
      else resolve({ line: text.slice(0, text.indexOf("\n")), stderr });
    };
    child.stdout?.on("data", onOut);
    child.stderr?.on("data", onErr);
    child.once("error", onError).once("close", onExit);
  });
}
