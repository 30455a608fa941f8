// Tasks, timers, slice buffers, quota, completion queues, look-ups and the event manager from TypeScript: the event
// engine in Node, by its own face.
//
// usage: node build/bench/operations-engine.js WORKLOAD SIZE REPETITIONS OPERATIONS [SERVER SILENT-SERVER]
// WORKLOAD is tasks, timers, slices, quota, completions, functions, priority-latency, flat, dns, dns-cached or
// dns-deadlines.
import { EventEngine, EventManager, Priority } from "#host/index.js";
import type { TaskHandle } from "#host/engine/interfaces.js";
import { dnsOf } from "./operation-dns.js";
import { completionsOf } from "./operation-completions.js";
import { tasksOf, timersOf, type Scheduling } from "./operation-face.js";
import { dnsDeadlinesOf, openLookups } from "./operation-lookups.js";
import { functionsOf, managerFunctions, priorityLatencyOf } from "./operation-manager.js";
import { flatOf, quotaOf, slicesOf } from "./operation-memory.js";
import { runOperations, verify } from "./operation-kit.js";

/** Of one turn of the engine at most; what is urgent comes first in the next one. */
const TURN_CALLS = 1024;

const engine = await EventEngine.create();
const scheduling: Scheduling<TaskHandle> = engine;
const manager = new EventManager(engine);
const live = JSON.stringify(engine.live());

await runOperations({
  tasks: tasksOf(scheduling),
  timers: timersOf(scheduling),
  slices: slicesOf(engine),
  quota: quotaOf(engine),
  completions: completionsOf(engine),
  functions: functionsOf(managerFunctions(manager)),
  "priority-latency": priorityLatencyOf({
    flood: (closure) => void manager.runFunction(closure, Priority.LOW),
    urgent: (closure) => void manager.runFunction(closure, Priority.SYSTEM),
    betweenMax: TURN_CALLS,
  }),
  flat: flatOf(engine, () => engine.core.bytes().length),
  "dns": dnsOf((server) => openLookups(engine, server), false),
  "dns-cached": dnsOf((server) => openLookups(engine, server), true),
  "dns-deadlines": dnsDeadlinesOf(engine),
});
verify(JSON.stringify(engine.live()) === live, `something is left: ${JSON.stringify(engine.live())}`);
await engine.close();
