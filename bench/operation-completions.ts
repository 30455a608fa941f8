// Completion queues from TypeScript: operations in batches, begun, ended, and taken with or without a wait.
import type { EventEngine } from "#host/engine/event-engine.js";
import { RandomWords, verify, type Measure } from "./operation-kit.js";

/** Events that lie in a queue at most. */
const HELD_MAX = 4096;

export function completionsOf(engine: EventEngine): Measure {
  return async (batch, operations, figures) => {
    const cycles = Math.ceil(operations / batch);
    const all = cycles * batch;
    const tags = Array.from({ length: batch }, (_, index) => ({ index }));

    const queue = engine.createCompletionQueueForNext();
    let startedAt = performance.now();
    for (let cycle = 0; cycle < cycles; cycle++) {
      for (const tag of tags) {
        queue.beginOp(tag);
        queue.endOp(tag, true);
      }
      for (const tag of tags) {
        const event = queue.tryNext();
        verify(event?.type === "op-complete" && event.tag === tag, "an event is lost");
      }
    }
    figures.add("pass", performance.now() - startedAt, all);

    startedAt = performance.now();
    const waits = Math.ceil(cycles / 10);
    for (let cycle = 0; cycle < waits; cycle++) {
      for (const tag of tags) {
        queue.beginOp(tag);
        engine.run(() => queue.endOp(tag, true));
      }
      for (const tag of tags) {
        const event = await queue.next();
        verify(event.type === "op-complete" && event.tag === tag, "an event is lost");
      }
    }
    figures.add("loop", performance.now() - startedAt, waits * batch);
    queue.destroy();

    const plucked = engine.createCompletionQueueForPluck();
    const reverse = [...tags].reverse();
    startedAt = performance.now();
    for (let cycle = 0; cycle < cycles; cycle++) {
      for (const tag of tags) {
        plucked.beginOp(tag);
        plucked.endOp(tag, true);
      }
      for (const tag of reverse) verify(plucked.tryPluck(tag)?.type === "op-complete", "an event is lost");
    }
    figures.add("pluck", performance.now() - startedAt, all);
    plucked.destroy();

    let ran = 0;
    const functors = tags.map(() => (): void => void ran++);
    const callbacks = engine.createCompletionQueueForCallback(() => {});
    startedAt = performance.now();
    for (let cycle = 0; cycle < cycles; cycle++) {
      engine.applicationCallbackScope(() => {
        for (const functor of functors) {
          callbacks.beginOp(functor);
          callbacks.endOp(functor, true);
        }
      });
    }
    figures.add("functor", performance.now() - startedAt, all);
    verify(ran === all, "not every functor ran once");
    callbacks.destroy();
    await new Promise<void>((resolve) => engine.run(resolve));
  };
}

/** Queues come, hold events that are taken, and go. */
export async function completionsPass(engine: EventEngine, operations: number): Promise<void> {
  const random = new RandomWords();
  for (let i = 0; i < operations;) {
    const isPluck = random.below(2) === 1;
    const queue = isPluck ? engine.createCompletionQueueForPluck() : engine.createCompletionQueueForNext();
    const held = 1 + random.below(HELD_MAX);
    for (let tag = 0; tag < held; tag++) {
      queue.beginOp(tag);
      queue.endOp(tag, true);
    }
    for (let tag = 0; tag < held; tag++) {
      verify((isPluck ? queue.tryPluck(tag) : queue.tryNext())?.type === "op-complete", "an event is lost");
    }
    queue.destroy();
    await new Promise<void>((resolve) => engine.run(resolve));
    i += held;
  }
}
