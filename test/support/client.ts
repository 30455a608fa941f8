// A TCP client for tests: connects, sends patterned bytes with backpressure, and checks what comes back.
import { connect, type Server as NetServer, type Socket, createServer } from "node:net";
import { once } from "node:events";
import { type Pattern } from "./bytes.js";
import { within } from "./guard.js";

const CHUNK_BYTES = 65_536;

export interface Address {
  host: string;
  port: number;
}

export async function open(address: Address): Promise<Socket> {
  const socket = connect({ host: address.host, port: address.port, allowHalfOpen: true, noDelay: true });
  await within(`a connection to ${address.host}:${address.port}`, once(socket, "connect"));
  socket.on("error", () => {}); // Whoever waits for something hears of it; nobody waiting must not be fatal.
  return socket;
}

/** Sends `length` bytes of the pattern, never more than the socket wants. */
export async function send(socket: Socket, pattern: Pattern, offset: number, length: number): Promise<void> {
  for (let done = 0; done < length;) {
    const size = Math.min(CHUNK_BYTES, length - done);
    const more = socket.write(pattern.at(offset + done, size));
    done += size;
    if (!more && done < length) await within("room to send", once(socket, "drain"));
  }
}

/**
 * Tests begin to receive before they send, and await it later. A failure in between must wait for them too,
 * instead of ending the process as an unhandled one.
 */
function awaitedLater<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** Checks what arrives against the pattern, to the end of the stream. Resolves to how much it was. */
export function receiveAll(socket: Socket, pattern: Pattern, offset = 0): Promise<number> {
  return awaitedLater(receiveToEnd(socket, pattern, offset));
}

async function receiveToEnd(socket: Socket, pattern: Pattern, offset: number): Promise<number> {
  let received = 0;
  if (socket.destroyed) throw new Error("the connection was closed or reset before its end was read");
  const ended = new Promise<void>((resolve, reject) => {
    socket.once("end", resolve).once("error", reject);
    socket.once("close", () => reject(new Error("the connection was closed without an end")));
  });
  socket.on("data", (chunk: Buffer) => {
    try {
      pattern.check(offset + received, chunk);
    } catch (error) {
      socket.destroy(error as Error);
    }
    received += chunk.length;
  });
  socket.resume();
  await within("the end of the stream", ended).catch((error: unknown) => {
    throw new Error(`after ${received} bytes: ${String(error)}`, { cause: error });
  });
  return received;
}

/** Checks exactly `length` bytes and leaves the stream open, and paused so that nothing after them is lost. */
export function receiveExactly(
  socket: Socket, pattern: Pattern, offset: number, length: number,
): Promise<void> {
  return awaitedLater(receiveLength(socket, pattern, offset, length));
}

async function receiveLength(
  socket: Socket, pattern: Pattern, offset: number, length: number,
): Promise<void> {
  let received = 0;
  const arrived = new Promise<void>((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      try {
        pattern.check(offset + received, chunk);
        received += chunk.length;
        if (received > length) throw new Error(`${received} bytes came back for ${length}`);
      } catch (error) {
        reject(error as Error);
      }
      if (received === length) finish();
    };
    const onEnd = (): void => reject(new Error(`the stream ended after ${received} of ${length} bytes`));
    const finish = (): void => {
      socket.pause().off("data", onData).off("end", onEnd).off("error", reject);
      resolve();
    };
    socket.on("data", onData).once("end", onEnd).once("error", reject).resume();
    if (length === 0) finish();
  });
  await within(`${length} bytes`, arrived).catch((error: unknown) => {
    throw new Error(`after ${received} of ${length} bytes: ${String(error)}`, { cause: error });
  });
}

/** One whole conversation with an echo: send, half-close, and receive the same bytes and the end. */
export function echoOnce(address: Address, pattern: Pattern, length: number): Promise<void> {
  return awaitedLater(converse(address, pattern, length));
}

async function converse(address: Address, pattern: Pattern, length: number): Promise<void> {
  const socket = await open(address);
  try {
    const received = receiveAll(socket, pattern);
    const sent = send(socket, pattern, 0, length).then(() => socket.end());
    await Promise.all([received, sent]);
    if (await received !== length) throw new Error(`${await received} bytes came back for ${length}`);
  } finally {
    socket.destroy();
  }
}

/** Resolves when the socket is gone, however that came about; says how. */
export function gone(socket: Socket): Promise<"ended" | "reset"> {
  let how: "ended" | "reset" = "ended";
  socket.on("error", () => (how = "reset"));
  return new Promise((resolve) => socket.once("close", () => resolve(how)));
}

/** A plain server of the test's own, as the far end of proxy and connect. Half-open, as they are. */
export async function listen(onConnection: (socket: Socket) => void, port = 0): Promise<NetServer & Address> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, onConnection);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a numeric address");
  return Object.assign(server, { host: address.address, port: address.port });
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function unusedPort(): Promise<number> {
  const server = await listen(() => {});
  server.close();
  await once(server, "close");
  return server.port;
}
