// Calls that wait: with the waiter of an event loop they give promises exactly when they must, nothing is watched any
// longer than the wait, and misuse traps before it. How that waiter lets events in is in loop-waiter.test.ts.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ASKING_IMPORTS, NEVER_WAITS, WAITING_IMPORTS } from "#host/abi/blocking.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import { Kind } from "#host/wasi/kind.js";
import type { Watchable } from "#host/wasi/resource.js";
import { nothingIsLeft } from "../support/leak-law.js";
import { type Guest, RET } from "./harness.js";
import { isWaiting, settled, waitingGuest } from "./waiting-guest.js";

const STREAMS = "io/streams";
const INPUT = "[method]input-stream.";
const OUTPUT = "[method]output-stream.";

function watchersOf(guest: Guest, handle: number, kind: Kind): number {
  let count = 0;
  const source = guest.host.table.get<Watchable>(handle, kind);
  for (let watcher = source.firstWatcher; watcher !== null; watcher = watcher.nextWatcher) count++;
  return count;
}

const names = suite("the imports that wait");

names("should all exist, in one of two lists, and every call among them that waits or may say not yet", () => {
  const guest = waitingGuest();
  const listed: string[] = [];
  for (const list of [WAITING_IMPORTS, ASKING_IMPORTS]) {
    for (const [from, functions] of Object.entries(list)) {
      for (const name of functions) assert.type(guest.imports[from]?.[name], "function", `${from} ${name}`);
      listed.push(...functions);
    }
  }
  const wanted = ["io/poll", "io/streams", "sockets/ip-name-lookup", "sockets/tcp", "sockets/udp"]
    .flatMap((from) => Object.keys(guest.imports[`wasi:${from}`] as object))
    .filter((name) => /block|poll$|ready$|finish-|accept|read$|skip$|check-|splice|receive$|next-address/.test(name));
  assert.equal(listed.sort(), wanted.sort());
});

names("should not exist for a guest that runs in turns", () => {
  assert.throws(() => NEVER_WAITS.until(() => false, () => 1), /would block/);
  assert.is(NEVER_WAITS.until(() => true, () => 1), 1);
});

names.run();

// ---

interface Case {
  name: string;
  start(guest: Guest, made: ReturnType<Guest["connected"]>): unknown;
  /** What lets it go on. */
  end(guest: Guest): void;
}

const arrive = (guest: Guest): void => { guest.platform.transport.connection!.arrive(1, 2, 3); };
const breakIt = (guest: Guest): void => guest.platform.transport.connection!.events!.failed(ErrorCode.Timeout);

const readCases: Case[] = ["blocking-read", "blocking-skip"].map((name) => ({
  name,
  start: (guest, { input }) => guest.call(STREAMS, INPUT + name, input, 2n, RET),
  end: arrive,
}));

const slowCases: Case[] = [
  ["blocking-write-and-flush", (guest: Guest, output: number) =>
    guest.call(STREAMS, `${OUTPUT}blocking-write-and-flush`, output, ...guest.put([1, 2]), RET)],
  ["blocking-write-zeroes-and-flush", (guest: Guest, output: number) =>
    guest.call(STREAMS, `${OUTPUT}blocking-write-zeroes-and-flush`, output, 9n, RET)],
  ["blocking-flush", (guest: Guest, output: number) => {
    guest.call(STREAMS, `${OUTPUT}check-write`, output, RET);
    guest.call(STREAMS, `${OUTPUT}write`, output, ...guest.put([5]), RET);
    return guest.call(STREAMS, `${OUTPUT}blocking-flush`, output, RET);
  }],
].map(([name, call]) => ({
  name: name as string,
  start: (guest, { output }) => {
    guest.platform.transport.connection!.isSlow = true;
    return (call as (guest: Guest, output: number) => unknown)(guest, output);
  },
  end: (guest) => guest.platform.transport.connection!.takeAll(),
}));

const waits = suite("each blocking call");

for (const { name, start, end } of [...readCases, ...slowCases]) {
  waits(`should wait in ${name} until it can go on, and leave no watch behind`, async () => {
    const guest = waitingGuest();
    const made = guest.connected();
    const answer = start(guest, made);
    assert.ok(await isWaiting(guest, answer));
    end(guest);
    await settled(guest, answer);
    assert.is(guest.u8(0), 0);
    assert.is(watchersOf(guest, made.input, Kind.InputStream), 0);
    assert.is(watchersOf(guest, made.output, Kind.OutputStream), 0);
    guest.dropConnected(made);
    nothingIsLeft(guest.host, guest.platform);
  });

  waits(`should end ${name} with the failure of its stream`, async () => {
    const guest = waitingGuest();
    const made = guest.connected();
    const answer = start(guest, made);
    assert.ok(await isWaiting(guest, answer));
    breakIt(guest);
    await settled(guest, answer);
    assert.is(guest.u8(0), 1, "an error");
    assert.is(guest.u8(name === "blocking-skip" ? 8 : 4), 0, "last-operation-failed");
    assert.is(watchersOf(guest, made.output, Kind.OutputStream), 0);
  });
}

for (const { name, start, end } of readCases) {
  waits(`should answer ${name} at once when it can`, () => {
    const guest = waitingGuest();
    const made = guest.connected();
    end(guest);
    assert.not.instance(start(guest, made), Promise);
    assert.is(guest.u8(0), 0);
  });

  waits(`should wait in ${name} for an end of the stream too`, async () => {
    const guest = waitingGuest();
    const made = guest.connected();
    const answer = start(guest, made);
    guest.platform.transport.connection!.events!.endArrived();
    await settled(guest, answer);
    assert.is(guest.u8(name === "blocking-skip" ? 8 : 4), 1, "closed");
  });
}

waits("should write behind a full queue only when there is room", async () => {
  const guest = waitingGuest();
  const { output } = guest.connected();
  const connection = guest.platform.transport.connection!;
  connection.queuedBytes = 1 << 20;
  const answer = guest.call(STREAMS, `${OUTPUT}blocking-write-and-flush`, output, ...guest.put([7]), RET);
  assert.ok(await isWaiting(guest, answer));
  assert.equal(connection.written, []);
  connection.takeAll();
  await settled(guest, answer);
  assert.equal(connection.written, [7]);
});

waits("should splice when the output has room and the input has bytes, or the output is over", async () => {
  const guest = waitingGuest();
  const from = guest.connected();
  const source = guest.platform.transport.connection!;
  const to = guest.connected();
  const splice = (): unknown => guest.call(STREAMS, `${OUTPUT}blocking-splice`, to.output, from.input, 2n, RET);
  const first = splice();
  assert.ok(await isWaiting(guest, first));
  source.arrive(1, 2, 3);
  await settled(guest, first);
  assert.equal([guest.u8(0), guest.u64(8)], [0, 2n]);
  assert.not.instance(splice(), Promise, "a byte is left");
  const second = splice();
  assert.ok(await isWaiting(guest, second));
  breakIt(guest);
  await settled(guest, second);
  assert.is(guest.u8(0), 1);
  assert.is(watchersOf(guest, from.input, Kind.InputStream), 0);
  assert.is(watchersOf(guest, to.output, Kind.OutputStream), 0);
});

waits("should trap on misuse before it waits", () => {
  const guest = waitingGuest();
  const { input, output } = guest.connected();
  const calls: [RegExp, () => unknown][] = [
    [/at most 4096/, () => guest.call(STREAMS, `${OUTPUT}blocking-write-and-flush`, output, 64, 4097, RET)],
    [/at most 4096/, () => guest.call(STREAMS, `${OUTPUT}blocking-write-zeroes-and-flush`, output, 4097n, RET)],
    [/unknown handle/, () => guest.call(STREAMS, `${INPUT}blocking-read`, 99, 1n, RET)],
    [/wrong handle/, () => guest.call(STREAMS, `${INPUT}blocking-read`, output, 1n, RET)],
    [/not aligned/, () => guest.call(STREAMS, `${INPUT}blocking-read`, input, 1n, RET + 1)],
    [/outside the memory/, () => guest.call(STREAMS, `${INPUT}blocking-skip`, input, 1n, 1 << 30)],
    [/poll of an empty list/, () => guest.call("io/poll", "poll", 64, 0, RET)],
  ];
  for (const [message, call] of calls) assert.throws(call, message);
});

waits.run();

// ---

const polling = suite("poll");

polling("should wake for any of its pollables, each as often as it is listed", async () => {
  const guest = waitingGuest();
  const { input, output } = guest.connected();
  const timer = guest.number("clocks/monotonic-clock", "subscribe-duration", 5_000_000n);
  const readable = guest.number(STREAMS, `${INPUT}subscribe`, input);
  const list = [timer, readable, readable];
  const words = new Uint8Array(Uint32Array.from(list).buffer);
  const answer = guest.call("io/poll", "poll", guest.put(words)[0], list.length, RET);
  assert.ok(await isWaiting(guest, answer));
  arrive(guest);
  await settled(guest, answer);
  assert.equal(guest.words(0), [1, 2]);
  guest.platform.clock.advanceMs(5);
  guest.call("io/poll", "poll", guest.put(words)[0], list.length, RET);
  assert.equal(guest.words(0), [0, 1, 2]);
  assert.is(output > 0, true);
});

polling("should wake everybody who waits for one resource", async () => {
  const guest = waitingGuest();
  const { input } = guest.connected();
  const pollables = [1, 2, 3].map(() => guest.number(STREAMS, `${INPUT}subscribe`, input));
  const answers = pollables.map((handle) => guest.call("io/poll", "[method]pollable.block", handle));
  for (const answer of answers) assert.ok(await isWaiting(guest, answer));
  arrive(guest);
  for (const answer of answers) await settled(guest, answer);
});

polling("should hear of what happens between its look and its wait", async () => {
  const guest = waitingGuest();
  const { input } = guest.connected();
  const handle = guest.number(STREAMS, `${INPUT}subscribe`, input);
  arrive(guest); // queued as a hint before anybody waits
  guest.call(STREAMS, `${INPUT}read`, input, 9n, RET);
  const answer = guest.call("io/poll", "[method]pollable.block", handle);
  assert.ok(await isWaiting(guest, answer));
  arrive(guest);
  await settled(guest, answer);
});

polling("should wake for an output that was filled, without any check-write", async () => {
  const guest = waitingGuest();
  const { output } = guest.connected();
  const connection = guest.platform.transport.connection!;
  connection.isSlow = true;
  guest.call(STREAMS, `${OUTPUT}check-write`, output, RET);
  guest.call(STREAMS, `${OUTPUT}write`, output, ...guest.put([1]), RET);
  guest.call(STREAMS, `${OUTPUT}flush`, output, RET);
  const handle = guest.number(STREAMS, `${OUTPUT}subscribe`, output);
  const answer = guest.call("io/poll", "[method]pollable.block", handle);
  assert.ok(await isWaiting(guest, answer), "until the flush is through");
  connection.takeAll();
  await settled(guest, answer);
});

polling.run();
