// The index spaces of a component while it is instantiated: what each definition added, by sort and number.

import type { ImportFunction, WasmModule } from "../abi/webassembly.js";
import type { ComponentDefinition, Declaration, Ref, Sort } from "./binary/definitions.js";
import { ComponentError } from "./binary/component-error.js";
import type { LiftedFunction } from "./call.js";
import type { ResourceType } from "./resource-types.js";
import type { FunctionType, ValueType } from "./value-types.js";

/** A function of the host, as the guest's imports declare it. */
export interface HostFunction {
  readonly form: "host";
  /** The interface without its version. */
  readonly from: string;
  readonly name: string;
  readonly type: FunctionType;
}

export type ComponentFunction = HostFunction | LiftedFunction;

export interface InstanceType {
  readonly form: "instance";
  readonly declarations: readonly Declaration[];
  readonly scope: Scope;
}

export type AnyType = ValueType | FunctionType | ResourceType | InstanceType | { readonly form: "component" };

/** A component that can be instantiated: its text, and the scope around it that its aliases may look into. */
export interface Closure {
  readonly definition: ComponentDefinition;
  readonly around: Scope;
}

export interface Instance {
  readonly exports: ReadonlyMap<string, Item>;
}

interface Values {
  "core func": ImportFunction;
  "core table": unknown;
  "core memory": unknown;
  "core global": unknown;
  "core tag": unknown;
  "core type": unknown;
  "core module": WasmModule;
  "core instance": Readonly<Record<string, unknown>>;
  func: ComponentFunction;
  value: never;
  type: AnyType;
  component: Closure;
  instance: Instance;
}

/** Something that has a place in an index space. */
export interface Item {
  readonly sort: Sort;
  readonly value: unknown;
}

export class Scope {
  private readonly spaces = new Map<Sort, unknown[]>();

  constructor(private readonly around: Scope | null) {}

  add<S extends Sort>(sort: S, value: Values[S]): void {
    const space = this.spaces.get(sort);
    if (space === undefined) this.spaces.set(sort, [value]);
    else space.push(value);
  }

  addItem({ sort, value }: Item): void {
    this.add(sort, value as never);
  }

  get<S extends Sort>(sort: S, index: number, at: number): Values[S] {
    const space = this.spaces.get(sort) ?? [];
    if (index >= space.length) throw new ComponentError(`component: there is no ${sort} ${index} at byte ${at}`);
    return space[index] as Values[S];
  }

  item({ sort, index }: Ref, at: number): Item {
    return { sort, value: this.get(sort, index, at) };
  }

  /** The scope so many steps outwards; 0 is this one. */
  outer(depth: number, at: number): Scope {
    let scope: Scope | null = this;
    for (let left = depth; left > 0 && scope !== null; left--) scope = scope.around;
    if (scope === null) throw new ComponentError(`component: there is nothing ${depth} scopes outwards at byte ${at}`);
    return scope;
  }

  /** Something that an instance exports, which must be of that sort. */
  exportOf(instance: Instance, name: string, sort: Sort, at: number): Item {
    const item = instance.exports.get(name);
    if (item?.sort === sort) return item;
    throw new ComponentError(`component: the instance exports no ${sort} "${name}" at byte ${at}`);
  }
}
