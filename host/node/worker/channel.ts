// The channel between a guest's worker and the thread that has the sockets: two rings (ring.ts) and four words that say
// who waits for what.
//
//   worker                                                             main thread
//     | --- commands ring: open, write, close, ... ----------------------> |   an event loop: sleeps in the system,
//     | <-- events ring: data, end, room, ... ---------------------------- |   is poked by a message
//     sleeps on WORKER by Atomics.wait
//
// A side that finds nothing to do stores ASLEEP in its word and then looks once more; the other side writes its frame
// and then looks at the word. One of the two sees the other, so no wake-up is lost, and a side that is awake costs the
// other no system call.
//
// Why it cannot lock up: the main thread never waits for the worker (what does not fit into the events ring it keeps,
// see platform-server.ts), and reads commands whenever it runs. The worker waits for two things only: for an event,
// which is a guest's wait, and for the main thread to read: room in the commands ring, or the answer of a `call`,
// which does not come through the events ring. The main thread gives both without the worker's help.

import { POSITIONS_BYTES, RingMemory, RingReader, RingWriter } from "./ring.js";

/** Bytes of each ring. Enough for a burst of large messages, small enough to stay in the processor's cache. */
const RING_BYTES = 1 << 20;

/** The words, each alone in its part of the cache. */
const WORKER = 0;
const MAIN = 32;
const COMMAND_ROOM = 64;
const EVENT_ROOM = 96;
const REPLY = 128;
const REPLY_VALUE = 129;
const REPLY_BYTES_AT = 640;
const STATES_BYTES = 1024;

const AWAKE = 0;
const ASLEEP = 1;
const WANTED = 1;
const AWAITED = 1;

/** Most bytes that come with the answer of a call. */
const REPLY_BYTES_MAX = STATES_BYTES - REPLY_BYTES_AT;

/** What both sides are given. */
export interface SharedChannel {
  readonly buffer: SharedArrayBuffer;
  readonly ringBytes: number;
}

export function makeChannel(ringBytes = RING_BYTES): SharedChannel {
  return { buffer: new SharedArrayBuffer(STATES_BYTES + 2 * (POSITIONS_BYTES + ringBytes)), ringBytes };
}

function commandsOf({ buffer, ringBytes }: SharedChannel): RingMemory {
  return new RingMemory(buffer, STATES_BYTES, ringBytes);
}

function eventsOf({ buffer, ringBytes }: SharedChannel): RingMemory {
  return new RingMemory(buffer, STATES_BYTES + POSITIONS_BYTES + ringBytes, ringBytes);
}

/** The worker's end: it may block. */
export class WorkerEnd {
  readonly events: RingReader;
  private readonly commands: RingWriter;
  private readonly states: Int32Array;

  /** `pokeMain` wakes the main thread's event loop; it is called once per sleep of it. */
  constructor(channel: SharedChannel, private readonly pokeMain: () => void) {
    this.states = new Int32Array(channel.buffer, 0, STATES_BYTES / 4);
    this.commands = new RingWriter(commandsOf(channel));
    this.events = new RingReader(eventsOf(channel));
  }

  /** Waits for room when there is none. */
  send(kind: number, id: number, value: number, source: Uint8Array | null, start: number, end: number): void {
    while (!this.commands.write(kind, id, value, source, start, end)) {
      Atomics.store(this.states, COMMAND_ROOM, WANTED);
      if (this.commands.write(kind, id, value, source, start, end)) break;
      Atomics.wait(this.states, COMMAND_ROOM, WANTED);
    }
    this.wakeMain();
  }

  /** Sends a command that is answered at once, outside of the order of events, and waits for that. */
  call(kind: number, id: number, source: Uint8Array, end: number): { value: number; bytes: Uint8Array } {
    Atomics.store(this.states, REPLY, AWAITED);
    this.send(kind, id, 0, source, 0, end);
    Atomics.wait(this.states, REPLY, AWAITED);
    const bytes = new Uint8Array(this.states.buffer, REPLY_BYTES_AT, REPLY_BYTES_MAX);
    return { value: this.states[REPLY_VALUE] as number, bytes };
  }

  /** Gives the room of the events read so far back. */
  release(): void {
    this.events.release();
    if (Atomics.load(this.states, EVENT_ROOM) !== WANTED) return;
    Atomics.store(this.states, EVENT_ROOM, 0);
    this.wakeMain();
  }

  /** Sleeps until there are events, but not longer than so many milliseconds. */
  sleep(timeoutMs: number): void {
    Atomics.store(this.states, WORKER, ASLEEP);
    if (!this.events.hasMore) Atomics.wait(this.states, WORKER, ASLEEP, timeoutMs);
    Atomics.store(this.states, WORKER, AWAKE);
  }

  private wakeMain(): void {
    if (Atomics.load(this.states, MAIN) !== ASLEEP) return;
    if (Atomics.exchange(this.states, MAIN, AWAKE) === ASLEEP) this.pokeMain();
  }
}

/** The main thread's end: it never blocks. */
export class MainEnd {
  readonly commands: RingReader;
  private readonly events: RingWriter;
  private readonly states: Int32Array;
  /** Events were written since the worker was woken last. */
  private hasNews = false;

  constructor(channel: SharedChannel) {
    this.states = new Int32Array(channel.buffer, 0, STATES_BYTES / 4);
    this.commands = new RingReader(commandsOf(channel));
    this.events = new RingWriter(eventsOf(channel));
  }

  /** False when there is no room; the worker is not woken yet. */
  write(kind: number, id: number, value: number, source: Uint8Array | null, start: number, end: number): boolean {
    if (!this.events.write(kind, id, value, source, start, end)) return false;
    this.hasNews = true;
    return true;
  }

  /** As `write`, and where there is no room the worker will poke this side when it has made some. */
  writeOrWait(kind: number, id: number, value: number, source: Uint8Array | null, start: number, end: number): boolean {
    if (this.write(kind, id, value, source, start, end)) return true;
    Atomics.store(this.states, EVENT_ROOM, WANTED);
    return this.write(kind, id, value, source, start, end);
  }

  /** Gives the room of the commands read so far back. */
  release(): void {
    this.commands.release();
    if (Atomics.load(this.states, COMMAND_ROOM) !== WANTED) return;
    Atomics.store(this.states, COMMAND_ROOM, 0);
    Atomics.notify(this.states, COMMAND_ROOM);
  }

  /** Answers a `call`. */
  reply(value: number, bytes: Uint8Array): void {
    new Uint8Array(this.states.buffer, REPLY_BYTES_AT, REPLY_BYTES_MAX).set(bytes);
    this.states[REPLY_VALUE] = value;
    Atomics.store(this.states, REPLY, 0);
    Atomics.notify(this.states, REPLY);
  }

  /** For the events written so far. */
  wakeWorker(): void {
    if (!this.hasNews) return;
    this.hasNews = false;
    if (Atomics.load(this.states, WORKER) !== ASLEEP) return;
    if (Atomics.exchange(this.states, WORKER, AWAKE) === ASLEEP) Atomics.notify(this.states, WORKER);
  }

  /**
   * From here on the worker pokes this side when there are commands, or room if that was asked for. False, and still
   * awake, when there is something to do already.
   */
  fallAsleep(isWaitingForRoom: boolean): boolean {
    Atomics.store(this.states, MAIN, ASLEEP);
    const isRoomMade = isWaitingForRoom && Atomics.load(this.states, EVENT_ROOM) !== WANTED;
    if (!this.commands.hasMore && !isRoomMade) return true;
    Atomics.store(this.states, MAIN, AWAKE);
    return false;
  }
}
