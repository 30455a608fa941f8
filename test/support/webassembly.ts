// The WebAssembly JavaScript API as far as tests of the core use it. Tests of the core stand without the host, so
// they do not take its types either; the compiler's own come with the whole of the DOM.

export type ImportFunction = (...args: never[]) => unknown;

export interface WasmModule {
  readonly [Symbol.toStringTag]: string;
}

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

/**
 * Only what compiles and instantiates at once. The asynchronous functions finish in tasks that Node 20 waits for
 * when its event loop has nothing else, and it sometimes waits for ever: a compiler thread wants a garbage collection
 * from the very thread that waits for it.
 */
interface WebAssemblyApi {
  readonly Module: {
    new(bytes: Uint8Array): WasmModule;
    imports(module: WasmModule): { readonly module: string; readonly name: string }[];
  };
  readonly Instance: new(
    module: WasmModule, imports: Record<string, Record<string, ImportFunction>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

export const wasm = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
