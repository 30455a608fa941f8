// Connection attempts on the shipped component over a transport of doubles.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ConnectionHandle } from "#host/engine/handles.js";
import type { ConnectOptions, Endpoint, Status } from "#host/engine/interfaces.js";
import { StatusCode } from "#host/engine/status.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import { type DrivenEngine, drivenEngine, onEngine } from "./driven-engine.js";

const SERVER = "127.0.0.1:8080";

type Outcome = [status: Status, endpoint: Endpoint | null];

function attempt({ engine }: DrivenEngine, address: string | string[] = SERVER, options: ConnectOptions = {}): {
  outcomes: Outcome[]; handle: ConnectionHandle;
} {
  const outcomes: Outcome[] = [];
  const handle = engine.connect((status, endpoint) => outcomes.push([status, endpoint]), address, options);
  return { outcomes, handle };
}

const codes = (outcomes: Outcome[]): StatusCode[] => outcomes.map(([{ code }]) => code);

const connecting = suite("connect");

connecting("should give an endpoint, once and not inside the call", onEngine((driven) => {
  const { outcomes, handle } = attempt(driven);
  assert.equal(outcomes, []);
  driven.settle();
  assert.equal(codes(outcomes), [StatusCode.OK]);
  assert.not(driven.engine.cancelConnect(handle), "it is over");
  const endpoint = outcomes[0]![1]!;
  assert.is(driven.engine.live().allocators, 1);
  endpoint.destroy();
  assert.is(driven.engine.live().allocators, 0);
}));

connecting("should tell every failure by its callback, with what the transport said", onEngine((driven) => {
  const failures: [ErrorCode, StatusCode, string][] = [
    [ErrorCode.ConnectionRefused, StatusCode.UNAVAILABLE, "connection-refused"],
    [ErrorCode.RemoteUnreachable, StatusCode.UNAVAILABLE, "remote-unreachable"],
    [ErrorCode.AccessDenied, StatusCode.PERMISSION_DENIED, "access-denied"],
    [ErrorCode.NewSocketLimit, StatusCode.RESOURCE_EXHAUSTED, "new-socket-limit"],
  ];
  for (const [error, code, reason] of failures) {
    driven.platform.transport.failNext = error;
    const { outcomes } = attempt(driven);
    driven.settle();
    assert.equal(outcomes.map(([status, endpoint]) => [status.code, status.reason, endpoint]), [[code, reason, null]]);
  }
}));

connecting("should go on to the next address when one fails", onEngine((driven) => {
  driven.platform.transport.failNext = ErrorCode.ConnectionRefused;
  const { outcomes } = attempt(driven, ["127.0.0.1:1", "[::1]:2"]);
  driven.settle();
  assert.equal(codes(outcomes), [StatusCode.OK]);
  outcomes[0]![1]!.destroy();
}));

connecting("should give up at its deadline", async () => {
  for (const which of ["timeoutMs", "deadline"]) {
    const driven = await drivenEngine();
    // Nothing settles the transport: it never answers.
    const date = new Date(Number(driven.platform.clock.wallNs / 1_000_000n) + 20);
    const { outcomes } = attempt(driven, SERVER, which === "deadline" ? { deadline: date } : { timeoutMs: 20 });
    const pass = (ms: number): void => {
      for (let step = 0; step < ms; step++) {
        driven.platform.clock.advanceMs(1);
        while (driven.platform.clock.runSoon() > 0);
      }
    };
    pass(19);
    assert.equal(outcomes, []);
    pass(3);
    assert.equal(codes(outcomes), [StatusCode.DEADLINE_EXCEEDED]);
    await driven.close();
    assert.is(outcomes.length, 1);
  }
});

connecting("should take over the allocator that it was given, whatever comes of it", onEngine((driven) => {
  const { engine, settle } = driven;
  const quota = engine.createMemoryQuota();
  const [failed, cancelled, connected] = [1, 2, 3].map(() => quota.createAllocator("given")) as
    [ReturnType<typeof quota.createAllocator>, ReturnType<typeof quota.createAllocator>,
      ReturnType<typeof quota.createAllocator>];
  driven.platform.transport.failNext = ErrorCode.ConnectionRefused;
  attempt(driven, SERVER, { allocator: failed });
  settle();
  assert.not(failed.isValid);
  assert.ok(engine.cancelConnect(attempt(driven, SERVER, { allocator: cancelled }).handle));
  assert.not(cancelled.isValid);
  const { outcomes } = attempt(driven, SERVER, { allocator: connected });
  settle();
  assert.ok(connected.isValid);
  outcomes[0]![1]!.destroy();
  assert.not(connected.isValid);
  quota.destroy();
}));

connecting("should share an allocator that several were given, until the last of them is over", onEngine((driven) => {
  const { engine, settle } = driven;
  const allocator = engine.memoryQuota.createAllocator("shared");
  const made = [1, 2].map(() => attempt(driven, SERVER, { allocator }));
  allocator.shutdown();
  settle();
  const [one, two] = made.map(({ outcomes }) => outcomes[0]![1]!) as [Endpoint, Endpoint];
  one.destroy();
  assert.is(engine.live().allocators, 1);
  driven.platform.transport.connection!.arrive(1, 2, 3);
  const buffer = engine.createSliceBuffer();
  two.read(() => {}, buffer);
  settle();
  assert.is(buffer.length, 3);
  two.destroy();
  buffer.destroy();
  assert.is(engine.live().allocators, 0);
}));

connecting.run();

// ---

const cancelling = suite("cancelConnect");

cancelling("should end an attempt for good, at once and at any moment before its end", onEngine((driven) => {
  const { engine, platform, settle } = driven;
  for (const moment of [0, 1, 2]) {
    const { outcomes, handle } = attempt(driven);
    for (let turn = 0; turn < moment; turn++) platform.clock.runSoon();
    assert.ok(engine.cancelConnect(handle), `after ${moment} turns`);
    assert.not(engine.cancelConnect(handle), "twice");
    settle();
    assert.equal(outcomes, []);
  }
  assert.is(engine.live().connects, 0);
}));

cancelling("should answer false for stale, foreign and invalid handles", onEngine(async (driven) => {
  const other = await drivenEngine();
  const first = attempt(driven);
  assert.ok(driven.engine.cancelConnect(first.handle));
  const second = attempt(driven);
  assert.not(driven.engine.cancelConnect(first.handle), "its slot is another's now");
  assert.not(driven.engine.cancelConnect(ConnectionHandle.invalid));
  assert.not(other.engine.cancelConnect(second.handle));
  driven.settle();
  assert.equal(codes(second.outcomes), [StatusCode.OK]);
  second.outcomes[0]![1]!.destroy();
  await other.close();
}));

cancelling.run();

// ---

const refusals = suite("refusals");

refusals("should name what cannot be meant, and begin nothing", onEngine(async (driven) => {
  const { engine } = driven;
  const other = await drivenEngine();
  const foreign = other.engine.memoryQuota.createAllocator("foreign");
  const shut = engine.memoryQuota.createAllocator("shut");
  shut.shutdown();
  const connect = (address: never, options?: object): unknown => engine.connect(() => {}, address, options);
  const bad: [() => unknown, RegExp][] = [
    [() => connect("localhost:80" as never), /'localhost:80' is not an address/],
    [() => connect([] as never), /0 addresses to connect to/],
    [() => connect(Array(17).fill(SERVER) as never), /17 addresses to connect to/],
    [() => connect(SERVER as never, { timeoutMs: NaN }), /the deadline of a connect/],
    [() => connect(SERVER as never, { deadline: new Date(NaN) }), /the deadline of a connect/],
    [() => connect(SERVER as never, { timeoutMs: 1, deadline: new Date() }), /give one of them/],
    [() => connect(SERVER as never, { config: { hopLimit: 300 } }), /hopLimit is 300/],
    [() => connect(SERVER as never, { allocator: {} }), /want a memory allocator of this event engine/],
    [() => connect(SERVER as never, { allocator: foreign }), /a memory allocator of another event engine/],
    [() => connect(SERVER as never, { allocator: shut }), /'shut' after its shutdown/],
    [() => engine.connect(null as never, SERVER), /onConnect must be a function/],
  ];
  for (const [call, message] of bad) assert.throws(call, message);
  assert.is(engine.live().connects, 0);
  foreign.shutdown();
  await other.close();
}));

refusals.run();
