// The resource table: small dense handles for the guest, objects for the host.
//
// Handles start at 1 (0 is never valid) and the most recently freed one is used first, so that a guest may keep
// plain arrays indexed by handle. Kinds lie in their own byte array: the check on the hot path is one load and
// one compare whatever the class of the resource is.
//
// A guest that is made of several components has a table for each. A resource then moves from one to another (`take`,
// `put`), or is lent: `lend` gives it a second handle, which ends without ending the resource.

import { Kind } from "./kind.js";
import { kindName } from "./kind-name.js";
import { HANDLES_MAX } from "./limits.js";
import type { Resource } from "./resource.js";
import { trap } from "./trap.js";

const CALLED_OUT = "the guest calls out while it allocates or cleans up for a call";

/** What the handles of a table that is closed for a while are: nothing. */
const NO_KINDS = new Uint8Array(0);

export class ResourceTable {
  private kinds: Uint8Array = new Uint8Array(256);
  /** The kinds while the table is closed. */
  private kept: Uint8Array | null = null;
  private readonly entries: (Resource | null)[] = [null];
  private readonly freeHandles: number[] = [];
  /** Handles of resources that somebody else owns. */
  private readonly borrowed = new Set<number>();
  private live = 0;

  /** How many handles the guest holds. */
  get liveCount(): number {
    return this.live;
  }

  /** How many of them are borrowed. */
  get borrowedCount(): number {
    return this.borrowed.size;
  }

  isBorrowed(handle: number): boolean {
    return this.borrowed.has(handle);
  }

  liveCountOf(kind: Kind): number {
    let count = 0;
    for (let handle = 1; handle < this.entries.length; handle++) if (this.kinds[handle] === kind) count++;
    return count;
  }

  /** Gives the resource a handle; it becomes a child of `parent`, which then cannot be dropped before it. */
  add(resource: Resource, parent: Resource | null): number {
    const handle = this.enter(resource);
    resource.parent = parent;
    if (parent !== null) parent.childCount++;
    return handle;
  }

  /** The resource behind a handle. The caller names the class that belongs to the kind. */
  get<T extends Resource>(handle: number, kind: Kind): T {
    if (this.kinds[handle] !== kind || kind === Kind.Free) this.trapOnHandle(handle, kind);
    return this.entries[handle] as T;
  }

  /** Drops a handle: checks everything first, then releases the resource. */
  drop(handle: number, kind: Kind): void {
    const resource = this.get(handle, kind);
    if (this.borrowed.size > 0 && this.borrowed.delete(handle)) return this.free(handle);
    if (resource.childCount !== 0) {
      trap(`resource has children: ${kindName(kind)} ${handle} still has ${resource.childCount}`);
    }
    this.remove(resource);
    resource.release();
  }

  /** Takes a resource out as it is, with its parent and its children: for another table of the same host. */
  take(handle: number, kind: Kind): Resource {
    const resource = this.get(handle, kind);
    if (this.borrowed.has(handle)) trap(`${kindName(kind)} ${handle} is borrowed, so it cannot be given away`);
    this.free(handle);
    resource.handle = 0;
    return resource;
  }

  /** Gives a handle to what another table's `take` gave. */
  put(resource: Resource): number {
    return this.enter(resource);
  }

  /** A handle of a resource that somebody else owns and keeps: to be dropped, which leaves the resource alone. */
  lend(resource: Resource): number {
    const handle = this.newHandle(resource);
    this.borrowed.add(handle);
    return handle;
  }

  /**
   * Until `open`, whatever needs a handle is a trap: for code of the guest that must not call out, such as its
   * allocator in the middle of a call. No other access to a handle pays for that. False: it was closed already.
   */
  close(): boolean {
    if (this.kept !== null) return false;
    this.kept = this.kinds;
    this.kinds = NO_KINDS;
    return true;
  }

  open(): void {
    if (this.kept !== null) this.kinds = this.kept;
    this.kept = null;
  }

  /** Releases everything, children first: for a guest that ended without dropping its handles. */
  clear(): void {
    clearTables([this]);
  }

  /** One step of that: releases what has no children any more. */
  releaseLeaves(): void {
    for (let handle = this.entries.length - 1; handle > 0; handle--) {
      const resource = this.entries[handle];
      if (resource && (resource.childCount === 0 || this.borrowed.has(handle))) this.drop(handle, resource.kind);
    }
  }

  private remove(resource: Resource): void {
    const { parent } = resource;
    this.free(resource.handle);
    resource.handle = 0;
    resource.parent = null;
    if (parent !== null) parent.childCount--;
  }

  private enter(resource: Resource): number {
    if (resource.handle !== 0) throw new Error(`${kindName(resource.kind)} already has handle ${resource.handle}`);
    const handle = this.newHandle(resource);
    resource.handle = handle;
    return handle;
  }

  private newHandle(resource: Resource): number {
    if (this.kept !== null) trap(CALLED_OUT);
    const handle = this.freeHandles.pop() ?? this.appendEntry();
    this.entries[handle] = resource;
    this.kinds[handle] = resource.kind;
    this.live++;
    return handle;
  }

  private free(handle: number): void {
    this.entries[handle] = null;
    this.kinds[handle] = Kind.Free;
    this.freeHandles.push(handle);
    this.live--;
  }

  private appendEntry(): number {
    const handle = this.entries.length;
    if (handle > HANDLES_MAX) trap(`too many handles: the limit is ${HANDLES_MAX}`);
    this.entries.push(null);
    if (handle >= this.kinds.length) {
      const grown = new Uint8Array(this.kinds.length * 2);
      grown.set(this.kinds);
      this.kinds = grown;
    }
    return handle;
  }

  private trapOnHandle(handle: number, expected: Kind): never {
    if (this.kept !== null) trap(CALLED_OUT);
    const found = this.kinds[handle] ?? Kind.Free;
    if (found === Kind.Free) trap(`unknown handle: ${handle} is not a ${kindName(expected)}`);
    trap(`wrong handle: ${handle} is a ${kindName(found)}, not a ${kindName(expected)}`);
  }
}

/** Releases everything in the tables of one host, between which parents and children may be spread. */
export function clearTables(tables: readonly ResourceTable[]): void {
  while (tables.some((table) => table.liveCount > 0)) for (const table of tables) table.releaseLeaves();
}
