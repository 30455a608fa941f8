// Addresses that are listened on ahead of their owner, at a gateway that does what the test says.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as frames from "#host/gateway/frames.js";
import { ErrorCode, OK, type Outcome } from "#host/wasi/error-code.js";
import { addressText } from "#host/wasi/ip-address.js";
import type { Binding, Connection } from "#host/wasi/transport.js";
import {
  accepted, bound, data, HERE, listening, openGateway, refused, release, reopen, S, type ScriptedGateway, sent, Told,
} from "./scripted-gateway.js";

const reservations = suite("reserve");

/** An address that is reserved: its text, its id and how to give it back. */
async function reserve(gateway: ScriptedGateway): Promise<{ address: string; giveBack: () => void }> {
  const promise = gateway.transport.reserve("0.0.0.0:0");
  const [asked] = gateway.channel.take();
  assert.is(asked?.type === frames.BIND && addressText(asked.address), "0.0.0.0:0");
  gateway.tell(bound(2));
  assert.equal(gateway.channel.take(), [{ type: frames.LISTEN, id: 2, backlog: 1024 }]);
  gateway.tell(listening(2));
  const { address, release: giveBack } = await promise;
  return { address, giveBack };
}

/** Binds the reserved address and listens, which is answered at once. */
function take(gateway: ScriptedGateway): { made: Binding; arrived: Connection[] } {
  const results: (Binding | ErrorCode)[] = [];
  gateway.transport.bind({ address: { ...HERE }, backlog: 5 }, (result) => results.push(result));
  const [made] = results as [Binding];
  assert.equal(made.localAddress, HERE);
  const arrived: Connection[] = [];
  const outcomes: Outcome[] = [];
  made.listen({ connectionArrived: (connection) => arrived.push(connection) }, 5, (outcome) => outcomes.push(outcome));
  assert.equal([outcomes, arrived], [[OK], []]);
  return { made, arrived };
}

reservations("should let the next bind of that address and its listen succeed at once", async () => {
  const gateway = openGateway();
  const { address, giveBack } = await reserve(gateway);
  assert.is(address, "10.0.0.1:1111");
  assert.is(gateway.transport.openCount, 1);
  const { made, arrived } = take(gateway);
  gateway.tell(accepted(2, S));
  assert.is(arrived.length, 1);
  arrived[0]?.close(0);
  giveBack();
  assert.equal(sent(gateway), [[frames.CLOSE, S]]);
  gateway.transport.bind({ address: { ...HERE }, backlog: 5 }, () => assert.unreachable()).cancel();
  release(gateway, made, 2);
});

reservations("should hold whoever comes before the owner, and keep the order", async () => {
  const gateway = openGateway();
  await reserve(gateway);
  gateway.tell(accepted(2, S), data(S, "early"), accepted(2, S + 1));
  const { made, arrived } = take(gateway);
  gateway.tell(accepted(2, S + 2));
  gateway.pass();
  const told = arrived.map((connection) => {
    const one = new Told();
    connection.attach(one);
    return one;
  });
  gateway.pass();
  gateway.tell(data(S + 1, "second"), data(S + 2, "third"));
  assert.equal(told.map((one) => one.take()), [["early"], ["second"], ["third"]]);
  for (const connection of arrived) connection.abort();
  release(gateway, made, 2);
});

reservations("should reset whoever came when nobody listened, and hold a bounded number", async () => {
  const gateway = openGateway();
  const { giveBack } = await reserve(gateway);
  for (let number = 0; number < 4100; number++) gateway.tell(accepted(2, S + number));
  assert.equal(sent(gateway), [4096, 4097, 4098, 4099].map((number) => [frames.RESET, S + number]));
  giveBack();
  const expected = Array.from({ length: 4096 }, (_, number) => [frames.RESET, S + number]);
  assert.equal(sent(gateway), [...expected, [frames.CLOSE, 2]]);
  gateway.tell(frames.plainFrame(frames.RELEASED, 2));
  gateway.nothingIsLeft();
});

reservations("should reset what is held when its owner closes before it was told", async () => {
  const gateway = openGateway();
  await reserve(gateway);
  gateway.tell(accepted(2, S));
  const { made, arrived } = take(gateway);
  made.close();
  gateway.pass();
  assert.equal([sent(gateway), arrived], [[[frames.RESET, S], [frames.CLOSE, 2]], []]);
  gateway.tell(frames.plainFrame(frames.RELEASED, 2));
  gateway.nothingIsLeft();
});

reservations("should reset what is held when its owner closes while it is told of the first", async () => {
  const gateway = openGateway();
  await reserve(gateway);
  gateway.tell(accepted(2, S), accepted(2, S + 1), accepted(2, S + 2));
  const { made, arrived } = take(gateway);
  arrived.push = (connection) => {
    made.close();
    connection?.abort();
    return 0;
  };
  gateway.pass();
  assert.equal(sent(gateway), [[frames.RESET, S + 1], [frames.RESET, S + 2], [frames.CLOSE, 2], [frames.RESET, S]]);
  gateway.tell(frames.plainFrame(frames.RELEASED, 2));
  gateway.nothingIsLeft();
});

reservations("should come back after a lost session, taken or not", async () => {
  const gateway = openGateway();
  await reserve(gateway);
  gateway.lose();
  const { made, arrived } = take(gateway);
  gateway.pass(250);
  assert.equal(reopen(gateway), [[frames.BIND, 1]]);
  gateway.tell(bound(1), listening(1), accepted(1, S));
  assert.is(arrived.length, 1);
  arrived[0]?.abort();
  release(gateway, made, 1);
});

reservations("should give the address back that nobody bound, once", async () => {
  const gateway = openGateway();
  const { giveBack } = await reserve(gateway);
  giveBack();
  giveBack();
  assert.equal(sent(gateway), [[frames.CLOSE, 2]]);
  gateway.tell(frames.plainFrame(frames.RELEASED, 2));
  gateway.nothingIsLeft();
});

reservations("should say why there is none", async () => {
  const gateway = openGateway();
  const reasonOf = (promise: Promise<unknown>): Promise<string> => promise.then(() => "none", ({ message }) => message);
  for (const text of ["10.0.0.1", "name:80", "10.0.0.1:65536", "10.0.0.1:x", "", ":80", "1.2.3.4:80x"]) {
    assert.is(await reasonOf(gateway.transport.reserve(text)), `no address with a port: ${text}`);
  }
  const first = gateway.transport.reserve("10.0.0.1:80");
  gateway.tell(refused(2, ErrorCode.AccessDenied));
  assert.is(await reasonOf(first), "cannot reserve 10.0.0.1:80: access-denied");
  const second = gateway.transport.reserve("[::1]:80");
  gateway.tell(bound(3), refused(3, ErrorCode.AccessDenied));
  assert.is(await reasonOf(second), "cannot reserve [::1]:80: access-denied");
  const third = gateway.transport.reserve("10.0.0.1:80");
  gateway.lose();
  assert.is(await reasonOf(third), "cannot reserve 10.0.0.1:80: remote-unreachable gone");
  gateway.nothingIsLeft();
});

reservations.run();
