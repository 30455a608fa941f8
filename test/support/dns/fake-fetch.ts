// A stand-in for `fetch`: a test answers each request when it likes, in any way that HTTP has.
import type { Fetch, FetchResponse } from "#host/browser/doh/exchanges.js";

type Options = Parameters<Fetch>[1];

export const MESSAGE_TYPE = "application/dns-message";

interface Head {
  status?: number;
  type?: string | null;
}

export class FakeRequest {
  /** Chunks of the answer that were read. */
  chunksRead = 0;

  constructor(
    readonly url: string,
    readonly options: Options,
    private readonly resolve: (response: FetchResponse) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    // As the platform does: what is broken off fails.
    options.signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
  }

  get body(): Buffer {
    return Buffer.from(this.options.body);
  }

  get isAborted(): boolean {
    return this.options.signal.aborted;
  }

  /** Answers by these chunks; an error among them breaks the answer off there, and null never comes. */
  answer(chunks: readonly (Uint8Array | Error | null)[], { status = 200, type = MESSAGE_TYPE }: Head = {}): void {
    const left = [...chunks];
    const read = async (): Promise<{ done: boolean; value?: Uint8Array | undefined }> => {
      const chunk = left.shift();
      if (chunk === null) return new Promise(() => {});
      if (chunk === undefined) return { done: true };
      if (chunk instanceof Error) throw chunk;
      this.chunksRead++;
      return { done: false, value: chunk };
    };
    this.resolve({
      ok: status >= 200 && status < 300, status, headers: { get: (name) => name === "content-type" ? type : null },
      body: status === 204 ? null : { getReader: () => ({ read }) },
    });
  }

  fail(message = "Failed to fetch"): void {
    this.reject(new TypeError(message));
  }
}

export class FakeFetch {
  /** All requests there ever were, in their order. */
  readonly requests: FakeRequest[] = [];

  readonly fetch: Fetch = (url, options) => new Promise((resolve, reject) => {
    this.requests.push(new FakeRequest(url, options, resolve, reject));
  });
}

/** Lets everything run that needs no more than promises. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
