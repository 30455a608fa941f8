// Messages of DNS that go to one server by HTTPS (RFC 8484), each a POST of its own, with the identifier 0: that makes
// equal questions equal requests. The answer gets the identifier of its question back.
//
//   begin() --> WAITING --> ASKING -- an answer, or the server's "no" --> done: a message
//      |           |          |
//      |           +----------+------ not reached, its time is over --> done: an error
//      +-- no question, or too many wait -----------------------------> done: an error
//
//   cancel() in any state: the request is broken off, and `done` never runs.
//
// What HTTP says instead of an answer (a status, another type, too much, no message) is told as an answer, too: the one
// with which a server says that it failed. Who asked then knows at once, for that question alone, and asks it no more.

import { copyOf } from "../../wasi/byte-queue.js";
import { ErrorCode } from "../../wasi/error-code.js";
import type { Request } from "../../wasi/transport.js";
import { EXCHANGES_MAX, MESSAGE_BYTES_MAX, QUERY_BYTES_MAX, WAITING_MAX } from "./limits.js";
import { HEADER_BYTES, isResponse, serverFailure } from "./message.js";
import { soon } from "./soon.js";

/** What of the platform's `fetch` is used. */
export type Fetch = (url: string, options: {
  readonly method: "POST";
  readonly headers: Record<string, string>;
  readonly body: Uint8Array<ArrayBuffer>;
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

export interface Exchanges {
  /** Why the latest one failed that did: browsers tell nobody but their console. */
  lastFailure: string | null;
  /**
   * Asks with a copy of `source[start, end)`. `done` runs once, never within this call: with an answer, or
   * `remote-unreachable`, `timeout`, or `out-of-memory` when it was never sent.
   */
  begin(source: Uint8Array, start: number, end: number, done: (result: Uint8Array | ErrorCode) => void): Request;
}

const TYPE = "application/dns-message";

export function exchangesWith(url: string, fetch: Fetch, timeoutMs: number): Exchanges {
  /** Those that wait, by what begins them. */
  const waiting = new Set<() => void>();
  let running = 0;
  const goOn = (): void => {
    for (const ask of waiting) {
      if (running >= EXCHANGES_MAX) break;
      waiting.delete(ask);
      running++;
      ask();
    }
  };
  const all: Exchanges = {
    lastFailure: null,
    begin: (source, start, end, done) => {
      const size = end - start;
      const isMessage = size >= HEADER_BYTES && size <= QUERY_BYTES_MAX;
      if (!isMessage || waiting.size >= WAITING_MAX) return soon(() => done(ErrorCode.OutOfMemory));
      const query = copyOf(source, start, end) as Uint8Array<ArrayBuffer>;
      const [high = 0, low = 0] = query;
      query.fill(0, 0, 2);
      const ending = new AbortController();
      let isOver = false;
      const cancel = (): void => {
        if (isOver) return;
        isOver = true;
        clearTimeout(timer);
        ending.abort(); // what is left of it
        if (!waiting.delete(ask)) running--;
        queueMicrotask(goOn); // who cancels one may cancel all
      };
      const over = (result: Uint8Array | ErrorCode, failure = all.lastFailure): void => {
        if (isOver) return;
        cancel();
        all.lastFailure = failure;
        done(result);
      };
      const ask = (): void => {
        post(fetch, url, query, ending.signal).then((answer) => {
          const message = typeof answer === "string" ? serverFailure(query) : answer;
          message.set([high, low]);
          over(message, typeof answer === "string" ? answer : undefined);
        }, (error: unknown) => over(ErrorCode.RemoteUnreachable, `${error}`));
      };
      const timer = setTimeout(() => over(ErrorCode.Timeout, "timeout"), timeoutMs);
      waiting.add(ask);
      goOn();
      return { cancel };
    },
  };
  return all;
}

/** The message that came, or why there is none. */
async function post(
  fetch: Fetch, url: string, query: Uint8Array<ArrayBuffer>, signal: AbortSignal,
): Promise<Uint8Array | string> {
  const { ok, status, headers, body } = await fetch(url, {
    method: "POST", headers: { "accept": TYPE, "content-type": TYPE }, body: query,
    credentials: "omit", redirect: "error", referrerPolicy: "no-referrer", signal,
  });
  const type = headers.get("content-type");
  if (!ok) return `status ${status}`;
  if (body === null || type?.split(";")[0]?.trim().toLowerCase() !== TYPE) return `type ${type}`;
  const bytes = new Uint8Array(MESSAGE_BYTES_MAX);
  const reader = body.getReader();
  for (let length = 0;;) {
    const { value } = await reader.read();
    if (value === undefined) {
      const message = bytes.slice(0, length);
      return isResponse(message) ? message : "no answer";
    }
    if (length + value.length > MESSAGE_BYTES_MAX) return "too long";
    bytes.set(value, length);
    length += value.length;
  }
}
