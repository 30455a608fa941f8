// Promises around the callback API, for faults that do one thing after another.

import { connect, listen } from "wasi-event-engine";

/** Connects a client to a server of its own in the page; answers both ends and a function that ends everything. */
export async function pairInPage(lab) {
  const listener = listen(lab.engine, "127.0.0.1:0");
  const accepting = listener.accept();
  const client = await connect(lab.engine, `127.0.0.1:${listener.port}`, { timeoutMs: 5000 });
  const server = await accepting;
  return {
    client,
    server,
    end: async () => {
      client.destroy();
      server.destroy();
      await listener.close();
    },
  };
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
    return `${error.code ?? error.name}: ${error.message}`;
  }
}

export function expect(isTrue, what) {
  if (!isTrue) throw new Error(what);
}
