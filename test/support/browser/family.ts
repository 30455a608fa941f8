// Programs that start programs of their own (browsers, their drivers), each family with a folder that goes with it.
//
// They stay in the process group of the test, so that the runner sees whom a test left behind, and ends them when the
// test dies. What is still there at the end of this process is killed by its ids.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { within } from "../guard.js";
import { familyOf, isAlive } from "../process-group.js";

const STORY_CHARS_MAX = 1 << 14;
/** How long members may take to end after the first of the family. */
const GRACE_MS = 3000;

const families = new Set<Family>();
process.on("exit", () => {
  for (const family of families) family.kill();
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

function kill(id: number): void {
  try {
    process.kill(id, "SIGKILL");
  } catch {
    // It has ended already.
  }
}

export interface Member {
  readonly child: ChildProcess;
  /** The end of what it said on stderr. */
  story(): string;
}

export class Family {
  /** Everything that they write belongs in here. */
  readonly folder: string;
  private readonly members: ChildProcess[] = [];

  constructor(name: string) {
    this.folder = mkdtempSync(join(tmpdir(), `${name}-`));
    families.add(this);
  }

  /** Starts a member. Its file 3 is a pipe. */
  start(path: string, args: readonly string[], environment: Record<string, string> = {}): Member {
    const home = { HOME: this.folder, XDG_RUNTIME_DIR: this.folder, XDG_CONFIG_HOME: join(this.folder, "config") };
    const child = spawn(path, args, {
      env: { ...process.env, ...home, XDG_CACHE_HOME: join(this.folder, "cache"), TMPDIR: this.folder, ...environment },
      stdio: ["ignore", "ignore", "pipe", "pipe"],
    });
    child.on("error", () => {}); // An end without a process; awaitMatch tells.
    this.members.push(child);
    let story = "";
    child.stderr?.on("data", (chunk: Buffer) => { story = (story + chunk.toString()).slice(-STORY_CHARS_MAX); });
    return { child, story: () => story };
  }

  /** Ends all, last started first, and removes the folder. */
  async end(): Promise<void> {
    for (const child of this.members.splice(0).reverse()) await endWithFamily(child);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    families.delete(this);
  }

  /** The same in a hurry, without waiting. */
  kill(): void {
    for (const { pid } of this.members) if (pid !== undefined) familyOf(pid).forEach(kill);
    rmSync(this.folder, { recursive: true, force: true });
    families.delete(this);
  }
}

async function endWithFamily(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  const all = familyOf(child.pid);
  const exited = new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(undefined);
    else child.once("exit", resolve);
  });
  child.kill("SIGTERM");
  if (await Promise.race([exited, sleep(GRACE_MS, "late", { ref: false })]) === "late") child.kill("SIGKILL");
  await within("a process to end after SIGKILL", exited);
  const end = Date.now() + GRACE_MS;
  while (all.some(isAlive) && Date.now() < end) await sleep(10);
  all.filter(isAlive).forEach(kill);
  while (all.some(isAlive)) await sleep(5);
}

/** The first group of what the stream says first that looks so. */
export async function awaitMatch(member: Member, stream: Readable, pattern: RegExp): Promise<string> {
  const found = new Promise<string>((resolve, reject) => {
    let text = "";
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const match = pattern.exec(text);
      if (match !== null) resolve(match[1] ?? "");
    });
    member.child.once("error", reject);
    member.child.once("exit", () => reject(new Error(`${member.child.spawnfile} has ended: ${member.story()}`)));
  });
  return within(`${member.child.spawnfile} to say ${pattern.source}`, found);
}
