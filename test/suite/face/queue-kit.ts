// What the bodies about completion queues share.
import * as assert from "uvu/assert";
import type { EventEngine } from "#host/engine/event-engine.js";
import type { Endpoint } from "#host/engine/interfaces.js";
import type { CompletionQueue, CompletionType, PollingType, QueueEvent } from "#host/engine/queue-interfaces.js";
import { type StatusCode, StatusError } from "#host/engine/status.js";

export const TYPES: readonly CompletionType[] = ["next", "pluck", "callback"];
export const POLLING_TYPES: readonly PollingType[] = ["default", "non-listening", "non-polling"];
export const TAGS = 128;

export function make(engine: EventEngine, completionType: CompletionType, pollingType: PollingType): CompletionQueue {
  return engine.completionQueueFactory({ version: 1, completionType, pollingType }).create();
}

export function refused(call: () => unknown, code: StatusCode, rule: string): void {
  assert.throws(call, (error: unknown) => {
    return error instanceof StatusError && error.status.code === code && error.message.includes(rule);
  }, rule);
}

/** Begins and ends. */
export function pass(queue: CompletionQueue, tag: unknown, success = true): void {
  assert.ok(queue.beginOp(tag));
  queue.endOp(tag, success);
}

/** Tags of events, and the types of what is no event. */
export function short(event: QueueEvent | null): unknown {
  return event?.type === "op-complete" ? event.tag : event?.type;
}

/** The endpoint that an event brought. */
export function endpointOf(event: QueueEvent): Endpoint {
  assert.ok(event.type === "op-complete" && event.success, String(short(event)));
  return (event as { value: Endpoint }).value;
}
