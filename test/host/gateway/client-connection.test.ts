// TCP connections over a gateway that does what the test says: connecting, bytes, credit, ends and resets.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as frames from "#host/gateway/frames.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import type { Connection } from "#host/wasi/transport.js";
import {
  data, HERE, openGateway, type ScriptedGateway, shortly, THERE, Told, WINDOW, write,
} from "./scripted-gateway.js";

const heard = (gateway: ScriptedGateway): string[] => gateway.channel.take().map(shortly);
const KIB = "x".repeat(1024);

const connecting = suite("connect");

connecting("should ask for the address and answer with the connection", () => {
  const gateway = openGateway();
  const results: (Connection | ErrorCode)[] = [];
  gateway.transport.connect({ remote: THERE, local: HERE }, (result) => results.push(result));
  assert.equal(gateway.channel.take(), [{ type: frames.OPEN, id: 2, remote: THERE, local: HERE }]);
  assert.is(gateway.transport.openCount, 0);
  gateway.tell(frames.openedFrame(2, HERE, THERE));
  const [connection] = results as [Connection];
  assert.equal([connection.localAddress, connection.remoteAddress], [HERE, THERE]);
  assert.is(gateway.transport.openCount, 1);
  connection.close(1000);
  assert.equal(heard(gateway), ["close"]);
  gateway.nothingIsLeft();
});

connecting("should answer with the error, once", () => {
  const gateway = openGateway();
  const results: (Connection | ErrorCode)[] = [];
  const request = gateway.transport.connect({ remote: THERE, local: null }, (result) => results.push(result));
  gateway.tell(frames.codeFrame(frames.FAIL, 2, ErrorCode.ConnectionRefused));
  request.cancel();
  gateway.lose();
  assert.equal(results, [ErrorCode.ConnectionRefused]);
  assert.equal(gateway.types(), [frames.OPEN]);
  gateway.nothingIsLeft();
});

connecting("should tell nothing once it was cancelled, whatever is on its way", () => {
  const gateway = openGateway();
  const request = gateway.transport.connect({ remote: THERE, local: null }, () => assert.unreachable());
  request.cancel();
  request.cancel();
  assert.equal(gateway.types(), [frames.OPEN, frames.CLOSE]);
  gateway.tell(frames.openedFrame(2, HERE, THERE), data(2, "hello"), frames.codeFrame(frames.RESET, 2, 15));
  assert.equal(gateway.states, []);
  gateway.lose();
  gateway.nothingIsLeft();
});

connecting.run();

// ---

const reading = suite("what arrives");

reading("should be given in order, in place, with the end behind it", () => {
  const gateway = openGateway();
  const { connection, id, told } = gateway.connection();
  gateway.tell(data(id, "one"), data(id, "two"), frames.plainFrame(frames.END, id));
  assert.equal(told.take(), ["one", "two", "end"]);
  assert.equal(heard(gateway), []);
  connection.close(0);
  gateway.nothingIsLeft();
});

reading("should wait until somebody is attached, and nothing be told from inside the call", () => {
  const gateway = openGateway();
  const results: (Connection | ErrorCode)[] = [];
  gateway.transport.connect({ remote: THERE, local: null }, (result) => results.push(result));
  gateway.tell(frames.openedFrame(2, HERE, THERE), data(2, "early"), frames.plainFrame(frames.END, 2));
  const told = new Told();
  (results[0] as Connection).attach(told);
  assert.equal(told.take(), []);
  gateway.pass();
  assert.equal(told.take(), ["early", "end"]);
  (results[0] as Connection).close(0);
  gateway.nothingIsLeft();
});

reading("should be held while the sink pauses, and keep its order", () => {
  const gateway = openGateway();
  const { connection, id, told } = gateway.connection();
  told.wantsMore = false;
  gateway.tell(data(id, "a"), data(id, "b"), data(id, "c"));
  assert.equal(told.take(), ["a"]);
  connection.resume();
  assert.equal(told.take(), []);
  gateway.tell(data(id, "d"), frames.plainFrame(frames.END, id));
  gateway.pass();
  assert.equal(told.take(), ["bcd"]);
  gateway.pass(1000);
  assert.equal(told.take(), []);
  told.wantsMore = true;
  connection.resume();
  gateway.pass();
  assert.equal(told.take(), ["end"]);
  connection.pause();
  connection.resume();
  gateway.pass();
  assert.equal(told.take(), []);
  connection.abort();
  gateway.nothingIsLeft();
});

reading("should be credited when it was taken, in lumps of half a window", () => {
  const gateway = openGateway();
  const { connection, id, told } = gateway.connection();
  gateway.tell(data(id, KIB));
  assert.equal(heard(gateway), []);
  gateway.tell(data(id, KIB));
  assert.equal(heard(gateway), ["credit 2048"]);
  connection.pause();
  gateway.tell(data(id, KIB), data(id, KIB), data(id, KIB), data(id, KIB));
  assert.equal(heard(gateway), []);
  connection.resume();
  gateway.pass();
  assert.equal(heard(gateway), ["credit 4096"]);
  assert.is(told.take().join("").length, 6 * 1024);
  connection.abort();
  gateway.nothingIsLeft();
});

reading("should end the session when it is more than there was credit for", () => {
  const gateway = openGateway();
  const { connection, id, told } = gateway.connection();
  connection.pause();
  gateway.tell(data(id, "x".repeat(WINDOW)));
  assert.equal(gateway.states, []);
  gateway.tell(data(id, "y"));
  assert.equal(gateway.states, ["lost: protocol error in a frame of type 8"]);
  assert.equal(told.take(), ["x".repeat(WINDOW), "connection-reset"]);
  connection.close(0);
  gateway.nothingIsLeft();
});

for (const [what, frame] of [
  ["DATA", (id: number) => data(id, "x")], ["END", (id: number) => frames.plainFrame(frames.END, id)],
] as const) {
  reading(`should end the session when ${what} comes behind the end`, () => {
    const gateway = openGateway();
    const { connection, id, told } = gateway.connection();
    gateway.tell(frames.plainFrame(frames.END, id), frame(id));
    assert.equal(told.take(), ["end", "connection-reset"]);
    assert.is(gateway.states.length, 1);
    connection.abort();
    gateway.nothingIsLeft();
  });
}

reading("should not be told after close or abort from inside of it", () => {
  for (const leave of ["close", "abort"] as const) {
    const gateway = openGateway();
    const { connection, id, told } = gateway.connection();
    connection.pause();
    gateway.tell(data(id, "a"), data(id, "b"), frames.plainFrame(frames.END, id));
    told.bytesGiven = (): boolean => {
      told.log.push("bytes");
      connection[leave](1000);
      return true;
    };
    connection.resume();
    gateway.pass();
    assert.equal(told.take(), ["bytes"]);
    assert.equal(heard(gateway), [leave === "close" ? "close" : "reset connection-reset"]);
    gateway.nothingIsLeft();
  }
});

reading.run();

// ---

const writing = suite("what is written");

writing("should be sent at once, in frames of what the server takes", () => {
  const gateway = openGateway();
  const { connection } = gateway.connection();
  write(connection, "x".repeat(2500));
  assert.equal(gateway.channel.take().map((frame) => shortly(frame).length - 5), [1024, 1024, 452]);
  assert.is(connection.queuedBytes, 0);
  connection.abort();
  gateway.nothingIsLeft();
});

writing("should be written into memory that was used before only if the channel copies", () => {
  const texts = ["x".repeat(1500), "short", "y".repeat(1024), "z"];
  const buffersOf = (copies: boolean): number => {
    const gateway = openGateway();
    gateway.channel.copies = copies;
    const { connection } = gateway.connection();
    gateway.channel.sent.length = 0;
    for (const text of texts) write(connection, text);
    const { sent } = gateway.channel;
    assert.is(heard(gateway).map((entry) => entry.slice(5)).join(""), texts.join(""), `copies: ${copies}`);
    assert.is(sent.length, 5);
    connection.abort();
    gateway.nothingIsLeft();
    return new Set(sent.slice(0, 5).map(({ buffer }) => buffer)).size;
  };
  assert.equal([buffersOf(true), buffersOf(false)], [1, 5]);
});

writing("should wait for credit, in frames that are filled up, and tell when there is room", () => {
  const gateway = openGateway();
  const { connection, id, told } = gateway.connection();
  write(connection, "x".repeat(WINDOW));
  gateway.channel.take();
  for (const text of ["one", "two", "three"]) write(connection, text);
  assert.equal(heard(gateway), []);
  assert.is(connection.queuedBytes, 11);
  gateway.tell(frames.creditFrame(id, 10));
  assert.equal([heard(gateway), told.take()], [[], []]);
  gateway.tell(frames.creditFrame(id, 1));
  assert.equal(heard(gateway), ["data onetwothree"]);
  assert.equal(told.take(), ["room"]);
  assert.is(connection.queuedBytes, 0);
  connection.abort();
  gateway.nothingIsLeft();
});

writing("should keep its order, whatever waits and whatever is credited", () => {
  const gateway = openGateway();
  const { connection, id } = gateway.connection();
  let text = "";
  for (let index = 0; index < 3000; index++) {
    write(connection, `${index},`);
    text += `${index},`;
    if (index % 700 === 0) gateway.tell(frames.creditFrame(id, 1500));
  }
  while (connection.queuedBytes > 0) gateway.tell(frames.creditFrame(id, 1024));
  const sent = heard(gateway);
  assert.is(sent.map((entry) => entry.slice(5)).join(""), text);
  connection.abort();
  gateway.nothingIsLeft();
});

writing("should be followed by the end, which waits for it", () => {
  const gateway = openGateway();
  const { connection, id } = gateway.connection();
  connection.write(new Uint8Array(WINDOW), 0, WINDOW);
  write(connection, "rest");
  connection.end();
  connection.end();
  write(connection, "never");
  gateway.channel.take();
  gateway.tell(frames.creditFrame(id, WINDOW));
  assert.equal(heard(gateway), ["data rest", "end"]);
  gateway.tell(data(id, "still"), frames.creditFrame(id, 1));
  connection.close(0);
  assert.equal(heard(gateway), ["close"]);
  gateway.nothingIsLeft();
});

writing("should end the session when more is credited than anybody may give", () => {
  const gateway = openGateway();
  const { connection, id, told } = gateway.connection();
  gateway.tell(frames.creditFrame(id, 0x7fff_ffff - WINDOW));
  assert.equal(gateway.states, []);
  gateway.tell(frames.creditFrame(id, 1));
  assert.equal(told.take(), ["connection-reset"]);
  connection.close(0);
  gateway.nothingIsLeft();
});

writing.run();

// ---

const ending = suite("how it ends");

ending("should fail once when the server resets it, and say nothing more", () => {
  const gateway = openGateway();
  const { connection, id, told } = gateway.connection();
  connection.pause();
  gateway.tell(data(id, "held"), frames.codeFrame(frames.RESET, id, ErrorCode.Timeout));
  assert.equal(told.take(), ["held", "timeout"]);
  write(connection, "x");
  connection.end();
  gateway.lose();
  assert.is(gateway.transport.openCount, 1);
  connection.close(1000);
  connection.abort();
  assert.equal([heard(gateway), told.take()], [[], []]);
  gateway.nothingIsLeft();
});

ending("should tell of a reset that came before anybody was attached, behind the bytes", () => {
  const gateway = openGateway();
  const results: (Connection | ErrorCode)[] = [];
  gateway.transport.connect({ remote: THERE, local: null }, (result) => results.push(result));
  gateway.tell(frames.openedFrame(2, HERE, THERE), data(2, "x"), frames.codeFrame(frames.RESET, 2, ErrorCode.Timeout));
  gateway.lose();
  const told = new Told();
  const [connection] = results as [Connection];
  connection.attach(told);
  assert.equal(told.take(), []);
  gateway.pass();
  assert.equal(told.take(), ["x", "timeout"]);
  connection.abort();
  gateway.nothingIsLeft();
});

ending("should fail with connection-reset when the session is lost", () => {
  const gateway = openGateway();
  const { connection, told } = gateway.connection();
  connection.write(new Uint8Array(2 * WINDOW), 0, 2 * WINDOW);
  gateway.lose();
  assert.equal(told.take(), ["connection-reset"]);
  assert.is(connection.queuedBytes, 0);
  connection.close(1000);
  gateway.nothingIsLeft();
});

ending("should flush what waits before it closes", () => {
  const gateway = openGateway();
  const { connection, id, told } = gateway.connection();
  connection.write(new Uint8Array(WINDOW), 0, WINDOW);
  write(connection, "rest");
  connection.close(1000);
  gateway.channel.take();
  assert.is(gateway.transport.openCount, 1);
  gateway.tell(data(id, "nobody reads this"), frames.creditFrame(id, WINDOW));
  assert.equal(heard(gateway), ["data rest", "close"]);
  assert.equal(told.take(), []);
  gateway.nothingIsLeft();
});

ending("should be cut when nothing is taken for as long as it may linger, and not while something is", () => {
  const gateway = openGateway();
  const { connection, id } = gateway.connection();
  connection.write(new Uint8Array(3 * WINDOW), 0, 3 * WINDOW);
  connection.close(1000);
  gateway.pass(900);
  gateway.tell(frames.creditFrame(id, 1024));
  gateway.pass(900);
  assert.is(gateway.transport.openCount, 1);
  gateway.channel.take();
  gateway.pass(300);
  assert.equal(heard(gateway), ["reset connection-reset"]);
  gateway.nothingIsLeft();
});

ending("should be over when what flushed it is reset or lost", () => {
  for (const end of ["reset", "lost"] as const) {
    const gateway = openGateway();
    const { connection, id, told } = gateway.connection();
    connection.write(new Uint8Array(2 * WINDOW), 0, 2 * WINDOW);
    connection.close(1000);
    if (end === "lost") gateway.lose();
    else gateway.tell(frames.codeFrame(frames.RESET, id, ErrorCode.ConnectionReset));
    assert.equal(told.take(), []);
    gateway.nothingIsLeft();
  }
});

ending("should reset and drop what waits on abort", () => {
  const gateway = openGateway();
  const { connection, id } = gateway.connection();
  connection.write(new Uint8Array(2 * WINDOW), 0, 2 * WINDOW);
  gateway.channel.take();
  connection.abort();
  connection.abort();
  gateway.tell(frames.creditFrame(id, WINDOW), data(id, "x"));
  assert.equal(heard(gateway), ["reset connection-reset"]);
  gateway.nothingIsLeft();
});

ending("should end the session when a frame comes that is none of a stream's", () => {
  for (const frame of [frames.openedFrame, (id: number) => frames.plainFrame(frames.LISTENING, id)]) {
    const gateway = openGateway();
    const { connection, id, told } = gateway.connection();
    gateway.tell(frame(id, HERE, THERE));
    assert.equal(told.take(), ["connection-reset"]);
    assert.is(gateway.channel.take().at(-1)?.type, frames.GOODBYE);
    connection.close(0);
    gateway.nothingIsLeft();
  }
});

ending.run();
