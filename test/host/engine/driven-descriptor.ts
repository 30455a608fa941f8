// A descriptor of the shipped component over a connection of doubles, and what its upcalls hear.
import type { Descriptor } from "#host/engine/event-manager/descriptor-interfaces.js";
import { EventManager } from "#host/engine/event-manager/event-manager.js";
import type { Endpoint, SliceBuffer } from "#host/engine/interfaces.js";
import type { FakeConnection } from "../support/fake-platform.js";
import { accept, type DrivenEngine, onEngine } from "./driven-engine.js";

export interface DrivenDescriptor extends DrivenEngine {
  descriptor: Descriptor;
  manager: EventManager;
  endpoint: Endpoint;
  connection: FakeConnection;
  /** For what is read and written. */
  buffer: SliceBuffer;
  /** What upcalls said, in order. */
  heard: string[];
  /** An upcall that says this. */
  says(text: string): () => void;
  /** What was heard since the last look, once everything has happened that is due. */
  news(): string[];
}

/** Runs a body on a descriptor, which is closed at the end; then nothing may be left. */
export function withDescriptor(body: (driven: DrivenDescriptor) => void | Promise<void>): () => Promise<void> {
  return onEngine(async (driven) => {
    const { endpoint, connection } = accept(driven);
    const manager = new EventManager(driven.engine);
    const descriptor = manager.registerFileDescriptor(endpoint);
    const buffer = driven.engine.createSliceBuffer();
    const heard: string[] = [];
    await body({
      ...driven, manager, descriptor, endpoint, connection, buffer, heard,
      says: (text) => () => { heard.push(text); },
      news: () => {
        driven.settle();
        return heard.splice(0);
      },
    });
    manager.deleteDescriptor(descriptor);
    endpoint.destroy();
    driven.settle();
    buffer.destroy();
  });
}
