// Carries out the definitions of a component, in order: core modules are compiled and instantiated, types are made,
// functions lifted and lowered, nested components instantiated with their arguments.
//
// A file need not come from a trusted tool. Whatever a definition refers to is looked up with its sort; types of
// functions are taken from where they were lifted, so a file that lies about the type of an import fails to link or
// traps, and never makes the host read what it should not.

import { CoreMemory } from "../abi/core-memory.js";
import { type ImportFunction, wasm, type WasmMemory, type WasmModule } from "../abi/webassembly.js";
import { trap } from "../wasi/trap.js";
import type { WasiHost } from "../wasi/wasi-host.js";
import { ComponentError } from "./binary/component-error.js";
import type {
  Alias, CanonicalOptions, ComponentDefinition, Definition, Description, NamedRef, Sort, TypeDefinition,
} from "./binary/definitions.js";
import type { Blocking } from "./blocking-way.js";
import { dropFunction, lowerLifted } from "./call.js";
import { GuestResource, guestResource } from "./guest-resource.js";
import { HostImports } from "./host-imports.js";
import { functionTypeAt, instanceTypeAt, resolveType, resourceType } from "./resolve-types.js";
import type { ResourceType } from "./resource-types.js";
import { type AnyType, type Instance, type Item, Scope } from "./scope.js";
import type { InstanceState, Side } from "./side.js";
import { SlotSource } from "./slots.js";

const NO_OPTIONS: CanonicalOptions = { encoding: "utf8", memory: null, realloc: null, postReturn: null };

/** What all instances of one guest share. */
interface Guest {
  readonly host: WasiHost;
  readonly imports: HostImports;
  readonly modules: ReadonlyMap<Uint8Array, WasmModule>;
  readonly slots: SlotSource;
  /** Component instances so far. */
  instanceCount: number;
}

/** Component instances of one guest: a small file could ask for any number, by components that double each other. */
const INSTANCES_MAX = 1000;

/**
 * Instantiates a component over a host. Code of the guest runs in here already (start functions), and it may trap.
 * What it holds afterwards is released by `host.close()`.
 * @throws ComponentError for what the host does not offer, or when the parts do not fit together.
 */
export async function instantiate(
  definition: ComponentDefinition, host: WasiHost, blocking: Blocking,
): Promise<Instance> {
  const modules = new Map(await Promise.all(coreModules(definition).map(compile)));
  const imports = new HostImports(host, blocking);
  const guest: Guest = { host, imports, modules, slots: new SlotSource(), instanceCount: 0 };
  return instantiateIn(guest, definition, new Scope(null), null);
}

type CoreModule = Extract<Definition, { readonly kind: "core module" }>;

function coreModules({ definitions }: ComponentDefinition): CoreModule[] {
  return definitions.flatMap((one) =>
    one.kind === "core module" ? [one] : one.kind === "component" ? coreModules(one.component) : []);
}

async function compile({ bytes, at }: CoreModule): Promise<[Uint8Array, WasmModule]> {
  try {
    return [bytes, await wasm.compile(bytes)];
  } catch (error) {
    throw new ComponentError(`component: the core module at byte ${at}: ${(error as Error).message}`);
  }
}

/** `args` is null for the outermost component, whose imports are the host's. */
function instantiateIn(
  guest: Guest, { definitions }: ComponentDefinition, scope: Scope, args: ReadonlyMap<string, Item> | null,
): Instance {
  guest.instanceCount++;
  if (guest.instanceCount > INSTANCES_MAX) throw new ComponentError(`component: more than ${INSTANCES_MAX} instances`);
  const instantiation = new Instantiation(guest, scope, args);
  for (const definition of definitions) instantiation.carryOut(definition);
  return { exports: instantiation.exports };
}

type Realloc = Parameters<CoreMemory["bind"]>[1];

/** The guest's allocator, which must not call out: it runs in the middle of calls. */
function allocator(realloc: Realloc | null, { table }: InstanceState): Realloc {
  if (realloc === null) return () => trap("no realloc option was given");
  return (oldAddress, oldSize, align, newSize) => {
    const isMine = table.close();
    try {
      return realloc(oldAddress, oldSize, align, newSize);
    } finally {
      if (isMine) table.open();
    }
  };
}

/** What cleans up after a result was taken must not call out either. */
function cleanUp(postReturn: ImportFunction, { table }: InstanceState): ImportFunction {
  return (result: never) => {
    table.close();
    try {
      postReturn(result);
    } finally {
      table.open();
    }
  };
}

function linked<T>(at: number, link: () => T): T {
  try {
    return link();
  } catch (error) {
    if (!(error instanceof wasm.LinkError || error instanceof TypeError)) throw error;
    throw new ComponentError(`component: what begins at byte ${at} does not link: ${error.message}`);
  }
}

/** Whether the export of a core instance is of that sort. */
function isOfSort(value: unknown, sort: Sort): boolean {
  // A function of the host that may wait is an object until it is imported.
  if (sort === "core func") return typeof value === "function" || !isMemory(value);
  return sort !== "core memory" || isMemory(value);
}

function isMemory(value: unknown): boolean {
  return value instanceof wasm.Memory;
}

class Instantiation {
  readonly exports = new Map<string, Item>();
  private readonly state: InstanceState;
  private readonly memories = new Map<unknown, Map<unknown, CoreMemory>>();

  constructor(
    private readonly guest: Guest,
    private readonly scope: Scope,
    private readonly args: ReadonlyMap<string, Item> | null,
  ) {
    this.state = { table: guest.host.newTable() };
  }

  carryOut(definition: Definition): void {
    const { scope } = this;
    const { at } = definition;
    switch (definition.kind) {
      case "core module":
        return scope.add("core module", this.guest.modules.get(definition.bytes) as WasmModule);
      case "core instantiate": return this.instantiateCore(definition.module, definition.args, at);
      case "core bundle": {
        const items = definition.exports.map((ref): [string, unknown] => [ref.name, scope.item(ref, at).value]);
        return scope.add("core instance", Object.fromEntries(items));
      }
      case "core type": return scope.add("core type", null);
      case "component":
        return scope.add("component", { definition: definition.component, around: scope });
      case "instantiate": {
        const closure = scope.get("component", definition.component, at);
        const inner = new Scope(closure.around);
        const args = this.named(definition.args, at);
        return scope.add("instance", instantiateIn(this.guest, closure.definition, inner, args));
      }
      case "bundle": return scope.add("instance", { exports: this.named(definition.exports, at) });
      case "alias": return scope.addItem(this.aliased(definition.alias, at));
      case "type": return scope.add("type", this.newType(definition.type, at));
      case "lift": return this.lift(definition.core, definition.options, definition.type, at);
      case "lower": return this.lower(definition.func, definition.options, at);
      case "resource": {
        const type = resourceType(definition.type, scope, at);
        return scope.add("core func", this.resourceFunction(definition.does, type, at));
      }
      case "start": return this.start(definition.func, at);
      case "imported": return scope.addItem(this.imported(definition.name, definition.is, at));
      case "exported": {
        const item = scope.item(definition.ref, at);
        this.exports.set(definition.name, item);
        return scope.addItem(item);
      }
    }
  }

  private named(refs: readonly NamedRef[], at: number): Map<string, Item> {
    return new Map(refs.map((ref) => [ref.name, this.scope.item(ref, at)]));
  }

  private instantiateCore(module: number, args: readonly NamedRef[], at: number): void {
    const imports = Object.fromEntries(args.map(({ name, index }) =>
      [name, this.scope.get("core instance", index, at)]));
    const code = this.scope.get("core module", module, at);
    this.scope.add("core instance", linked(at, () => new wasm.Instance(code, imports).exports));
  }

  private aliased(alias: Alias, at: number): Item {
    const { scope } = this;
    switch (alias.of) {
      case "outer": return scope.outer(alias.depth, at).item(alias, at);
      case "export": return scope.exportOf(scope.get("instance", alias.instance, at), alias.name, alias.sort, at);
      case "core export": {
        const exports = scope.get("core instance", alias.instance, at);
        const value = Object.hasOwn(exports, alias.name) ? exports[alias.name] : undefined;
        if (value !== undefined && isOfSort(value, alias.sort)) return { sort: alias.sort, value };
        const what = `${alias.sort} "${alias.name}"`;
        throw new ComponentError(`component: the core instance exports no ${what} at byte ${at}`);
      }
    }
  }

  private newType(type: TypeDefinition, at: number): AnyType {
    if (type.form !== "resource") return resolveType(type, this.scope, at);
    const destructor = type.destructor === null ? null : this.scope.get("core func", type.destructor, at);
    return { form: "guest resource", definedBy: this.state, destructor };
  }

  private imported(name: string, is: Description, at: number): Item {
    const { args, scope } = this;
    const given = args?.get(name);
    if (given?.sort === is.sort) return given;
    if (is.sort === "type" && is.equals !== null) return { sort: "type", value: scope.get("type", is.equals, at) };
    if (args === null && is.sort === "instance") {
      return { sort: "instance", value: this.guest.imports.instance(name, instanceTypeAt(is.type, scope, at)) };
    }
    if (args === null) {
      throw new ComponentError(`the component imports the ${is.sort} ${name}, which this host does not offer`);
    }
    throw new ComponentError(`component: no argument gives the ${is.sort} "${name}" that is imported at byte ${at}`);
  }

  private lift(core: number, options: CanonicalOptions, type: number, at: number): void {
    const { scope } = this;
    scope.add("func", {
      form: "lifted", type: functionTypeAt(type, scope, at), core: scope.get("core func", core, at),
      postReturn: options.postReturn === null ? null :
        cleanUp(scope.get("core func", options.postReturn, at), this.state),
      side: this.side(options, at),
    });
  }

  private lower(func: number, options: CanonicalOptions, at: number): void {
    const callee = this.scope.get("func", func, at);
    const side = this.side(options, at);
    const lowered = callee.form === "host" ? this.guest.imports.lower(callee, side) :
      linked(at, () => lowerLifted(callee, side, this.guest.slots));
    this.scope.add("core func", lowered as ImportFunction);
  }

  private side({ encoding, memory, realloc }: CanonicalOptions, at: number): Side {
    return {
      instance: this.state, encoding,
      memory: this.memoryFor(
        memory === null ? null : this.scope.get("core memory", memory, at),
        realloc === null ? null : this.scope.get("core func", realloc, at),
      ),
    };
  }

  /** One object for each pair, so that what is made per memory is made once. */
  private memoryFor(memory: unknown, realloc: ImportFunction | null): CoreMemory {
    let byRealloc = this.memories.get(memory);
    if (byRealloc === undefined) this.memories.set(memory, byRealloc = new Map());
    let made = byRealloc.get(realloc);
    if (made === undefined) {
      byRealloc.set(realloc, made = new CoreMemory());
      if (memory !== null) made.bind(memory as WasmMemory, allocator(realloc as unknown as Realloc, this.state));
    }
    return made;
  }

  private resourceFunction(does: "new" | "drop" | "rep", type: ResourceType, at: number): ImportFunction {
    const { state, state: { table } } = this;
    if (type.form === "host resource") {
      if (does === "drop") return this.guest.imports.drop(type, this.side(NO_OPTIONS, at));
      throw new ComponentError(`component: resource.${does} of the host's ${type.name} at byte ${at}`);
    }
    if (does === "drop") return dropFunction(type, state, this.guest.slots);
    if (type.definedBy !== state) {
      throw new ComponentError(`component: resource.${does} of a foreign resource at byte ${at}`);
    }
    if (does === "new") return (representation: number) => table.put(new GuestResource(type, representation));
    return (handle: number) => guestResource(table, handle, type).representation;
  }

  private start(func: number, at: number): void {
    const callee = this.scope.get("func", func, at);
    if (callee.form === "host" || callee.type.params.length > 0 || callee.type.result !== null) {
      throw new ComponentError(`component: the start function takes or gives values at byte ${at}`);
    }
    (callee.core as () => void)();
  }
}
