// The artifact: two clean builds in different folders give the same bytes, it asks for nothing but WASI 0.2.0, it
// exports the interfaces as wit/ describes them, and it is as small as promised.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { componentEmbed, componentNew, componentWit } from "@bytecodealliance/jco-transpile/wasm-tools";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { wasm } from "#host/abi/webassembly.js";
import { extractCoreModule } from "#host/component/core-module.js";
import { COMPONENT, ROOT } from "./support/arms.js";

const CORE = join(ROOT, "build/core/event-engine.core.wasm");
const SIZE_MAX = 180_224;
const SOURCES = ["assembly", "wit", "asconfig.json", "package.json", "Makefile"];

/** Builds a copy of the sources by the Makefile's own rule, in a folder of its own. */
function cleanBuild(name: string): Buffer {
  const root = mkdtempSync(join(tmpdir(), name));
  try {
    for (const source of SOURCES) cpSync(join(ROOT, source), join(root, source), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
    // The packages are taken as they are: this is about our build, not about their installation.
    const packages = "node_modules/.package-lock.json";
    const args = ["--silent", "--old-file", packages, "--old-file", "package-lock.json", "build/event-engine.wasm"];
    execFileSync("make", args, { cwd: root, env: { ...process.env, MAKEFLAGS: "" }, stdio: "pipe" });
    return readFileSync(join(root, "build/event-engine.wasm"));
  } finally {
    rmSync(root, { recursive: true });
  }
}

const build = suite("build");

build("should give the same bytes twice, wherever it is done, and those are the ones under test", () => {
  const one = cleanBuild("build-one-");
  const other = cleanBuild("build-another-");
  assert.ok(one.equals(other), "two clean builds are the same");
  assert.ok(one.equals(readFileSync(COMPONENT)), "the component under test is what its sources give");
});

build("should import WASI 0.2.0 only, and export the command", async () => {
  const wit = await componentWit(readFileSync(COMPONENT));
  const world = /world root \{([\s\S]*?)\n\}/.exec(wit)?.[1] ?? "";
  const imports = [...world.matchAll(/^\s*import (.*);$/gm)].map((match) => match[1] ?? "");
  const exports = [...world.matchAll(/^\s*export (.*);$/gm)].map((match) => match[1] ?? "");
  assert.ok(imports.length > 0, wit.slice(0, 500));
  for (const name of imports) assert.match(name, /^wasi:(io|clocks|random|sockets|cli)\/[a-z-]+@0\.2\.0$/);
  const ours = exports.filter((name) => name.startsWith("event-engine:engine/"));
  assert.equal(exports.filter((name) => !ours.includes(name)), ["wasi:cli/run@0.2.0"]);
  for (const name of ours) assert.match(name, /^event-engine:engine\/[a-z-]+@0\.1\.0$/);
  const files = readdirSync(join(ROOT, "wit")).filter((name) => name.endsWith(".wit") && name !== "world.wit");
  const described = files.map((name) => `event-engine:engine/${name.slice(0, -".wit".length)}@0.1.0`);
  assert.equal(ours.sort(), described.sort());
});

/** The nested components of a component file: each states the types of one exported interface. */
function statedInterfaces(component: Uint8Array): string[] {
  const stated: string[] = [];
  for (let at = 8; at < component.length;) {
    let size = 0;
    let start = at + 1;
    for (let shift = 0; ; shift += 7) {
      const byte = component[start++] ?? 0;
      size += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    if (component[at] === 4) stated.push(Buffer.from(component.subarray(start, start + size)).toString("latin1"));
    at = start + size;
  }
  return stated;
}

build("should export the interfaces that the sources describe, type by type", async () => {
  const builder = await import(pathToFileURL(join(ROOT, "wit/build.mjs")).href) as { witSource(): Promise<string> };
  const core = await componentEmbed({ witSource: await builder.witSource(), world: "event-engine", dummy: true });
  const described = statedInterfaces(await componentNew(core, []));
  const read = described.find((bytes) => bytes.includes("[method]endpoint.read"));
  assert.ok(read?.includes("may-complete-inline"), "the parameters of a read are stated");
  assert.ok(statedInterfaces(readFileSync(COMPONENT)).join() === described.join(), "the file states what wit/ has");
});

build("should call its own core by short names, all others by their own, and nothing else is different", () => {
  const namesOf = (bytes: Uint8Array): string[] =>
    wasm.Module.exports(new wasm.Module(bytes)).map(({ name, kind }) => `${kind} ${name}`);
  const long = namesOf(readFileSync(CORE));
  const short = namesOf(extractCoreModule(readFileSync(COMPONENT)));
  const ours = /^function (cabi_post_)?event-engine:/;
  const renamed = long.filter((name) => ours.test(name));
  assert.ok(renamed.length > 100);
  assert.is(new Set(short).size, long.length);
  assert.equal(short.filter((name) => long.includes(name)), long.filter((name) => !ours.test(name)));
  assert.ok(short.every((name, index) => name === long[index] || /^function [0-9a-z]{1,2}$/.test(name)));
});

build("should be as small as promised", () => {
  const { length } = readFileSync(COMPONENT);
  assert.ok(length <= SIZE_MAX, `${length} bytes of at most ${SIZE_MAX}`);
});

build.run();
