// Tasks and timers: never inside the call that schedules them, never early, and cancelled or run, not both.
//
//   node examples/timers.mjs
import { EventEngine } from "wasi-event-engine";

const engine = await EventEngine.create();

engine.run(() => console.log("second: tasks run in the order of the calls"));
engine.run({ run: () => console.log("third: an object with `run` does as well") });
console.log("first: nothing runs before the call returns");

const late = engine.runAfter(60_000, () => console.log("never: it is cancelled"));
console.log(`cancelled: ${engine.cancel(late)}, cancelled again: ${engine.cancel(late)}`);

const began = performance.now();
let ticks = 0;
function tick() {
  ticks += 1;
  console.log(`tick ${ticks}`);
  if (ticks < 3) engine.runAfter(20, tick);
  else engine.runAt(new Date(Date.now() + 20), end);
}
engine.runAfter(20, tick);

function end() {
  console.log(performance.now() - began >= 80 ? "no timer was early" : "a timer was early");
  void engine.close();
}
