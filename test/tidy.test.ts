// Tidy finds what it should in small bad samples, nothing in good ones, and nothing in this project.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { tidy, tidyProject } from "./tidy.js";
import type { SourceFile } from "./tidy/source-file.js";

const HEADER = "// A sample.\n";
const ENTRY = { path: "assembly/index.ts", text: `${HEADER}import "./net/sample";\n` };

/** What tidy says about these files, without the findings about files that nobody imports. */
function findings(files: SourceFile[], existing: string[] = []): string[] {
  return tidy(files, (path) => existing.includes(path))
    .filter((finding) => !finding.message.startsWith("is never imported"))
    .map(({ path, line, message }) => `${path}:${line}: ${message}`);
}

function findingsIn(text: string, path = "test/sample.ts"): string[] {
  return findings([{ path, text }]);
}

function assertOne(found: string[], pattern: RegExp): void {
  assert.is(found.length, 1, found.join("\n"));
  assert.match(found[0] ?? "", pattern);
}

const text = suite("tidy of texts");

text("should have nothing to say about a good file", () => {
  assert.equal(findingsIn(`${HEADER}export const answer = 42;\n`), []);
});

text("should find a file that is too long", () => {
  assertOne(findingsIn(HEADER + "export {};\n".repeat(400)), /sample\.ts:0: has 401 lines/);
  assert.equal(findingsIn(HEADER + "export {};\n".repeat(399)), []);
});

text("should find a line that is too long", () => {
  assertOne(findingsIn(`${HEADER}// ${"x".repeat(150)}\n`), /:2: has 153 characters/);
});

text("should find a function that is too long", () => {
  const body = "  work();\n".repeat(69);
  assertOne(findingsIn(`${HEADER}function long(): void {\n${body}}\n`), /:2: a function of 71 lines/);
  assertOne(findingsIn(`${HEADER}export const long = (): void => {\n${body}};\n`), /:2: a function of 71 lines/);
  const method = `${HEADER}class Long {\n  method(): void {\n${body}  }\n}\n`;
  assertOne(findingsIn(method), /:3: a function of 71 lines/);
  assertOne(findingsIn(`${HEADER}int long_one(void) {\n${body}}\n`, "bench/sample.c"), /:2: a function of 71 lines/);
  assert.equal(findingsIn(`${HEADER}function fits(): void {\n${body.slice(10)}}\n`), []);
});

text("should not take a long loop for a function", () => {
  assert.equal(findingsIn(`${HEADER}for (;;) {\n${"  work();\n".repeat(80)}}\n`), []);
});

text("should find spaces at the end of a line, tabs and control characters", () => {
  assertOne(findingsIn(`${HEADER}export {}; \n`), /:2: ends with a space/);
  assertOne(findingsIn(`${HEADER}\texport {};\n`), /:2: has a tab/);
  assertOne(findingsIn(`${HEADER}export {};\r\n`), /:2: has a carriage return/);
  assertOne(findingsIn(`${HEADER}export {};\u0007\n`), /:2: has a control character/);
});

text("should want exactly one line break at the end", () => {
  assertOne(findingsIn(`${HEADER}export {};`), /one line break/);
  assertOne(findingsIn(`${HEADER}export {};\n\n`), /one line break/);
});

text("should want a comment at the top", () => {
  assertOne(findingsIn("export {};\n"), /:1: must open with a comment/);
  assert.equal(findingsIn("#!/bin/sh\n# A sample.\n", "test/sample.sh"), []);
});

text("should want kebab-case names", () => {
  assertOne(findingsIn(HEADER, "test/sampleFile.ts"), /kebab-case/);
  assert.equal(findingsIn(HEADER, "test/sample-file.serial.test.ts"), []);
  assert.equal(findingsIn("# Sample\n", "CHANGELOG.md"), []);
});

text("should find leftover markers", () => {
  assertOne(findingsIn(`${HEADER}// TO${""}DO: later\n`), /:2: has a leftover marker/);
});

text("should find places of one machine", () => {
  assertOne(findingsIn(`${HEADER}const at = "/ho${""}me/someone/file";\n`), /:2: names a place on one machine/);
  assert.equal(findingsIn(`${HEADER}const at = "src/home/page";\n`), []);
});

text("should find types that say nothing, but not the word in prose", () => {
  for (const bad of ["let x: any;", "x as any;", "let x: Map<string, any>;", "let x: any[];"]) {
    assertOne(findingsIn(`${HEADER}${bad}\n`), /:2: `any`/);
  }
  assert.equal(findingsIn(`${HEADER}// Takes: any file.\nconst say = "as any";\n`), []);
});

text("should find a type checker that is switched off", () => {
  for (const word of ["nocheck", "ignore", "expect-error"]) {
    assertOne(findingsIn(`${HEADER}// @ts-${word}\n`), /:2: switches the type checker off/);
  }
  const files = [ENTRY, { path: "assembly/net/sample.ts", text: `${HEADER}// @ts-ignore: decorator\n` }];
  assert.equal(findings(files), []);
});

text("should find tests that leave others out", () => {
  assertOne(findingsIn(`${HEADER}sample.only("a name", () => {});\n`, "test/sample.test.ts"), /\.only/);
  assertOne(findingsIn(`${HEADER}sample.skip("a name", () => {});\n`, "test/sample.test.ts"), /\.skip/);
  assert.equal(findingsIn(`${HEADER}stream.skip(5n);\n`, "test/sample.test.ts"), []);
});

text.run();

// ---------------------------------------------------------------------------------------------------------

const imports = suite("tidy of imports");

function coreFile(path: string, imported: string): SourceFile[] {
  return [{ path, text: `${HEADER}import { x } from "${imported}";\n` }];
}

imports("should allow the core's layers to look down", () => {
  assert.equal(findings(coreFile("assembly/net/sample.ts", "../poll/readiness")), []);
  assert.equal(findings(coreFile("assembly/net/sample.ts", "./endpoint")), []);
  assert.equal(findings(coreFile("assembly/index.ts", "./engine/loop")), []);
});

imports("should find a look up, to the side, and to the outside", () => {
  assertOne(findings(coreFile("assembly/base/sample.ts", "../net/endpoint")), /base must not import net/);
  assertOne(findings(coreFile("assembly/poll/sample.ts", "../time/timer-heap")), /poll must not import time/);
  assertOne(findings(coreFile("assembly/net/sample.ts", "../index")), /net must not import \./);
  assertOne(findings(coreFile("assembly/net/sample.ts", "../../host/x")), /from outside the core/);
});

imports("should see an import that goes over several lines, and a re-export", () => {
  const several = { path: "assembly/base/sample.ts", text: `${HEADER}import {\n  x,\n} from "../net/x";\n` };
  assertOne(findings([several]), /:2: base must not import net/);
  const again = { path: "assembly/base/sample.ts", text: `${HEADER}export * from "../net/x";\n` };
  assertOne(findings([again]), /:2: base must not import net/);
});

imports("should want every folder in its table", () => {
  assertOne(findings([{ path: "assembly/newcomer/x.ts", text: HEADER }]), /newcomer/);
  assertOne(findings([{ path: "host/newcomer/x.ts", text: HEADER }]), /newcomer/);
});

imports("should keep platforms out of the host's semantics", () => {
  for (const bad of ["../node/clock.js", "../browser/clock.js", "../sim/clock.js", "node:net"]) {
    assertOne(findings(coreFile("host/wasi/sample.ts", bad)), /host\/wasi must not import/);
  }
  assert.equal(findings(coreFile("host/wasi/sample.ts", "./trap.js")), []);
  assert.equal(findings(coreFile("host/node/sample.ts", "node:net")), []);
});

imports("should keep packages out of the host", () => {
  assertOne(findings(coreFile("host/node/sample.ts", "left-pad")), /no dependencies/);
});

imports("should find external functions outside of their folder", () => {
  const sample = `${HEADER}@external("wasi:io/poll@0.2.0", "poll")\n`;
  assertOne(findings([{ path: "assembly/net/sample.ts", text: sample }]), /belongs into assembly\/wasi/);
  assert.equal(findings([{ path: "assembly/wasi/sample.ts", text: sample }]), []);
});

imports("should find a file that nobody imports", () => {
  const used = { path: "assembly/net/sample.ts", text: HEADER };
  const files = [ENTRY, used, { path: "assembly/net/dead.ts", text: HEADER }];
  const dead = tidy(files, () => false).filter((finding) => finding.message.startsWith("is never imported"));
  assert.equal(dead.map((finding) => finding.path), ["assembly/net/dead.ts"]);
});

imports("should send tests through the public import name", () => {
  assertOne(findingsIn(`${HEADER}import { x } from "../../host/wasi/trap.js";\n`), /#host/);
});

imports.run();

// ---------------------------------------------------------------------------------------------------------

const markdown = suite("tidy of Markdown");
const readme = (body: string): SourceFile => ({ path: "README.md", text: body });

markdown("should want one title", () => {
  assertOne(findings([readme("# One\n\n# Two\n")]), /has 2 titles/);
  assertOne(findings([readme("No title.\n")]), /has 0 titles/);
  assert.equal(findings([readme("# One\n\n```sh\n# a comment\n```\n")]), []);
});

markdown("should follow relative links", () => {
  const guide = { path: "docs/guide.md", text: "# Guide\n\n## First steps\n\n[up](../README.md)\n" };
  const links = "[a](docs/guide.md) [b](docs/guide.md#first-steps) [c](#one) [d](src) [e](https://example.org/x)";
  assert.equal(findings([readme(`# One\n\n${links}\n`), guide], ["src"]), []);
  assertOne(findings([readme("# One\n\n[a](docs/none.md)\n")]), /README\.md:3: links to docs\/none\.md, which/);
  assertOne(findings([readme("# One\n\n[a](docs/guide.md#last)\n"), guide]), /no such heading/);
  assertOne(findings([readme("# One\n\n[a](../elsewhere.md)\n")]), /outside of the project/);
});

markdown.run();

// ---------------------------------------------------------------------------------------------------------

const project = suite("tidy of this project");

project("should find nothing", () => {
  assert.equal(tidyProject(), []);
});

project.run();
