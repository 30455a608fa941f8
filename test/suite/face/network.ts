// What the bodies about connections share: both ends of one in one engine, and its callbacks as promises.
import * as assert from "uvu/assert";
import type {
  Endpoint, EventEngine, Listener, ReadArgs, SliceBuffer, Status, WriteArgs,
} from "#host/engine/interfaces.js";
import { Heard, heardStatus } from "./body.js";

export interface Listening {
  readonly listener: Listener;
  readonly address: string;
  readonly accepted: Heard<Endpoint>;
  readonly shutdown: Heard<Status>;
}

export function listening(engine: EventEngine, host = "127.0.0.1"): Listening {
  const accepted = new Heard<Endpoint>();
  const shutdown = heardStatus();
  const listener = engine.createListener(accepted.hear, shutdown.hear);
  const address = `${host}:${listener.bind(`${host}:0`)}`;
  listener.start();
  return { listener, address, accepted, shutdown };
}

export async function connected(engine: EventEngine, address: string): Promise<Endpoint> {
  return new Promise((resolve, reject) => {
    engine.connect((status, endpoint) => {
      if (endpoint === null) reject(new Error(`connect to ${address}: ${status.message}`));
      else resolve(endpoint);
    }, address);
  });
}

export interface Pair {
  readonly client: Endpoint;
  readonly server: Endpoint;
}

/** A connection whose listener is closed already. */
export async function pair(engine: EventEngine, host?: string): Promise<Pair> {
  const { listener, address, accepted, shutdown } = listening(engine, host);
  const [client, server] = await Promise.all([connected(engine, address), accepted.first]);
  listener.close();
  assert.ok((await shutdown.first).ok);
  return { client, server };
}

/** A read that may complete inside the call, as a promise. */
export async function read(endpoint: Endpoint, buffer: SliceBuffer, args?: ReadArgs): Promise<Status | "inline"> {
  return new Promise((resolve) => {
    if (endpoint.read(resolve, buffer, args)) resolve("inline");
  });
}

export async function write(
  engine: EventEngine, endpoint: Endpoint, bytes: Uint8Array | string, args?: WriteArgs,
): Promise<Status | "inline"> {
  const buffer = engine.createSliceBuffer();
  buffer.append(bytes);
  const status = await new Promise<Status | "inline">((resolve) => {
    if (endpoint.write(resolve, buffer, args)) resolve("inline");
  });
  buffer.destroy();
  return status;
}

/** Reads exactly `length` bytes, or fails with the status that came before. */
export async function readBytes(engine: EventEngine, endpoint: Endpoint, length: number): Promise<Uint8Array> {
  const buffer = engine.createSliceBuffer();
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const status = await read(endpoint, buffer);
    if (status !== "inline" && !status.ok) throw new Error(`after ${at} of ${length} bytes: ${status.message}`);
    assert.ok(buffer.length > 0, "a read that is well has bytes");
    assert.ok(at + buffer.length <= length, `${at + buffer.length} bytes of ${length}`);
    at += buffer.copyTo(bytes.subarray(at));
  }
  buffer.destroy();
  return bytes;
}
