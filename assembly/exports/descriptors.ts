// Exports of the direct face: descriptors. Each is its address; the caller owns it until `descriptor_destroy`, and with
// it the endpoint until `descriptor_release`. Conditions are 0 readable, 1 writable, 2 has-error. Each registration
// ends by one DESCRIPTOR entry of the completion ring: with its tag, and the condition and outcome in one word.

import { SliceBuffer } from "../data/slice-buffer";
import * as ring from "../exec/completion-ring";
import * as descriptors from "../net/descriptor";
import { Descriptor } from "../net/descriptor";
import { Endpoint } from "../net/endpoint";
import { codeOf, Reason } from "../net/reason";
import { deadlineFrom } from "./arguments";

/** The endpoint has no outstanding read or write; nobody else uses it until it is released. */
export function descriptor_register(endpoint: Endpoint): Descriptor {
  return descriptors.register(endpoint);
}

/**
 * One DESCRIPTOR entry with `tag` when the condition holds, or at `deadlineNs` of the monotonic clock (from 2^63 on
 * never). One registration per condition at a time.
 */
export function descriptor_notify(self: Descriptor, condition: u32, deadlineNs: f64, tag: u32): void {
  descriptors.notifyWhen(self, condition, deadlineFrom(deadlineNs), notified, tag);
}

export function descriptor_clear(self: Descriptor, condition: u32): void {
  descriptors.clear(self, condition);
}

export function descriptor_force(self: Descriptor, condition: u32): void {
  descriptors.force(self, condition);
}

/** 0 (low) to 4, for entries from now on; 1 at first. */
export function descriptor_set_priority(self: Descriptor, condition: u32, priority: u32): void {
  descriptors.setPriority(self, condition, priority);
}

/**
 * Appends what is there to the buffer, `most` bytes at most: how many, 0 for nothing now, or a reason, negated; then
 * result 0 is its code.
 */
export function descriptor_read(self: Descriptor, buffer: SliceBuffer, most: u32): i32 {
  return answer(descriptors.read(self, buffer, most));
}

/** Takes from the front of the buffer what the stream takes. Answers as `descriptor_read`. */
export function descriptor_write(self: Descriptor, buffer: SliceBuffer): i32 {
  return answer(descriptors.write(self, buffer));
}

/** Ends the sending direction behind what was written. */
export function descriptor_shutdown_send(self: Descriptor): void {
  descriptors.shutdownSend(self);
}

/** The endpoint is gone for its allocator, too, when this returns. Registrations end with their entries. */
export function descriptor_close(self: Descriptor): void {
  descriptors.close(self);
}

/** The endpoint is the caller's again. Registrations end with their entries. */
export function descriptor_release(self: Descriptor): Endpoint {
  return descriptors.release(self);
}

/** Closes it, unless it is. The entries of what was registered still come. */
export function descriptor_destroy(self: Descriptor): void {
  descriptors.destroy(self);
}

/** Bits, counted by condition: 0 its status is set, 4 registered. 8: closed or released. 9: holds unread bytes. */
export function descriptor_state(self: Descriptor): u32 {
  return descriptors.stateOf(self);
}

function answer(value: i32): i32 {
  if (value < 0) ring.setResult(0, codeOf(<Reason>-value));
  return value;
}

function notified(tag: usize): void {
  ring.push(ring.DESCRIPTOR, 0, 0, <u32>tag, descriptors.lastCondition | <u32>descriptors.lastOutcome << 8);
}
