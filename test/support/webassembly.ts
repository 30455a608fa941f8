// The WebAssembly JavaScript API as far as tests of the core use it. Tests of the core stand without the host, so
// they do not take its types either; the compiler's own come with the whole of the DOM.

export type ImportFunction = (...args: never[]) => unknown;

export interface WasmModule {
  readonly [Symbol.toStringTag]: string;
}

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

interface WebAssemblyApi {
  readonly Module: { imports(module: WasmModule): { readonly module: string; readonly name: string }[] };
  compile(bytes: Uint8Array): Promise<WasmModule>;
  instantiate(
    module: WasmModule, imports: Record<string, Record<string, ImportFunction>>,
  ): Promise<{ readonly exports: Readonly<Record<string, unknown>> }>;
}

export const wasm = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
