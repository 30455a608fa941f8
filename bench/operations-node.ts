// Rival: tasks and timers as Node has them: setImmediate, setTimeout, clearTimeout.
//
// usage: node build/bench/operations-node.js tasks|timers SIZE REPETITIONS OPERATIONS
import { tasksOf, timersOf, type Scheduling } from "./operation-face.js";
import { runOperations } from "./operation-kit.js";

const node: Scheduling<NodeJS.Timeout> = {
  run: (closure) => void setImmediate(closure),
  runAfter: (delayMs, closure) => setTimeout(closure, delayMs),
  cancel: (handle) => {
    clearTimeout(handle);
    return true;
  },
};

await runOperations({ tasks: tasksOf(node), timers: timersOf(node) });
