// A resource that a component of the guest defined: a number that its definer gave, and its type.

import { Kind } from "../wasi/kind.js";
import { Resource } from "../wasi/resource.js";
import type { ResourceTable } from "../wasi/resource-table.js";
import { trap } from "../wasi/trap.js";
import type { GuestResourceType } from "./resource-types.js";

export class GuestResource extends Resource {
  readonly kind = Kind.GuestResource;

  constructor(
    readonly type: GuestResourceType,
    readonly representation: number,
  ) {
    super();
  }

  /** Called when the whole guest is over: there is nobody left whose destructor could run. */
  release(): void {}
}

/** The resource behind a handle, owned or borrowed, which must be of this very type. */
export function guestResource(table: ResourceTable, handle: number, type: GuestResourceType): GuestResource {
  const resource = table.get<GuestResource>(handle, Kind.GuestResource);
  if (resource.type !== type) trap(`wrong handle: ${handle} is a resource of another type`);
  return resource;
}
