// The probe of the completion ring; the test plays the host that takes.

import * as ring from "../../../assembly/exec/completion-ring";
import "../../../assembly/wasi/abort";

export function push(kind: u32, code: u8, reason: u8, tag: u32, a: u32): void {
  ring.push(kind, code, reason, tag, a);
}

export function state(): usize {
  return ring.stateAddress();
}

export function length(): u32 {
  return ring.length();
}

export function setResult(index: u32, value: u32): void {
  ring.setResult(index, value);
}
