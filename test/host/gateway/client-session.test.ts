// Sessions with a gateway that does what the test says: how they open, what they refuse, how they are lost, and the
// operations that need nothing but an answer.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as frames from "#host/gateway/frames.js";
import { Goodbye } from "#host/gateway/frames.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import type { SocketAddress } from "#host/wasi/ip-address.js";
import type { Connection } from "#host/wasi/transport.js";
import { data, GRANTS, HERE, openGateway, ScriptedGateway, THERE, WINDOW } from "./scripted-gateway.js";

const opening = suite("opening");

function connect(gateway: ScriptedGateway): (Connection | ErrorCode)[] {
  const results: (Connection | ErrorCode)[] = [];
  gateway.transport.connect({ remote: THERE, local: null }, (result) => results.push(result));
  return results;
}

opening("should begin with the first operation, which waits for WELCOME", () => {
  const gateway = new ScriptedGateway({ token: () => "secret" });
  assert.is(gateway.channels.length, 0);
  connect(gateway);
  assert.is(gateway.channels.length, 1);
  assert.equal(gateway.states, []);
  gateway.pass();
  assert.equal(gateway.states, ["opening"]);
  assert.equal(gateway.types(), []);
  gateway.channel.events.opened();
  const hello = { type: frames.HELLO, id: 0, version: 1, window: WINDOW, token: "secret" };
  assert.equal(gateway.channel.take(), [hello]);
  connect(gateway);
  assert.equal(gateway.types(), []);
  gateway.tell(frames.welcomeFrame(GRANTS));
  assert.equal(gateway.channel.take().map(({ type, id }) => [type, id]), [[frames.OPEN, 1], [frames.OPEN, 2]]);
  assert.equal(gateway.states, ["opening", "open"]);
  assert.is(gateway.channels.length, 1);
  gateway.lose();
  gateway.nothingIsLeft();
});

opening("should wait for a token that comes later", async () => {
  const gateway = new ScriptedGateway({ token: () => Promise.resolve("later") });
  connect(gateway);
  gateway.channel.events.opened();
  assert.equal(gateway.types(), []);
  await Promise.resolve();
  assert.equal(gateway.channel.take().map((frame) => frame.type === frames.HELLO && frame.token), ["later"]);
  gateway.lose();
  gateway.nothingIsLeft();
});

opening("should fail with access-denied when there is no token", async () => {
  const gateway = new ScriptedGateway({ token: () => Promise.reject(new Error("signed out")) });
  const results = connect(gateway);
  gateway.channel.events.opened();
  await new Promise((resolve) => { setImmediate(resolve); });
  assert.equal(results, [ErrorCode.AccessDenied]);
  assert.is(gateway.transport.lastFailure, "no token: Error: signed out");
  gateway.nothingIsLeft();
});

opening("should fail later, not from inside the call, when no channel can be opened at all", () => {
  const gateway = new ScriptedGateway({ open: () => { throw new Error("no such place"); } });
  const results = connect(gateway);
  assert.equal(results, []);
  gateway.pass();
  assert.equal(results, [ErrorCode.RemoteUnreachable]);
  assert.equal(gateway.states, ["lost: Error: no such place"]);
  gateway.nothingIsLeft();
});

opening("should fail when the channel closes before it opened, and begin anew with the next operation", () => {
  const gateway = new ScriptedGateway();
  const results = connect(gateway);
  gateway.channel.events.closed("refused");
  assert.equal(results, [ErrorCode.RemoteUnreachable]);
  assert.is(gateway.transport.lastFailure, "refused");
  connect(gateway);
  assert.is(gateway.channels.length, 2);
  gateway.welcome();
  assert.equal(gateway.channel.take().map(({ id }) => id), [1]);
  gateway.lose();
  gateway.nothingIsLeft();
});

opening("should fail in time when nobody says WELCOME", () => {
  const gateway = new ScriptedGateway();
  const results = connect(gateway);
  gateway.channel.events.opened();
  gateway.pass(9_999);
  assert.equal(results, []);
  gateway.pass(1);
  assert.equal(results, [ErrorCode.Timeout]);
  assert.is(gateway.channel.isClosed, true);
  gateway.nothingIsLeft();
});

const REFUSALS: [Goodbye, ErrorCode][] = [
  [Goodbye.Version, ErrorCode.RemoteUnreachable], [Goodbye.Unauthorised, ErrorCode.AccessDenied],
  [Goodbye.Expired, ErrorCode.AccessDenied], [Goodbye.ProtocolError, ErrorCode.RemoteUnreachable],
  [Goodbye.Limit, ErrorCode.RemoteUnreachable], [Goodbye.Idle, ErrorCode.RemoteUnreachable],
  [Goodbye.ShuttingDown, ErrorCode.RemoteUnreachable],
];
for (const [reason, code] of REFUSALS) {
  opening(`should tell what GOODBYE says: ${Goodbye[reason]}`, () => {
    const gateway = new ScriptedGateway();
    const results = connect(gateway);
    gateway.channel.events.opened();
    gateway.tell(frames.goodbyeFrame(reason, "because"));
    assert.equal(results, [code]);
    assert.equal(gateway.states, ["lost: because"]);
    assert.is(gateway.channel.isClosed, true);
    gateway.nothingIsLeft();
  });
}

opening("should refuse another version, and anything else in place of WELCOME", () => {
  const other = frames.welcomeFrame(GRANTS);
  other[5] = 2;
  for (const frame of [other, frames.plainFrame(frames.PONG, 0), frames.codeFrame(frames.FAIL, 1, 1), data(1, "x")]) {
    const gateway = new ScriptedGateway();
    const results = connect(gateway);
    gateway.channel.events.opened();
    gateway.tell(frame);
    assert.equal(results, [ErrorCode.RemoteUnreachable]);
    assert.equal(gateway.types(), [frames.HELLO, frames.GOODBYE]);
    gateway.nothingIsLeft();
  }
});

opening.run();

// ---

const open = suite("an open session");

open("should answer PING", () => {
  const gateway = openGateway();
  gateway.tell(frames.plainFrame(frames.PING, 0));
  assert.equal(gateway.types(), [frames.PONG]);
  gateway.lose();
  gateway.nothingIsLeft();
});

const NEVER: [string, Uint8Array][] = [
  ["bytes that are no frame", Uint8Array.of(1, 2, 3)], ["no bytes", new Uint8Array()],
  ["WELCOME", frames.welcomeFrame(GRANTS)], ["HELLO", frames.helloFrame(1024, "")],
  ["what only clients send", frames.plainFrame(frames.CLOSE, 1)],
  ["an id that the client never used", frames.plainFrame(frames.END, 3)],
  ["an id that the server never used", frames.plainFrame(frames.END, 0x8000_0000)],
];
for (const [what, frame] of NEVER) {
  open(`should be ended by ${what}`, () => {
    const gateway = openGateway();
    const results = connect(gateway);
    gateway.channel.take();
    gateway.tell(frame);
    assert.equal(gateway.channel.take(), [
      { type: frames.GOODBYE, id: 0, reason: Goodbye.ProtocolError, text: "" },
    ]);
    assert.equal(results, [ErrorCode.RemoteUnreachable]);
    assert.is(gateway.channel.isClosed, true);
    gateway.tell(frame);
    assert.is(gateway.states.length, 1);
    gateway.nothingIsLeft();
  });
}

open("should end by GOODBYE what is open, and every operation once", () => {
  const gateway = openGateway();
  const { connection, told } = gateway.connection();
  const results = connect(gateway);
  gateway.tell(frames.goodbyeFrame(Goodbye.ShuttingDown, ""));
  gateway.lose();
  assert.equal(results, [ErrorCode.RemoteUnreachable]);
  assert.equal(told.take(), ["connection-reset"]);
  assert.equal(gateway.states, ["lost: goodbye, reason 6"]);
  connection.close(0);
  gateway.nothingIsLeft();
});

open("should ask whether somebody is there after silence, and be lost after more of it", () => {
  const gateway = openGateway();
  const { connection, told } = gateway.connection();
  gateway.channel.take();
  const hears = (): void => gateway.tell(frames.plainFrame(frames.PONG, 0));
  for (let second = 0; second < 100; second++) {
    gateway.pass(1000);
    hears();
  }
  assert.equal(gateway.types(), []);
  for (let round = 0; round < 3; round++) {
    hears();
    gateway.pass(40_000);
    assert.equal(gateway.types(), [frames.PING], "within twice the time");
  }
  hears();
  gateway.pass(60_000);
  assert.equal(told.take(), ["connection-reset"]);
  assert.equal(gateway.types(), [frames.PING]);
  assert.equal(gateway.states, ["lost: no answer to PING"]);
  connection.close(0);
  gateway.nothingIsLeft();
});

open("should ask nobody while nothing is open", () => {
  const gateway = openGateway();
  gateway.sim.run();
  assert.equal(gateway.types(), []);
  assert.equal(gateway.states, []);
  gateway.lose();
  gateway.nothingIsLeft();
});

open("should end for good by close, later than the call", () => {
  const gateway = openGateway();
  const { connection, told } = gateway.connection();
  gateway.transport.close();
  assert.equal(told.take(), []);
  gateway.pass();
  assert.equal(told.take(), ["connection-reset"]);
  assert.is(gateway.channel.isClosed, true);
  connection.close(0);
  const results = connect(gateway);
  assert.equal(results, []);
  gateway.pass();
  assert.equal(results, [ErrorCode.ConnectionAborted]);
  assert.is(gateway.channels.length, 1);
  gateway.nothingIsLeft();
});

open.run();

// ---

const names = suite("lookup");

function look(gateway: ScriptedGateway): (SocketAddress[] | ErrorCode)[] {
  const results: (SocketAddress[] | ErrorCode)[] = [];
  gateway.transport.lookup("example.com", (result) => results.push(result));
  return results;
}

names("should ask for the name and answer with its addresses", () => {
  const gateway = openGateway();
  const results = look(gateway);
  assert.equal(gateway.channel.take(), [{ type: frames.RESOLVE, id: 2, name: "example.com" }]);
  const found = [{ ...HERE, port: 0 }, { ...THERE, port: 0 }];
  gateway.tell(frames.resolvedFrame(2, found));
  assert.equal(results, [found]);
  gateway.nothingIsLeft();
});

names("should answer with the error; with one that look-ups have when the session is lost", () => {
  const gateway = openGateway();
  const results = look(gateway);
  gateway.tell(frames.codeFrame(frames.FAIL, 2, ErrorCode.NameUnresolvable));
  assert.equal(results, [ErrorCode.NameUnresolvable]);
  const lost = look(gateway);
  gateway.lose();
  assert.equal(lost, [ErrorCode.TemporaryResolverFailure]);
  gateway.nothingIsLeft();
});

names("should be cancelled with CLOSE", () => {
  const gateway = openGateway();
  gateway.transport.lookup("example.com", () => assert.unreachable()).cancel();
  assert.equal(gateway.types(), [frames.RESOLVE, frames.CLOSE]);
  gateway.tell(frames.resolvedFrame(2, []));
  assert.equal(gateway.states, []);
  gateway.lose();
  gateway.nothingIsLeft();
});

names("should end the session when the answer is to something else", () => {
  const gateway = openGateway();
  const results = look(gateway);
  gateway.tell(frames.openedFrame(2, HERE, THERE));
  assert.equal(results, [ErrorCode.TemporaryResolverFailure]);
  assert.is(gateway.states.length, 1);
  gateway.nothingIsLeft();
});

names.run();
