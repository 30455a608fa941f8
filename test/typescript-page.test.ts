// Runs the samples of some pages of docs/ and of the README, each as a program of its own that imports the package by
// its name. What it prints must be what its `// ->` lines say, and it must end by itself.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ROOT } from "./support/arms.js";

const LIMIT_MS = 60_000;
const PAGES = [
  "docs/typescript.md", "docs/event-manager.md", "docs/statistics.md", "docs/foreign-loops.md", "README.md",
];
const pages = PAGES.map((name) => readFileSync(`${ROOT}${name}`, "utf8"));
const samples = [...pages.join("\n").matchAll(/^## (.*)$|^```js\n([\s\S]*?)^```$/gm)];
/** Inside the package, so that its own name means this checkout. */
const folder = `${ROOT}build/typescript-page`;

const test = suite("samples");

test.before(() => { mkdirSync(folder, { recursive: true }); });
test.after(() => rmSync(folder, { recursive: true }));

let heading = "The TypeScript API";
let count = 0;
for (const [, title, code] of samples) {
  if (title !== undefined) heading = title;
  if (code === undefined) continue;
  count++;
  const file = `${folder}/sample-${count}.mjs`;
  test(`should have a sample that works under "${heading}"`, () => {
    const expected = [...code.matchAll(/^\/\/ -> (.*)$/gm)].map((match) => `${match[1]}\n`).join("");
    assert.ok(expected.length > 0, "a sample says what it prints");
    writeFileSync(file, lowered(code));
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: "utf8", timeout: LIMIT_MS });
    assert.is(stderr, "");
    assert.is(stdout, expected);
    assert.is(status, 0);
  });
}

test("should have samples", () => {
  assert.ok(count >= 7, `${count} samples`);
});

/** `await using` is not in Node 20: the same thing in the words that it has. */
function lowered(code: string): string {
  const disposals = [...code.matchAll(/^await using (\w+) =/gm)].map((match) => match[1]).reverse();
  const ends = disposals.map((name) => `await ${name}[Symbol.asyncDispose]();\n`);
  return code.replace(/^await using /gm, "const ") + ends.join("");
}

test.run();
