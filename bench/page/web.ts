// The little of the web platform that the benchmarks in a page use: the library of types has no pages in it.

export interface WebMessage<T> {
  readonly data: T;
}

export interface WebPort {
  onmessage: ((message: WebMessage<Uint8Array>) => void) | null;
  postMessage(message: Uint8Array, transfer?: ArrayBufferLike[]): void;
  close(): void;
}

export interface WebSocketOfPage {
  binaryType: "arraybuffer" | "blob";
  onopen: (() => void) | null;
  onmessage: ((message: WebMessage<ArrayBuffer>) => void) | null;
  onerror: (() => void) | null;
  onclose: (() => void) | null;
  send(bytes: Uint8Array): void;
  close(): void;
}

interface Web {
  readonly MessageChannel: new () => { readonly port1: WebPort; readonly port2: WebPort };
  readonly WebSocket: new (url: string) => WebSocketOfPage;
}

export const web = globalThis as unknown as Web;
