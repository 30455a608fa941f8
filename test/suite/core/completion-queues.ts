// Completion queues: counts, shutdown, deadlines, plucking, functors. What they do with I/O is in queue-traffic.ts.

import * as callbacks from "../../../assembly/cq/callbacks";
import * as queues from "../../../assembly/cq/completion-queue";
import { CALLBACK, CompletionQueue, NEXT, NON_POLLING, PLUCK } from "../../../assembly/cq/completion-queue";
import * as factory from "../../../assembly/cq/factory";
import * as operations from "../../../assembly/cq/operation";
import { Operation } from "../../../assembly/cq/operation";
import { QUEUE_SHUTDOWN, QUEUE_TIMEOUT } from "../../../assembly/cq/waiting";
import { OPERATIONS_MAX, PLUCKERS_MAX } from "../../../assembly/base/limits";
import * as tasks from "../../../assembly/exec/tasks";
import * as clock from "../../../assembly/time/clock";
import { NEVER } from "../../../assembly/time/timer-heap";
import { TRAPS, body, equal, expect, note, noted, sequence } from "./harness";
import { begin, expectEvent, isOver, outcome, pass, startNext, startPluck } from "./queue-waits";

const TAGS: i32 = 128;
const SHUTDOWN_TAG: u64 = 1000;
const MILLISECOND_NS: u64 = 1_000_000;

let queue: CompletionQueue = changetype<CompletionQueue>(0);
let deadlineNs: u64 = 0;
const begun: Operation[] = [];

function make(completionType: u32, pollingType: u32, shutdownTag: u64 = 0): CompletionQueue {
  const found = factory.lookup(shutdownTag ? 2 : 1, completionType, pollingType);
  expect(found != 0, "a factory");
  return factory.create(found, shutdownTag);
}

function end(operation: usize): void {
  queues.endOp(changetype<Operation>(operation), 0);
}

function endAfter(operation: Operation, delayNs: u64): void {
  tasks.runAt(clock.after(delayNs), end, changetype<usize>(operation), tasks.SILENT);
}

export function add(): void {
  addCounts();
  addWaits();
  addShutdowns();
  addPlucks();
  addCallbacks();
  addMisuse();
}

function addCounts(): void {
  body("cq-no-op", "should make, shut down and destroy a queue of every completion and polling type")
    .then((): void => {
      for (let type: u32 = NEXT; type <= CALLBACK; type++) {
        for (let polling: u32 = 0; polling <= NON_POLLING; polling++) {
          const each = make(type, polling);
          equal(queues.canListen(each) ? 1 : 0, polling ? 0 : 1, "as whether it may listen");
          queues.shutdown(each);
          queues.shutdown(each);
          expect(queues.isShutDown(each), "a shutdown of an idle queue to be complete");
          if (type == NEXT) expect(!queues.take(each), "nothing to take");
          if (type == PLUCK) expect(!queues.takeTag(each, 0), "nothing to pluck");
          queues.destroy(each);
        }
      }
    });

  body("cq-begin", "should begin operations after shutdown while one is outstanding, and none when all have ended")
    .then((): void => {
      queue = factory.createForNext();
      let last = begin(queue, 0);
      queues.shutdown(queue);
      for (let tag = 1; tag < 10; tag++) {
        const another = begin(queue, tag);
        queues.endOp(last, 0);
        last = another;
      }
      expect(!queues.isShutDown(queue), "the last one to keep it open");
      queues.endOp(last, 0);
      expect(queues.isShutDown(queue), "the shutdown to be complete");
      expect(queues.beginOp(queue, 10) == null, "no operation after that");
      for (let tag = 0; tag < 10; tag++) {
        expect(queues.take(queue), "an event");
        equal(<i64>operations.eventTag, tag, "in order");
      }
      expect(queues.beginOp(queue, 10) == null, "no operation after the last event either");
      queues.destroy(queue);
    });

  body("cq-destroyed", "should let operations of a destroyed queue end without an event")
    .then((): void => {
      queue = factory.createForNext();
      endAfter(begin(queue, 1), 0);
      const left = begin(queue, 2);
      queues.destroy(queue);
      expect(!queues.endOp(left, 0, 0, 5), "the value to stay the caller's");
    });

  body("cq-million", "should bound what is outstanding, give each of a million tags, and go on after that")
    .then((): void => {
      queue = factory.createForPluck();
      for (let tag = 0; tag < OPERATIONS_MAX; tag++) pass(queue, tag);
      expect(queues.beginOp(queue, 1) == null, "no operation beyond the bound");
      expect(memory.size() < 2048, "less than 128 MiB of memory");
      for (let tag = OPERATIONS_MAX - 1; tag >= 0; tag--) {
        if (!queues.takeTag(queue, tag)) return expect(false, "the event of each tag");
      }
      equal(queues.length(queue), 0, "events left");
      pass(queue, 7);
      expect(queues.takeTag(queue, 7), "the queue to go on");
      queues.destroy(queue);
    });
}

function addWaits(): void {
  body("cq-wait-empty", "should tell a timeout when there is nothing and the deadline has come")
    .then((): void => {
      queue = factory.createForNext();
      startNext(queue, clock.now());
    })
    .until(isOver)
    .then((): void => {
      equal(outcome, QUEUE_TIMEOUT, "as the type of the event");
      startNext(queue, 0);
    })
    .until(isOver)
    .then((): void => {
      equal(outcome, QUEUE_TIMEOUT, "as the type of the event in the distant past");
      queues.destroy(queue);
    });

  body("cq-end-op", "should give an event that is there although the deadline is long past")
    .then((): void => {
      queue = factory.createForNext();
      pass(queue, 5);
      startNext(queue, 0);
    })
    .until(isOver)
    .then((): void => {
      expectEvent(5);
      queues.destroy(queue);
    });

  body("cq-wait-deadline", "should wait until the deadline, and for an event before it")
    .then((): void => {
      queue = factory.createForNext();
      deadlineNs = clock.after(5 * MILLISECOND_NS);
      startNext(queue, deadlineNs);
    })
    .until(isOver)
    .then((): void => {
      equal(outcome, QUEUE_TIMEOUT, "as the type of the event");
      expect(clock.now() >= deadlineNs, "the deadline to have come");
      endAfter(begin(queue, 6), 3 * MILLISECOND_NS);
      startNext(queue, clock.after(3600_000 * MILLISECOND_NS));
    })
    .until(isOver)
    .then((): void => {
      expectEvent(6);
      queues.destroy(queue);
    });
}

function addShutdowns(): void {
  body("cq-shutdown-next", "should tell a shutdown at once, whatever the deadline, again and again")
    .then((): void => {
      queue = factory.createForNext();
      queues.shutdown(queue);
      startNext(queue, 0);
    })
    .until(isOver)
    .then((): void => {
      equal(outcome, QUEUE_SHUTDOWN, "as the type of the event");
      startNext(queue, NEVER);
    })
    .until(isOver)
    .then((): void => {
      equal(outcome, QUEUE_SHUTDOWN, "as the type of the second event");
      queues.destroy(queue);
    });

  body("cq-shutdown-drains", "should wait for what is outstanding, give it, and only then tell the shutdown")
    .then((): void => {
      queue = make(NEXT, NON_POLLING);
      pass(queue, 1);
      endAfter(begin(queue, 2), 2 * MILLISECOND_NS);
      queues.shutdown(queue);
      startNext(queue, NEVER);
    })
    .until(isOver)
    .then((): void => {
      expectEvent(1);
      startNext(queue, NEVER);
    })
    .until(isOver)
    .then((): void => {
      expectEvent(2);
      startNext(queue, NEVER);
    })
    .until(isOver)
    .then((): void => {
      equal(outcome, QUEUE_SHUTDOWN, "as the type of the last event");
      queues.destroy(queue);
    });

  body("cq-told", "should tell who asked for it when a queue becomes ready, once")
    .then((): void => {
      queue = factory.createForNext();
      queues.onReady(queue, note, 7);
      pass(queue, 1);
      pass(queue, 2);
      equal(noted(), 1, "times for the first of two events");
      queues.heard(queue);
      while (queues.take(queue)) {}
      pass(queue, 3);
      equal(noted(), 2, "times after the next event");
      queues.heard(queue);
      queues.take(queue);
      queues.shutdown(queue);
      sequence([7, 7, 7], "one more for the shutdown");
      queues.destroy(queue);
    });
}

function addPlucks(): void {
  body("cq-pluck", "should give the events of 128 tags in the order in which they are asked for")
    .then((): void => {
      queue = factory.createForPluck();
      for (let round = 0; round < 2; round++) {
        for (let tag = 0; tag < TAGS; tag++) pass(queue, tag);
        for (let tag = 0; tag < TAGS; tag++) {
          expect(queues.takeTag(queue, round ? TAGS - 1 - tag : tag), "the event of each tag");
        }
        equal(queues.length(queue), 0, "events left");
      }
      queues.destroy(queue);
    });

  body("cq-pluck-waits", "should wait for its tag and leave the others")
    .then((): void => {
      queue = factory.createForPluck();
      endAfter(begin(queue, 1), 1 * MILLISECOND_NS);
      endAfter(begin(queue, 2), 4 * MILLISECOND_NS);
      startPluck(queue, 2, NEVER);
    })
    .until(isOver)
    .then((): void => {
      expectEvent(2);
      equal(queues.length(queue), 1, "event left");
      startPluck(queue, 3, clock.after(2 * MILLISECOND_NS));
    })
    .until(isOver)
    .then((): void => {
      equal(outcome, QUEUE_TIMEOUT, "as the type of the event");
      expect(queues.takeTag(queue, 1), "the other one to be there still");
      queues.destroy(queue);
    });

  body("cq-pluck-shutdown", "should tell a shutdown when the tag is not there")
    .then((): void => {
      queue = factory.createForPluck();
      queues.shutdown(queue);
      startPluck(queue, 0, NEVER);
    })
    .until(isOver)
    .then((): void => {
      equal(outcome, QUEUE_SHUTDOWN, "as the type of the event");
      queues.destroy(queue);
    });

  body("cq-seventh", "should let six pluck at a time, and send the seventh away")
    .then((): void => {
      queue = factory.createForPluck();
      for (let count: u8 = 0; count < PLUCKERS_MAX; count++) expect(queues.addPlucker(queue), "six");
      equal(PLUCKERS_MAX, 6, "pluckers");
      expect(!queues.addPlucker(queue), "no seventh");
      for (let tag = 0; tag < 6; tag++) {
        pass(queue, tag);
        expect(queues.takeTag(queue, tag), "each of the six to have its event");
        queues.removePlucker(queue);
      }
      expect(queues.addPlucker(queue), "room again");
      queues.removePlucker(queue);
      queues.destroy(queue);
    });
}

function addCallbacks(): void {
  body("cq-callback", "should give 128 functors with their outcome, and last the functor of the shutdown")
    .then((): void => {
      for (let polling: u32 = 0; polling <= NON_POLLING; polling++) {
        queue = make(CALLBACK, polling, SHUTDOWN_TAG);
        begun.length = 0;
        for (let tag = 1; tag <= TAGS; tag++) begun.push(begin(queue, tag));
        queues.shutdown(queue);
        for (let i = 0; i < TAGS; i++) queues.endOp(begun[i], i & 1 ? 1 : 0);
        for (let tag = 1; tag <= TAGS; tag++) {
          expect(callbacks.takeCallback(), "a functor");
          equal(<i64>operations.eventTag, tag, "in order");
          equal(operations.eventCode, (tag + 1) & 1, "as its code");
        }
        expect(callbacks.takeCallback(), "the functor of the shutdown");
        equal(<i64>operations.eventTag, <i64>SHUTDOWN_TAG, "as the last");
        equal(operations.eventCode, 0, "as its code");
        expect(!callbacks.takeCallback(), "nothing after that");
        queues.destroy(queue);
      }
    });

  body("cq-callback-later", "should run no functor inside of the call that ends its operation")
    .then((): void => {
      queue = make(CALLBACK, 0);
      queues.onReady(queue, note, 1);
      tasks.run(end, changetype<usize>(begin(queue, 9)));
      equal(callbacks.length(), 0, "functors before the turn");
    })
    .until((): bool => callbacks.length() == 1)
    .then((): void => {
      equal(noted(), 0, "calls");
      expect(callbacks.takeCallback(), "the functor");
      queues.destroy(queue);
    });
}

function addMisuse(): void {
  body("cq-next-of-pluck", "should refuse next on a PLUCK queue", TRAPS + "next wants a completion queue of type NEXT")
    .then((): void => { queues.take(make(PLUCK, 0)); });

  body("cq-next-of-callback", "should refuse next on a CALLBACK queue",
    TRAPS + "next wants a completion queue of type NEXT")
    .then((): void => { queues.take(make(CALLBACK, 0)); });

  body("cq-pluck-of-next", "should refuse pluck on a NEXT queue",
    TRAPS + "pluck wants a completion queue of type PLUCK")
    .then((): void => { queues.takeTag(make(NEXT, 0), 1); });

  body("cq-versions", "should have factories for the versions 1 and 2 only")
    .then((): void => {
      expect(factory.lookup(1, NEXT, 0) != 0 && factory.lookup(2, CALLBACK, 0) != 0, "two versions");
      expect(!factory.lookup(0, NEXT, 0) && !factory.lookup(3, NEXT, 0), "no other version");
      expect(!factory.lookup(1, 3, 0) && !factory.lookup(1, 0, 3), "no other types");
    });

  body("cq-undelivered", "should refuse to destroy a queue with events",
    TRAPS + "a completion queue was destroyed before its events were taken")
    .then((): void => {
      queue = factory.createForNext();
      pass(queue, 1);
      queues.destroy(queue);
    });
}
