// Descriptors: closures that run when a connection can be read, can be written, or has failed.

import * as priority from "../../../assembly/base/priority";
import * as buffers from "../../../assembly/data/slice-buffer";
import * as tasks from "../../../assembly/exec/tasks";
import * as descriptors from "../../../assembly/net/descriptor";
import { Descriptor, HAS_ERROR, READABLE, TIMED_OUT, WRITABLE } from "../../../assembly/net/descriptor";
import { END_OF_STREAM } from "../../../assembly/net/reason";
import { destroy } from "../../../assembly/net/teardown";
import * as readiness from "../../../assembly/poll/readiness";
import * as clock from "../../../assembly/time/clock";
import * as timers from "../../../assembly/time/timer-heap";
import { NEVER } from "../../../assembly/time/timer-heap";
import * as errors from "../../../assembly/wasi/error-code";
import { inbox, large, outbox, readReason, received, send, startReadingOn } from "./endpoints";
import { Body, equal, expect, note, noted, notes, sequence } from "./harness";
import { accepted, appendStream, client, expectStream, pairBody } from "./network";

const WHILE_NS: u64 = 20_000_000;
const LONG_NS: u64 = 1_000_000_000_000;

export let self: Descriptor = changetype<Descriptor>(0);
let place: u32 = 0;
let deadlineNs: u64 = 0;
let scheduled: i32 = 0;
let isOver: bool = false;
let turns: i32 = 0;
let floodTurn: i32 = 0;

/** Notes the condition, and 10 more when it was the deadline. */
export function told(owner: usize): void {
  note(<usize>descriptors.lastCondition + (descriptors.lastOutcome == TIMED_OUT ? 10 : 0));
}

export function when(condition: u32, untilNs: u64 = NEVER): void {
  const before = noted();
  descriptors.notifyWhen(self, condition, untilNs, told, 0);
  equal(noted(), before, "closures inside of the call");
}

/** What `when` is about from here on. */
export function use(descriptor: Descriptor): void {
  self = descriptor;
}

/** From here to a body's end the accepted end is a descriptor's; the other one is `client`. */
export function describe(each: Body): Body {
  return each.then((): void => use(descriptors.register(accepted[0])));
}

export function describedBody(name: string, title: string): Body {
  return describe(pairBody(name, title));
}

/** A while in which something could still happen that must not. */
export function pause(): void {
  isOver = false;
  tasks.runAt(clock.after(WHILE_NS), (owner: usize): void => { isOver = true; }, 0, tasks.SILENT);
}

export function isPauseOver(): bool {
  return isOver;
}

/** Reads all that is there and checks it. The latest answer is at most 0. */
function readAll(): i32 {
  while (true) {
    const count = descriptors.read(self, inbox, 1 << 20);
    if (count <= 0) return count;
    expectStream(inbox, place);
    place += inbox.length;
    buffers.clear(inbox);
  }
}

export function end(): void {
  descriptors.destroy(self);
  destroy(client);
}

export function add(): void {
  addEvents();
  addDeadlines();
  addOrder();
  addEnds();
}

function addEvents(): void {
  addReadable();
  addWritable();
  describedBody("descriptor-idle", "should be woken by nothing while nobody is registered")
    .then((): void => {
      when(READABLE, clock.after(1));
      when(HAS_ERROR, clock.after(1));
    })
    .until((): bool => noted() == 2)
    .then((): void => {
      prompts = readiness.promptCount;
      send(client, 0, 100);
      pause();
    })
    .until(isPauseOver)
    .then((): void => {
      equal(readiness.promptCount - prompts, 0, "events");
      when(READABLE); // they are there, or are on their way still
    })
    .until((): bool => noted() == 3)
    .then((): void => {
      equal(readAll(), 0, "as the answer when nothing is left");
      equal(place, 100, "bytes");
      end();
    });
}

function addReadable(): void {
  describedBody("descriptor-readable", "should tell once, later, that bytes came, and again when they are still there")
    .then((): void => {
      when(READABLE);
      pause();
    })
    .until(isPauseOver)
    .then((): void => {
      equal(noted(), 0, "closures before bytes came");
      send(client, 0, 100);
    })
    .until((): bool => noted() == 1)
    .then((): void => {
      when(READABLE); // it is SET
      descriptors.clear(self, READABLE);
      when(READABLE); // what was not read counts as new
    })
    .until((): bool => noted() == 3)
    .then((): void => {
      descriptors.clear(self, READABLE);
      equal(readAll(), 0, "as the answer when nothing is left");
      equal(place, 100, "bytes");
      when(READABLE);
      pause();
    })
    .until(isPauseOver)
    .then((): void => {
      sequence([READABLE, READABLE, READABLE], "no closure for what was read");
      end();
    })
    .until((): bool => noted() == 4);
}

function addWritable(): void {
  describedBody("descriptor-writable", "should tell at once that there is room, and when there is room again")
    .then((): void => when(WRITABLE))
    .until((): bool => noted() == 1)
    .then((): void => {
      appendStream(outbox, 0, large());
      expect(descriptors.write(self, outbox) > 0, "room in a new connection");
      while (descriptors.write(self, outbox) > 0) {}
      expect(outbox.length > 0, "a stream that is larger than all buffers");
      descriptors.clear(self, WRITABLE);
      when(WRITABLE);
      startReadingOn(client);
    })
    .until(isAllWritten)
    .then((): void => descriptors.shutdownSend(self))
    .until((): bool => readReason == END_OF_STREAM)
    .then((): void => {
      equal(received, large(), "bytes");
      equal(descriptors.write(self, outbox), -errors.INVALID_STATE, "as the answer behind the end");
      expect((descriptors.stateOf(self) & 1 << HAS_ERROR) == 0, "no error by an own end");
      end();
    });
}

let prompts: u64 = 0;

/** Writes a little now and then, until the error was told. */
function isBroken(): bool {
  if (noted() || !isOver) return noted() > 0;
  appendStream(outbox, 0, 1000);
  descriptors.write(self, outbox);
  pause();
  return false;
}

/** Writes whenever a closure said that there is room. */
function isAllWritten(): bool {
  if (noted() < 2) return false;
  notes.pop();
  expect(descriptors.write(self, outbox) >= 0, "no failure");
  if (!outbox.length) return true;
  descriptors.clear(self, WRITABLE);
  when(WRITABLE);
  return false;
}

function addDeadlines(): void {
  describedBody("descriptor-deadline", "should tell at a deadline, not before, that nothing happened")
    .then((): void => {
      deadlineNs = clock.after(5_000_000);
      when(READABLE, deadlineNs);
      when(HAS_ERROR, deadlineNs);
    })
    .until((): bool => noted() > 0)
    .then((): void => expect(clock.now() >= deadlineNs, "no closure before the deadline"))
    .until((): bool => noted() == 2)
    .then((): void => {
      sequence([READABLE + 10, HAS_ERROR + 10], "both to be out of time");
      equal(descriptors.stateOf(self), 0, "as the state: nothing is set, nobody registered");
      when(READABLE, 1);
    })
    .until((): bool => noted() == 3)
    .then((): void => {
      equal(notes[2], READABLE + 10, "as the outcome of a deadline that has passed");
      end();
    });

  describedBody("descriptor-in-time", "should tell what came before its deadline, and forget the deadline")
    .then((): void => {
      scheduled = timers.scheduledCount();
      when(READABLE, clock.after(LONG_NS));
      when(WRITABLE, clock.after(LONG_NS));
      send(client, 0, 1);
    })
    .until((): bool => noted() == 2)
    .then((): void => {
      equal(notes[0] | notes[1], READABLE | WRITABLE, "as the outcomes: both in time");
      equal(timers.scheduledCount(), scheduled, "deadlines that are left");
      end();
    });

  describedBody("descriptor-force", "should run what is registered when it is forced, and nothing twice")
    .then((): void => {
      when(HAS_ERROR, clock.after(1_000_000));
      when(READABLE);
      descriptors.force(self, READABLE);
      descriptors.force(self, HAS_ERROR);
      descriptors.force(self, WRITABLE);
      when(WRITABLE);
      pause();
    })
    .until((): bool => isPauseOver() && noted() >= 3)
    .then((): void => {
      sequence([READABLE, HAS_ERROR, WRITABLE], "each once, in their order");
      equal(readAll(), 0, "as the answer of a read of nothing");
      end();
    });
}

/** Gives itself again for ever: there is always one in the turn. */
function flood(owner: usize): void {
  floodTurn = turns;
  if (!noted()) tasks.run(flood, owner, priority.MED);
}

function toldBeforeFlood(owner: usize): void {
  expect(floodTurn < turns, "the closure of an event before lower levels of its turn");
  told(0);
}

function addOrder(): void {
  describedBody("descriptor-priority", "should run closures in the order of their levels, with those of tasks")
    .then((): void => {
      descriptors.setPriority(self, READABLE, priority.LOW);
      descriptors.setPriority(self, HAS_ERROR, priority.SYSTEM);
      for (let condition = READABLE; condition <= HAS_ERROR; condition++) {
        descriptors.force(self, condition);
        when(condition);
      }
      for (let level = priority.LOW; level <= priority.SYSTEM; level++) tasks.run(note, 20 + level, level);
    })
    .until((): bool => noted() == 8)
    .then((): void => {
      sequence([HAS_ERROR, 24, 23, 22, WRITABLE, 21, READABLE, 20], "higher levels first, and each in its order");
      end();
    });

  describedBody("descriptor-event-turn", "should run the closure of an event in its turn, before lower levels")
    .then((): void => {
      descriptors.setPriority(self, READABLE, priority.HIGH);
      tasks.run(flood, 0, priority.MED);
      descriptors.notifyWhen(self, READABLE, NEVER, toldBeforeFlood, 0);
    })
    .until((): bool => ++turns > 3)
    .then((): void => { send(client, 0, 1); })
    .until((): bool => {
      turns++;
      return noted() == 1;
    })
    .then(end);
}

function addEnds(): void {
  describedBody("descriptor-end", "should tell who reads of the end, and nobody of an error")
    .then((): void => {
      send(client, 0, 1000);
      destroy(client);
      when(HAS_ERROR);
    })
    .until((): bool => readAll() == -END_OF_STREAM)
    .then((): void => {
      equal(place, 1000, "bytes before the end");
      equal(readAll(), -END_OF_STREAM, "as the answer of every later read");
      descriptors.clear(self, READABLE);
      when(READABLE);
    })
    .until((): bool => noted() == 1)
    .then((): void => {
      sequence([READABLE], "an end to be something to read");
      pause();
    })
    .until(isPauseOver)
    .then((): void => {
      equal(noted(), 1, "closures: an end is no error");
      descriptors.destroy(self);
    })
    .until((): bool => noted() == 2);

  describedBody("descriptor-broken", "should tell who waits for an error when a write finds out that the peer is gone")
    .then((): void => {
      when(HAS_ERROR);
      destroy(client);
      pause();
    })
    .until(isBroken)
    .then((): void => {
      sequence([HAS_ERROR], "the error, once");
      expect(descriptors.write(self, outbox) < 0, "every later write to fail");
      buffers.clear(outbox);
      descriptors.destroy(self);
    });

  describedBody("descriptor-close", "should run every closure when it is closed, and let written bytes leave")
    .then((): void => when(WRITABLE))
    .until((): bool => noted() == 1)
    .then((): void => {
      appendStream(outbox, 0, 50_000);
      for (let condition = READABLE; condition <= HAS_ERROR; condition += 2) when(condition, clock.after(WHILE_NS));
      place = <u32>max(descriptors.write(self, outbox), 0);
      expect(place > 0, "room in a new connection");
      descriptors.close(self);
      descriptors.close(self);
      equal(noted(), 1, "closures: none inside of the call");
      expect(descriptors.isClosed(self), "a closed descriptor");
      descriptors.destroy(self);
      startReadingOn(client);
      pause();
    })
    .until((): bool => readReason == END_OF_STREAM && isPauseOver())
    .then((): void => {
      sequence([WRITABLE, READABLE, HAS_ERROR], "each once");
      equal(received, place, "bytes that were taken before the end");
      buffers.clear(outbox);
      destroy(client);
    });
}
