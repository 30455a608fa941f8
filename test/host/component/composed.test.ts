// Guests of several components: values, handles and waits across the border between them, and every way to misuse it.
// After each test nothing may be left in the host.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { blocksThread } from "#host/component/blocking-way.js";
import { runComponent } from "#host/component/run.js";
import { WasiHost } from "#host/wasi/wasi-host.js";
import { fakePlatform } from "../support/fake-platform.js";
import { nothingIsLeft } from "../support/leak-law.js";
import { composed } from "../../support/composed.js";
import { threadWaiter } from "./thread-waiter.js";

async function run(body: string): Promise<number> {
  const platform = fakePlatform();
  const host = new WasiHost(platform);
  try {
    return await runComponent(await composed(body), host, blocksThread(threadWaiter(platform)));
  } finally {
    nothingIsLeft(host, platform);
  }
}

async function traps(body: string, message: RegExp): Promise<void> {
  try {
    await run(body);
  } catch (error) {
    return assert.match((error as Error).message, message);
  }
  assert.unreachable("it did not trap");
}

/** Fails the guest unless the two core values are the same. */
const same = (a: string, b: string): string => `(if (i32.ne ${a} ${b}) (then (return (i32.const 1))))`;
const OK = "(i32.const 0)";

const guests = suite("composed guests");

guests("should answer with the result of run", async () => {
  assert.is(await run("(i32.const 0)"), 0);
  assert.is(await run("(i32.const 1)"), 1);
});

guests("should carry a resource out, lend it back, and destroy it by its maker's own code", async () => {
  assert.is(await run(`
    (local.set $a (call $make (i32.const 20)))
    (local.set $b (call $make (i32.const 22)))
    ${same("(call $value (local.get $a))", "(i32.const 20)")}
    ${same("(call $value (local.get $b))", "(i32.const 22)")}
    (call $drop (local.get $b))
    ${same("(call $dropped)", "(i32.const 22)")}
    ${same("(call $take (local.get $a))", "(i32.const 20)")}
    ${same("(call $dropped)", "(i32.const 42)")}
    ${OK}`), 0);
});

guests("should take one resource and borrow another in one call", async () => {
  assert.is(await run(`
    (local.set $a (call $make (i32.const 3)))
    (local.set $b (call $make (i32.const 4)))
    ${same("(call $both (local.get $a) (local.get $b))", "(i32.const 7)")}
    ${same("(call $value (local.get $a))", "(i32.const 3)")}
    (call $drop (local.get $a))
    ${OK}`), 0);
});

guests("should release what a guest leaves behind", async () => {
  assert.is(await run(`
    (drop (call $make (i32.const 1)))
    (drop (call $subscribe (i64.const 5000000000)))
    ${OK}`), 0);
});

guests("should lend a resource of the host, and give it away for a wait", async () => {
  assert.is(await run(`
    (local.set $a (call $subscribe (i64.const 50000000)))
    ${same("(call $look (local.get $a))", "(i32.const 0)")}
    (call $block (local.get $a))
    (local.set $a (call $subscribe (i64.const 0)))
    ${same("(call $look (local.get $a))", "(i32.const 1)")}
    (call $drop-pollable (local.get $a))
    ${OK}`), 0);
});

guests("should carry text across", async () => {
  assert.is(await run(`
    (call $text (i32.const 64) (i32.const 7) (i32.const 32))
    ${same("(i32.load (i32.const 36))", "(i32.const 7)")}
    ${same("(i32.load (i32.load (i32.const 32)))", "(i32.load (i32.const 64))")}
    ${same("(i32.load8_u offset=6 (i32.load (i32.const 32)))", "(i32.const 0x65)")}
    ${OK}`), 0);
});

guests("should run a million calls in bounded tables", async () => {
  assert.is(await run(`
    (local.set $n (i32.const 1000000))
    (loop $again
      (local.set $a (call $make (local.get $n)))
      ${same("(call $value (local.get $a))", "(local.get $n)")}
      ${same("(local.get $a)", "(i32.const 1)")}
      (call $drop (local.get $a))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    ${OK}`), 0);
});

const misuse = suite("misuse across components");

misuse("should trap on a handle that was never given", async () => {
  await traps(`(drop (call $value (i32.const 7))) ${OK}`, /unknown handle: 7 is not a guest-resource/);
  await traps(`(drop (call $take (i32.const 0))) ${OK}`, /unknown handle: 0/);
});

misuse("should trap on a handle that was dropped or given away", async () => {
  const make = "(local.set $a (call $make (i32.const 1)))";
  await traps(`${make} (call $drop (local.get $a)) (call $drop (local.get $a)) ${OK}`, /unknown handle: 1/);
  await traps(`${make} (drop (call $take (local.get $a))) (drop (call $value (local.get $a))) ${OK}`,
    /unknown handle: 1/);
});

misuse("should trap on a handle of another type", async () => {
  await traps(`(local.set $a (call $subscribe (i64.const 0))) (drop (call $value (local.get $a))) ${OK}`,
    /wrong handle: 1 is a pollable, not a guest-resource/);
  await traps(`(local.set $a (call $make (i32.const 1))) (drop (call $look (local.get $a))) ${OK}`,
    /wrong handle: 1 is a guest-resource, not a pollable/);
});

misuse("should trap on a number that is a handle elsewhere only", async () => {
  await traps(`(local.set $a (call $subscribe (i64.const 0))) (call $touch (local.get $a)) ${OK}`,
    /unknown handle: 1 is not a pollable/);
});

misuse("should trap on a callee that keeps what it borrowed", async () => {
  await traps(`(call $keep (call $subscribe (i64.const 0))) ${OK}`, /kept a handle that it had borrowed/);
});

misuse("should trap on a handle that is lent and given away in one call", async () => {
  await traps(`
    (local.set $a (call $make (i32.const 1)))
    (drop (call $both (local.get $a) (local.get $a))) ${OK}`, /handle 1 is lent/);
});

misuse("should trap on text that is no text or lies outside the memory", async () => {
  await traps(`(call $text (i32.const 64) (i32.const 9) (i32.const 32)) ${OK}`, /not well-formed/);
  await traps(`(call $text (i32.const 65530) (i32.const 7) (i32.const 32)) ${OK}`, /outside the memory/);
  await traps(`(call $text (i32.const -1) (i32.const -1) (i32.const 32)) ${OK}`, /outside the memory/);
  await traps(`(call $text (i32.const 64) (i32.const 7) (i32.const 65532)) ${OK}`, /outside the memory/);
  await traps(`(call $text (i32.const 64) (i32.const 7) (i32.const 33)) ${OK}`, /not aligned/);
});

guests.run();
misuse.run();
