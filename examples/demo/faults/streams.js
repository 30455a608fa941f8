// Promises around the callback API, for faults that do one thing after another.

import { connect, listen } from "wasi-event-engine";

/** Connects a client to a server of its own in the page, does `work` with both ends, and gives everything back. */
export async function withPair(lab, work) {
  const listener = listen(lab.engine, "127.0.0.1:0");
  const accepting = listener.accept();
  try {
    const client = await connect(lab.engine, `127.0.0.1:${listener.port}`, { timeoutMs: 5000 });
    const server = await accepting;
    try {
      return await work(client, server);
    } finally {
      client.destroy();
      server.destroy();
    }
  } finally {
    await listener.close();
  }
}

/** Connects to `address`, does `work` with the connection, and gives it back. */
export async function withConnection(lab, address, work) {
  const stream = await connect(lab.engine, address, { timeoutMs: 10_000 });
  try {
    return await work(stream);
  } finally {
    stream.destroy();
  }
}

/** Sends `text` through `stream`, an echo, and answers what came back. */
export async function echoed(stream, text) {
  await stream.write(text);
  const bytes = await stream.read({ readHintBytes: text.length });
  return bytes === null ? "" : new TextDecoder().decode(bytes);
}

/** What a promise ends with: its value's text, or the name of the status it was rejected with. */
export async function endOf(promise) {
  try {
    return String(await promise);
  } catch (error) {
    return `${error.status === undefined ? error.name : error.code}: ${error.message}`;
  }
}

export function expect(isTrue, what) {
  if (!isTrue) throw new Error(what);
}
