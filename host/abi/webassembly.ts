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

interface WebAssemblyApi {
  readonly Module: {
    imports(module: WasmModule): ImportDescriptor[];
    exports(module: WasmModule): { readonly name: string; readonly kind: string }[];
  };
  readonly Memory: new (limits: { readonly initial: number; readonly maximum?: number }) => WasmMemory;
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<WasmModule>;
  instantiate(module: WasmModule, imports: ImportObject): Promise<WasmInstance>;
}

export const wasm = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
