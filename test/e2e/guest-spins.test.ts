// A guest that never waits, on every host that runs components: its sockets work although it only asks and asks.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { within } from "../support/guard.js";
import { guestArms } from "../support/guests.js";
import { runCommand } from "../support/process.js";

const spins = suite("a guest that spins");

for (const { label, arm } of guestArms("spins")) {
  spins(`should come to its end under ${label}`, async () => {
    const { code, stdout, stderr } = await within("the guest", runCommand(arm, []));
    assert.equal(stdout.toString().split("\n").slice(1), [
      "ok finish-connect and accept", "ok read and check-write", "ok ready", "ok resolve-next-address", "ok receive",
      "",
    ], stderr);
    assert.is(code, 0);
  });
}

spins.run();
