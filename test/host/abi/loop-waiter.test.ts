// The waiter of an event loop: events get their turn whatever a guest does, and calls end as their rest says.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { whenAll } from "#host/abi/blocking.js";
import { LoopWaiter } from "#host/abi/loop-waiter.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import { Kind } from "#host/wasi/kind.js";
import type { Watchable } from "#host/wasi/resource.js";
import { type Guest, LOOPBACK_FLAT, RET } from "./harness.js";
import { settled, waiterOf, waitingGuest } from "./waiting-guest.js";

const STREAMS = "io/streams";
const INPUT = "[method]input-stream.";
const OUTPUT = "[method]output-stream.";

const arrive = (guest: Guest): void => { guest.platform.transport.connection!.arrive(1, 2, 3); };

const fairness = suite("the waiter of an event loop");

fairness("should let events in when a guest waits in a loop for what is ready", async () => {
  const guest = waitingGuest();
  const zero = guest.number("clocks/monotonic-clock", "subscribe-duration", 0n);
  let answer: unknown;
  let calls = 0;
  while (!(answer instanceof Promise) && calls < 1000) {
    answer = guest.call("io/poll", "[method]pollable.block", zero);
    calls++;
  }
  assert.ok(calls > 1 && calls < 1000, "most answers come at once");
  assert.ok(guest.platform.clock.soonCount > 0);
  await settled(guest, answer);
});

const wouldBlock = (at: number) => (guest: Guest): boolean =>
  guest.u8(0) === 1 && guest.u8(at) === ErrorCode.WouldBlock;

function started(name: "bind" | "connect", guest: Guest): () => unknown {
  const socket = guest.socket();
  const method = `[method]tcp-socket.start-${name}`;
  guest.call("sockets/tcp", method, socket, guest.network(), ...LOOPBACK_FLAT, RET);
  return () => guest.call("sockets/tcp", `[method]tcp-socket.finish-${name}`, socket, RET);
}

/** A guest that does not wait, and how one sees that the answer is "not yet". */
const impatient: [string, (guest: Guest) => () => unknown, (guest: Guest) => boolean][] = [
  ["finish-connect", (guest) => started("connect", guest), wouldBlock(4)],
  ["finish-bind", (guest) => started("bind", guest), wouldBlock(1)],
  ["resolve-next-address", (guest) => {
    const lookup = "sockets/ip-name-lookup";
    guest.call(lookup, "resolve-addresses", guest.network(), ...guest.put(Buffer.from("a.test")), RET);
    const stream = guest.u32(4);
    return () => guest.call(lookup, "[method]resolve-address-stream.resolve-next-address", stream, RET);
  }, wouldBlock(2)],
  ["accept", (guest) => {
    const socket = guest.socket();
    for (const [name, ...params] of [["bind", guest.network(), ...LOOPBACK_FLAT], ["listen"]] as const) {
      guest.call("sockets/tcp", `[method]tcp-socket.start-${name}`, socket, ...params, RET);
      guest.platform.transport.settle();
      guest.call("sockets/tcp", `[method]tcp-socket.finish-${name}`, socket, RET);
    }
    return () => guest.call("sockets/tcp", "[method]tcp-socket.accept", socket, RET);
  }, wouldBlock(4)],
  ["read", (guest) => {
    const { input } = guest.connected();
    return () => guest.call(STREAMS, `${INPUT}read`, input, 9n, RET);
  }, (guest) => guest.u8(0) === 0 && guest.u32(8) === 0],
  ["skip", (guest) => {
    const { input } = guest.connected();
    return () => guest.call(STREAMS, `${INPUT}skip`, input, 9n, RET);
  }, (guest) => guest.u8(0) === 0 && guest.u64(8) === 0n],
  ["check-write", (guest) => {
    const { output } = guest.connected();
    guest.platform.transport.connection!.queuedBytes = 1 << 20;
    return () => guest.call(STREAMS, `${OUTPUT}check-write`, output, RET);
  }, (guest) => guest.u8(0) === 0 && guest.u64(8) === 0n],
  ["splice", (guest) => {
    const { input, output } = guest.connected();
    return () => guest.call(STREAMS, `${OUTPUT}splice`, output, input, 9n, RET);
  }, (guest) => guest.u8(0) === 0 && guest.u64(8) === 0n],
  ["ready", (guest) => {
    const pollable = guest.number(STREAMS, `${INPUT}subscribe`, guest.connected().input);
    return () => guest.call("io/poll", "[method]pollable.ready", pollable);
  }, () => true],
];

for (const [name, start, isNotYet] of impatient) {
  fairness(`should owe the events a trip when a guest repeats ${name}, and make it`, async () => {
    const guest = waitingGuest();
    const waiter = waiterOf(guest);
    const repeat = start(guest);
    for (let calls = 0; waiter.owed.value === 0; calls++) {
      repeat();
      assert.ok(isNotYet(guest), name);
      assert.ok(calls < 1000);
    }
    const trip = waiter.letEventsIn();
    assert.is(guest.platform.clock.soonCount, 1);
    await settled(guest, trip);
    assert.is(waiter.owed.value, 0);
    repeat();
    assert.is(waiter.owed.value, 0, "one trip is enough for a while");
  });
}

fairness("should owe nothing to a guest that waits in between", async () => {
  const guest = waitingGuest();
  const { input } = guest.connected();
  const waiter = waiterOf(guest);
  for (let message = 0; message < 500; message++) {
    const answer = guest.call(STREAMS, `${INPUT}blocking-read`, input, 9n, RET);
    arrive(guest);
    await settled(guest, answer);
    guest.call(STREAMS, `${INPUT}read`, input, 9n, RET);
    assert.is(waiter.owed.value, 0);
  }
});

fairness("should let events in after some time, however few the calls", async () => {
  const guest = waitingGuest();
  const zero = guest.number("clocks/monotonic-clock", "subscribe-duration", 0n);
  let calls = 0;
  let answer: unknown;
  do {
    guest.platform.clock.nowNs += 1_000_000n;
    answer = guest.call("io/poll", "[method]pollable.block", zero);
    calls++;
  } while (!(answer instanceof Promise));
  assert.ok(calls <= 8, `${calls} calls`);
  await settled(guest, answer);
});

fairness("should reject with what the rest of a call throws, and release the watches", async () => {
  const guest = waitingGuest();
  const { input } = guest.connected();
  const source = guest.host.table.get<Watchable>(input, Kind.InputStream);
  const side = { host: guest.host, waiter: new LoopWaiter(guest.host) };
  const fail = (): never => { throw new Error("no more"); };
  const answer = whenAll(side, [source], () => source.isReady(), fail);
  arrive(guest);
  const outcome = await settled(guest, answer).then(() => "", (error: Error) => error.message);
  assert.is(outcome, "no more");
  assert.throws(() => whenAll(side, [source], () => true, fail), /no more/);
  assert.is(source.firstWatcher, null);
});

fairness.run();
