import "./base/assert";
@external("wasi:clocks/monotonic-clock@0.2.0", "now")
declare function now(): u64;
export function run(): i32 { return now() == 0 ? 1 : 0; }
export function turn(n: i32): f64 { return 0; }
export function cabi_realloc(a: usize, b: usize, c: usize, d: usize): usize { return heap.alloc(d); }
