// The C library on the real engine: what sdk/c/test/guest/library-check.c says of it, wherever a component runs.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { guestArms } from "../support/guests.js";
import { runCommand } from "../support/process.js";

const CHECKS = 10;

for (const { label, arm } of guestArms("library-check")) {
  const library = suite(`the C library on ${label}`);

  library(`should pass its ${CHECKS} checks`, async () => {
    const result = await runCommand(arm, []);
    const story = `${result.stdout.toString()}${result.stderr}`;
    assert.is(result.stderr, "", story);
    assert.is(story.split("\n").filter((line) => line.startsWith("ok - ")).length, CHECKS, story);
    assert.is(result.code, 0, story);
  });

  library.run();
}
