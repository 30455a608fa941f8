// Completion queues inside the component: operations in batches of `size`, begun, ended and taken.
//
//   pass     the program itself ends them, and `next` gives them; with a batch, the rest of it is taken without a wait
//   loop     tasks of the loop end them while `next` waits, so a turn is in it
//   pluck    the program ends them, and they are plucked in reverse
//   functor  a CALLBACK queue, whose functors are taken
//   pluck-deep  100,000 events lie in the queue, plucked in reverse

import * as callbacks from "../../assembly/cq/callbacks";
import * as queues from "../../assembly/cq/completion-queue";
import { CompletionQueue } from "../../assembly/cq/completion-queue";
import * as factory from "../../assembly/cq/factory";
import * as operations from "../../assembly/cq/operation";
import { Operation } from "../../assembly/cq/operation";
import * as waiting from "../../assembly/cq/waiting";
import * as tasks from "../../assembly/exec/tasks";
import { NEVER } from "../../assembly/time/timer-heap";
import * as figures from "./figures";

const DEEP: u32 = 100_000;

let sum: u64 = 0;

function pass(queue: CompletionQueue, tag: u64): void {
  queues.endOp(queues.beginOp(queue, tag)!, 0);
}

function endOne(operation: usize): void {
  queues.endOp(changetype<Operation>(operation), 0);
}

/** Takes a batch as a program would: a wait for the first, the rest as long as there is more. */
function takeBatch(queue: CompletionQueue, size: u32): void {
  let taken: u32 = 0;
  while (taken < size) {
    figures.verify(waiting.next(queue, NEVER) == waiting.OP_COMPLETE, "no event came");
    do {
      sum += operations.eventTag;
      taken++;
    } while (taken < size && queues.take(queue));
  }
}

export function measure(size: u32, count: u32): void {
  const cycles = (count + size - 1) / size;
  const all = cycles * size;
  const queue = factory.createForNext();
  sum = 0;
  figures.startWatch();
  for (let cycle: u32 = 0; cycle < cycles; cycle++) {
    for (let tag: u32 = 1; tag <= size; tag++) pass(queue, tag);
    takeBatch(queue, size);
  }
  figures.add("pass", figures.watch(), all);

  figures.startWatch();
  for (let cycle: u32 = 0; cycle < cycles; cycle++) {
    for (let tag: u32 = 1; tag <= size; tag++) {
      tasks.run(endOne, changetype<usize>(queues.beginOp(queue, tag)!));
    }
    takeBatch(queue, size);
  }
  figures.add("loop", figures.watch(), all);
  figures.verify(sum == <u64>cycles * size * (size + 1), "an event is lost");
  queues.destroy(queue);

  measurePlucks("pluck", size, cycles);
  measurePlucks("pluck-deep", DEEP, all / DEEP + 1);
  measureFunctors(size, cycles);
  figures.verify(queues.liveCount() == 0, "a queue is left");
}

function measurePlucks(name: string, size: u32, cycles: u32): void {
  const queue = factory.createForPluck();
  figures.startWatch();
  for (let cycle: u32 = 0; cycle < cycles; cycle++) {
    for (let tag: u32 = 1; tag <= size; tag++) pass(queue, tag);
    for (let tag = size; tag > 0; tag--) figures.verify(queues.takeTag(queue, tag), "no event of a tag");
  }
  figures.add(name, figures.watch(), <f64>cycles * size);
  queues.destroy(queue);
}

function measureFunctors(size: u32, cycles: u32): void {
  const queue = factory.createForCallback(0);
  figures.startWatch();
  for (let cycle: u32 = 0; cycle < cycles; cycle++) {
    for (let tag: u32 = 1; tag <= size; tag++) pass(queue, tag);
    for (let tag: u32 = 1; tag <= size; tag++) {
      figures.verify(callbacks.takeCallback() && operations.eventTag == tag, "no functor, or another one");
    }
  }
  figures.add("functor", figures.watch(), cycles * size);
  queues.destroy(queue);
}
