// An engine object of one's own: it passes on what it likes to an engine of this package, keeps the books, and leaves
// timers to a loop of its own, Node's here. Whatever stands on the interface runs on it: promises, sockets, node:http.
//
//   node examples/own-engine.mjs
import { once } from "node:events";
import http from "node:http";
import {
  connectSocket, EndpointSocket, EventEngine, getDefaultEventEngine, newHandleSpace, setDefaultEventEngine, sleep,
  TaskHandle,
} from "wasi-event-engine";

class OwnEngine {
  calls = new Map();
  timers = new Map();
  #engine;
  /** Tells our handles from those of all other engines. */
  #space = newHandleSpace();
  #lastSlot = 0;

  constructor(engine) {
    this.#engine = engine;
    engine.closing.addEventListener("abort", () => {
      for (const timer of this.timers.values()) clearTimeout(timer); // as the interface has it: closing drops timers
      this.timers.clear();
    });
  }

  #count(name) {
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
    return this.#engine;
  }

  // Timers are ours.

  runAfter(delayMs, closure) {
    if (!(delayMs < 2 ** 31)) throw new RangeError("Node's timers go up to 24 days");
    this.#count("runAfter");
    const slot = (this.#lastSlot += 1);
    this.timers.set(slot, setTimeout(() => {
      this.timers.delete(slot);
      if (typeof closure === "function") closure();
      else closure.run();
    }, Math.ceil(delayMs) + 1)); // Node's timers may be early by a fraction of a millisecond
    return new TaskHandle(slot, 0, this.#space);
  }

  runAt(when, closure) {
    return this.runAfter(when - Date.now(), closure);
  }

  cancel({ slot, space }) {
    if (space !== this.#space) return false;
    clearTimeout(this.timers.get(slot));
    return this.timers.delete(slot);
  }

  // The rest is passed on.

  run(closure) {
    this.#count("run").run(closure);
  }

  createListener(...args) {
    return this.#count("createListener").createListener(...args);
  }

  connect(...args) {
    return this.#count("connect").connect(...args);
  }

  cancelConnect(handle) {
    return this.#engine.cancelConnect(handle);
  }

  getDNSResolver(options) {
    return this.#count("getDNSResolver").getDNSResolver(options);
  }

  createSliceBuffer(allocator) {
    return this.#count("createSliceBuffer").createSliceBuffer(allocator);
  }

  createMemoryQuota(options) {
    return this.#engine.createMemoryQuota(options);
  }

  get memoryQuota() {
    return this.#engine.memoryQuota;
  }

  live() {
    return { ...this.#engine.live(), timers: this.timers.size };
  }

  queryExtension(id) {
    return this.#engine.queryExtension(id);
  }

  get isClosed() {
    return this.#engine.isClosed;
  }

  get closing() {
    return this.#engine.closing;
  }

  close() {
    return this.#engine.close();
  }

  [Symbol.asyncDispose]() {
    return this.close();
  }
}

const own = new OwnEngine(await EventEngine.create());
setDefaultEventEngine(own); // everything that was given no engine runs on it, too
const shared = await getDefaultEventEngine();
const { engine } = shared;
console.log(`the default engine is ours: ${engine === own}`);

const server = http.createServer((request, response) => response.end(`you asked for ${request.url}`));
const listener = engine.createListener((endpoint) => {
  server.emit("connection", new EndpointSocket(engine, endpoint, { allowHalfOpen: true }));
}, () => {});
const port = listener.bind("127.0.0.1:0");
listener.start();

await sleep(engine, 20);
const request = http.get({ path: "/own", createConnection: () => connectSocket(engine, { host: "127.0.0.1", port }) });
const [response] = await once(request, "response");
console.log((await response.toArray()).join(""));

listener.close();
await shared.release();
await own.close();
console.log(["createListener", "connect", "runAfter"].map((name) => `${name}: ${own.calls.get(name)}`).join(", "));
console.log(`left: ${Object.values(own.live()).reduce((sum, count) => sum + count, 0)}`);
