// In a page: what tests of the gateway order. Each order opens an engine whose every address leads to the gateway.
import {
  connect, type EndpointStream, EventEngine, gateway, type GatewayTransport, pagePlatform, StatusError,
} from "#host/index.browser.js";
import { until } from "./observed.js";

/** How to get to the gateway. */
export interface Way {
  url: string;
  token?: string;
}

export interface Opened {
  engine: EventEngine;
  transport: GatewayTransport;
  /** As `onState` told them: "lost: why". */
  states: string[];
}

const CHUNK_BYTES = 1 << 16;

export async function open({ url, token }: Way): Promise<Opened> {
  const states: string[] = [];
  const transport = gateway(url, {
    ...(token === undefined ? {} : { token: () => token }),
    onState: (state, why) => states.push(why === "" ? state : `${state}: ${why}`),
  });
  const platform = pagePlatform({ gateway: transport, route: () => transport });
  return { engine: await EventEngine.create({ platform }), transport, states };
}

export async function close({ engine, transport }: Opened): Promise<void> {
  await engine.close();
  await until(() => `${transport.openCount} are open`, () => transport.openCount === 0);
  transport.close();
}

/** Nothing is left afterwards. */
async function during<T>(way: Way, run: (opened: Opened) => Promise<T>): Promise<T> {
  const opened = await open(way);
  try {
    return await run(opened);
  } finally {
    await close(opened);
  }
}

/** The reason of a failure, or "ok". */
export function outcomeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(() => "ok", (error: unknown) =>
    (error instanceof StatusError ? `${error.code} ${error.status.reason}` : String(error)));
}

/** Bytes that repeat after no power of two. */
function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at % 65_521) * 31 + (at >> 16);
  return bytes;
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** To the end of the stream, which must not be longer. */
async function readAll(stream: EndpointStream, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for await (const chunk of stream) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes.subarray(0, at);
}

export async function readText(stream: EndpointStream, length = 1 << 16): Promise<string> {
  return new TextDecoder().decode(await readAll(stream, length));
}

async function writeAll(stream: EndpointStream, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) await stream.write(bytes.subarray(at, at + CHUNK_BYTES));
  await stream.end();
}

async function converse(engine: EventEngine, address: string, bytes: Uint8Array): Promise<Uint8Array> {
  const stream = await connect(engine, address);
  const [received] = await Promise.all([readAll(stream, bytes.length), writeAll(stream, bytes)]);
  await stream.close();
  return received;
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

/** Two hashes: of what was sent, of what came back. */
async function echo(way: Way, address: string, length: number): Promise<string[]> {
  return during(way, async ({ engine }) => {
    const bytes = pattern(length);
    return [await sha256(bytes), await sha256(await converse(engine, address, bytes))];
  });
}

/** The status line, and the body's length and hash. */
async function fetchFile(way: Way, address: string, path: string, length: number): Promise<unknown[]> {
  return during(way, async ({ engine }) => {
    const stream = await connect(engine, address);
    await stream.write(`GET ${path} HTTP/1.1\r\nHost: nginx\r\nConnection: close\r\n\r\n`);
    const answer = await readAll(stream, length + 4096);
    await stream.close();
    const head = new TextDecoder("latin1").decode(answer.subarray(0, 4096));
    const body = answer.subarray(head.indexOf("\r\n\r\n") + 4);
    return [head.slice(0, head.indexOf("\r\n")), body.length, await sha256(body)];
  });
}

/** The answers to one line commands, as they came. */
async function redis(way: Way, address: string, commands: readonly string[]): Promise<string> {
  return during(way, async ({ engine }) => {
    const stream = await connect(engine, address);
    await stream.write(commands.map((command) => `${command}\r\n`).join(""));
    await stream.write("QUIT\r\n");
    const answers = await readText(stream);
    await stream.close();
    return answers;
  });
}

const outcome = (way: Way, address: string): Promise<string> =>
  during(way, async ({ engine }) => outcomeOf(connect(engine, address).then((stream) => stream.close())));

/** Reads nothing more of `spring` until another stream has carried all of its bytes, and then all; says how much. */
async function slowReader(way: Way, spring: string, echoAddress: string, length: number): Promise<unknown[]> {
  return during(way, async ({ engine }) => {
    const slow = await connect(engine, spring);
    let count = (await slow.read())?.length ?? 0; // It flows.
    const bytes = pattern(length);
    const isWhole = isSame(await converse(engine, echoAddress, bytes), bytes);
    for await (const chunk of slow) count += chunk.length;
    await slow.close();
    return [isWhole, count];
  });
}

/** Writes to a peer that does not read, while another stream carries all of its bytes; `listen` makes it read. */
async function slowWriter(way: Way, deaf: string, echoAddress: string, length: number): Promise<unknown[]> {
  return during(way, async ({ engine }) => {
    const slow = await connect(engine, deaf);
    let isWritten = false;
    const writing = writeAll(slow, pattern(length)).then(() => { isWritten = true; });
    const bytes = pattern(1 << 20);
    const isWhole = isSame(await converse(engine, echoAddress, bytes), bytes);
    const wasWritten = isWritten;
    (globalThis as { isReady?: boolean }).isReady = true;
    await writing;
    const answer = await readText(slow);
    await slow.close();
    return [isWhole, wasWritten, answer];
  });
}

/** Both orders of half-closing: what the peer answered after our end, and that it heard us after its own. */
async function halfClose(way: Way, late: string, early: string): Promise<string[]> {
  return during(way, async ({ engine }) => {
    const first = await connect(engine, late);
    await first.write("all that I have to say");
    await first.end();
    const answer = await readText(first);
    await first.close();
    const second = await connect(engine, early);
    const greeting = await readText(second);
    await second.write("still talking");
    await second.close();
    return [answer, greeting];
  });
}

/** Streams at once; how many had their own bytes back. */
async function many(way: Way, address: string, count: number): Promise<number> {
  return during(way, async ({ engine }) => {
    const streams = await Promise.all(Array.from({ length: count }, () => connect(engine, address)));
    const wholes = await Promise.all(streams.map(async (stream, index) => {
      const text = `stream ${index} `.repeat(200);
      await stream.write(text);
      await stream.end();
      const isWhole = await readText(stream) === text;
      await stream.close();
      return isWhole;
    }));
    return wholes.filter((isWhole) => isWhole).length;
  });
}

Object.assign(globalThis, {
  echo, fetchFile, halfClose, many, outcome, redis, slowReader, slowWriter,
});
