// Rival: tasks and timers as Node has them: setImmediate, setTimeout, clearTimeout. It knows neither lists nor
// priorities, so a list is one call for each, and what is urgent waits like everything else.
//
// usage: node build/bench/operations-node.js tasks|timers|functions|priority-latency SIZE REPETITIONS OPERATIONS
import { tasksOf, timersOf, type Scheduling } from "./operation-face.js";
import { functionsOf, priorityLatencyOf } from "./operation-manager.js";
import { runOperations } from "./operation-kit.js";

const node: Scheduling<NodeJS.Timeout> = {
  run: (closure) => void setImmediate(closure),
  runAfter: (delayMs, closure) => setTimeout(closure, delayMs),
  cancel: (handle) => {
    clearTimeout(handle);
    return true;
  },
};

const soon = (closure: () => void): void => void setImmediate(closure);

await runOperations({
  tasks: tasksOf(node),
  timers: timersOf(node),
  functions: functionsOf({
    run: soon,
    one: soon,
    list: (closures) => {
      for (const { handler } of closures) setImmediate(handler);
    },
  }),
  "priority-latency": priorityLatencyOf({ flood: soon, urgent: soon }),
});
