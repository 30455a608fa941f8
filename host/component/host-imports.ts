// What the host offers to a component: the interfaces of WASI 0.2, any version of it, as instances whose functions are
// the hand-written ones of the direct face. A lowered import is such a function itself; nothing lies in between.

import type { Declaration } from "./binary/definitions.js";
import { ComponentError } from "./binary/component-error.js";
import { ASKING_IMPORTS, WAITING_IMPORTS } from "../abi/blocking.js";
import type { CoreMemory } from "../abi/core-memory.js";
import { allImports } from "../abi/all-imports.js";
import type { ImportFunction, ImportObject } from "../abi/webassembly.js";
import { Kind } from "../wasi/kind.js";
import { trap } from "../wasi/trap.js";
import type { WasiHost } from "../wasi/wasi-host.js";
import type { Blocking } from "./blocking-way.js";
import { functionTypeAt, resolveType } from "./resolve-types.js";
import type { HostResourceType } from "./resource-types.js";
import { type AnyType, type HostFunction, type Instance, type InstanceType, type Item, Scope } from "./scope.js";
import type { InstanceState, Side } from "./side.js";
import { flatOf, FLAT_RESULTS_MAX, type FunctionType, Part, partsOf } from "./value-types.js";

const VERSIONED = /^(wasi:[a-z0-9-]+\/[a-z0-9-]+)@0\.2\.\d+$/;

export class HostImports {
  private readonly resources = new Map<string, HostResourceType>();
  private readonly faces = new Map<InstanceState, Map<CoreMemory, ImportObject>>();

  constructor(
    private readonly host: WasiHost,
    private readonly blocking: Blocking,
  ) {}

  /** The instance behind an import of the outermost component, with the types and functions that it declares. */
  instance(name: string, type: InstanceType): Instance {
    const from = VERSIONED.exec(name)?.[1];
    if (from === undefined) throw new ComponentError(`the component imports ${name}, which this host does not offer`);
    const scope = new Scope(type.scope);
    const exports = new Map<string, Item>();
    for (const declaration of type.declarations) this.declare(declaration, from, scope, exports);
    return { exports };
  }

  private declare(declaration: Declaration, from: string, scope: Scope, exports: Map<string, Item>): void {
    const { at } = declaration;
    if (declaration.kind === "type") {
      const { type } = declaration;
      if (type.form === "resource") {
        throw new ComponentError(`component: a resource in an instance type at byte ${at}`);
      }
      scope.add("type", resolveType(type, scope, at));
      return;
    }
    if (declaration.kind === "alias") {
      const { alias } = declaration;
      if (alias.of !== "outer") {
        throw new ComponentError(`component: an unusual alias in an instance type at byte ${at}`);
      }
      scope.addItem(scope.outer(alias.depth, at).item(alias, at));
      return;
    }
    const { name, is } = declaration;
    if (is.sort === "func") {
      const value: HostFunction = { form: "host", from, name, type: functionTypeAt(is.type, scope, at) };
      scope.add("func", value);
      exports.set(name, { sort: "func", value });
    } else if (is.sort === "type") {
      const value: AnyType = is.equals === null ? this.resource(from, name) : scope.get("type", is.equals, at);
      scope.add("type", value);
      exports.set(name, { sort: "type", value });
    } else {
      throw new ComponentError(`the component imports ${from} with a ${is.sort} in it, which this host does not offer`);
    }
  }

  private resource(from: string, name: string): HostResourceType {
    const key = `${from}/${name}`;
    let type = this.resources.get(key);
    if (type === undefined) {
      type = { form: "host resource", from, name, kind: kindOf(name) };
      this.resources.set(key, type);
    }
    return type;
  }

  /** The function as the core code of an instance calls it. */
  lower({ from, name, type }: HostFunction, side: Side): unknown {
    const types = type.result === null ? type.params : [...type.params, type.result];
    if (side.encoding !== "utf8" && (partsOf(types) & Part.Text) !== 0) {
      throw new ComponentError(`the component calls ${from} ${name} with strings in ${side.encoding}: not supported`);
    }
    const found = this.find(from, name, side);
    if (found === undefined) {
      throw new ComponentError(`the component imports ${from} ${name}, which this host does not offer`);
    }
    if (WAITING_IMPORTS[from]?.includes(name) === true) return this.blocking.suspending(found);
    if (ASKING_IMPORTS[from]?.includes(name) === true) return this.asking(found, type);
    return found;
  }

  /** A result of more than one core value comes through a pointer, which is one more parameter. */
  private asking(found: ImportFunction, type: FunctionType): unknown {
    const params = flatOf(type.params);
    if (params === null) return found; // not a function of WASI: whatever it is, it does not spin
    const results = type.result?.flat ?? [];
    const isDirect = type.result === null || results.length <= FLAT_RESULTS_MAX && type.result.flat !== null;
    return this.blocking.asking(found, isDirect ? params : [...params, "i32"], isDirect ? results : []);
  }

  drop({ from, name }: HostResourceType, side: Side): ImportFunction {
    return this.find(from, `[resource-drop]${name}`, side) ?? ((handle: number) => trap(`unknown handle: ${handle}`));
  }

  private find(from: string, name: string, side: Side): ImportFunction | undefined {
    const face = this.face(side);
    const functions = Object.hasOwn(face, from) ? face[from] : undefined;
    return functions !== undefined && Object.hasOwn(functions, name) ? functions[name] : undefined;
  }

  /** One face for each memory of each instance. */
  private face({ instance, memory }: Side): ImportObject {
    let faces = this.faces.get(instance);
    if (faces === undefined) this.faces.set(instance, faces = new Map());
    let face = faces.get(memory);
    if (face === undefined) {
      const { host, blocking: { waiter } } = this;
      faces.set(memory, face = allImports({ host, memory, waiter, table: instance.table }));
    }
    return face;
  }
}

/** Kinds are named as in WIT, but for `error`. */
function kindOf(name: string): Kind | null {
  const joined = name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const wanted = name === "error" ? "IoError" : joined;
  const kind = (Kind as unknown as Record<string, Kind | undefined>)[wanted];
  return kind === undefined || kind === Kind.Free || kind === Kind.GuestResource ? null : kind;
}
