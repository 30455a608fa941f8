// wasi:clocks/monotonic-clock: instants and durations are u64 nanoseconds.

// @ts-ignore: decorator
@external("wasi:clocks/monotonic-clock@0.2.0", "now")
declare function clockNow(): u64;
// @ts-ignore: decorator
@external("wasi:clocks/monotonic-clock@0.2.0", "resolution")
declare function clockResolution(): u64;
// @ts-ignore: decorator
@external("wasi:clocks/monotonic-clock@0.2.0", "subscribe-instant")
declare function clockSubscribeInstant(when: u64): u32;
// @ts-ignore: decorator
@external("wasi:clocks/monotonic-clock@0.2.0", "subscribe-duration")
declare function clockSubscribeDuration(duration: u64): u32;

@inline export function now(): u64 {
  return clockNow();
}

@inline export function resolution(): u64 {
  return clockResolution();
}

/** A pollable that is ready from `when` on. */
@inline export function subscribeInstant(when: u64): u32 {
  return clockSubscribeInstant(when);
}

/** A pollable that is ready after `duration`; with zero, always. */
@inline export function subscribeDuration(duration: u64): u32 {
  return clockSubscribeDuration(duration);
}
