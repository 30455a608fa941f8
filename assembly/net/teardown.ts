// The end of an endpoint that reads and writes: outstanding operations end in a later turn with ENDPOINT_CLOSED, bytes
// that the stream took still go to the peer, and then everything is dropped (endpoint.ts, DRAINING).

import * as endpoints from "./endpoint";
import { Endpoint } from "./endpoint";
import * as reader from "./reader";
import * as writer from "./writer";

/** The caller forgets the endpoint, and may shut its allocator down. */
export function destroy(endpoint: Endpoint): void {
  reader.leave(endpoint);
  writer.leave(endpoint);
  endpoints.finish(endpoint);
}
