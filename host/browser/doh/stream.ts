// The nameserver's end of a TCP connection to it (RFC 7766): two bytes of length before each message, all of them asked
// at once, their answers in the order in which they come.
//
//   OPEN -- the client's end, and every message is answered --> ENDED
//     |  a question without an answer
//     +------------------------------------------------------> RESET
//     |                                                          |
//     +-- the client goes ---------------------------------------+--> GONE: what is asked is broken off
//
// Answers that nobody reads hold the next questions back.

import { ByteQueue, type ByteQueuePool } from "../../wasi/byte-queue.js";
import type { Connection, Request } from "../../wasi/transport.js";
import type { Exchanges } from "./exchanges.js";
import { PIPELINED_MAX } from "./limits.js";

const PREFIX_BYTES = 2;

/** Answers what comes over the connection. Gives what its owner calls when the client is gone. */
export function serveStream(connection: Connection, exchanges: Exchanges, pool: ByteQueuePool): () => void {
  const questions = new ByteQueue(pool);
  const requests = new Set<Request>();
  /** Bytes of the first question, once its length was taken out; or -1. */
  let length = -1;
  let hasEnd = false;

  const take = (count: number): Uint8Array => {
    const bytes = new Uint8Array(count);
    questions.takeInto(bytes, 0, count);
    return bytes;
  };

  /** Asks what has come whole. False when that is enough for now. */
  const ask = (): boolean => {
    while (requests.size < PIPELINED_MAX && connection.queuedBytes === 0) {
      if (length < 0 && questions.length >= PREFIX_BYTES) {
        const [high, low] = take(PREFIX_BYTES) as unknown as [number, number];
        length = high << 8 | low;
      }
      if (length < 0 || questions.length < length) {
        if (hasEnd && requests.size === 0) connection.end();
        return true;
      }
      const request = exchanges.begin(take(length), 0, length, (result) => {
        requests.delete(request);
        if (typeof result === "number") return connection.abort();
        connection.write(Uint8Array.of(result.length >> 8, result.length), 0, PREFIX_BYTES);
        connection.write(result, 0, result.length);
        goOn();
      });
      requests.add(request);
      length = -1;
    }
    return false;
  };
  const goOn = (): void => {
    if (ask()) connection.resume();
  };

  const bytesArrived = (bytes: Uint8Array, start: number, end: number): boolean => {
    questions.appendCopy(bytes, start, end);
    return ask();
  };
  const failed = (): void => {
    for (const request of requests) request.cancel();
  };
  const endArrived = (): void => {
    hasEnd = true;
    goOn();
  };
  connection.attach({ bytesArrived, bytesGiven: bytesArrived, endArrived, roomMade: goOn, failed });
  return failed;
}
