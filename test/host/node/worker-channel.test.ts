// The two ends of the channel, step by step in one thread: who is woken when, what is kept when there is no room, and
// that whatever was paused for want of room goes on.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Connection } from "#host/wasi/transport.js";
import { nodePlatform } from "#host/node/platform.js";
import { MainEnd, makeChannel, WorkerEnd } from "#host/node/worker/channel.js";
import { Command, Event, STDIN, STDOUT, STEP_BYTES, WINDOW_BYTES } from "#host/node/worker/messages.js";
import { PlatformServer } from "#host/node/worker/platform-server.js";
import { RING_BYTES_MIN } from "#host/node/worker/ring.js";
import { ServedIncoming, ServedOutgoing } from "#host/node/worker/served-flow.js";
import { ServerLink } from "#host/node/worker/server-link.js";

class Ends {
  pokes = 0;
  wakes = 0;
  readonly main: MainEnd;
  readonly worker: WorkerEnd;
  readonly link: ServerLink;

  constructor() {
    const channel = makeChannel(RING_BYTES_MIN);
    this.main = new MainEnd(channel);
    this.worker = new WorkerEnd(channel, () => { this.pokes++; });
    this.link = new ServerLink(this.main, () => { this.wakes++; });
  }

  /** What the worker reads: the frames that are there. */
  read(): [kind: number, id: number, value: number, bytes: number][] {
    const { events } = this.worker;
    const frames: [number, number, number, number][] = [];
    while (events.hasMore) {
      while (events.next()) frames.push([events.kind, events.id, events.value, events.end - events.start]);
      this.worker.release();
    }
    return frames;
  }

  /** Fills the events ring, on behalf of an object with the number 99. */
  crowd(): void {
    while (!this.link.isCrowded) this.link.send(Event.Data, 99, 0, new Uint8Array(1000), 0, 1000);
  }
}

const sleeping = suite("sleep");

sleeping("should not begin in the main thread while there are commands, which poke nobody who is awake", () => {
  const ends = new Ends();
  ends.worker.send(Command.End, 1, 0, null, 0, 0);
  assert.not(ends.main.fallAsleep(false));
  ends.worker.send(Command.End, 2, 0, null, 0, 0);
  assert.is(ends.pokes, 0);
  while (ends.main.commands.hasMore) while (ends.main.commands.next());
  assert.ok(ends.main.fallAsleep(false));
});

sleeping("should be poked once per sleep", () => {
  const ends = new Ends();
  for (let round = 1; round <= 3; round++) {
    assert.ok(ends.main.fallAsleep(false));
    for (let times = 0; times < 5; times++) ends.worker.send(Command.End, times, 0, null, 0, 0);
    assert.is(ends.pokes, round);
    assert.ok(ends.main.commands.hasMore);
    let read = 0;
    while (ends.main.commands.next()) read++;
    assert.is(read, 5);
    ends.main.release();
  }
});

sleeping("should not begin in the worker while there are events, nor last longer than it may", () => {
  const ends = new Ends();
  ends.link.tell(Event.Ended, 1);
  ends.worker.sleep(1e9); // comes back, or the test hangs
  assert.equal(ends.read(), [[Event.Ended, 1, 0, 0]]);
  ends.worker.sleep(1);
  assert.equal(ends.read(), []);
});

sleeping.run();

// ---

const room = suite("room");

room("should be waited for by keeping what does not fit, in order", () => {
  const ends = new Ends();
  const sent: [number, number, number, number][] = [];
  for (let index = 0; index < 1000; index++) {
    ends.link.send(Event.Data, index, 0, new Uint8Array(700), 0, 700);
    sent.push([Event.Data, index, 0, 700]);
  }
  assert.ok(ends.link.isCrowded);
  ends.link.tell(Event.Ended, 1000);
  sent.push([Event.Ended, 1000, 0, 0]);
  const received = ends.read();
  assert.ok(ends.link.isCrowded, "nobody has looked yet");
  while (received.length < sent.length) {
    ends.link.flush();
    received.push(...ends.read());
  }
  assert.equal(received, sent);
  assert.not(ends.link.isCrowded);
});

room("should be told of by a poke, to whoever fell asleep for want of it", () => {
  const ends = new Ends();
  ends.crowd();
  ends.link.flush();
  assert.ok(ends.main.fallAsleep(true));
  ends.read();
  assert.is(ends.pokes, 1);
  ends.link.flush();
  assert.not(ends.link.isCrowded);
  assert.ok(ends.main.fallAsleep(false));
  ends.read();
  assert.is(ends.pokes, 1, "nobody waits for room any more");
});

room("should be seen before falling asleep", () => {
  const ends = new Ends();
  ends.crowd();
  ends.link.flush();
  ends.read(); // made between the look at the ring and the sleep
  assert.not(ends.main.fallAsleep(true));
});

room.run();

// ---

/** A source and target that counts. */
class Counted {
  resumes = 0;
  queuedBytes = 0;
  resume(): void {
    this.resumes++;
  }

  pause(): void {}
  write(_source: Uint8Array, start: number, end: number): void {
    this.queuedBytes += end - start;
  }

  end(): void {}
}

const flow = suite("flow");

flow("should stop at a window and go on at half of it", () => {
  const ends = new Ends();
  const source = new Counted();
  const incoming = new ServedIncoming(ends.link, 1, source);
  const chunk = new Uint8Array(WINDOW_BYTES / 8);
  for (let count = 1; count < 8; count++) {
    assert.ok(incoming.arrived(chunk, 0, chunk.length));
    ends.read();
  }
  assert.not(incoming.arrived(chunk, 0, chunk.length));
  incoming.credit(WINDOW_BYTES / 2 - 1);
  assert.is(source.resumes, 0);
  incoming.credit(1);
  assert.is(source.resumes, 1);
  incoming.credit(1);
  assert.is(source.resumes, 1, "it does not pause any more");
});

flow("should go on when the channel is free again, whatever came first, credit or room", () => {
  for (const first of ["credit", "room"]) {
    const ends = new Ends();
    const source = new Counted();
    const incoming = new ServedIncoming(ends.link, 1, source);
    const chunk = new Uint8Array(WINDOW_BYTES / 4);
    for (let count = 0; count < 3; count++) {
      incoming.arrived(chunk, 0, chunk.length);
      ends.read();
    }
    assert.not(incoming.arrived(chunk, 0, chunk.length), "the window is full");
    ends.crowd();
    const makeRoom = (): void => {
      while (ends.link.isCrowded) {
        ends.read();
        ends.link.flush();
      }
    };
    if (first === "credit") incoming.credit(WINDOW_BYTES);
    else makeRoom();
    assert.is(source.resumes, 0, first);
    if (first === "credit") makeRoom();
    else incoming.credit(WINDOW_BYTES);
    assert.is(source.resumes, 1, first);
  }
});

flow("should pause whoever brings bytes while the channel is full, and never resume what was closed", () => {
  const ends = new Ends();
  const [source, closed] = [new Counted(), new Counted()];
  const incoming = new ServedIncoming(ends.link, 1, source);
  const gone = new ServedIncoming(ends.link, 2, closed);
  ends.crowd();
  assert.not(incoming.arrived(new Uint8Array(10), 0, 10));
  assert.not(gone.arrived(new Uint8Array(10), 0, 10));
  gone.close();
  while (ends.link.isCrowded) {
    ends.read();
    ends.link.flush();
  }
  assert.equal([source.resumes, closed.resumes], [1, 0]);
});

flow("should tell of what was taken in steps, and at once to whoever waits", () => {
  const ends = new Ends();
  const target = new Counted();
  const outgoing = new ServedOutgoing(ends.link, 1, target as Partial<Connection> as Connection);
  const take = (count: number): void => {
    target.queuedBytes -= count;
    outgoing.roomMade();
  };
  const told = (): number => ends.read().reduce((sum, [kind, , value]) => sum + (kind === Event.Taken ? value : 0), 0);
  outgoing.write(new Uint8Array(1000), 0, 1000);
  assert.is(told(), 0);
  outgoing.wantRoom();
  assert.is(told(), 0, "nothing was taken");
  take(400);
  assert.is(told(), 400);
  take(600);
  assert.is(told(), 600);
  target.write = () => {}; // a system that takes everything at once
  for (let sent = 0; sent < STEP_BYTES - 1000; sent += 1000) outgoing.write(new Uint8Array(1000), 0, 1000);
  assert.is(told(), 0, "nobody waits");
  outgoing.write(new Uint8Array(2000), 0, 2000);
  assert.ok(told() >= STEP_BYTES);
  outgoing.write(new Uint8Array(10), 0, 10);
  outgoing.wantRoom();
  assert.is(told(), 10);
  outgoing.close();
  outgoing.write(new Uint8Array(STEP_BYTES), 0, STEP_BYTES);
  assert.is(told(), 0);
});

flow.run();

// ---

const nonsense = suite("commands that make no sense");

/** A server that is told by hand, and how it failed. */
function served(): { ends: WorkerEnd; server: PlatformServer; failures: string[] } {
  const channel = makeChannel(RING_BYTES_MIN);
  const failures: string[] = [];
  const server = new PlatformServer(nodePlatform(), channel, (error) => failures.push((error as Error).message));
  return { ends: new WorkerEnd(channel, () => {}), server, failures };
}

nonsense("should be ignored when they are for nobody, who may be gone already", () => {
  const { ends, server, failures } = served();
  for (const command of [Command.Write, Command.Credit, Command.Close, Command.Cancel, 77]) {
    ends.send(command, 1234, 5, new Uint8Array(8), 0, 8);
  }
  server.pump();
  assert.equal(failures, []);
  server.cut();
});

nonsense("should end the guest when they are for the wrong object, or lack an address", () => {
  for (const [command, id] of [[Command.Listen, STDIN], [Command.KeepAlive, STDOUT], [Command.Bind, 1]] as const) {
    const { ends, server, failures } = served();
    ends.send(command, id, 0, new Uint8Array(28).fill(255), 0, 28);
    ends.send(Command.Finish, 0, 9, null, 0, 0);
    server.pump();
    assert.is(failures.length, 1, Command[command]);
    assert.is(server.guestEnd, null, "nothing after it is carried out");
    server.pump();
    assert.is(failures.length, 1);
  }
});

nonsense.run();
