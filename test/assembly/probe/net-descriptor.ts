// The part of the network probe for descriptors. `told` is called when a closure runs: the owner's number, the
// condition and the outcome.

import { SliceBuffer } from "../../../assembly/data/slice-buffer";
import * as tasks from "../../../assembly/exec/tasks";
import * as descriptors from "../../../assembly/net/descriptor";
import { Descriptor } from "../../../assembly/net/descriptor";
import { Endpoint } from "../../../assembly/net/endpoint";
import * as readiness from "../../../assembly/poll/readiness";
import { WAITING } from "../../../assembly/poll/source";

@external("test", "told")
declare function told(owner: usize, condition: u32, outcome: u32): void;

export function register(endpoint: Endpoint): Descriptor {
  return descriptors.register(endpoint);
}

export function notify(self: Descriptor, condition: u32, deadlineNs: i64, owner: usize): void {
  descriptors.notifyWhen(self, condition, <u64>deadlineNs, (who: usize): void => {
    told(who, descriptors.lastCondition, descriptors.lastOutcome);
  }, owner);
}

export function clear(self: Descriptor, condition: u32): void {
  descriptors.clear(self, condition);
}

export function force(self: Descriptor, condition: u32): void {
  descriptors.force(self, condition);
}

export function setPriority(self: Descriptor, condition: u32, priority: u32): void {
  descriptors.setPriority(self, condition, priority);
}

export function descriptorRead(self: Descriptor, buffer: SliceBuffer, most: u32): i32 {
  return descriptors.read(self, buffer, most);
}

export function descriptorWrite(self: Descriptor, buffer: SliceBuffer): i32 {
  return descriptors.write(self, buffer);
}

export function shutdownSend(self: Descriptor): void {
  descriptors.shutdownSend(self);
}

export function close(self: Descriptor): void {
  descriptors.close(self);
}

export function release(self: Descriptor): Endpoint {
  return descriptors.release(self);
}

export function destroyDescriptor(self: Descriptor): void {
  descriptors.destroy(self);
}

export function isClosed(self: Descriptor): bool {
  return descriptors.isClosed(self);
}

export function stateOf(self: Descriptor): u32 {
  return descriptors.stateOf(self);
}

/** A closure of nobody's, told as the condition 3. */
export function runTask(owner: usize, priority: u32): void {
  tasks.run((who: usize): void => told(who, 3, 0), owner, priority);
}

/** Bit 0: the input is waited for, bit 1: the output. */
export function waits(endpoint: Endpoint): u32 {
  return u32(endpoint.readable.state == WAITING) | u32(endpoint.writable.state == WAITING) << 1;
}

export function promptCount(): u64 {
  return readiness.promptCount;
}
