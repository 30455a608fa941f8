// The WebAssembly JavaScript API, typed as far as it is used here. The compiler's own types for it come with the
// whole of the DOM, which Node code must not see.

export type ImportFunction = (...args: never[]) => unknown;
export type ImportObject = Record<string, Record<string, ImportFunction>>;

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

export interface WasmModule {
  readonly [Symbol.toStringTag]: string;
}

export interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

export interface ImportDescriptor {
  readonly module: string;
  readonly name: string;
  readonly kind: string;
}

/** Whatever a module can import: functions, memories, tables, globals. */
export type AnyImports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface WasmGlobal {
  value: number;
}

interface WebAssemblyApi {
  readonly Module: {
    new (bytes: Uint8Array): WasmModule;
    imports(module: WasmModule): ImportDescriptor[];
    exports(module: WasmModule): { readonly name: string; readonly kind: string }[];
  };
  readonly Memory: new (limits: { readonly initial: number; readonly maximum?: number }) => WasmMemory;
  readonly Global: new (type: { readonly value: "i32"; readonly mutable: boolean }, value: number) => WasmGlobal;
  readonly Instance: new (module: WasmModule, imports: AnyImports) => WasmInstance;
  readonly CompileError: new () => Error;
  readonly LinkError: new () => Error;
  readonly RuntimeError: new () => Error;
  /** JavaScript Promise Integration, where the runtime has it. */
  readonly Suspending?: new (wrapped: ImportFunction) => object;
  readonly promising?: (wrapped: ImportFunction) => (...args: never[]) => Promise<unknown>;
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<WasmModule>;
  instantiate(module: WasmModule, imports: ImportObject): Promise<WasmInstance>;
}

export const wasm = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
