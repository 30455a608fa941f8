// A guest of two components, as a composing tool makes them: one has resources and functions, the other's `run` calls
// them. The first is always the same; what `run` does is each test's own.
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";

const POLL = `
  (export "pollable" (type $pollable (sub resource)))
  (export "[method]pollable.ready" (func (param "self" (borrow $pollable)) (result bool)))
  (export "[method]pollable.block" (func (param "self" (borrow $pollable))))`;
const CLOCK = `
  (alias outer 1 $pollable (type $p))
  (export "subscribe-duration" (func (param "when" u64) (result (own $p))))`;

const EXPORTS = `
  (export "make" (func (param "n" u32) (result (own $thing))))
  (export "value" (func (param "self" (borrow $thing)) (result u32)))
  (export "take" (func (param "it" (own $thing)) (result u32)))
  (export "both" (func (param "one" (borrow $thing)) (param "it" (own $thing)) (result u32)))
  (export "keep" (func (param "it" (borrow $pollable))))
  (export "look" (func (param "it" (borrow $pollable)) (result bool)))
  (export "block" (func (param "it" (own $pollable))))
  (export "touch" (func (param "handle" u32)))
  (export "dropped" (func (result u32)))
  (export "text" (func (param "it" string) (result string)))`;

/** The functions that are lifted from the core module under the same names. */
const LIFTED = `
  (func $make (param "n" u32) (result (own $thing)) (canon lift (core func $m "make")))
  (func $value (param "self" (borrow $thing)) (result u32) (canon lift (core func $m "value")))
  (func $take (param "it" (own $thing)) (result u32) (canon lift (core func $m "take")))
  (func $both (param "one" (borrow $thing)) (param "it" (own $thing)) (result u32)
    (canon lift (core func $m "both")))
  (func $keep (param "it" (borrow $pollable)) (canon lift (core func $m "keep")))
  (func $look (param "it" (borrow $pollable)) (result bool) (canon lift (core func $m "look")))
  (func $block (param "it" (own $pollable)) (canon lift (core func $m "block")))
  (func $touch (param "handle" u32) (canon lift (core func $m "touch")))
  (func $dropped (result u32) (canon lift (core func $m "dropped")))
  (func $text (param "it" string) (result string)
    (canon lift (core func $m "text") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))`;
const NAMES = ["make", "value", "take", "both", "keep", "look", "block", "touch", "dropped", "text"];

const REALLOC = `
  (memory (export "memory") 1)
  (global $end (mut i32) (i32.const 1024))
  (func (export "realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $end (i32.and (i32.add (global.get $end) (i32.const 7)) (i32.const -8)))
    (global.get $end)
    (global.set $end (i32.add (global.get $end) (local.get 3))))`;

const THINGS = `
  (component $things
    (import "poll" (instance $poll ${POLL}))
    (alias export $poll "pollable" (type $pollable))
    (core module $counter
      (global $sum (export "sum") (mut i32) (i32.const 0))
      (func (export "destroy") (param i32) (global.set $sum (i32.add (global.get $sum) (local.get 0)))))
    (core instance $counter (instantiate $counter))
    (type $own-thing (resource (rep i32) (dtor (core func $counter "destroy"))))
    (export $thing "thing" (type $own-thing))
    (core func $new (canon resource.new $own-thing))
    (core func $rep (canon resource.rep $own-thing))
    (core func $drop (canon resource.drop $own-thing))
    (core func $ready (canon lower (func $poll "[method]pollable.ready")))
    (core func $wait (canon lower (func $poll "[method]pollable.block")))
    (core func $drop-pollable (canon resource.drop $pollable))
    (core module $M
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "rep" (func $rep (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "ready" (func $ready (param i32) (result i32)))
      (import "" "wait" (func $wait (param i32)))
      (import "" "drop-pollable" (func $drop-pollable (param i32)))
      (import "" "sum" (global $sum (mut i32)))
      ${REALLOC}
      (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
      (func (export "value") (param i32) (result i32) (local.get 0))
      (func (export "take") (param i32) (result i32)
        (call $rep (local.get 0))
        (call $drop (local.get 0)))
      (func (export "both") (param i32 i32) (result i32)
        (i32.add (local.get 0) (call $rep (local.get 1)))
        (call $drop (local.get 1)))
      (func (export "keep") (param i32))
      (func (export "look") (param i32) (result i32)
        (call $ready (local.get 0))
        (call $drop-pollable (local.get 0)))
      (func (export "block") (param i32)
        (call $wait (local.get 0))
        (call $drop-pollable (local.get 0)))
      (func (export "touch") (param i32) (drop (call $ready (local.get 0))))
      (func (export "dropped") (result i32) (global.get $sum))
      (func (export "text") (param i32 i32) (result i32)
        (i32.store (i32.const 8) (local.get 0))
        (i32.store (i32.const 12) (local.get 1))
        (i32.const 8)))
    (core instance $m (instantiate $M (with "" (instance
      (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))
      (export "ready" (func $ready)) (export "wait" (func $wait)) (export "drop-pollable" (func $drop-pollable))
      (export "sum" (global $counter "sum"))))))
    ${LIFTED}
    ${NAMES.map((name) => `(export "${name}" (func $${name}))`).join("\n    ")}
  )`;

/** `run` is the body of a core function that gives an i32: 0 is ok. Its locals are $a, $b and $n. */
export async function composed(run: string): Promise<Uint8Array> {
  return parse(`(component
  (import "wasi:io/poll@0.2.3" (instance $poll ${POLL}))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.3" (instance $clock ${CLOCK}))
  ${THINGS}
  (component $user
    (import "poll" (instance $poll ${POLL}))
    (alias export $poll "pollable" (type $pollable))
    (import "clock" (instance $clock ${CLOCK}))
    (import "things" (instance $things
      (alias outer 1 $pollable (type $pollable))
      (export "thing" (type $thing (sub resource)))
      ${EXPORTS}))
    (alias export $things "thing" (type $thing))
    (core module $Memory ${REALLOC})
    (core instance $memory (instantiate $Memory))
    ${NAMES.filter((name) => name !== "text").map((name) =>
      `(core func $${name} (canon lower (func $things "${name}")))`).join("\n    ")}
    (core func $text (canon lower (func $things "text")
      (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core func $drop (canon resource.drop $thing))
    (core func $subscribe (canon lower (func $clock "subscribe-duration")))
    (core func $drop-pollable (canon resource.drop $pollable))
    (core module $M
      (import "memory" "memory" (memory 1))
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "value" (func $value (param i32) (result i32)))
      (import "" "take" (func $take (param i32) (result i32)))
      (import "" "both" (func $both (param i32 i32) (result i32)))
      (import "" "keep" (func $keep (param i32)))
      (import "" "look" (func $look (param i32) (result i32)))
      (import "" "block" (func $block (param i32)))
      (import "" "touch" (func $touch (param i32)))
      (import "" "dropped" (func $dropped (result i32)))
      (import "" "text" (func $text (param i32 i32 i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "subscribe" (func $subscribe (param i64) (result i32)))
      (import "" "drop-pollable" (func $drop-pollable (param i32)))
      (data (i32.const 64) "gr\\c3\\bc\\c3\\9fe\\ff")
      (func (export "run") (result i32) (local $a i32) (local $b i32) (local $n i32)
        ${run}))
    (core instance $m (instantiate $M (with "memory" (instance $memory)) (with "" (instance
      ${[...NAMES, "drop", "subscribe", "drop-pollable"].map((name) =>
        `(export "${name}" (func $${name}))`).join("\n      ")}))))
    (func $run (result (result)) (canon lift (core func $m "run")))
    (instance $i (export "run" (func $run)))
    (export "wasi:cli/run@0.2.3" (instance $i))
  )
  (instance $t (instantiate $things (with "poll" (instance $poll))))
  (instance $u (instantiate $user
    (with "poll" (instance $poll)) (with "clock" (instance $clock)) (with "things" (instance $t))))
  (alias export $u "wasi:cli/run@0.2.3" (instance $run))
  (export "wasi:cli/run@0.2.3" (instance $run)))`);
}
