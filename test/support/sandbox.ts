// A folder of its own for a provisioning script: a PATH with stand-ins, a cache, and a record of what they were asked.
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ROOT } from "./arms.js";

/** What the scripts may take for granted on any Debian. */
const UTILITIES = [
  "bash", "cat", "chmod", "cp", "dirname", "flock", "mkdir", "mktemp", "mv", "rm", "sed", "sh", "sleep", "timeout",
  "uname",
];

export interface Result {
  code: number | null;
  stdout: string;
  stderr: string;
}

export class Sandbox {
  readonly root = mkdtempSync(join(tmpdir(), "tools-"));
  readonly cache = join(this.root, "cache/wasi-event-engine");

  /** `commands` are on the PATH, `samples` in the folder that $SAMPLES names: each a name and a script. */
  constructor(commands: Record<string, string>, samples: Record<string, string>) {
    const path = (process.env.PATH ?? "").split(":");
    mkdirSync(join(this.root, "bin"));
    for (const name of UTILITIES) {
      const folder = path.find((each) => existsSync(join(each, name)));
      if (folder === undefined) throw new Error(`${name} is not on PATH`);
      symlinkSync(join(folder, name), join(this.root, "bin", name));
    }
    for (const [name, text] of Object.entries(commands)) this.add(`bin/${name}`, text);
    for (const [name, text] of Object.entries(samples)) this.add(`samples/${name}`, text);
  }

  add(path: string, text: string): string {
    const full = join(this.root, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
    chmodSync(full, 0o755);
    return full;
  }

  run(script: string, args: string[] = [], extra: Record<string, string> = {}): Promise<Result> {
    const child = spawn("/bin/sh", [`${ROOT}test/tools/${script}`, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: join(this.root, "bin"), HOME: this.root, XDG_CACHE_HOME: join(this.root, "cache"),
        CALLS: join(this.root, "calls"), SAMPLES: join(this.root, "samples"), ...extra,
      },
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout: stdout.trim(), stderr })));
  }

  /** What the stand-ins were asked to do. */
  calls(): string[] {
    const path = join(this.root, "calls");
    return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
  }
}

export async function inSandbox(
  commands: Record<string, string>, body: (box: Sandbox) => Promise<void>, samples: Record<string, string> = {},
): Promise<void> {
  const box = new Sandbox(commands, samples);
  mkdirSync(join(box.root, "samples"), { recursive: true });
  await body(box).finally(() => rmSync(box.root, { recursive: true }));
}
