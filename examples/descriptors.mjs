// Descriptors of the EventManager, in both flavours: a server that is told when it may read and write and does that by
// itself, and sends clients away that say nothing; and clients that have their bytes read and written for them.
//
//   node examples/descriptors.mjs
import { EventEngine, EventManager, NotificationOutcome, Priority } from "wasi-event-engine";

const IDLE_MS = 500;
const engine = await EventEngine.create();
const manager = new EventManager(engine);

/** Sends back what comes, as far as it goes without waiting; then waits for what held it up. */
function serve(endpoint) {
  const descriptor = manager.registerFileDescriptor(endpoint);
  const buffer = engine.createSliceBuffer();
  descriptor.setReadPriority(Priority.HIGH); // before whatever else is due in the same turn
  const end = (why) => {
    console.log(`server: ${why}`);
    buffer.destroy();
    descriptor.close(); // what was written still leaves
  };
  const go = (outcome) => {
    if (outcome === NotificationOutcome.TIMED_OUT) return end("a client said nothing and was sent away");
    for (;;) {
      while (buffer.length > 0) {
        const written = descriptor.write(buffer);
        if (typeof written !== "number") return end(written.message);
        if (written > 0) continue;
        descriptor.clearWritable(); // "writable" was told before and is no longer so
        return descriptor.notifyWhenWritable(go);
      }
      const read = descriptor.read(buffer);
      if (typeof read !== "number") return end(read.reason);
      if (read > 0) continue;
      descriptor.clearReadable();
      return descriptor.notifyWhenReadableOrTimeout(go, IDLE_MS);
    }
  };
  go();
}

/** Says `text` and prints what comes back, until the server ends the stream. */
function client(address, text, onEnd) {
  engine.connect((status, endpoint) => {
    if (endpoint === null) throw new Error(status.message);
    const descriptor = manager.registerFileDescriptor(endpoint);
    const room = new Uint8Array(8); // so small that the upcall often runs again by itself
    let heard = "";
    const read = () => descriptor.notifyAfterRead(({ status, bytes, rearmed }) => {
      heard += new TextDecoder().decode(bytes);
      if (status.ok && heard === text) descriptor.shutdownSend();
      if (!status.ok) {
        console.log(`client: heard "${heard}", then ${status.reason}`);
        descriptor.close();
        onEnd();
      } else if (!rearmed) {
        manager.runFunction(read, Priority.MED); // this read is over when its upcall has returned
      }
    }, () => room);
    read();
    if (text !== "") descriptor.notifyAfterWrite(() => {}, { bytes: new TextEncoder().encode(text) });
  }, address);
}

const listener = engine.createListener(serve, () => engine.close());
const address = `127.0.0.1:${listener.bind("127.0.0.1:0")}`;
listener.start();

client(address, "hello, descriptors", () => client(address, "", () => listener.close()));
