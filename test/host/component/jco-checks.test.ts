// The check programs of test/guests on the jco face: every rule of WASI that they call is kept there too.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { guestFile } from "../../support/guests.js";
import { runCommand } from "../../support/process.js";
import { transpile } from "../../support/transpiled.js";

const checks = suite("the check programs, transpiled");

for (const program of ["check-tcp", "check-udp", "check-streams", "check-poll"]) {
  checks(`should find every rule kept: ${program}`, async () => {
    const { arm, remove } = transpile(guestFile(program));
    try {
      const { code, stdout, stderr } = await runCommand(arm, []);
      const lines = stdout.toString().trimEnd().split("\n");
      assert.equal(lines.filter((line) => line.startsWith("FAIL")), [], stderr);
      assert.equal([lines.at(-1), code], ["0 failures", 0], stderr);
      assert.ok(lines.filter((line) => line.startsWith("ok ")).length > 20);
    } finally {
      remove();
    }
  });
}

checks.run();
