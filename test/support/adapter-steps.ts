// Steps that the tests of the adapters share.
import * as assert from "uvu/assert";
import type { Endpoint, EventEngine } from "#host/engine/interfaces.js";

export const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** Lets everything that waits for a next turn happen. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A whole write by hand. */
export function send(engine: EventEngine, endpoint: Endpoint, data: Uint8Array | string): Promise<void> {
  const buffer = engine.createSliceBuffer();
  buffer.append(data);
  return new Promise((resolve, reject) => {
    endpoint.write((status) => {
      buffer.destroy();
      if (status.ok) resolve();
      else reject(new Error(status.reason));
    }, buffer);
  });
}

/** What a promise was rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return assert.unreachable("should have been rejected");
}

/** The reason of the StatusError that a promise was rejected with. */
export async function reasonOf(promise: Promise<unknown>): Promise<string> {
  const error = await rejection(promise) as { status?: { reason: string } };
  return error.status?.reason ?? String(error);
}
