// The table of behaviours is whole: every number has bodies, every body stands in it, and runs where it should.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { existsSync, readFileSync } from "node:fs";
import { BEHAVIOURS, NUMBERS } from "../suite/behaviours.js";
import { ROOT } from "../support/arms.js";
import { CORE_ARMS, FACE_ARMS } from "./arms.js";
import { coreBodies } from "./core-tests.js";
import { bodiesWithArms, DOCUMENT, documentText } from "./table.js";

const table = suite("behaviours");

const arms = await bodiesWithArms();
const canaries = (await coreBodies()).map(({ name }) => `core/${name}`)
  .filter((name) => name.startsWith("core/canary-"));

table("should have every number of the catalogue once", () => {
  const numbers = BEHAVIOURS.map(({ number }) => number);
  assert.equal(numbers.filter((number) => number.startsWith("B")), NUMBERS);
  assert.is(new Set(numbers).size, numbers.length);
});

table("should have bodies for every behaviour, all of which exist", () => {
  for (const { number, bodies } of BEHAVIOURS) {
    assert.ok(bodies.length > 0, `${number} has no body`);
    assert.is(new Set(bodies).size, bodies.length, `${number} names a body twice`);
    assert.equal(bodies.filter((name) => !arms.has(name)), [], `${number} names bodies that do not exist`);
  }
});

table("should name every body but the canaries, which must not pass", () => {
  const named = new Set(BEHAVIOURS.flatMap(({ bodies }) => bodies));
  assert.equal([...arms.keys()].filter((name) => !named.has(name)), canaries);
  assert.is(canaries.length, 3);
});

table("should show every behaviour on every arm of a kind that shows it at all", () => {
  for (const { number, bodies } of BEHAVIOURS) {
    for (const [kind, all] of [["core/", CORE_ARMS], ["face/", FACE_ARMS]] as const) {
      const own = bodies.filter((name) => name.startsWith(kind));
      if (own.length === 0) continue;
      const shown = new Set(own.flatMap((name) => arms.get(name) ?? []));
      assert.equal(all.filter((arm) => !shown.has(arm)), [], `${number} is not shown on these arms`);
    }
  }
});

table("should have a test file for every arm", () => {
  const names = [...CORE_ARMS.map((arm) => `core-${arm}`), ...FACE_ARMS.map((arm) => `face-${arm}`)];
  for (const name of names) assert.ok(existsSync(`${ROOT}test/conformance/${name}.test.ts`), name);
});

table("should stand in the document as it is; node build/test/conformance/table.js writes it anew", async () => {
  assert.is(readFileSync(DOCUMENT, "utf8"), await documentText());
});

table.run();
