// Runs the five lines of docs/embedding.md, as a reader would: the program, the build, the composition and both ways to
// run it. What it installs with apt-get, cargo and npm is here already.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { componentWit } from "@bytecodealliance/jco-transpile/wasm-tools";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ROOT, wasmtime } from "./support/arms.js";

const INSTALLS = /^(sudo apt-get install|cargo install|npm install) /;
const text = readFileSync(`${ROOT}docs/embedding.md`, "utf8");
const block = (kind: string, index = 0): string => {
  const found = [...text.matchAll(new RegExp(`^\`\`\`${kind}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))][index];
  if (found?.[1] === undefined) throw new Error(`docs/embedding.md has no ${kind} block ${index}`);
  return found[1];
};

/** Where the tools are that the page installs. */
function path(): string {
  const wac = execFileSync("sh", [`${ROOT}test/tools/rust-tool.sh`, "wac"], { encoding: "utf8" }).trim();
  execFileSync("sh", [`${ROOT}test/tools/wasi-clang.sh`], { stdio: "pipe" });
  return [dirname(wac), dirname(wasmtime()), process.env.PATH].join(delimiter);
}

const embedding = suite("embedding");

embedding("should work as the page says", async () => {
  const folder = mkdtempSync(join(tmpdir(), "embedding-"));
  try {
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(ROOT, join(folder, "node_modules/wasi-event-engine"));
    writeFileSync(join(folder, "app.c"), block("c"));
    const env = { ...process.env, PATH: path() };
    const commands = block("sh").trim().split("\n");
    assert.is(commands.length, 5);
    const run = (command: string): string => {
      return execFileSync("sh", ["-c", command], { cwd: folder, env, encoding: "utf8", stdio: "pipe" });
    };
    for (const command of commands.filter((each) => !INSTALLS.test(each))) run(command);
    for (const command of block("sh", 1).trim().split("\n")) {
      assert.is(run(command), "half a second is over\n", command);
    }

    const options = ["--silent", "--old-file", "build/event-engine.wasm"];
    const args = [...options, "compose", `GUEST=${folder}/app.guest.wasm`, `OUT=${folder}/made.wasm`];
    execFileSync("make", args, { cwd: ROOT, env: { ...env, MAKEFLAGS: "" }, stdio: "pipe" });
    const composed = readFileSync(join(folder, "app.wasm"));
    assert.ok(composed.equals(readFileSync(join(folder, "made.wasm"))), "make compose does what wac plug does");

    const wit = await componentWit(composed);
    const world = /world root \{([\s\S]*?)\n\}/.exec(wit)?.[1] ?? "";
    assert.equal([...world.matchAll(/^\s*export (.*);$/gm)].map((match) => match[1]), ["wasi:cli/run@0.2.0"]);
    for (const [, name = ""] of world.matchAll(/^\s*import (.*);$/gm)) assert.match(name, /^wasi:[a-z/-]+@0\.2\.0$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

embedding.run();
