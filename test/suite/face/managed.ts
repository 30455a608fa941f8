// What bodies about the event manager begin and end with.
import type { EventEngine } from "#host/engine/event-engine.js";
import { EventManager } from "#host/engine/event-manager/event-manager.js";
import { Priority } from "#host/engine/event-manager/interfaces.js";
import type { World } from "./body.js";

/** A manager on an engine of the arm. */
export async function managed({ makeEngine }: World): Promise<{ engine: EventEngine; manager: EventManager }> {
  const engine = await makeEngine();
  return { engine, manager: new EventManager(engine) };
}

/** Resolves when everything that was given to the manager before has run. */
export function quiet(manager: EventManager): Promise<void> {
  return new Promise((resolve) => { manager.runFunction(resolve, Priority.MIN); });
}
