// Addresses bound at a gateway that does what the test says: listening, accepting, lost sessions.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as frames from "#host/gateway/frames.js";
import { ErrorCode, OK, type Outcome } from "#host/wasi/error-code.js";
import type { Binding, Connection } from "#host/wasi/transport.js";
import {
  accepted, bound, data, HERE, listening, openGateway, refused, release, reopen, S, type ScriptedGateway, sent, THERE,
  Told,
} from "./scripted-gateway.js";

const binding = suite("bind");

binding("should ask for the address and tell the one that was given", () => {
  const gateway = openGateway();
  const results: (Binding | ErrorCode)[] = [];
  gateway.transport.bind({ address: { ...HERE, port: 0 }, backlog: 5 }, (result) => results.push(result));
  assert.equal(gateway.channel.take(), [{ type: frames.BIND, id: 2, address: { ...HERE, port: 0 } }]);
  assert.equal(results, []);
  gateway.tell(bound(2));
  const [made] = results as [Binding];
  assert.equal(made.localAddress, HERE);
  assert.is(gateway.transport.openCount, 1);
  release(gateway, made, 2);
});

binding("should answer with the error; nothing once it was cancelled", () => {
  const gateway = openGateway();
  const results: (Binding | ErrorCode)[] = [];
  gateway.transport.bind({ address: HERE, backlog: 5 }, (result) => results.push(result));
  gateway.tell(refused(2));
  assert.equal(results, [ErrorCode.AddressInUse]);
  gateway.transport.bind({ address: HERE, backlog: 5 }, () => assert.unreachable()).cancel();
  gateway.tell(bound(3), frames.plainFrame(frames.RELEASED, 3));
  assert.equal(gateway.types(), [frames.BIND, frames.BIND, frames.CLOSE]);
  assert.equal(gateway.states, []);
  gateway.nothingIsLeft();
});

binding("should be given back when the session is lost before it was", () => {
  const gateway = openGateway();
  const { binding: made } = gateway.binding();
  let releases = 0;
  made.close(() => releases++);
  made.close(() => assert.unreachable());
  gateway.lose();
  assert.is(releases, 1);
  gateway.nothingIsLeft();
});

binding.run();

// ---

const listeners = suite("a listener");

listeners("should hand out what was accepted, each with its own id", () => {
  const gateway = openGateway();
  const { binding: made, id, arrived } = gateway.listener();
  gateway.tell(accepted(id, S), accepted(id, S + 5), data(S + 5, "for the second"));
  assert.equal(arrived.map(({ localAddress, remoteAddress }) => [localAddress, remoteAddress]),
    [[HERE, THERE], [HERE, THERE]]);
  const told = new Told();
  (arrived[1] as Connection).attach(told);
  gateway.pass();
  assert.equal(told.take(), ["for the second"]);
  assert.is(gateway.transport.openCount, 3);
  for (const connection of arrived) connection.close(0);
  assert.equal(sent(gateway), [[frames.CLOSE, S], [frames.CLOSE, S + 5]]);
  release(gateway, made, id);
});

listeners("should outlive its connections' owner: those go on after it closed", () => {
  const gateway = openGateway();
  const { binding: made, id, arrived } = gateway.listener();
  gateway.tell(accepted(id, S));
  const told = new Told();
  (arrived[0] as Connection).attach(told);
  made.close();
  gateway.tell(data(S, "still"), frames.plainFrame(frames.RELEASED, id));
  assert.equal(told.take(), ["still"]);
  (arrived[0] as Connection).abort();
  gateway.nothingIsLeft();
});

listeners("should give connections back that came when it was closed, before and after RELEASED", () => {
  const gateway = openGateway();
  const { binding: made, id, arrived } = gateway.listener();
  made.close();
  gateway.tell(accepted(id, S), frames.plainFrame(frames.RELEASED, id), accepted(id, S + 1));
  assert.equal(sent(gateway), [[frames.CLOSE, id], [frames.RESET, S], [frames.RESET, S + 1]]);
  gateway.tell(data(S, "ignored"), data(S + 1, "ignored"));
  assert.equal([arrived, gateway.states], [[], []]);
  gateway.nothingIsLeft();
});

listeners("should end the session when a stream has an id that was used, or comes too early", () => {
  for (const frame of [accepted(2, S), accepted(2, S + 7)]) {
    const gateway = openGateway();
    const { id, binding: made, arrived } = gateway.listener();
    assert.is(id, 2);
    gateway.tell(accepted(id, S + 7));
    gateway.tell(frame);
    assert.is(gateway.states.length, 1);
    for (const connection of arrived) connection.abort();
    made.close();
    gateway.nothingIsLeft();
  }
  const gateway = openGateway();
  const { id, binding: made } = gateway.binding();
  gateway.tell(accepted(id, S));
  assert.is(gateway.states.length, 1);
  made.close();
  gateway.nothingIsLeft();
});

listeners("should tell when it cannot listen, once, and be of no more use", () => {
  const gateway = openGateway();
  const { binding: made, id } = gateway.binding();
  const outcomes: Outcome[] = [];
  made.listen({ connectionArrived: () => assert.unreachable() }, 1, (outcome) => outcomes.push(outcome));
  gateway.tell(refused(id, ErrorCode.AccessDenied));
  gateway.lose();
  assert.equal(outcomes, [ErrorCode.AccessDenied]);
  let releases = 0;
  made.close(() => releases++);
  assert.is(releases, 0);
  gateway.pass();
  assert.is(releases, 1);
  gateway.nothingIsLeft();
});

listeners("should be given back when that it cannot listen crossed with its close", () => {
  const gateway = openGateway();
  const { binding: made, id } = gateway.binding();
  let releases = 0;
  made.listen({ connectionArrived: () => assert.unreachable() }, 1, () => assert.unreachable());
  made.close(() => releases++);
  gateway.tell(refused(id));
  assert.is(releases, 1);
  gateway.nothingIsLeft();
});

listeners.run();

// ---

const lost = suite("a lost session");

lost("should bring a listener back at the same address, and connections with it", () => {
  const gateway = openGateway();
  const { binding: made, arrived } = gateway.listener();
  gateway.lose();
  assert.is(gateway.channels.length, 1);
  gateway.pass(250);
  assert.is(gateway.channels.length, 2);
  gateway.channel.events.opened();
  gateway.channel.take();
  gateway.tell(frames.welcomeFrame({ window: 4096, frameMax: 1024, streamsMax: 1, rights: 31 }));
  assert.equal(gateway.channel.take(), [{ type: frames.BIND, id: 1, address: HERE }]);
  gateway.tell(bound(1));
  assert.equal(gateway.channel.take(), [{ type: frames.LISTEN, id: 1, backlog: 7 }]);
  gateway.tell(listening(1), accepted(1, S));
  assert.is(arrived.length, 1);
  (arrived[0] as Connection).abort();
  release(gateway, made, 1);
});

lost("should be tried again less and less often, up to every 8 s, and often again once it went well", () => {
  const gateway = openGateway();
  const { binding: made } = gateway.listener();
  for (let round = 0; round < 2; round++) {
    gateway.lose();
    for (const delayMs of [250, 500, 1000, 2000, 4000, 8000, 8000]) {
      const before = gateway.channels.length;
      gateway.pass(delayMs - 1);
      assert.is(gateway.channels.length, before, `${delayMs} ms`);
      gateway.pass(1);
      assert.is(gateway.channels.length, before + 1, `${delayMs} ms`);
      gateway.channel.events.closed("nobody there");
    }
    gateway.pass(8000);
    assert.equal(reopen(gateway), [[frames.BIND, 1]]);
    gateway.tell(bound(1), listening(1));
    gateway.channel.take();
  }
  release(gateway, made, 1);
});

lost("should go on trying while the address is still taken", () => {
  const gateway = openGateway();
  const { binding: made } = gateway.listener();
  gateway.lose();
  gateway.pass(250);
  assert.equal(reopen(gateway), [[frames.BIND, 1]]);
  gateway.tell(refused(1));
  gateway.pass(500);
  assert.equal(sent(gateway), [[frames.BIND, 2]]);
  gateway.tell(bound(2), refused(2));
  gateway.pass(1000);
  assert.equal(sent(gateway), [[frames.LISTEN, 2], [frames.BIND, 3]]);
  assert.is(gateway.channels.length, 2);
  gateway.tell(bound(3), listening(3));
  release(gateway, made, 3);
});

lost("should not bring back what was closed, whenever that was", () => {
  const steps: ((gateway: ScriptedGateway) => void)[] = [
    () => {}, (gateway) => gateway.pass(100), (gateway) => gateway.pass(250),
    (gateway) => { gateway.pass(250); gateway.welcome(); },
    (gateway) => { gateway.pass(250); gateway.welcome(); gateway.tell(bound(1)); },
  ];
  for (const [index, step] of steps.entries()) {
    const gateway = openGateway();
    const { binding: made } = gateway.listener();
    let releases = 0;
    gateway.lose();
    step(gateway);
    made.close(() => releases++);
    if (index === 3) gateway.tell(bound(1));
    if (index > 2) gateway.tell(frames.plainFrame(frames.RELEASED, 1));
    else if (index === 2) gateway.channel.events.closed("nobody there");
    gateway.pass(20_000);
    assert.is(releases, 1, `step ${index}`);
    assert.is(gateway.channels.length, index < 2 ? 1 : 2);
    gateway.nothingIsLeft();
  }
});

lost("should let a binding listen all the same, at the same address", () => {
  const gateway = openGateway();
  const { binding: made } = gateway.binding();
  gateway.lose();
  gateway.pass(60_000);
  assert.is(gateway.channels.length, 1);
  const outcomes: Outcome[] = [];
  made.listen({ connectionArrived: () => {} }, 9, (outcome) => outcomes.push(outcome));
  assert.equal(reopen(gateway), [[frames.BIND, 1]]);
  gateway.tell(bound(1), listening(1));
  assert.equal(outcomes, [OK]);
  release(gateway, made, 1);
});

lost("should fail what was about to listen", () => {
  const gateway = openGateway();
  const { binding: made } = gateway.binding();
  const outcomes: Outcome[] = [];
  made.listen({ connectionArrived: () => {} }, 9, (outcome) => outcomes.push(outcome));
  gateway.lose();
  assert.equal(outcomes, [ErrorCode.RemoteUnreachable]);
  gateway.pass(60_000);
  assert.is(gateway.channels.length, 1);
  made.close();
  gateway.nothingIsLeft();
});

lost("should not bring anything back after the transport was closed", () => {
  const gateway = openGateway();
  const { binding: made } = gateway.listener();
  gateway.transport.close();
  gateway.pass(60_000);
  assert.is(gateway.channels.length, 1);
  made.close();
  gateway.nothingIsLeft();
});

lost.run();
