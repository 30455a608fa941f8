// The check programs of test/guests: every rule of WASI that they call, on every host that runs components. Wasmtime is
// the judge: each of them has to print what it prints there, line by line, and to trap where it traps.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { guestArms } from "../support/guests.js";
import { runCommand } from "../support/process.js";

const PROGRAMS = ["check-tcp", "check-streams", "check-udp", "check-poll"];

for (const program of PROGRAMS) {
  for (const { label, arm } of guestArms(program)) {
    const checks = suite(`${program} on ${label}`);

    checks("should find every rule kept", async () => {
      const { code, stdout, stderr } = await runCommand(arm, []);
      const lines = stdout.toString().trimEnd().split("\n");
      assert.equal(lines.filter((line) => line.startsWith("FAIL")), [], stderr);
      assert.is(lines.pop(), "0 failures", stderr);
      assert.ok(lines.filter((line) => line.startsWith("ok ")).length > 20);
      assert.is(code, 0);
    });

    checks("should trap where a program breaks a rule, and say so", async () => {
      const names = (await runCommand(arm, ["traps"])).stdout.toString().trim().split("\n");
      assert.ok(names.length > 0);
      for (const name of names) {
        const { code, stdout, stderr } = await runCommand(arm, ["trap", name]);
        assert.is(stdout.toString(), `about to trap: ${name}\n`);
        assert.is.not(code, 0, name);
        assert.ok(stderr.length > 0, `${name}: nothing on stderr`);
      }
    });

    checks.run();
  }
}
