// Moves handles between the tables of two instances.
//
//   own      the resource leaves one table and enters the other; its handle there is a new one
//   borrow   into the instance that defined the resource: its own number for it, and no handle at all
//            elsewhere: a second handle, to be dropped before the call returns (checked in call.ts)
//
// While the callee runs its caller cannot, so a handle that was lent cannot be dropped meanwhile. Within the
// parameters of one call it could be lent and given away at once: `Lendings` watches over that.

import { Kind } from "../wasi/kind.js";
import type { Resource } from "../wasi/resource.js";
import { trap } from "../wasi/trap.js";
import { guestResource } from "./guest-resource.js";
import type { ResourceType } from "./resource-types.js";
import type { Path } from "./side.js";

/** What the parameters of the present call lend. */
export class Lendings {
  private readonly lent: Resource[] = [];

  add(resource: Resource): void {
    this.lent.push(resource);
  }

  mayGive(resource: Resource): boolean {
    return !this.lent.includes(resource);
  }

  clear(): void {
    this.lent.length = 0;
  }
}

export type MoveHandle = (handle: number) => number;

/** `lendings` is null where nothing can be lent and given away in one call. */
export function moveHandle(
  form: "own" | "borrow", type: ResourceType, { from, to }: Path, lendings: Lendings | null,
): MoveHandle {
  const fromTable = from.instance.table;
  const toTable = to.instance.table;
  const kind = type.form === "guest resource" ? Kind.GuestResource : type.kind;
  if (kind === null) return (handle) => trap(`unknown handle: ${handle}`);
  const get = type.form === "guest resource" ?
    (handle: number): Resource => guestResource(fromTable, handle, type) :
    (handle: number): Resource => fromTable.get(handle, kind);
  if (form === "own") {
    return (handle) => {
      const resource = get(handle);
      if (lendings?.mayGive(resource) === false) trap(`handle ${handle} is lent, so it cannot be given away`);
      fromTable.take(handle, kind);
      return toTable.put(resource);
    };
  }
  if (type.form === "guest resource" && type.definedBy === to.instance) {
    return (handle) => {
      const resource = guestResource(fromTable, handle, type);
      lendings?.add(resource);
      return resource.representation;
    };
  }
  return (handle) => {
    const resource = get(handle);
    lendings?.add(resource);
    return toTable.lend(resource);
  };
}
