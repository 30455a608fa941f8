// One side of a call between components: a component instance, and the memory that its canonical options name.

import type { CoreMemory } from "../abi/core-memory.js";
import type { ResourceTable } from "../wasi/resource-table.js";
import type { StringEncoding } from "./binary/definitions.js";

/** What an instance of a component owns at run time. As an object it is the identity of the instance. */
export interface InstanceState {
  readonly table: ResourceTable;
}

export interface Side {
  readonly instance: InstanceState;
  readonly memory: CoreMemory;
  readonly encoding: StringEncoding;
}

/** The way that values take through a call: out of `from`, into `to`. */
export interface Path {
  readonly from: Side;
  readonly to: Side;
}
