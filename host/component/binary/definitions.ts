// A component as its file says it: definitions in order. Each adds to one of the index spaces that later ones refer
// to, so the order is the program, and instantiating is carrying it out (../instantiate.ts).

/** What an index counts. Core sorts are those of the core modules inside. */
export type Sort =
  | "core func" | "core table" | "core memory" | "core global" | "core tag"
  | "core type" | "core module" | "core instance"
  | "func" | "value" | "type" | "component" | "instance";

export interface Ref {
  readonly sort: Sort;
  readonly index: number;
}

export interface NamedRef extends Ref {
  readonly name: string;
}

export type Primitive =
  | "bool" | "s8" | "u8" | "s16" | "u16" | "s32" | "u32" | "s64" | "u64" | "f32" | "f64" | "char" | "string";

/** A value type in place: a primitive, or the index of a type. */
export type TypeUse = Primitive | number;

export interface Field {
  readonly name: string;
  readonly type: TypeUse;
}

export interface Case {
  readonly name: string;
  readonly type: TypeUse | null;
}

export type ValueTypeDefinition =
  | { readonly form: "primitive"; readonly type: Primitive }
  | { readonly form: "record"; readonly fields: readonly Field[] }
  | { readonly form: "variant"; readonly cases: readonly Case[] }
  | { readonly form: "list"; readonly element: TypeUse }
  | { readonly form: "tuple"; readonly elements: readonly TypeUse[] }
  | { readonly form: "flags"; readonly names: readonly string[] }
  | { readonly form: "enum"; readonly names: readonly string[] }
  | { readonly form: "option"; readonly element: TypeUse }
  | { readonly form: "result"; readonly ok: TypeUse | null; readonly error: TypeUse | null }
  | { readonly form: "own"; readonly resource: number }
  | { readonly form: "borrow"; readonly resource: number };

export interface FunctionTypeDefinition {
  readonly form: "func";
  readonly params: readonly Field[];
  readonly result: TypeUse | null;
}

export type TypeDefinition =
  | ValueTypeDefinition
  | FunctionTypeDefinition
  | { readonly form: "resource"; readonly destructor: number | null }
  | { readonly form: "instance"; readonly declarations: readonly Declaration[] }
  | { readonly form: "component" };

/** What an import or export is said to be. */
export type Description =
  | { readonly sort: "core module" | "func" | "component" | "instance"; readonly type: number }
  | { readonly sort: "type"; readonly equals: number | null };

/** One line of an instance type. */
export type Declaration =
  | { readonly kind: "type"; readonly type: TypeDefinition; readonly at: number }
  | { readonly kind: "alias"; readonly alias: Alias; readonly at: number }
  | { readonly kind: "export"; readonly name: string; readonly is: Description; readonly at: number };

export type Alias =
  | { readonly of: "export"; readonly sort: Sort; readonly instance: number; readonly name: string }
  | { readonly of: "core export"; readonly sort: Sort; readonly instance: number; readonly name: string }
  | { readonly of: "outer"; readonly sort: Sort; readonly depth: number; readonly index: number };

export type StringEncoding = "utf8" | "utf16" | "latin1+utf16";

export interface CanonicalOptions {
  readonly encoding: StringEncoding;
  /** Indices, null where the option is not given. */
  readonly memory: number | null;
  readonly realloc: number | null;
  readonly postReturn: number | null;
}

export type Definition = { readonly at: number } & (
  | { readonly kind: "core module"; readonly bytes: Uint8Array }
  | { readonly kind: "core instantiate"; readonly module: number; readonly args: readonly NamedRef[] }
  | { readonly kind: "core bundle"; readonly exports: readonly NamedRef[] }
  | { readonly kind: "core type" }
  | { readonly kind: "component"; readonly component: ComponentDefinition }
  | { readonly kind: "instantiate"; readonly component: number; readonly args: readonly NamedRef[] }
  | { readonly kind: "bundle"; readonly exports: readonly NamedRef[] }
  | { readonly kind: "alias"; readonly alias: Alias }
  | { readonly kind: "type"; readonly type: TypeDefinition }
  | { readonly kind: "lift"; readonly core: number; readonly options: CanonicalOptions; readonly type: number }
  | { readonly kind: "lower"; readonly func: number; readonly options: CanonicalOptions }
  | { readonly kind: "resource"; readonly does: "new" | "drop" | "rep"; readonly type: number }
  | { readonly kind: "start"; readonly func: number }
  | { readonly kind: "imported"; readonly name: string; readonly is: Description }
  | { readonly kind: "exported"; readonly name: string; readonly ref: Ref }
);

export interface ComponentDefinition {
  readonly definitions: readonly Definition[];
}
