// Endpoints: who hears of what, and the way from OPEN over DRAINING to CLOSED without losing a byte.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NetProbe } from "../../support/net-probe.js";
import type { FakeConnection } from "../../support/fake-host.js";

interface Open {
  net: NetProbe;
  connection: FakeConnection;
  endpoint: number;
  handles: number[];
}

async function open(standard = false): Promise<Open> {
  const net = await NetProbe.create();
  const { connection, handles } = standard ? net.host.standardStreams() : net.host.connect();
  return { net, connection, handles, endpoint: net.call.endpointCreate(...handles) };
}

/** Puts bytes on their way to the peer, as a writer would. */
function fill({ connection }: Open, length: number): void {
  connection.output.checkWrite();
  connection.output.write(Buffer.alloc(length, 7));
}

const open1 = suite("endpoint, OPEN");

open1("should tell the reader once, when bytes come", async () => {
  const { net, connection, endpoint } = await open();
  net.call.setReader(endpoint, 1);
  net.call.waitReadable(endpoint);
  net.settle();
  assert.equal(net.takeEvents(), []);
  connection.input.push(Buffer.from("x"));
  net.settle();
  assert.equal(net.takeEvents(), ["reader 1"]);
  connection.input.push(Buffer.from("y"));
  net.settle();
  assert.equal(net.takeEvents(), [], "it asked for one event");
});

for (const state of ["ended", "failed"] as const) {
  open1(`should tell the reader when the input has ${state}`, async () => {
    const { net, connection, endpoint } = await open();
    net.call.setReader(endpoint, 1);
    net.call.waitReadable(endpoint);
    connection.input[state] = true;
    net.settle();
    assert.equal(net.takeEvents(), ["reader 1"]);
  });
}

open1("should tell the writer when there is room again", async () => {
  const { net, connection, endpoint } = await open();
  connection.output.room = 0;
  net.call.setWriter(endpoint, 2);
  net.call.waitWritable(endpoint);
  net.settle();
  assert.equal(net.takeEvents(), []);
  connection.output.room = 1;
  net.settle();
  assert.equal(net.takeEvents(), ["writer 2"]);
});

open1("should tell whoever is reader and writer when the event runs", async () => {
  const { net, connection, endpoint } = await open();
  net.call.setReader(endpoint, 1);
  net.call.waitReadable(endpoint);
  net.call.setReader(endpoint, 3);
  connection.input.push(Buffer.from("x"));
  net.settle();
  assert.equal(net.takeEvents(), ["reader 3"]);
});

open1("should change nothing when it waits already, also when it is queued already", async () => {
  const { net, connection, endpoint } = await open();
  net.call.setReader(endpoint, 1);
  for (let time = 0; time < 3; time++) net.call.waitReadable(endpoint);
  connection.input.push(Buffer.from("x"));
  net.onEvent = () => (net.onEvent = () => {}, net.call.waitReadable(endpoint), net.call.waitReadable(endpoint));
  net.settle();
  assert.equal(net.takeEvents(), ["reader 1"], "no edge comes while bytes lie unread");
});

open1("should make each pollable at the first wait, once", async () => {
  const { net, endpoint } = await open();
  assert.is(net.host.resources.left().filter((each) => each.startsWith("pollable")).length, 0);
  net.call.setReader(endpoint, 1);
  net.call.setWriter(endpoint, 1);
  for (let time = 0; time < 3; time++) {
    net.call.waitReadable(endpoint);
    net.call.waitWritable(endpoint);
    net.settle();
  }
  assert.is(net.host.resources.left().filter((each) => each.startsWith("pollable")).length, 2);
});

open1("should trap for an event that nobody is there to hear", async () => {
  const { net, connection, endpoint } = await open();
  net.call.waitReadable(endpoint);
  connection.input.push(Buffer.from("x"));
  net.probe.traps(() => net.settle(), "net/endpoint.ts");
});

open1.run();

// ---

const finish = suite("endpoint, finish");

finish("should shut both directions down and drop everything at once when nothing is on its way", async () => {
  const { net, endpoint, handles } = await open();
  const socket = net.host.resources.get<{ shutdowns: number[] }>(handles[0]!, "tcp-socket");
  net.call.finish(endpoint);
  assert.equal(socket.shutdowns, [2]);
  assert.equal(net.host.resources.left(), []);
  net.checkNothingLeft();
});

finish("should drop pollables before streams and streams before the socket", async () => {
  const { net, endpoint } = await open();
  net.call.setReader(endpoint, 1);
  net.call.setWriter(endpoint, 1);
  net.call.waitReadable(endpoint);
  net.call.waitWritable(endpoint);
  net.call.finish(endpoint);
  const kinds = net.host.resources.drops.map((drop) => drop.split(" ")[0]);
  assert.equal(kinds, ["pollable", "pollable", "input-stream", "output-stream", "tcp-socket"]);
  net.checkNothingLeft();
});

finish("should wait until every byte on its way has left", async () => {
  const opened = await open();
  const { net, connection, endpoint } = opened;
  fill(opened, 1000);
  net.call.finish(endpoint);
  for (let left = 1000; left > 0; left -= 250) {
    net.settle();
    assert.is(net.call.live(2), 1, `${left} bytes are left`);
    connection.output.take(250);
  }
  net.checkNothingLeft();
  assert.is(connection.output.received.length, 1000);
});

for (const state of ["failed", "closed"] as const) {
  finish(`should give bytes on their way up when the output has ${state}`, async () => {
    const opened = await open();
    const { net, connection, endpoint } = opened;
    fill(opened, 1000);
    net.call.finish(endpoint);
    net.settle();
    connection.output[state] = true;
    net.checkNothingLeft();
  });

  finish(`should close at once when the output has ${state} before`, async () => {
    const { net, connection, endpoint } = await open();
    connection.output[state] = true;
    connection.input.failed = true;
    net.call.finish(endpoint);
    net.checkNothingLeft();
  });
}

finish("should close also when the shutdown fails", async () => {
  const { net, endpoint } = await open();
  net.host.script("shutdown", 9);
  net.call.finish(endpoint);
  net.checkNothingLeft();
});

finish("should not drop standard output while bytes are on their way and there is room for more", async () => {
  const opened = await open(true);
  const { net, connection, endpoint } = opened;
  fill(opened, 1000);
  net.call.finish(endpoint);
  net.settle();
  connection.output.take(1000);
  net.checkNothingLeft();
  assert.is(connection.output.received.length, 1000);
});

finish("should tell when an endpoint is closed, and not while its bytes are on their way", async () => {
  const opened = await open();
  const { net, connection, endpoint } = opened;
  const other = net.call.endpointCreate(...net.host.connect().handles);
  net.call.tellClosed();
  fill(opened, 10);
  net.call.finish(endpoint);
  net.settle();
  assert.equal(net.takeEvents(), []);
  net.call.finish(other);
  assert.equal(net.takeEvents(), ["closed 1"], "one is left");
  connection.output.take(10);
  net.settle();
  assert.equal(net.takeEvents(), ["closed 0"]);
  net.checkNothingLeft();
});

// The owner leaves while its source is idle, waiting, or queued to run: it must hear nothing any more.
for (const reader of ["idle", "waiting", "queued"]) {
  for (const writer of ["idle", "waiting", "queued"]) {
    for (const onTheirWay of [0, 500]) {
      const name = `with a reader that is ${reader}, a writer that is ${writer} and ${onTheirWay} bytes on their way`;
      finish(`should let the owner hear nothing more ${name}`, async () => {
        const opened = await open();
        const { net, connection, endpoint } = opened;
        const [other] = [net.call.endpointCreate(...net.host.connect().handles)];
        net.call.setReader(endpoint, 1);
        net.call.setWriter(endpoint, 2);
        fill(opened, onTheirWay);
        connection.output.room = writer === "queued" ? 65_536 : onTheirWay;
        if (reader === "queued") connection.input.push(Buffer.from("x"));
        // The other endpoint's event runs first in the turn, and its owner finishes this one.
        net.call.setReader(other, 9);
        net.host.resources.get<{ failed: boolean }>(5, "input-stream").failed = true;
        net.call.waitReadable(other);
        if (reader !== "idle") net.call.waitReadable(endpoint);
        if (writer !== "idle") net.call.waitWritable(endpoint);
        net.onEvent = (event) => void (event === "reader 9" && net.call.finish(endpoint));
        net.turn();
        assert.equal(net.takeEvents(), ["reader 9"]);
        net.settle();
        connection.output.take(onTheirWay);
        net.settle();
        assert.equal(net.takeEvents(), []);
        net.call.finish(other);
        net.checkNothingLeft();
      });
    }
  }
}

finish.run();
