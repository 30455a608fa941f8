// Messages of DNS that go to one server by HTTPS (RFC 8484), each a POST of its own, with the identifier 0: that makes
// equal questions equal requests. The answer gets the identifier of its question back.
//
//   begin() --> WAITING --> ASKING -- an answer, or the server's "no" --> done: a message
//      |           |          |
//      |           +----------+------ not reached, its time is over --> done: an error
//      +-- too many wait --> done: an error
//
//   cancel() in any state: the request is broken off, and `done` never runs.
//
// What HTTP says instead of an answer (a status, another type, too much, no message) is told as an answer, too: the one
// with which a server says that it failed. Who asked then knows at once, for that question alone, and asks it no more.

import { copyOf } from "../../wasi/byte-queue.js";
import { ErrorCode } from "../../wasi/error-code.js";
import type { Request } from "../../wasi/transport.js";
import { EXCHANGES_MAX, MESSAGE_BYTES_MAX, WAITING_MAX } from "./limits.js";
import { HEADER_BYTES, isResponse, serverFailure } from "./message.js";
import { soon } from "./soon.js";

/** What of the platform's `fetch` is used. */
export type Fetch = (url: string, options: {
  readonly method: "POST";
  readonly headers: Record<string, string>;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly cache: "no-store";
  readonly credentials: "omit";
  readonly redirect: "error";
  readonly referrerPolicy: "no-referrer";
  readonly signal: AbortSignal;
}) => Promise<FetchResponse>;

export interface FetchResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: { getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }> } } | null;
}

/** An answer; or `remote-unreachable`, `timeout`, `out-of-memory` (too many wait), `invalid-argument` (no message). */
export type Answered = (result: Uint8Array | ErrorCode) => void;

const TYPE = "application/dns-message";

export class Exchanges {
  /** Why the latest one failed that did: browsers tell nobody but their console. */
  lastFailure: string | null = null;
  private running = 0;
  private readonly waiting = new Set<Exchange>();

  constructor(readonly url: string, readonly fetch: Fetch, readonly timeoutMs: number) {}

  /** Asks with a copy of `source[start, end)`. `done` runs once, never within this call. */
  begin(source: Uint8Array, start: number, end: number, done: Answered): Request {
    if (end - start < HEADER_BYTES) return soon(() => done(ErrorCode.InvalidArgument));
    if (this.waiting.size >= WAITING_MAX) return soon(() => done(ErrorCode.OutOfMemory));
    const exchange = new Exchange(this, copyOf(source, start, end) as Uint8Array<ArrayBuffer>, done);
    this.waiting.add(exchange);
    this.goOn();
    return exchange;
  }

  /** An exchange is over, which ran or waited. */
  ended(exchange: Exchange): void {
    if (!this.waiting.delete(exchange)) this.running--;
    queueMicrotask(() => this.goOn()); // who cancels one may cancel all
  }

  private goOn(): void {
    for (const exchange of this.waiting) {
      if (this.running >= EXCHANGES_MAX) break;
      this.waiting.delete(exchange);
      this.running++;
      void exchange.ask();
    }
  }
}

class Exchange implements Request {
  private readonly ending = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly id: readonly [number, number];
  private isOver = false;

  constructor(
    private readonly all: Exchanges,
    private readonly query: Uint8Array<ArrayBuffer>,
    private readonly done: Answered,
  ) {
    this.id = [query[0] as number, query[1] as number];
    query.fill(0, 0, 2);
    const { timeoutMs } = all;
    this.timer = setTimeout(() => this.end(ErrorCode.Timeout, `no answer within ${timeoutMs} ms`), timeoutMs);
  }

  async ask(): Promise<void> {
    const { all: { url, fetch }, query } = this;
    let result: Uint8Array | ErrorCode = ErrorCode.RemoteUnreachable;
    let why: string | null = null;
    try {
      const answer = await answerOf(await fetch(url, {
        method: "POST", headers: { "accept": TYPE, "content-type": TYPE }, body: query, cache: "no-store",
        credentials: "omit", redirect: "error", referrerPolicy: "no-referrer", signal: this.ending.signal,
      }));
      if (typeof answer === "string") why = answer;
      result = typeof answer === "string" ? serverFailure(query) : answer;
      result.set(this.id);
    } catch (error) {
      why = `${error}`;
    }
    this.end(result, why);
  }

  cancel(): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.timer);
    this.ending.abort();
    this.all.ended(this);
  }

  private end(result: Uint8Array | ErrorCode, why: string | null): void {
    if (this.isOver) return;
    this.cancel(); // what is left of it
    if (why !== null) this.all.lastFailure = why;
    this.done(result);
  }
}

/** The message that came, or why there is none. */
async function answerOf({ ok, status, headers, body }: FetchResponse): Promise<Uint8Array | string> {
  const type = headers.get("content-type");
  if (!ok) return `status ${status}`;
  if (body === null || type?.split(";", 1)[0]?.trim().toLowerCase() !== TYPE) return `no message but ${type}`;
  const bytes = new Uint8Array(MESSAGE_BYTES_MAX);
  const reader = body.getReader();
  let length = 0;
  for (;;) {
    const { value } = await reader.read();
    if (value === undefined) break;
    if (length + value.length > bytes.length) return "more than a message";
    bytes.set(value, length);
    length += value.length;
  }
  const message = bytes.slice(0, length);
  return isResponse(message) ? message : "not a response";
}
