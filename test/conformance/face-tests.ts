// The test of each TypeScript body on a given arm.
import { suite, type Test } from "uvu";
import * as assert from "uvu/assert";
import type { FaceBody } from "../suite/face/body.js";
import type { FaceArmName } from "./arms.js";
import { canaries, faceBodies, type FaceWorld, runFaceBody } from "./face-bodies.js";

export interface FaceArm {
  readonly name: FaceArmName;
  /** The worlds that each body runs in, one after the other. */
  readonly worlds: readonly (() => FaceWorld)[];
}

export function testFaceBodies({ name, worlds }: FaceArm): void {
  const tests = suite(`face bodies, ${name}`);
  registerFaceBodies(tests, worlds.map((world) => (body) => runFaceBody(world(), body)));
  tests.run();
}

/** Each of `ways` runs a body and rejects when it fails. */
export function registerFaceBodies(tests: Test, ways: readonly ((body: FaceBody) => Promise<void>)[]): void {
  for (const body of faceBodies) {
    tests(`${body.name}: ${body.title}`, async () => {
      for (const run of ways) await run(body);
    });
  }
  tests("canary: should be seen to fail", async () => {
    for (const { message, body } of canaries) {
      for (const run of ways) assert.match(String(await run(body).catch(String)), message);
    }
  });
}
