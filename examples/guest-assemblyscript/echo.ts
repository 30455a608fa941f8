// An echo server on the event engine, in AssemblyScript: echo.wasm HOST:PORT
//
// One completion queue of the NEXT kind, one event at a time. Every connection has one slice buffer and does one thing
// at a time: it reads into it, writes it, and reads again, so the bytes never leave the engine.
import { claim, CompletionQueue, Endpoint, event, Listener, NEVER, SliceBuffer } from "./engine";
import { formatAddress, parseAddress } from "./engine";
import { getArguments, print, printError } from "./wasi";

export { cabi_realloc } from "./memory";

/** The tag of accepts; those of connections count from here. */
const ACCEPT: u64 = 0;

class Connection {
  reading: bool = true;
  readonly buffer: SliceBuffer = new SliceBuffer();

  constructor(readonly endpoint: Endpoint) {}
}

const connections = new Map<u64, Connection>();
let lastTag: u64 = ACCEPT;

/** `wasi:cli/run`: 0 is success, 1 is failure. */
export function run(): i32 {
  const words = getArguments();
  const address = words.length == 2 ? parseAddress(words[1]) : null;
  if (address === null) {
    printError("usage: echo.wasm HOST:PORT\n");
    return 1;
  }
  const queue = new CompletionQueue();
  const listener = new Listener();
  const port = listener.bind(address);
  if (port < 0 || !listener.start()) {
    printError("cannot listen at " + words[1] + "\n");
    return 1;
  }
  print("listening " + formatAddress(address, <u16>port) + "\n");
  listener.accept(queue, ACCEPT);
  while (true) {
    queue.next(NEVER);
    if (event.tag == ACCEPT) accepted(listener, queue);
    else progressed(queue);
  }
}

function accepted(listener: Listener, queue: CompletionQueue): void {
  const endpoint = event.success ? claim(event.value) : null;
  if (endpoint) {
    const connection = new Connection(endpoint);
    const tag = ++lastTag;
    connections.set(tag, connection);
    endpoint.read(queue, tag, connection.buffer);
  }
  listener.accept(queue, ACCEPT);
}

/** A read or a write has ended: the other one follows, unless the peer ended or broke off. */
function progressed(queue: CompletionQueue): void {
  const tag = event.tag;
  const connection = connections.get(tag);
  if (!event.success) {
    connections.delete(tag);
    connection.endpoint.drop(); // What was written still leaves.
    connection.buffer.drop();
    return;
  }
  connection.reading = !connection.reading;
  if (connection.reading) connection.endpoint.read(queue, tag, connection.buffer);
  else connection.endpoint.write(queue, tag, connection.buffer);
}
