// A TCP echo server and a client of it, with callbacks, as the EventEngine text has them.
//
//   node examples/echo-callbacks.mjs
import { EventEngine } from "wasi-event-engine";

const engine = await EventEngine.create();

/** Reads and writes back until the peer ends the stream. One read or write is outstanding at a time. */
function echo(endpoint) {
  const buffer = engine.createSliceBuffer();
  const read = () => endpoint.read((status) => {
    if (status.ok) endpoint.write(written, buffer);
    else end();
  }, buffer);
  const written = (status) => (status.ok ? read() : end());
  const end = () => {
    buffer.destroy();
    endpoint.destroy();
  };
  read();
}

const listener = engine.createListener(echo, (status) => {
  console.log(`the listener is shut down: ${status.reason}`);
  void engine.close();
});
const port = listener.bind("127.0.0.1:0");
listener.start();

engine.connect((status, endpoint) => {
  if (endpoint === null) {
    console.log(`no connection: ${status.message}`);
    listener.close();
    return;
  }
  const buffer = engine.createSliceBuffer();
  buffer.append("hello, engine");
  endpoint.write(() => {
    endpoint.read(() => {
      console.log(`echoed: ${buffer}`);
      buffer.destroy();
      endpoint.destroy();
      listener.close();
    }, buffer);
  }, buffer);
}, `127.0.0.1:${port}`, { timeoutMs: 5000 });
