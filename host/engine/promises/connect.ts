// Connecting with a promise. See EventEngine.connect for what the options mean to the engine.

import type { AddressLike, ConnectionHandle, ConnectOptions, EventEngine } from "../interfaces.js";
import { StatusError } from "../status.js";
import { EndpointStream } from "./endpoint-stream.js";
import { Waiter } from "./waiter.js";

export interface ConnectStreamOptions extends ConnectOptions {
  /** Cancels the attempt: the promise rejects with the signal's reason, and nothing stays open. */
  readonly signal?: AbortSignal;
}

/** Resolves to an open connection that the caller owns, or rejects with a StatusError. */
export async function connect(
  engine: EventEngine, address: AddressLike | readonly AddressLike[], options: ConnectStreamOptions = {},
): Promise<EndpointStream> {
  const { signal, ...rest } = options;
  let handle: ConnectionHandle;
  let isAborted = false;
  const waiter = new Waiter<EndpointStream>([signal], () => {
    // When it is too late to cancel, the callback is on its way and finds that nobody wants the connection.
    isAborted = true;
    engine.cancelConnect(handle);
  });
  try {
    handle = engine.connect((status, endpoint) => {
      if (endpoint === null) waiter.reject(new StatusError(status));
      else if (isAborted) endpoint.destroy();
      else waiter.resolve(new EndpointStream(engine, endpoint, rest.allocator));
    }, address, rest);
  } catch (error) {
    waiter.reject(error);
  }
  return waiter.promise;
}
