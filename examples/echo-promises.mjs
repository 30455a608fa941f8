// A TCP echo server and a client of it, with promises: loops, blocks that clean up, and an AbortSignal.
//
//   node examples/echo-promises.mjs
import { connect, EventEngine, listen, sleep } from "wasi-event-engine";

const engine = await EventEngine.create();
const stopping = new AbortController();
const listener = listen(engine, "127.0.0.1:0", { signal: stopping.signal });

async function echo(stream) {
  for await (const chunk of stream) await stream.write(chunk);
  await stream.close();
}

async function serve() {
  try {
    for await (const stream of listener) echo(stream).catch((error) => console.log(`a connection broke: ${error}`));
  } catch (reason) {
    console.log(`the server stopped: ${reason.message}`);
  }
}

async function ask(question) {
  const stream = await connect(engine, listener.boundAddresses[0], { timeoutMs: 5000 });
  try {
    await stream.write(question);
    await stream.end();
    let answer = "";
    for await (const chunk of stream) answer += new TextDecoder().decode(chunk);
    return answer;
  } finally {
    await stream.close();
  }
}

const serving = serve();
for (const question of ["hello", "engine"]) {
  console.log(`echoed: ${await ask(question)}`);
  await sleep(engine, 10);
}
stopping.abort(new Error("that was all"));
await serving;
await engine.close();
