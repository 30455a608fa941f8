// Descriptors on the shipped component over a connection of doubles, in the epoll flavour: when upcalls come, in what
// order, what is refused, and what becomes of the endpoint. The states are the core's (test/assembly/net); what every
// engine must do on a network is in test/suite/face/descriptors.ts.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NotificationOutcome } from "#host/engine/event-manager/descriptor-interfaces.js";
import { EventManager } from "#host/engine/event-manager/event-manager.js";
import { Priority } from "#host/engine/event-manager/priority.js";
import type { Status } from "#host/engine/interfaces.js";
import { StatusCode } from "#host/engine/status.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import { withDescriptor } from "./driven-descriptor.js";
import { accept, drivenEngine, onEngine } from "./driven-engine.js";

const nothing = (): void => {};
const reasonOf = (outcome: number | Status): number | string =>
  typeof outcome === "number" ? outcome : `${StatusCode[outcome.code]} ${outcome.reason}`;

const telling = suite("notifications");

telling("should run once per registration, never inside a call", withDescriptor((driven) => {
  const { descriptor, connection, heard, says, news } = driven;
  descriptor.notifyWhenReadable(says("readable"));
  assert.equal(news(), [], "nothing is there");
  connection.arrive(1);
  assert.equal(news(), ["readable"]);
  connection.arrive(2);
  assert.equal(news(), [], "it was told once");
  descriptor.notifyWhenReadable(says("again"));
  descriptor.notifyWhenWritable(says("writable"));
  assert.equal(heard, [], "not inside the call");
  assert.equal(news(), ["again", "writable"]);
}));

telling("should count what was told until it is cleared, and what is there then as new", withDescriptor((driven) => {
  const { descriptor, connection, buffer, says, news } = driven;
  connection.arrive(1, 2, 3);
  descriptor.notifyWhenReadable(says("first"));
  assert.equal(news(), ["first"]);
  assert.is(descriptor.read(buffer), 3);
  descriptor.notifyWhenReadable(says("an old event"));
  assert.equal(news(), ["an old event"], "nothing is there, but nobody cleared it");
  descriptor.clearReadable();
  descriptor.notifyWhenReadable(says("a new event"));
  assert.equal(news(), []);
  connection.arrive(4);
  assert.equal(news(), ["a new event"]);
  descriptor.clearReadable();
  descriptor.notifyWhenReadable(says("still there"));
  assert.equal(news(), ["still there"]);
}));

telling("should be one per condition until its turn has come", withDescriptor((driven) => {
  const { descriptor, connection, says, news } = driven;
  descriptor.notifyWhenReadable(says("readable"));
  assert.throws(() => descriptor.notifyWhenReadable(nothing), /^notifyWhenReadable while an upcall is registered/);
  assert.throws(() => descriptor.notifyWhenReadableOrTimeout(nothing, 1), /while an upcall is registered for readable/);
  descriptor.notifyWhenHasError(says("error"));
  assert.throws(() => descriptor.notifyWhenHasError(nothing), /while an upcall is registered for has-error/);
  connection.arrive(1);
  assert.equal(news(), ["readable"]);
  descriptor.notifyWhenReadable(says("one"));
  descriptor.notifyWhenReadable(says("two")); // the first is only on its way
  assert.equal(news(), ["one", "two"]);
}));

telling("should time out at its deadline, and only then", withDescriptor((driven) => {
  const { descriptor, connection, platform, heard, news, passMs } = driven;
  const hear = (outcome: NotificationOutcome): void => { heard.push(NotificationOutcome[outcome]); };
  descriptor.notifyWhenReadableOrTimeout(hear, 5);
  passMs(4);
  assert.equal(news(), []);
  passMs(1);
  assert.equal(news(), ["TIMED_OUT"]);
  assert.match(String(descriptor), /readable clear,/, "that is no event");
  descriptor.notifyWhenReadableOrTimeout(hear, new Date(Number(platform.clock.wallNs / 1_000_000n) + 5));
  connection.arrive(1);
  assert.equal(news(), ["FD_BECAME_READY"]);
  passMs(10);
  assert.equal(news(), [], "and no time-out behind it");
  descriptor.notifyWhenWritableOrTimeout(hear, -1);
  assert.equal(news(), ["FD_BECAME_READY"], "what is so already comes before any deadline");
  descriptor.clearReadable();
  assert.is(descriptor.read(driven.buffer), 1);
  descriptor.notifyWhenReadableOrTimeout(hear, 0);
  assert.equal(news(), ["TIMED_OUT"], "the past means soon");
  descriptor.notifyWhenReadableOrTimeout(hear, Infinity);
  passMs(20);
  assert.equal(news(), []);
}));

telling("should run what is registered when it is forced, and what comes then", withDescriptor((driven) => {
  const { descriptor, says, news } = driven;
  descriptor.notifyWhenReadable(says("readable"));
  descriptor.notifyWhenHasError(says("error"));
  descriptor.forceReadable();
  descriptor.forceHasError();
  assert.equal(news(), ["readable", "error"]);
  descriptor.notifyWhenHasError(says("error again"));
  assert.equal(news(), ["error again"]);
  descriptor.clearHasError();
  descriptor.clearReadable();
  descriptor.notifyWhenHasError(says("not now"));
  assert.equal(news(), []);
}));

telling("should come in the order of the priorities, and take them when it is decided", withDescriptor((driven) => {
  const { descriptor, says, news } = driven;
  descriptor.forceReadable();
  descriptor.forceWritable();
  descriptor.forceHasError();
  const all = (): void => {
    descriptor.notifyWhenReadable(says("read"));
    descriptor.notifyWhenWritable(says("write"));
    descriptor.notifyWhenHasError(says("error"));
  };
  all();
  assert.equal(news(), ["read", "write", "error"], "medium, all of them");
  descriptor.setReadPriority(Priority.LOW);
  descriptor.setWritePriority(Priority.HIGH);
  descriptor.setErrorPriority(Priority.SYSTEM);
  all();
  assert.equal(news(), ["error", "write", "read"]);
  // One that overtakes: each entry must lead to its own upcall.
  descriptor.notifyWhenReadable(says("low"));
  descriptor.setReadPriority(Priority.IMMEDIATE);
  descriptor.notifyWhenReadable(says("immediate"));
  assert.equal(news(), ["immediate", "low"]);
}));

telling("should let upcalls throw", withDescriptor((driven) => {
  const { descriptor, thrown, says, news } = driven;
  descriptor.forceReadable();
  descriptor.notifyWhenReadable(() => { throw new Error("an upcall"); });
  descriptor.notifyWhenReadable(says("the next one"));
  assert.equal(news(), ["the next one"]);
  assert.equal(thrown.splice(0).map(String), ["Error: an upcall"]);
}));

telling.run();

// ---

const bytes = suite("reading and writing");

bytes("should read what is there, in portions, and say why there will be no more", withDescriptor((driven) => {
  const { descriptor, connection, buffer, settle } = driven;
  assert.is(descriptor.read(buffer), 0, "nothing now");
  connection.arrive(1, 2, 3, 4, 5);
  buffer.append(new Uint8Array([9]));
  assert.equal([descriptor.read(buffer, 2), descriptor.read(buffer, 1), descriptor.read(buffer)], [2, 1, 2]);
  assert.equal([...buffer.toUint8Array()], [9, 1, 2, 3, 4, 5], "behind what was in the buffer");
  connection.events!.endArrived();
  settle();
  for (let round = 0; round < 2; round++) {
    assert.is(reasonOf(descriptor.read(buffer)), "INTERNAL end-of-stream");
  }
  assert.match(String(descriptor), /has-error clear$/, "an end is no error");
}));

bytes("should write what the stream takes, and no more", withDescriptor((driven) => {
  const { descriptor, connection, buffer, says, news, settle } = driven;
  connection.isSlow = true;
  buffer.append(new Uint8Array(600_000).fill(7));
  let written = 0;
  for (let round = 0; round < 100 && buffer.length > 0; round++) {
    const count = descriptor.write(buffer);
    assert.type(count, "number");
    written += count as number;
    assert.is(buffer.length, 600_000 - written, "taken from the front");
    if (count !== 0) continue;
    descriptor.clearWritable();
    descriptor.notifyWhenWritable(says("writable"));
    assert.equal(news(), [], "it is full");
    connection.takeAll();
    assert.equal(news(), ["writable"]);
  }
  settle();
  assert.is(connection.written.length, 600_000);
  assert.is(descriptor.write(buffer), 0, "of nothing");
}));

bytes("should end the sending direction behind what was written", withDescriptor((driven) => {
  const { descriptor, connection, buffer, settle } = driven;
  buffer.append("last words");
  assert.is(descriptor.write(buffer), 10);
  descriptor.shutdownSend();
  descriptor.shutdownSend();
  settle();
  assert.is(connection.log.filter((entry) => entry === "end").length, 1);
  buffer.append("too late");
  assert.not.type(descriptor.write(buffer), "number");
  connection.arrive(1);
  assert.is(descriptor.read(buffer), 1, "the other direction goes on");
}));

bytes("should tell a failure although nobody reads, and keep what came before it", withDescriptor((driven) => {
  const { descriptor, connection, buffer, says, news } = driven;
  descriptor.notifyWhenHasError(says("error"));
  connection.arrive(1, 2);
  assert.equal(news(), [], "bytes are no error");
  assert.is(descriptor.read(buffer), 2);
  assert.equal(news(), []);
  connection.events!.failed(ErrorCode.ConnectionReset);
  assert.equal(news(), ["error"]);
  assert.is(reasonOf(descriptor.read(buffer)), "UNAVAILABLE stream-failed");
  assert.is(reasonOf(descriptor.read(buffer)), "UNAVAILABLE stream-failed", "to everybody who asks");
  descriptor.notifyWhenReadable(says("readable"));
  descriptor.notifyWhenWritable(says("writable"));
  assert.equal(news(), ["readable", "writable"], "nobody waits for what never comes");
}));

bytes.run();

// ---

const ends = suite("leaving");

ends("should run what is registered when it is closed, later, and destroy the endpoint", withDescriptor((driven) => {
  const { descriptor, endpoint, connection, heard, says, news, engine } = driven;
  const hear = (outcome: NotificationOutcome): void => { heard.push(NotificationOutcome[outcome]); };
  connection.isSlow = true;
  descriptor.notifyWhenReadableOrTimeout(hear, 5);
  descriptor.notifyWhenHasError(says("error"));
  assert.ok(engine.live().descriptors === 1 && engine.live().endpoints === 1);
  descriptor.close();
  assert.ok(descriptor.isClosed && endpoint.isDestroyed);
  assert.equal([engine.live().descriptors, engine.live().endpoints, engine.live().allocators], [0, 0, 0]);
  assert.equal(heard, [], "not inside the call");
  descriptor[Symbol.dispose]();
  assert.equal(news(), ["FD_BECAME_READY", "error"]);
  assert.is(String(descriptor), "descriptor 127.0.0.1:8080 to 127.0.0.1:49999: closed");
  driven.passMs(10);
  assert.equal(news(), [], "and no time-out");
}));

ends("should refuse by name what comes too late, and let pass what harms nobody", withDescriptor((driven) => {
  const { descriptor, endpoint, buffer, news } = driven;
  descriptor.close();
  const refused: [string, () => unknown][] = [
    ["notifyWhenReadable", () => descriptor.notifyWhenReadable(nothing)],
    ["notifyWhenWritable", () => descriptor.notifyWhenWritable(nothing)],
    ["notifyWhenHasError", () => descriptor.notifyWhenHasError(nothing)],
    ["notifyWhenReadableOrTimeout", () => descriptor.notifyWhenReadableOrTimeout(nothing, 1)],
    ["notifyWhenWritableOrTimeout", () => descriptor.notifyWhenWritableOrTimeout(nothing, 1)],
    ["notifyAfterRead", () => descriptor.notifyAfterRead(nothing, () => new Uint8Array(1))],
    ["notifyAfterWrite", () => descriptor.notifyAfterWrite(nothing, { bytes: new Uint8Array(1) })],
    ["read", () => descriptor.read(buffer)],
    ["write", () => descriptor.write(buffer)],
    ["shutdownSend", () => descriptor.shutdownSend()],
    ["release", () => descriptor.release()],
  ];
  for (const [name, call] of refused) assert.throws(call, new RegExp(`^${name} of a closed descriptor$`));
  for (const call of [
    () => descriptor.clearReadable(), () => descriptor.clearWritable(), () => descriptor.clearHasError(),
    () => descriptor.forceReadable(), () => descriptor.forceWritable(), () => descriptor.forceHasError(),
    () => descriptor.setReadPriority(Priority.LOW), () => descriptor.close(),
  ]) call();
  assert.throws(() => endpoint.read(nothing, buffer), /^read of a destroyed endpoint$/);
  assert.equal(news(), []);
}));

ends("should give the endpoint back with every byte, and go on without it", withDescriptor((driven) => {
  const { descriptor, endpoint, connection, buffer, engine, heard, says, news, settle } = driven;
  descriptor.notifyWhenHasError(says("error"));
  connection.arrive(1, 2, 3);
  assert.equal(news(), []); // and those three were looked at
  descriptor.notifyWhenReadable(() => {
    assert.is(descriptor.release(), endpoint, "the same object");
    assert.equal(heard, [], "not inside the call");
    endpoint.read((status) => heard.push(`${status.reason}: ${buffer.toUint8Array()}`), buffer);
  });
  assert.equal(news(), ["error", "ok: 1,2,3"]);
  assert.ok(descriptor.isClosed && !endpoint.isDestroyed);
  assert.equal([engine.live().descriptors, engine.live().endpoints], [0, 1]);
  assert.throws(() => descriptor.release(), /^release of a closed descriptor$/);
  descriptor.close();
  settle();
  assert.not(endpoint.isDestroyed, "that was not the descriptor's any more");
  // And it can be registered again.
  const second = driven.manager.registerFileDescriptor(endpoint);
  second.notifyWhenReadable(says("second"));
  connection.arrive(4);
  assert.equal(news(), ["second"]);
  assert.is(second.read(buffer), 1);
  second.close();
  assert.ok(endpoint.isDestroyed);
}));

ends("should have the endpoint for itself", withDescriptor((driven) => {
  const { descriptor, endpoint, connection, buffer, engine, manager } = driven;
  assert.throws(() => endpoint.read(nothing, buffer), /^read of an endpoint that a descriptor has$/);
  assert.throws(() => endpoint.write(nothing, buffer), /^write to an endpoint that a descriptor has$/);
  assert.throws(() => endpoint.shutdownSend(), /^shutdownSend of an endpoint that a descriptor has$/);
  assert.throws(() => manager.registerFileDescriptor(endpoint), /or that a descriptor has/);
  endpoint.destroy();
  driven.settle();
  assert.not(descriptor.isClosed, "it is not the endpoint's to close");
  assert.ok(connection.events !== null);
  assert.is(String(endpoint.peerAddress), String(descriptor.peerAddress));
  descriptor.release();
  assert.throws(() => {
    const tooLong = engine.createSliceBuffer();
    try {
      endpoint.read(nothing, tooLong);
      manager.registerFileDescriptor(endpoint);
    } finally {
      endpoint.destroy();
      driven.settle();
      tooLong.destroy();
    }
  }, /while a read or write of the endpoint is outstanding/);
  assert.throws(() => manager.registerFileDescriptor(endpoint), /that is destroyed/);
}));

ends("should end with its engine, and run what is registered", async () => {
  const driven = await drivenEngine();
  const { engine, settle } = driven;
  const heard: string[] = [];
  const descriptors = ["first", "second"].map((name) => {
    const descriptor = new EventManager(engine).registerFileDescriptor(accept(driven).endpoint);
    descriptor.notifyWhenHasError(() => heard.push(`${name}: error, closed: ${descriptor.isClosed}`));
    descriptor.notifyAfterRead(({ status }) => heard.push(`${name}: read ${status.reason}`), () => new Uint8Array(9));
    return { name, descriptor };
  });
  settle();
  for (const { name, descriptor } of descriptors) {
    descriptor.notifyWhenWritable(() => heard.push(`${name}: writable, closed: ${descriptor.isClosed}`));
  }
  await driven.close();
  assert.equal(heard.sort(), ["first", "second"].flatMap((name) => [
    `${name}: error, closed: true`, `${name}: read endpoint-closed`, `${name}: writable, closed: false`,
  ]));
  assert.equal(driven.thrown, []);
});

ends.run();

// ---

const misuse = suite("misuse");

misuse("should refuse what cannot be meant, by name", withDescriptor((driven) => {
  const { descriptor, buffer, news } = driven;
  const bad: [() => unknown, RegExp][] = [
    [() => descriptor.notifyWhenReadable(null as never), /^the upcall of notifyWhenReadable must be a function$/],
    [() => descriptor.notifyAfterRead({} as never, nothing as never), /the upcall of notifyAfterRead must be/],
    [() => descriptor.notifyAfterRead(nothing, 1 as never), /the allocator of notifyAfterRead must be a function/],
    [() => descriptor.notifyAfterWrite(nothing, undefined as never), /notifyAfterWrite wants \{ bytes \}/],
    [() => descriptor.notifyAfterWrite(nothing, { bytes: "text" as never }), /want a slice buffer/],
    [() => descriptor.notifyWhenReadableOrTimeout(nothing, NaN), /deadline of notifyWhenReadableOrTimeout must be/],
    [() => descriptor.notifyWhenWritableOrTimeout(nothing, new Date(NaN)), /must be a number or a valid date/],
    [() => descriptor.notifyWhenWritableOrTimeout(nothing, undefined as never), /must be a number or a valid date/],
    [() => descriptor.notifyWhenReadableOrTimeout(nothing, "5" as never), /must be a number or a valid date/],
    [() => descriptor.setReadPriority(5 as Priority), /the priority of readable upcalls must be/],
    [() => descriptor.setErrorPriority(1.5 as Priority), /the priority of has-error upcalls must be/],
    [() => descriptor.read(buffer, 0), /mostBytes is 0: want 1 to/],
    [() => descriptor.read({} as never), /want a slice buffer/],
    [() => descriptor.write(undefined as never), /want a slice buffer/],
    [() => driven.manager.registerFileDescriptor({} as never), /wants an endpoint of this event engine/],
  ];
  for (const [call, message] of bad) assert.throws(call, message);
  assert.equal(news(), []);
  assert.match(String(descriptor), /: readable clear, writable clear, has-error clear$/, "nothing changed");
}));

misuse("should refuse what is another engine's or manager's", onEngine(async (driven) => {
  const other = await drivenEngine();
  const { endpoint } = accept(driven);
  assert.throws(() => new EventManager(other.engine).registerFileDescriptor(endpoint), /of this event engine/);
  const descriptor = new EventManager(driven.engine).registerFileDescriptor(endpoint);
  assert.throws(() => new EventManager(driven.engine).deleteDescriptor(descriptor), /of another event manager's/);
  assert.throws(() => new EventManager(other.engine).deleteDescriptor({} as never), /want a descriptor of this event/);
  assert.not(descriptor.isClosed);
  descriptor.close();
  await other.close();
}));

misuse("should have room for the application's own, and know its manager", withDescriptor((driven) => {
  const { descriptor, manager } = driven;
  assert.is(descriptor.data, null);
  descriptor.data = manager;
  assert.is(descriptor.data, manager);
  assert.is(descriptor.eventManager, manager);
  descriptor.notifyWhenReadable(nothing);
  descriptor.forceWritable();
  assert.is(String(descriptor),
    "descriptor 127.0.0.1:8080 to 127.0.0.1:49999: readable clear and registered, writable set, has-error clear");
}));

misuse.run();
