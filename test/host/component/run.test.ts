// Running a component on a host: what it may import, how it ends, and that nothing is left whatever the end was.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { blocksThread } from "#host/component/blocking-way.js";
import { runComponent } from "#host/component/run.js";
import { type Grants, WasiHost } from "#host/wasi/wasi-host.js";
import { type FakePlatform, fakePlatform } from "../support/fake-platform.js";
import { nothingIsLeft } from "../support/leak-law.js";
import { threadWaiter } from "./thread-waiter.js";

interface Ended {
  code: number;
  platform: FakePlatform;
}

async function run(component: string, grants: Grants = {}): Promise<Ended> {
  const platform = fakePlatform();
  const host = new WasiHost(platform, grants);
  try {
    return { code: await runComponent(await parse(component), host, blocksThread(threadWaiter(platform))), platform };
  } finally {
    nothingIsLeft(host, platform);
  }
}

async function fails(component: string, message: RegExp): Promise<void> {
  try {
    await run(component);
  } catch (error) {
    return assert.match((error as Error).message, message);
  }
  assert.unreachable("it ran to its end");
}

/** `parts` come before the core module, whose body is `run`. */
function command(run: string, parts = "", imports = "", args = "", version = "0.2.0"): string {
  return `(component ${parts}
    (core module $M ${imports} (func (export "run") (result i32) ${run}))
    (core instance $m (instantiate $M ${args}))
    (func $run (result (result)) (canon lift (core func $m "run")))
    (instance $i (export "run" (func $run)))
    (export "wasi:cli/run@${version}" (instance $i)))`;
}

const MEMORY = `(core module $Memory (memory (export "memory") 1)
    (global $end (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $end)
      (global.set $end (i32.and (i32.add (i32.add (global.get $end) (local.get 3)) (i32.const 7)) (i32.const -8)))))
  (core instance $memory (instantiate $Memory))`;
const OPTIONS = `(memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))`;

/** A command that imports one function of one interface and calls it. */
function calling(from: string, name: string, type: string, core: string, body: string): string {
  return command(
    `${body} (i32.const 0)`,
    `(import "${from}" (instance $from (export "${name}" (func ${type})))) ${MEMORY}
     (core func $f (canon lower (func $from "${name}") ${OPTIONS}))`,
    `(import "" "f" (func $f ${core})) (import "memory" "memory" (memory 1))`,
    `(with "" (instance (export "f" (func $f)))) (with "memory" (instance $memory))`,
  );
}

const endings = suite("runComponent");

endings("should answer what run says", async () => {
  assert.is((await run(command("(i32.const 0)"))).code, 0);
  assert.is((await run(command("(i32.const 1)"))).code, 1);
});

endings("should answer what the guest gave to exit", async () => {
  const exit = (way: string, type: string, value: number): string => calling(
    "wasi:cli/exit@0.2.0", way, type, "(param i32)", `(call $f (i32.const ${value})) unreachable`,
  );
  assert.is((await run(exit("exit", "(param \"status\" (result))", 0))).code, 0);
  assert.is((await run(exit("exit", "(param \"status\" (result))", 1))).code, 1);
  assert.is((await run(exit("exit-with-code", "(param \"status-code\" u8)", 42))).code, 42);
});

endings("should throw what a trap throws", async () => {
  await fails(command("(unreachable)"), /unreachable/);
  await fails(command("(i32.load (i32.const -1))", "", "(memory 1)"), /out of bounds/);
});

endings("should run post-return with the result", async () => {
  const after = command("(i32.const 0)").replace(`(canon lift (core func $m "run"))`,
    `(canon lift (core func $m "run") (post-return (core func $m "after")))`)
    .replace(`(func (export "run")`, `(func (export "after") (param i32) (unreachable)) (func (export "run")`);
  await fails(after, /unreachable/);
});

endings("should give the guest its arguments and environment", async () => {
  const body = `(call $f (i32.const 16))
    (if (i32.ne (i32.load (i32.const 20)) (i32.const 2)) (then (return (i32.const 1))))`;
  const grants = { args: ["app.wasm", "one"], env: { A: "1", B: "2" } };
  const args = calling("wasi:cli/environment@0.2.0", "get-arguments", "(result (list string))", "(param i32)", body);
  assert.is((await run(args, grants)).code, 0);
  assert.is((await run(args, { args: ["app.wasm"] })).code, 1);
  const type = "(result (list (tuple string string)))";
  const env = calling("wasi:cli/environment@0.2.0", "get-environment", type, "(param i32)", body);
  assert.is((await run(env, grants)).code, 0);
});

const imports = suite("imports of a component");

imports("should be served whatever version of 0.2 they name", async () => {
  for (const version of ["0.2.0", "0.2.3", "0.2.12"]) {
    const clock = `wasi:clocks/monotonic-clock@${version}`;
    const now = calling(clock, "now", "(result u64)", "(result i64)", "(drop (call $f))");
    assert.is((await run(now)).code, 0);
    assert.is((await run(command("(i32.const 0)", "", "", "", version))).code, 0);
  }
});

imports("should be refused by name when they are not WASI 0.2", async () => {
  await fails(calling("wasi:clocks/monotonic-clock@0.3.0", "now", "(result u64)", "(result i64)", "(drop (call $f))"),
    /imports wasi:clocks\/monotonic-clock@0\.3\.0, which this host does not offer/);
  await fails(calling("my:own/thing@0.2.0", "f", "", "", ""), /imports my:own\/thing@0\.2\.0, which/);
  await fails(calling("wasi:http/types@0.2.0", "f", "", "", ""), /imports wasi:http\/types f, which/);
  await fails(calling("wasi:random/random@0.2.0", "dice", "", "", ""), /imports wasi:random\/random dice, which/);
  await fails(`(component (import "f" (func)))`, /imports the func f, which this host does not offer/);
});

imports("should be refused when the module wants other core types", async () => {
  await fails(calling("wasi:clocks/monotonic-clock@0.2.0", "now", "(result u64)", "(result i64)", "(drop (call $f))")
    .replace(`"memory" "memory" (memory 1)`,
      `"memory" "other" (memory 1)`), /does not link: .*other/);
});

imports("should be refused when no command is exported", async () => {
  await fails("(component)", /does not export wasi:cli\/run of WASI 0\.2/);
  await fails(command("(i32.const 0)", "", "", "", "0.3.0"), /does not export wasi:cli\/run/);
  await fails(`(component (instance $i) (export "wasi:cli/run@0.2.0" (instance $i)))`, /has no function "run"/);
});

imports("should tell where a core module is broken", async () => {
  const platform = fakePlatform();
  const host = new WasiHost(platform);
  const bytes = await parse(command("(i32.const 0)"));
  bytes[bytes.indexOf(0x0b, 30)] = 0xff; // the end of the function
  try {
    await runComponent(bytes, host, blocksThread(threadWaiter(platform)));
    assert.unreachable("it ran");
  } catch (error) {
    assert.match((error as Error).message, /^component: the core module at byte \d+: /);
  }
  nothingIsLeft(host, platform);
});

const reentrance = suite("reentrance");

reentrance("should be a trap when a clean-up takes a handle", async () => {
  await fails(command("(i32.const 0)", `
    (import "wasi:cli/stdin@0.2.0" (instance $stdin
      (export "input-stream" (type $stream (sub resource)))
      (export "get-stdin" (func (result (own $stream))))))
    (core func $f (canon lower (func $stdin "get-stdin")))`,
  `(import "" "f" (func $f (result i32)))
   (func (export "after") (param i32) (drop (call $f)))`, `(with "" (instance (export "f" (func $f))))`)
    .replace(`(canon lift (core func $m "run"))`,
      `(canon lift (core func $m "run") (post-return (core func $m "after")))`),
  /calls out while it allocates or cleans/);
});

/** Random bytes, allocated by a function that makes a call of its own before it allocates. */
const callingAllocator = (call: string): string => command("(call $f (i64.const 8) (i32.const 16)) (i32.const 0)",
  `(import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
     (export "now" (func (result u64)))))
   (import "wasi:cli/stdin@0.2.0" (instance $stdin
     (export "input-stream" (type $stream (sub resource)))
     (export "get-stdin" (func (result (own $stream))))))
   (import "wasi:random/random@0.2.0" (instance $random
     (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
   (core func $now (canon lower (func $clock "now")))
   (core func $stdin (canon lower (func $stdin "get-stdin")))
   (core module $Memory (import "" "now" (func $now (result i64))) (import "" "stdin" (func $stdin (result i32)))
     (memory (export "memory") 1)
     (func (export "realloc") (param i32 i32 i32 i32) (result i32) (drop ${call}) (i32.const 64)))
   (core instance $memory (instantiate $Memory (with "" (instance
     (export "now" (func $now)) (export "stdin" (func $stdin))))))
   (core func $f (canon lower (func $random "get-random-bytes") ${OPTIONS}))`,
  `(import "" "f" (func $f (param i64 i32)))`, `(with "" (instance (export "f" (func $f))))`);

reentrance("should be a trap when an allocator takes a handle in the middle of a call", async () => {
  await fails(callingAllocator("(call $stdin)"), /the guest calls out while it allocates/);
});

reentrance("should not mind an allocator that reads the clock", async () => {
  assert.is((await run(callingAllocator("(call $now)"))).code, 0);
});

reentrance("should be a trap when a component calls its own export", async () => {
  await fails(`(component
    (core module $Table (table (export "t") 1 funcref)
      (type $f (func)) (func (export "go") (call_indirect (type $f) (i32.const 0))))
    (core instance $table (instantiate $Table))
    (func $go (canon lift (core func $table "go")))
    (core func $lowered (canon lower (func $go)))
    (core module $M (import "" "f" (func $f)) (import "" "t" (table 1 funcref)) (elem (i32.const 0) $f)
      (func (export "run") (result i32) (call $f) (i32.const 0)))
    (core instance $m (instantiate $M
      (with "" (instance (export "f" (func $lowered)) (export "t" (table $table "t"))))))
    (func $run (result (result)) (canon lift (core func $m "run")))
    (instance $i (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $i)))`, /calls into itself/);
});

endings.run();
imports.run();
reentrance.run();
