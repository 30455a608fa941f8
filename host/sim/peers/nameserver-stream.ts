// One connection of a resolver to the scripted nameserver: questions come one behind the other, each with its length
// before it (RFC 7766), and are answered in whatever order their answers are ready.
//
//   OPEN -- the peer's end, a failure, reset(), end() --> CLOSED: what is answered later is dropped

import type { Connection, ConnectionEvents } from "../../wasi/transport.js";

const LINGER_MS = 30_000;

export class NameserverStream implements ConnectionEvents {
  private unread = new Uint8Array(0);
  private isClosed = false;

  constructor(
    private readonly connection: Connection,
    private readonly asked: (message: Uint8Array, stream: NameserverStream) => void,
    private readonly closed: (stream: NameserverStream) => void,
  ) {
    connection.attach(this);
  }

  bytesArrived(bytes: Uint8Array, start: number, end: number): boolean {
    const all = new Uint8Array(this.unread.length + end - start);
    all.set(this.unread);
    all.set(bytes.subarray(start, end), this.unread.length);
    let at = 0;
    for (;;) {
      const length = all.length - at < 2 ? Infinity : (all[at] as number) << 8 | (all[at + 1] as number);
      if (at + 2 + length > all.length) break;
      this.asked(all.slice(at + 2, at + 2 + length), this);
      at += 2 + length;
      if (this.isClosed) return false;
    }
    this.unread = all.slice(at);
    return true;
  }

  bytesGiven(bytes: Uint8Array, start: number, end: number): boolean {
    return this.bytesArrived(bytes, start, end);
  }

  endArrived(): void {
    this.end();
  }

  roomMade(): void {}

  failed(): void {
    this.end();
  }

  answer(message: Uint8Array): void {
    const framed = frame(message);
    if (!this.isClosed) this.connection.write(framed, 0, framed.length);
  }

  /** Sends the first half of an answer, and whatever `how` does then. */
  breakOff(message: Uint8Array, how: "reset" | "end"): void {
    const framed = frame(message);
    if (this.isClosed) return;
    this.connection.write(framed, 0, framed.length >> 1);
    if (how === "reset") this.reset();
    else this.end();
  }

  end(): void {
    if (this.close()) this.connection.close(LINGER_MS);
  }

  reset(): void {
    if (this.close()) this.connection.abort();
  }

  private close(): boolean {
    if (this.isClosed) return false;
    this.isClosed = true;
    this.closed(this);
    return true;
  }
}

function frame(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(2 + message.length);
  framed.set([message.length >>> 8, message.length & 0xff]);
  framed.set(message, 2);
  return framed;
}
