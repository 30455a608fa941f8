// The handle of libuv under a dgram.Socket, as far as it is used. Node does not document it, so it is looked for by
// feature, once; where anything is missing, the documented ways of node:dgram must do (udp-socket.ts).

import dgram from "node:dgram";

/** Addresses are texts with numbers in them; results are 0 or a negative number of the system, unless said. */
export interface UdpHandle {
  /** The sender comes with the bytes; `count` below 0 is an error of the system and brings nothing else. */
  onmessage: (count: number, handle: UdpHandle, bytes: Uint8Array | undefined, from: Sender | undefined) => void;
  bind(host: string, port: number, flags: number): number;
  bind6(host: string, port: number, flags: number): number;
  connect(host: string, port: number): number;
  connect6(host: string, port: number): number;
  /**
   * Above 0: the system took it at once, and did not need the request. 0: libuv holds the bytes and the request, until
   * `oncomplete`.
   */
  send(request: SendRequest, parts: readonly Uint8Array[], count: number, hasCallback: true): number;
  send(
    request: SendRequest, parts: readonly Uint8Array[], count: number, port: number, host: string, hasCallback: true,
  ): number;
  send6(
    request: SendRequest, parts: readonly Uint8Array[], count: number, port: number, host: string, hasCallback: true,
  ): number;
  recvStart(): number;
  getsockname(into: { address?: string; port?: number }): number;
  setTTL(limit: number): number;
  bufferSize(bytes: number, isReceive: boolean, trouble: object): number | undefined;
  close(): void;
}

export interface Sender {
  readonly address: string;
  readonly port: number;
}

export interface SendRequest {
  oncomplete: (status: number) => void;
  /** Kept as long as the request is. */
  bytes: Uint8Array;
}

/** The classes behind it. */
export interface UdpInsides {
  readonly Handle: new () => UdpHandle;
  readonly Request: new () => SendRequest;
}

type Lookup = NonNullable<dgram.SocketOptions["lookup"]>;

/**
 * A look-up for addresses that are numeric anyway. It answers at once, and with it a bind, a connect or a send takes
 * effect within the call.
 */
export const asItIs = ((host: string, family: number, answer: (error: null, host: string, family: number) => void) =>
  answer(null, host, family)) as unknown as Lookup;

const METHODS = [
  "bind", "bind6", "connect", "connect6", "send", "send6", "recvStart", "getsockname", "setTTL", "bufferSize", "close",
] as const;

let insides: UdpInsides | null | undefined;

/** Null where this Node does not have them. */
export function udpInsides(): UdpInsides | null {
  if (insides === undefined) insides = findInsides();
  return insides;
}

function findInsides(): UdpInsides | null {
  const socket = dgram.createSocket({ type: "udp4", lookup: asItIs }).on("error", () => {});
  try {
    const handle = handleOf(socket);
    if (handle === null || METHODS.some((name) => typeof handle[name] !== "function")) return null;
    let found: SendRequest | null = null;
    const intercept = (request: SendRequest): number => {
      found = request;
      return 1; // nothing is sent
    };
    (handle as { send: unknown }).send = intercept;
    socket.send(new Uint8Array(1), 9, "127.0.0.1");
    if (found === null) return null;
    return { Handle: classOf<UdpHandle>(handle), Request: classOf<SendRequest>(found) };
  } catch {
    return null;
  } finally {
    socket.close();
  }
}

/** A socket keeps its state under a symbol, and the handle in there. */
function handleOf(socket: dgram.Socket): UdpHandle | null {
  const inside = socket as unknown as Record<symbol, { handle?: UdpHandle } | undefined>;
  for (const symbol of Object.getOwnPropertySymbols(socket)) {
    const handle = inside[symbol]?.handle;
    if (typeof handle === "object") return handle;
  }
  return null;
}

function classOf<T>(instance: object): new () => T {
  return instance.constructor as new () => T;
}
