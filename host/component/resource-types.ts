// Resource types at run time. Two are the same type only when they are the same object: each instance of a component
// makes its own, and what the host defines exists once per guest.

import type { Kind } from "../wasi/kind.js";
import type { ImportFunction } from "../abi/webassembly.js";

/** A resource that the host defines, such as `wasi:io/poll` `pollable`. */
export interface HostResourceType {
  readonly form: "host resource";
  /** The interface without its version, and the name in it. */
  readonly from: string;
  readonly name: string;
  /** Null: the host has no such resource, so a guest can name the type but never holds a handle of it. */
  readonly kind: Kind | null;
}

/** A resource that a component instance defines. What it means is a number that only its instance knows. */
export interface GuestResourceType {
  readonly form: "guest resource";
  /** The instance that made it: one object per instance. */
  readonly definedBy: object;
  readonly destructor: ImportFunction | null;
}

export type ResourceType = HostResourceType | GuestResourceType;
