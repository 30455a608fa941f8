// docs/c.md: the program on the page is built and run as the page says, and the examples that it names are there.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { COMPONENT, ROOT, wasmtime } from "../support/arms.js";

const page = readFileSync(join(ROOT, "docs/c.md"), "utf8");

function tool(script: string, ...args: string[]): string {
  return execFileSync("sh", [join(ROOT, "test/tools", script), ...args], { encoding: "utf8" }).trim();
}

const guide = suite("docs/c.md");

guide("should show a program that builds without a warning, and runs", () => {
  const folder = mkdtempSync(join(tmpdir(), "c-page-"));
  try {
    const [program, guest, composed] = ["app.c", "app.wasm", "composed.wasm"].map((name) => join(folder, name));
    writeFileSync(program as string, /```c\n([\s\S]*?)```/.exec(page)?.[1] ?? "");
    const warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];
    const args = [join(ROOT, "sdk/c/tools/build-guest.mjs"), "-o", guest as string, program as string, ...warnings];
    execFileSync(process.execPath, args, { env: { ...process.env, WASI_CC: tool("wasi-clang.sh") }, stdio: "pipe" });
    const plug = ["plug", "--plug", COMPONENT, guest as string, "-o", composed as string];
    execFileSync(tool("rust-tool.sh", "wac"), plug, { stdio: "pipe" });
    const output = execFileSync(wasmtime(), ["run", composed as string], { encoding: "utf8" });
    assert.is(output, "a second is over\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

guide("should name files that are there", () => {
  const named = [...page.matchAll(/`((?:examples|sdk)\/[\w./-]+)`/g)].map((match) => match[1] as string);
  assert.ok(named.length > 5);
  for (const name of named) {
    assert.ok([name, `sdk/c/${name}`].some((path) => existsSync(join(ROOT, path))), name);
  }
});

guide.run();
