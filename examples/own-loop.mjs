// A program with a loop of its own, frames at a fixed rate, which turns the engine by hand: real sockets and timers,
// and every callback inside of a frame.
//
//   node examples/own-loop.mjs
import { EventEngine, NUM_PRIORITIES, registerGlobalEventManager } from "wasi-event-engine";

const FRAME_MS = 8;
const PINGS = 5;

/** The event manager that the engine is given: what it asks for waits until the next frame. */
class FrameLoop {
  isInFrame = false;
  holds = 0;
  #levels = Array.from({ length: NUM_PRIORITIES }, () => []);
  #alarms = new Set();

  runFunction(handler, priority) {
    this.#levels[priority].push(handler);
    return key("task");
  }

  runFunctions(tasks) {
    return tasks.map(({ handler, priority }) => this.runFunction(handler, priority));
  }

  scheduleAlarmIn(deadline, closure, priority) {
    const delayMs = deadline instanceof Date ? deadline - Date.now() : deadline;
    const alarm = key("alarm", { atMs: performance.now() + delayMs, closure, priority });
    this.#alarms.add(alarm);
    return alarm;
  }

  consistentCancel(alarm) {
    if (!this.#alarms.delete(alarm)) return false;
    alarm.closure(false);
    return true;
  }

  blockingConsistentCancel(alarm) {
    return this.consistentCancel(alarm);
  }

  shutdownRef() {
    this.holds += 1;
  }

  shutdownUnref() {
    this.holds -= 1;
  }

  /** What is due joins what waits; the highest priority goes first, and what is added meanwhile is the next frame's. */
  frame() {
    this.isInFrame = true;
    const now = performance.now();
    for (const alarm of [...this.#alarms].sort((a, b) => a.atMs - b.atMs)) {
      if (alarm.atMs > now) break;
      this.#alarms.delete(alarm);
      this.#levels[alarm.priority].push(() => alarm.closure(true));
    }
    const waiting = this.#levels.map((level) => level.splice(0)).reverse();
    for (const handler of waiting.flat()) handler();
    this.isInFrame = false;
  }
}

function key(keyOf, more = {}) {
  const made = { keyOf, equals: (other) => other === made, toString: () => keyOf, ...more };
  return made;
}

const loop = new FrameLoop();
let callbacks = 0;
let outside = 0;
/** Every callback of this program goes through here. */
const inFrame = (callback) => (...args) => {
  callbacks += 1;
  if (!loop.isInFrame) outside += 1;
  callback(...args);
};

registerGlobalEventManager(loop); // before the first engine; from now on all of them are turned by the loop
const engine = await EventEngine.create();

/** Sends back what comes, until the peer ends the stream. */
const echo = inFrame((endpoint) => {
  const buffer = engine.createSliceBuffer();
  const read = () => endpoint.read(inFrame(({ ok }) => (ok ? endpoint.write(inFrame(read), buffer) : end())), buffer);
  const end = () => {
    endpoint.destroy();
    buffer.destroy();
  };
  read();
});
const listener = engine.createListener(echo, inFrame(() => {}));
const port = listener.bind("127.0.0.1:0");
listener.start();

engine.connect(inFrame((status, endpoint) => {
  if (!status.ok) throw new Error(status.message);
  const buffer = engine.createSliceBuffer();
  let answers = 0;
  const ping = () => {
    buffer.append("ping");
    endpoint.write(inFrame(() => endpoint.read(inFrame(pong), buffer)), buffer);
  };
  const pong = () => {
    answers += 1;
    buffer.clear();
    if (answers < PINGS) return ping();
    console.log(`${PINGS} pings, ${answers} answers`);
    endpoint.destroy();
    buffer.destroy();
    listener.close();
    const began = performance.now();
    engine.runAfter(20, inFrame(() => {
      console.log(performance.now() - began >= 20 ? "the timer was not early" : "the timer was early");
      void engine.close();
    }));
  };
  ping();
}), `127.0.0.1:${port}`, { timeoutMs: 5000 });

// The program's own loop. The sockets are Node's, so it lets Node run between two frames; what arrives there waits.
let frames = 0;
const timer = setInterval(() => {
  frames += 1; // a game would move its figures here, and draw them behind `frame`
  loop.frame();
  if (loop.holds > 0) return;
  clearInterval(timer);
  console.log(`callbacks: ${callbacks > 3 * PINGS}, outside of frames: ${outside}, frames: ${frames > 2 * PINGS}`);
  console.log("nobody holds the loop any more: it ends");
}, FRAME_MS);
