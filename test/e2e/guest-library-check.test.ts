// The C library on the real engine: what sdk/c/test/guest/*.c say of it, wherever a component runs.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { guestArms } from "../support/guests.js";
import { runCommand } from "../support/process.js";

/** The programs, and how many checks each of them makes. */
const PROGRAMS = { "library-check": 10, "manager-check": 9 };

for (const [program, checks] of Object.entries(PROGRAMS)) {
  for (const { label, arm } of guestArms(program)) {
    const library = suite(`the C library on ${label}`);

    library(`should pass the ${checks} checks of ${program}`, async () => {
      const result = await runCommand(arm, []);
      const story = `${result.stdout.toString()}${result.stderr}`;
      assert.is(result.stderr, "", story);
      assert.is(story.split("\n").filter((line) => line.startsWith("ok - ")).length, checks, story);
      assert.is(result.code, 0, story);
    });

    library.run();
  }
}
