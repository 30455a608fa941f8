// Runs what the README says: every command in its ```sh blocks, in order, as a reader would type it.
//
// Where a command ends with a comment, its output must be what the comment says. Two commands are not run in
// full: `make test`, which is what runs this, and `make run`, whose main job is run in its small size.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Arm, ROOT, wasmtime } from "./support/arms.js";
import { unusedPort } from "./support/client.js";
import { type Server, startServer } from "./support/process.js";

const LIMIT_SECONDS = "300";
const text = readFileSync(`${ROOT}README.md`, "utf8");
const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => (match[1] ?? "").trim().split("\n"));

/** A reader's environment: Wasmtime on PATH, and not the make that may be running the tests. */
function environment(): NodeJS.ProcessEnv {
  const { MAKEFLAGS: _flags, MFLAGS: _old, MAKELEVEL: _level, ...rest } = process.env;
  return { ...rest, PATH: `${dirname(wasmtime())}:${rest.PATH ?? ""}` };
}

/** What is run for a command. Make's other targets are what built this test: they are only looked up. */
function actual(command: string): string {
  if (command === "make run") return "make run ARGS=--small";
  return command.startsWith("make ") ? `make --dry-run ${command.slice("make ".length)}` : command;
}

function shell(command: string): void {
  const [line = "", expected] = command.split("  # ");
  // `timeout` ends everything that the command has started, which Node's own limit would not.
  const { status, stdout, stderr } = spawnSync("timeout", [LIMIT_SECONDS, "bash", "-c", actual(line)], {
    cwd: ROOT, env: environment(), encoding: "utf8",
  });
  assert.is(status, 0, `${line}\n${stdout}\n${stderr}`);
  assert.ok(stdout.length > 0, `${line} prints something`);
  if (expected !== undefined) assert.is(stdout, `${expected}\n`);
}

/** A command in the background is a server: it must say where it listens before the next command is typed. */
async function background(command: string): Promise<Server> {
  const line = command.replace(/ &$/, "");
  const bash: Arm = { name: "node", command: (args) => ["bash", ["-c", `exec ${args.join(" ")}`]] };
  const before = process.env.PATH;
  process.env.PATH = environment().PATH;
  try {
    return await startServer(bash, [line]);
  } finally {
    process.env.PATH = before;
  }
}

async function runBlock(lines: string[]): Promise<void> {
  // The README's ports may be taken on this machine.
  const ports = new Map<string, number>();
  for (const [port = ""] of lines.join("\n").matchAll(/\b70\d\d\b/g)) {
    if (!ports.has(port)) ports.set(port, await unusedPort());
  }
  const servers: Server[] = [];
  try {
    for (const line of lines) {
      const command = line.replace(/\b70\d\d\b/g, (port) => String(ports.get(port)));
      if (command.endsWith(" &")) servers.push(await background(command));
      else shell(command);
    }
  } finally {
    for (const server of servers.reverse()) await server.stop();
  }
}

const readme = suite("README");
process.chdir(ROOT);

readme("should have commands", () => {
  assert.ok(blocks.length >= 5, `${blocks.length} blocks`);
});

for (const lines of blocks) {
  readme(`should say what works: ${lines.join(" | ")}`, () => runBlock(lines));
}

readme.run();
