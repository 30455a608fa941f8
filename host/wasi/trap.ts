// What ends a guest: a trap (the guest broke a rule that WASI says must not be broken) or its own exit call.
//
// Both are thrown through the guest's frames and caught where the host called in. State of the host is checked
// before it is changed, so that after either of them every other resource is still usable and releasable.

/** The guest broke a rule; the message names the rule. */
export class WasiTrap extends Error {
  override readonly name = "WasiTrap";
}

/** wasi:cli/exit does not return to the guest, so it travels as an exception. */
export class GuestExit extends Error {
  override readonly name = "GuestExit";

  constructor(readonly exitCode: number) {
    super(`the guest exited with code ${exitCode}`);
  }
}

export function trap(rule: string): never {
  throw new WasiTrap(rule);
}
