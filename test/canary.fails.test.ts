// The canary: it fails on purpose. The runner counts it as passed only if it saw this failure, so a runner
// that has gone blind fails the whole run.
import { suite } from "uvu";
import * as assert from "uvu/assert";

const canary = suite("canary");

canary("should be seen to fail", () => {
  assert.is(1, 2);
});

canary.run();
