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

import type { Connection, Request } from "../../wasi/transport.js";
import type { Exchanges } from "./exchanges.js";
import { PIPELINED_MAX } from "./limits.js";

const PREFIX_BYTES = 2;

/** Answers what comes over the connection. Gives what its owner calls when the client is gone. */
export function serveStream(connection: Connection, exchanges: Exchanges): () => void {
  const requests = new Set<Request>();
  /** Came, and is not asked yet. */
  let rest = new Uint8Array();
  let hasEnd = false;

  /** Asks what has come whole. False when that is enough for now. */
  const ask = (): boolean => {
    while (requests.size < PIPELINED_MAX && connection.queuedBytes === 0) {
      const [high = 0, low = 0] = rest;
      const end = PREFIX_BYTES + (high << 8 | low);
      if (rest.length < end) {
        if (hasEnd && requests.size === 0) connection.end();
        return true;
      }
      const request = exchanges.begin(rest, PREFIX_BYTES, end, (result) => {
        requests.delete(request);
        if (typeof result === "number") return connection.abort();
        connection.write(Uint8Array.of(result.length >> 8, result.length), 0, PREFIX_BYTES);
        connection.write(result, 0, result.length);
        goOn();
      });
      requests.add(request);
      rest = rest.subarray(end);
    }
    return false;
  };
  const goOn = (): void => {
    if (ask()) connection.resume();
  };

  const bytesArrived = (bytes: Uint8Array, start: number, end: number): boolean => {
    const all = new Uint8Array(rest.length + end - start);
    all.set(rest);
    all.set(bytes.subarray(start, end), rest.length);
    rest = all;
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
