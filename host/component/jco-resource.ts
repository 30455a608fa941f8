// What the classes of the jco face have in common: an object for jco's glue on one side, a handle of the host's
// resource table on the other. Going through the table keeps its rules (kinds, children before parents, limits).

import { type ErrorCode, errorCodeName, OK, type Outcome } from "../wasi/error-code.js";
import type { Kind } from "../wasi/kind.js";
import type { Resource } from "../wasi/resource.js";
import type { WasiHost } from "../wasi/wasi-host.js";

/** jco's glue looks for Symbol.dispose, or this where a platform has none yet. */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for("dispose");

/** The error arm of a result: jco takes `payload` off whatever is thrown. Not an Error, which jco takes for a trap. */
export class ResultError {
  constructor(readonly payload: unknown) {}
}

export function throwCode(code: ErrorCode): never {
  throw new ResultError(errorCodeName(code));
}

export function check(outcome: Outcome): void {
  if (outcome !== OK) throwCode(outcome);
}

/** A result whose error arm is a number. */
export function unwrap<T extends object | null>(result: T | ErrorCode): T {
  if (typeof result === "number") throwCode(result);
  return result;
}

/** One resource as the guest's glue sees it. */
export abstract class JcoResource<T extends Resource> {
  private readonly handle: number;

  constructor(
    private readonly owner: WasiHost,
    private readonly kind: Kind,
    resource: T,
    parent: Resource | null,
  ) {
    this.handle = owner.table.add(resource, parent);
  }

  /** The host's resource; a trap when this was disposed of. */
  get resource(): T {
    return this.owner.table.get<T>(this.handle, this.kind);
  }

  [dispose](): void {
    this.owner.table.drop(this.handle, this.kind);
  }
}
