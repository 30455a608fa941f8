// An endpoint as a pair of WHATWG streams.
//
//   readable                               writable
//   bytes on demand: nothing is read       one chunk at a time, of which `write` resolves when the connection took
//   ahead of what is asked for             it; `close` sends what waits, then the end
//
//   both directions over -> the endpoint is destroyed. `cancel` ends only the reading; `abort`, and a failure of either
//   direction, end both.

import type { Endpoint, EventEngine, MemoryAllocator, Status } from "./interfaces.js";
import { ByteReader } from "./promises/byte-reader.js";
import { ByteWriter, bytesOf } from "./promises/byte-writer.js";
import { isEndOfStream } from "./promises/outcomes.js";
import { StatusError } from "./status.js";

export interface WebStreamsOptions {
  /** Charged for what is written. */
  readonly allocator?: MemoryAllocator;
}

export interface WebStreams {
  /** A byte stream: readers may bring their own buffer (`getReader({ mode: "byob" })`), which saves a copy. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Takes Uint8Arrays, which must not change until their write resolves, and text. */
  readonly writable: WritableStream<Uint8Array | string>;
}

/** Takes ownership of the endpoint: it is destroyed when both streams are over, however they ended. */
export function webStreams(
  engine: EventEngine, endpoint: Endpoint, { allocator }: WebStreamsOptions = {},
): WebStreams {
  const reader = new ByteReader(endpoint, engine.createSliceBuffer());
  const writer = new ByteWriter(endpoint, engine.createSliceBuffer(allocator));
  const isOver = { reading: false, writing: false };
  let writing: WritableStreamDefaultController | null = null;
  let reading: ReadableByteStreamController | null = null;

  const destroy = (reason?: unknown): void => {
    isOver.reading = true;
    isOver.writing = true;
    reader.close();
    writer.close(reason instanceof StatusError ? reason.status : undefined);
    endpoint.destroy();
  };
  const over = (direction: keyof typeof isOver): void => {
    isOver[direction] = true;
    if (isOver.reading && isOver.writing) destroy();
  };
  /** The end of both directions, for a reason that each of them shows. */
  const fail = (reason: unknown): void => {
    if (!isOver.reading) reading?.error(reason);
    if (!isOver.writing) writing?.error(reason);
    destroy(reason);
  };

  const readable: ReadableStream<Uint8Array> = new ReadableStream({
    type: "bytes",
    start: (controller) => { reading = controller; },
    pull: (controller) => new Promise<void>((resolve) => {
      reader.fill((status) => {
        if (isOver.reading) return resolve();
        if (status.ok) deliver(reader, controller);
        else if (isEndOfStream(status)) {
          endOf(controller);
          over("reading");
        } else fail(new StatusError(status));
        resolve();
      });
    }),
    cancel: () => over("reading"),
  }, { highWaterMark: 0 });

  const failWriting = (reason: unknown): void => {
    isOver.writing = true;
    fail(reason);
  };
  const send = (start: (done: (status: Status) => void) => void): Promise<void> => {
    return new Promise<void>((resolve, reject) => {
      start((status) => status.ok ? resolve() : reject(new StatusError(status)));
    }).catch((error: unknown) => {
      failWriting(error);
      throw error;
    });
  };
  const writable = new WritableStream<Uint8Array | string>({
    start(controller) {
      writing = controller;
      // `abort` below is only called when the write under way is over, which may be never.
      const { signal } = controller as WritableStreamDefaultController & { readonly signal: AbortSignal };
      signal.addEventListener("abort", () => failWriting(signal.reason));
    },
    write: (chunk) => send((done) => writer.write(bytesOf(chunk), done)),
    close: () => send((done) => writer.end(done)).then(() => over("writing")),
    abort: failWriting,
  }, { highWaterMark: 1 });

  return { readable, writable };
}

function deliver(reader: ByteReader, controller: ReadableByteStreamController): void {
  const view = controller.byobRequest?.view;
  if (!view) return controller.enqueue(reader.take());
  const target = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  controller.byobRequest?.respond(reader.takeInto(target));
}

function endOf(controller: ReadableByteStreamController): void {
  controller.close();
  controller.byobRequest?.respond(0); // Who waits with a buffer gets it back.
}
