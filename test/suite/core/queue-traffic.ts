// Completion queues at work: many events, connections, polling types, pollables.

import * as queues from "../../../assembly/cq/completion-queue";
import { CompletionQueue, NEXT, NON_LISTENING, NON_POLLING } from "../../../assembly/cq/completion-queue";
import * as factory from "../../../assembly/cq/factory";
import * as operations from "../../../assembly/cq/operation";
import { Operation } from "../../../assembly/cq/operation";
import * as pollables from "../../../assembly/cq/pollable";
import * as waiting from "../../../assembly/cq/waiting";
import { OP_COMPLETE, PENDING, QUEUE_SHUTDOWN, QUEUE_TIMEOUT } from "../../../assembly/cq/waiting";
import * as tasks from "../../../assembly/exec/tasks";
import * as connections from "../../../assembly/net/connection";
import * as endpoints from "../../../assembly/net/endpoint";
import { Endpoint } from "../../../assembly/net/endpoint";
import * as listeners from "../../../assembly/net/listener";
import * as reader from "../../../assembly/net/reader";
import { END_OF_STREAM, codeOf } from "../../../assembly/net/reason";
import { destroy } from "../../../assembly/net/teardown";
import * as writer from "../../../assembly/net/writer";
import * as buffers from "../../../assembly/data/slice-buffer";
import { SliceBuffer } from "../../../assembly/data/slice-buffer";
import * as clock from "../../../assembly/time/clock";
import { NEVER } from "../../../assembly/time/timer-heap";
import * as monotonicClock from "../../../assembly/wasi/monotonic-clock";
import { body, equal, expect, fail } from "./harness";
import {
  accepted, appendStream, closeListener, connectReason, destroyAll, dial, expectStream, listen, shutdowns, target,
} from "./network";
import { begin, canBlock, expectEvent, isOver, outcome, pass, startNext } from "./queue-waits";

const MILLISECOND_NS: u64 = 1_000_000;
/** Of one producer, in each of two phases. */
const EVENTS: i32 = 10_000;
const LENGTH: u32 = 5000;
const FRAME: u32 = 1 << 20;

// Tags
const ACCEPT: u64 = 1;
const CONNECT: u64 = 2;
const WRITE: u64 = 3;
const READ: u64 = 4;

let queue: CompletionQueue = changetype<CompletionQueue>(0);
let other: CompletionQueue = changetype<CompletionQueue>(0);
let producers: i32 = 0;
let consumers: i32 = 0;
let consumer: i32 = 0;
let shutdownsSeen: i32 = 0;
let produced: i32 = 0;
let seen: Uint8Array = new Uint8Array(0);
const takenBy: i32[] = [];
let tagsSeen: i32 = 0;
let server: usize = 0;
let dialled: usize = 0;
let inbox: SliceBuffer = changetype<SliceBuffer>(0);
let outbox: SliceBuffer = changetype<SliceBuffer>(0);

function produce(owner: usize, count: i32): void {
  while (count--) pass(queue, produced++);
}

function endOne(operation: usize): void {
  queues.endOp(changetype<Operation>(operation), 0);
}

/** The second phase: operations that are outstanding when the queue is shut down. */
function shutDownWhileBusy(owner: usize): void {
  for (let count = producers * EVENTS; count > 0; count--) {
    tasks.run(endOne, changetype<usize>(begin(queue, produced++)));
  }
  queues.shutdown(queue);
}

function startMany(producerCount: i32, consumerCount: i32): void {
  producers = producerCount;
  consumers = consumerCount;
  consumer = produced = shutdownsSeen = 0;
  seen = new Uint8Array(producers * EVENTS * 2);
  takenBy.length = 0;
  for (let i = 0; i < consumers; i++) takenBy.push(0);
  queue = factory.createForNext();
  for (let i = 0; i < producers; i++) tasks.runMany(produce, 0, EVENTS);
  tasks.run(shutDownWhileBusy, 0);
}

/** Every consumer takes one in turn, until each was told the shutdown. */
function consume(): bool {
  while (shutdownsSeen < consumers) {
    const how = canBlock() ? waiting.next(queue, NEVER) : waiting.attemptNext(queue, NEVER, false);
    if (how == PENDING) return false;
    if (how == QUEUE_SHUTDOWN) {
      shutdownsSeen++;
      continue;
    }
    equal(how, OP_COMPLETE, "and never a timeout");
    takenBy[consumer]++;
    consumer = (consumer + 1) % consumers;
    seen[<i32>operations.eventTag]++;
  }
  return true;
}

function checkMany(): void {
  equal(produced, producers * EVENTS * 2, "events");
  for (let i = 0; i < seen.length; i++) if (seen[i] != 1) return fail("event " + i.toString() + " is lost or doubled");
  for (let i = 0; i < consumers; i++) expect(takenBy[i] > 0, "something for every consumer");
  queues.destroy(queue);
}

function acceptToQueue(owner: usize): void {
  const endpoint = changetype<usize>(listeners.accepted);
  queues.endOp(begin(queue, ACCEPT), 0, 0, <u32>endpoint);
}

function connectToQueue(operation: usize): void {
  const reason = connections.lastReason;
  const endpoint = reason ? 0 : changetype<usize>(connections.connected);
  queues.endOp(changetype<Operation>(operation), codeOf(reason), <u8>reason, <u32>endpoint);
}

function writeToQueue(operation: usize): void {
  queues.endOp(changetype<Operation>(operation), codeOf(writer.lastReason), <u8>writer.lastReason);
}

function readToQueue(operation: usize): void {
  queues.endOp(changetype<Operation>(operation), codeOf(reader.lastReason), <u8>reader.lastReason);
}

function startRead(from: usize): void {
  reader.read(changetype<Endpoint>(from), inbox, LENGTH, false, readToQueue, changetype<usize>(begin(queue, READ)));
}

/** A wait that brought one of the two ends. */
function keepEnd(): void {
  equal(outcome, OP_COMPLETE, "as the type of the event");
  equal(operations.eventCode, 0, "as the code");
  if (operations.eventTag == ACCEPT) server = operations.eventValue;
  else dialled = operations.eventValue;
  startNext(queue, NEVER);
}

/** A wait that brought the end of a write or a read. */
function keepTag(): void {
  equal(outcome, OP_COMPLETE, "as the type of the event");
  equal(operations.eventCode, 0, "as the code");
  tagsSeen |= 1 << <i32>operations.eventTag;
  startNext(queue, NEVER);
}

/** Waits that bring nothing, one after the other, until the connection is made. */
function waitInVain(): bool {
  do {
    if (!isOver()) return false;
    equal(outcome, QUEUE_TIMEOUT, "as the type of the event");
    if (connectReason >= 0) return true;
    startNext(queue, clock.after(2 * MILLISECOND_NS));
  } while (canBlock());
  return false;
}

/** The same until somebody is accepted. */
function waitForAccept(): bool {
  do {
    if (!isOver()) return false;
    equal(outcome, QUEUE_TIMEOUT, "as the type of the event");
    if (accepted.length) return true;
    startNext(other, clock.after(2 * MILLISECOND_NS));
  } while (canBlock());
  return false;
}

function destroyQueues(): void {
  queues.destroy(queue);
  queues.destroy(other);
}

export function add(): void {
  addMany();
  addConnections();
  addPolling();
  addPollables();
}

function addMany(): void {
  body("cq-many", "should lose and double no event, whether one or ten produce, and one or ten consume")
    .then((): void => startMany(1, 1)).until(consume).then(checkMany)
    .then((): void => startMany(1, 10)).until(consume).then(checkMany)
    .then((): void => startMany(10, 1)).until(consume).then(checkMany)
    .then((): void => startMany(10, 10)).until(consume).then(checkMany);
}

function addConnections(): void {
  body("cq-connection", "should carry accepts, connects, writes, reads and their ends by one queue")
    .then((): void => {
      queue = factory.createForNext();
      listen("127.0.0.1", acceptToQueue);
      const connect = begin(queue, CONNECT);
      connections.connect(changetype<usize>(target), 1, null, NEVER, connectToQueue, changetype<usize>(connect));
      startNext(queue, NEVER);
    })
    .until(isOver).then(keepEnd).until(isOver).then(keepEnd)
    .then((): void => {
      expect(server != 0 && dialled != 0, "both ends");
      closeListener();
      inbox = buffers.create();
      outbox = buffers.create();
      startRead(server);
      appendStream(outbox, 0, LENGTH);
      const write = changetype<usize>(begin(queue, WRITE));
      writer.write(changetype<Endpoint>(dialled), outbox, FRAME, false, writeToQueue, write);
    })
    .until(isOver).then(keepTag).until(isOver).then(keepTag)
    .then((): void => {
      equal(tagsSeen, 1 << WRITE | 1 << READ, "as what has ended, in whatever order");
      equal(inbox.length, LENGTH, "bytes");
      expectStream(inbox, 0);
      destroy(changetype<Endpoint>(dialled));
      startRead(server);
      queues.shutdown(queue);
    })
    .until(isOver)
    .then((): void => {
      equal(<i64>operations.eventTag, <i64>READ, "as the last tag");
      equal(operations.eventReason, END_OF_STREAM, "as the reason");
      expect(operations.eventCode != 0, "no success");
      destroy(changetype<Endpoint>(server));
      buffers.destroy(inbox);
      buffers.destroy(outbox);
      startNext(queue, NEVER);
    })
    .until(isOver)
    .then((): void => {
      equal(outcome, QUEUE_SHUTDOWN, "as the type of the last event");
      queues.destroy(queue);
    })
    .until((): bool => shutdowns > 0);
}

function addPolling(): void {
  body("cq-non-listening", "should accept nobody while a NON_LISTENING queue waits, and lose nobody")
    .then((): void => {
      queue = queues.create(NEXT, NON_LISTENING, 0);
      other = factory.createForNext();
      listen();
      dial();
      startNext(queue, clock.after(2 * MILLISECOND_NS));
    })
    .until(waitInVain)
    .then((): void => {
      equal(connectReason, 0, "as the reason of the connect");
      equal(accepted.length, 0, "connections accepted");
      startNext(other, clock.after(2 * MILLISECOND_NS));
    })
    .until(waitForAccept)
    .then((): void => {
      closeListener();
      destroyAll();
      destroyQueues();
    });

  body("cq-non-polling", "should drive timers and tasks and no I/O for a NON_POLLING queue, if the engine polls")
    .then((): void => {
      queue = queues.create(NEXT, NON_POLLING, 0);
      other = factory.createForNext();
      listen();
      dial();
      tasks.runAt(clock.after(20 * MILLISECOND_NS), endOne, changetype<usize>(begin(queue, 1)), tasks.SILENT);
      startNext(queue, NEVER);
    })
    .until(isOver)
    .then((): void => {
      expectEvent(1);
      if (canBlock()) equal(connectReason + accepted.length, -1, "and nothing of a connection");
      startNext(other, clock.after(2 * MILLISECOND_NS));
    })
    .until(waitForAccept)
    .until((): bool => connectReason >= 0)
    .then((): void => {
      closeListener();
      destroyAll();
      destroyQueues();
    });
}

function addPollables(): void {
  body("cq-pollable", "should wait for a queue and for the clock of WASI together, where the engine may wait")
    .then((): void => {
      if (!canBlock()) return;
      queue = factory.createForNext();
      const list = memory.data(8, 4);
      const ofQueue = pollables.ofQueue(queue);
      const soon = pollables.ofWasi(monotonicClock.subscribeDuration(2 * MILLISECOND_NS));
      const late = pollables.ofWasi(monotonicClock.subscribeDuration(3_600_000 * MILLISECOND_NS));
      store<usize>(list, changetype<usize>(ofQueue));
      store<usize>(list, changetype<usize>(soon), 4);
      equal(pollables.poll(list, 2), 1, "ready at first");
      equal(load<u32>(list), 1, "as its index: the clock");
      tasks.runAt(clock.after(2 * MILLISECOND_NS), endOne, changetype<usize>(begin(queue, 1)), tasks.SILENT);
      store<usize>(list, changetype<usize>(ofQueue));
      store<usize>(list, changetype<usize>(late), 4);
      equal(pollables.poll(list, 2), 1, "ready then");
      equal(load<u32>(list), 0, "as its index: the queue");
      pollables.block(ofQueue);
      expect(pollables.ready(ofQueue) && pollables.ready(soon) && !pollables.ready(late), "both in the end");
      expect(queues.take(queue), "the event");
      expect(!pollables.ready(ofQueue), "nothing after that");
      pollables.drop(ofQueue);
      pollables.drop(soon);
      pollables.drop(late);
      queues.destroy(queue);
    });
}
