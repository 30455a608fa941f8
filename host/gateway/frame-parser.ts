// Reads frames that anybody may have written: whatever comes, the answer is a frame or null, and nothing is read that
// is not there.

import { ErrorCode } from "../wasi/error-code.js";
import { Family, makeAddress, type SocketAddress } from "../wasi/ip-address.js";
import { DATAGRAM_BYTES_MAX_IPV6, NAME_BYTES_MAX } from "../wasi/limits.js";
import {
  ACCEPTED, BIND, BIND_UDP, BOUND, CLOSE, CONNECT_UDP, CREDIT, DATA, DATAGRAM, END, FAIL, type Frame, GOODBYE, Goodbye,
  HELLO, LISTEN, LISTENING, OPEN, OPENED, PING, PONG, RELEASED, RESET, RESOLVE, RESOLVED, UDP_FAILED, WELCOME,
} from "./frames.js";
import {
  CREDIT_BYTES_MAX, FRAME_BYTES_MAX, FRAME_BYTES_MIN, HEADER_BYTES, REASON_BYTES_MAX, SERVER_IDS_FROM, TOKEN_BYTES_MAX,
  WINDOW_BYTES_MIN,
} from "./limits.js";

const WORD_MAX = 0xffff_ffff;
const IPV6_PARTS = 8;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The frame that a message is; null when it is none. Its bytes stay in the message. */
export function parseFrame(bytes: Uint8Array): Frame | null {
  return parse(bytes, (type, id, reader) => fromServer(type, id, reader) ?? fromClient(type, id, reader));
}

/** The same for clients, to whom what only clients send is no frame. */
export function parseServerFrame(bytes: Uint8Array): Frame | null {
  return parse(bytes, fromServer);
}

function parse(bytes: Uint8Array, payload: (type: number, id: number, reader: Reader) => Frame | null): Frame | null {
  if (bytes.length < HEADER_BYTES) return null;
  const reader = new Reader(bytes);
  const type = reader.number(1, 0, WORD_MAX);
  const id = reader.word();
  if ((type <= PONG) !== (id === 0)) return null;
  const frame = payload(type, id, reader);
  return reader.isDone ? frame : null;
}

/** What servers send, and servers and clients. */
function fromServer(type: number, id: number, reader: Reader): Frame | null {
  switch (type) {
    case DATA:
      return { type, id, bytes: reader.bytes, start: reader.skipRest(1, FRAME_BYTES_MAX) };
    case CREDIT:
      return { type, id, bytes: reader.number(4, 1, CREDIT_BYTES_MAX) };
    case PING:
    case PONG:
    case END:
    case LISTENING:
    case RELEASED:
      return { type, id };
    case RESET:
    case FAIL:
    case UDP_FAILED:
      return { type, id, code: reader.number(1, 0, ErrorCode.PermanentResolverFailure) };
    case BOUND:
      return { type, id, address: reader.address() };
    case OPENED:
      return { type, id, local: reader.address(), remote: reader.address() };
    case ACCEPTED: {
      const stream = reader.number(4, SERVER_IDS_FROM, WORD_MAX);
      return { type, id, stream, local: reader.address(), remote: reader.address() };
    }
    case DATAGRAM: {
      const remote = reader.optionalAddress();
      return { type, id, remote, bytes: reader.bytes, start: reader.skipRest(0, DATAGRAM_BYTES_MAX_IPV6) };
    }
    case RESOLVED:
      return { type, id, addresses: Array.from({ length: reader.number(1, 0, 255) }, () => reader.address()) };
    case WELCOME: {
      const version = reader.version();
      const window = reader.window();
      const frameMax = reader.number(4, FRAME_BYTES_MIN, FRAME_BYTES_MAX);
      return { type, id, version, window, frameMax, streamsMax: reader.word(), rights: reader.number(1, 0, 255) };
    }
    case GOODBYE:
      return { type, id, reason: reader.number(1, 0, Goodbye.ShuttingDown), text: reader.text(0, REASON_BYTES_MAX) };
    default:
      return null;
  }
}

/** What only clients send. */
function fromClient(type: number, id: number, reader: Reader): Frame | null {
  switch (type) {
    case CLOSE:
      return { type, id };
    case BIND:
    case BIND_UDP:
      return { type, id, address: reader.address() };
    case OPEN:
      return { type, id, remote: reader.address(), local: reader.optionalAddress() };
    case LISTEN:
      return { type, id, backlog: reader.word() };
    case CONNECT_UDP:
      return { type, id, remote: reader.optionalAddress() };
    case RESOLVE:
      return { type, id, name: reader.text(1, NAME_BYTES_MAX) };
    case HELLO:
      return { type, id, version: reader.version(), window: reader.window(), token: reader.text(0, TOKEN_BYTES_MAX) };
    default:
      return null;
  }
}

/** Goes through the bytes. What is not there or may not be reads as something harmless, and `isDone` stays false. */
class Reader {
  private at = 0;
  private isWrong = false;

  constructor(readonly bytes: Uint8Array) {}

  /** Everything was as it may be, and nothing is left. */
  get isDone(): boolean {
    return !this.isWrong && this.at === this.bytes.length;
  }

  /** Of that many bytes, the lowest first. */
  number(bytes: number, min: number, max: number): number {
    let value = 0;
    for (let index = 0; index < bytes; index++) value += this.byte() * 2 ** (8 * index);
    this.check(value >= min && value <= max);
    return value;
  }

  word(): number {
    return this.number(4, 0, WORD_MAX);
  }

  version(): number {
    return this.number(2, 1, 0xffff);
  }

  window(): number {
    return this.number(4, WINDOW_BYTES_MIN, CREDIT_BYTES_MAX);
  }

  address(): SocketAddress {
    const family = this.byte();
    const port = this.number(2, 0, 0xffff);
    this.check(family === 4 || family === 6);
    // One wrong family in a list must not make work of all that comes after it.
    if (this.isWrong) return makeAddress(Family.Ipv4, [0, 0, 0, 0], 0);
    if (family === 4) return makeAddress(Family.Ipv4, [this.byte(), this.byte(), this.byte(), this.byte()], port);
    const parts = Array.from({ length: IPV6_PARTS }, () => this.byte() << 8 | this.byte());
    return { ...makeAddress(Family.Ipv6, parts, port), scopeId: this.word() };
  }

  optionalAddress(): SocketAddress | null {
    return this.number(1, 0, 1) === 0 ? null : this.address();
  }

  /** Where the rest begins. */
  skipRest(minBytes: number, maxBytes: number): number {
    const { at } = this;
    const count = this.bytes.length - at;
    this.check(count >= minBytes && count <= maxBytes);
    this.at = this.bytes.length;
    return at;
  }

  /** The rest. */
  text(minBytes: number, maxBytes: number): string {
    const start = this.skipRest(minBytes, maxBytes);
    if (this.isWrong) return "";
    try {
      return decoder.decode(this.bytes.subarray(start));
    } catch {
      this.isWrong = true;
      return "";
    }
  }

  private byte(): number {
    this.check(this.at < this.bytes.length);
    return this.isWrong ? 0 : this.bytes[this.at++] as number;
  }

  private check(isRight: boolean): void {
    if (!isRight) this.isWrong = true;
  }
}
