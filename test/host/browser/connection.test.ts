// A connection of the in-page network: every way from one state to the next, seen from both ends.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ConnectionEvents } from "#host/wasi/transport.js";
import { attached, type Ends, inPage, PIPE_BYTES, send, sendBytes } from "./page-pair.js";

/** Both ends in both roles. */
type Side = "client" | "server";
const SIDES: readonly (readonly [Side, Side])[] = [["client", "server"], ["server", "client"]];
const finish = ({ client, server }: Ends): void => {
  client.connection.close(1000);
  server.connection.close(1000);
};

const bytes = suite("bytes");

for (const [here, there] of SIDES) {
  bytes(`should carry what the ${here} writes, and tell it later`, inPage((world) => {
    const ends = world.joined();
    send(ends[here], "one ");
    send(ends[here], "two");
    assert.is(ends[there].record.text, "", "not inside the call");
    world.settle();
    assert.is(ends[there].record.text, "one two");
    assert.is(ends[here].record.text, "");
    finish(ends);
  }));

  bytes(`should carry the end of the ${here} behind its bytes, and go on the other way`, inPage((world) => {
    const ends = world.joined();
    send(ends[here], "bye");
    ends[here].connection.end();
    send(ends[here], "after the end");
    world.settle();
    assert.is(ends[there].record.text, "bye");
    assert.equal(ends[there].record.log, ["end"]);
    send(ends[there], "still here");
    world.settle();
    assert.is(ends[here].record.text, "still here");
    finish(ends);
  }));

  bytes(`should keep what the ${here} wrote before the other end attached`, inPage((world) => {
    const { binding, arrived } = world.listen();
    const connection = world.mustConnect(binding.localAddress);
    binding.close();
    const both = { client: connection, server: arrived[0]! };
    const writer = attached(both[here]);
    send(writer, "early");
    writer.connection.end();
    world.settle();
    const reader = attached(both[there]);
    assert.is(reader.record.text, "");
    world.settle();
    assert.is(reader.record.text, "early");
    assert.equal(reader.record.log, ["end"]);
    writer.connection.close(1000);
    reader.connection.close(1000);
  }));
}

bytes("should tell both addresses to both ends", inPage((world) => {
  const { client, server } = world.joined();
  assert.equal(client.connection.localAddress, server.connection.remoteAddress);
  assert.equal(client.connection.remoteAddress, server.connection.localAddress);
  assert.is.not(client.connection.localAddress?.port, client.connection.remoteAddress?.port);
  finish({ client, server });
}));

bytes("should lend small pieces and give large ones away, as they were when they were written", inPage((world) => {
  const ends = world.joined();
  const ways: string[] = [];
  const { record } = ends.server;
  const arrived = record.bytesArrived.bind(record);
  record.bytesArrived = (...args) => { ways.push("lent"); return arrived(...args); };
  record.bytesGiven = (...args) => { ways.push("given"); return arrived(...args); };
  for (const count of [100, 65_536, 70_000]) {
    const source = new Uint8Array(count).fill(1);
    ends.client.connection.write(source, 0, count);
    source.fill(2);
    world.settle();
  }
  assert.equal(ways, ["lent", "lent", "given"]);
  assert.is(record.length, 135_636);
  assert.ok(Buffer.concat(record.bytes).every((byte) => byte === 1));
  finish(ends);
}));

bytes("should take no notice of keep-alive", inPage((world) => {
  const ends = world.joined();
  ends.client.connection.setKeepAlive(true, 1);
  assert.is(world.clock.timers.size, 0);
  finish(ends);
}));

bytes.run();

const pressure = suite("backpressure");

pressure("should tell nothing while paused, and lose nothing", inPage((world) => {
  const ends = world.joined();
  ends.server.record.wantsMore = false;
  send(ends.client, "first");
  world.settle();
  send(ends.client, " second");
  ends.client.connection.end();
  world.settle();
  assert.is(ends.server.record.text, "first");
  assert.equal(ends.server.record.log, []);
  ends.server.record.wantsMore = true;
  ends.server.connection.resume();
  assert.is(ends.server.record.text, "first", "not inside the call");
  world.settle();
  assert.is(ends.server.record.text, "first second");
  assert.equal(ends.server.record.log, ["end"]);
  finish(ends);
}));

pressure("should hold nothing queued up to the pipe's size, and count what is beyond", inPage((world) => {
  const ends = world.joined();
  ends.server.connection.pause();
  sendBytes(ends.client, PIPE_BYTES);
  world.settle();
  assert.is(ends.client.connection.queuedBytes, 0);
  sendBytes(ends.client, 1000);
  assert.is(ends.client.connection.queuedBytes, 1000);
  world.settle();
  assert.equal([ends.client.record.rooms, ends.server.record.length], [0, 0]);
  ends.server.connection.resume();
  world.settle();
  assert.is(ends.client.connection.queuedBytes, 0);
  assert.is(ends.client.record.rooms, 1, "told when it fell");
  assert.is(ends.server.record.length, PIPE_BYTES + 1000);
  finish(ends);
}));

pressure("should tell of room each time that the queue falls, and not of what was never queued", inPage((world) => {
  const ends = world.joined();
  sendBytes(ends.client, 60_000);
  world.settle();
  assert.is(ends.client.record.rooms, 0);
  for (let times = 0; times < 8; times++) sendBytes(ends.client, 60_000);
  const queued: number[] = [];
  ends.client.record.roomMade = () => { queued.push(ends.client.connection.queuedBytes); };
  world.settle();
  assert.equal(queued, [...queued].sort((a, b) => b - a));
  assert.is(queued.at(-1), 0);
  finish(ends);
}));

pressure("should hold one direction back alone", inPage((world) => {
  const ends = world.joined();
  ends.server.connection.pause();
  sendBytes(ends.client, 2 * PIPE_BYTES);
  send(ends.server, "the other way");
  world.settle();
  assert.is(ends.client.record.text, "the other way");
  ends.client.connection.abort();
  world.settle();
  ends.server.connection.close(1000);
}));

pressure("should be paused from inside an arrival", inPage((world) => {
  const ends = world.joined();
  const { connection, record } = ends.server;
  const arrived = record.bytesArrived.bind(record);
  record.bytesArrived = (...args) => {
    connection.pause();
    return arrived(...args); // which wants more
  };
  send(ends.client, "a");
  world.settle();
  send(ends.client, "b");
  world.settle();
  assert.is(record.text, "a");
  connection.resume();
  world.settle();
  assert.is(record.text, "ab");
  finish(ends);
}));

pressure.run();

const endings = suite("endings");

for (const [here, there] of SIDES) {
  endings(`should flush and end when the ${here} closes, and be gone at once`, inPage((world) => {
    const ends = world.joined();
    send(ends[here], "the last");
    ends[here].connection.close(1000);
    assert.is(world.network.openCount, 1);
    world.settle();
    assert.is(ends[there].record.text, "the last");
    assert.equal(ends[there].record.log, ["end"]);
    ends[there].connection.close(1000);
    assert.is(world.network.openCount, 0);
  }));

  endings(`should reset the other end when the ${here} closes with bytes unread`, inPage((world) => {
    const ends = world.joined();
    ends[here].connection.pause();
    send(ends[there], "never read");
    world.settle();
    send(ends[here], "sent before");
    ends[here].connection.close(1000);
    world.settle();
    assert.is(ends[there].record.text, "sent before", "it was on its way");
    assert.equal(ends[there].record.log, ["connection-reset"]);
    assert.is(world.network.openCount, 0, "the failure gave the other end back");
  }));

  endings(`should reset the other end when the ${here} aborts, behind what was sent`, inPage((world) => {
    const ends = world.joined();
    send(ends[here], "sent before");
    ends[here].connection.abort();
    ends[here].connection.abort();
    send(ends[here], "after");
    world.settle();
    assert.is(ends[there].record.text, "sent before");
    assert.equal(ends[there].record.log, ["connection-reset"]);
    ends[there].connection.abort();
    ends[there].connection.close(1000);
    world.settle();
    assert.equal(ends[there].record.log, ["connection-reset"], "once");
  }));

  endings(`should drop what the pipe did not take when the ${here} aborts`, inPage((world) => {
    const ends = world.joined();
    ends[there].connection.pause();
    sendBytes(ends[here], PIPE_BYTES);
    sendBytes(ends[here], 5000);
    ends[here].connection.abort();
    assert.is(ends[here].connection.queuedBytes, 0);
    ends[there].connection.resume();
    world.settle();
    assert.is(ends[there].record.length, PIPE_BYTES);
    assert.equal(ends[there].record.log, ["connection-reset"]);
  }));
}

endings("should answer with a reset whoever writes to an end that is gone", inPage((world) => {
  const ends = world.joined();
  ends.client.connection.close(1000);
  world.settle();
  send(ends.server, "anybody?");
  assert.equal(ends.server.record.log, ["end"], "not inside the call");
  world.settle();
  assert.equal(ends.server.record.log, ["end", "connection-reset"]);
  assert.is(ends.server.connection.queuedBytes, 0);
}));

endings("should tell who waits for room at once that nobody will read any more", inPage((world) => {
  const ends = world.joined();
  ends.server.connection.pause();
  ends.client.connection.pause();
  send(ends.server, "unread at the client");
  sendBytes(ends.client, PIPE_BYTES + 1);
  world.settle();
  ends.server.connection.abort();
  world.settle();
  assert.equal(ends.client.record.log, ["connection-reset"], "before the bytes, although it is paused");
  assert.is(ends.client.record.text, "");
}));

endings("should hold nothing for an end that is gone", inPage((world) => {
  const ends = world.joined();
  ends.server.connection.pause();
  sendBytes(ends.client, PIPE_BYTES + 1);
  ends.server.connection.abort();
  assert.is(ends.client.connection.queuedBytes, 0);
  world.settle();
  assert.is(world.network.openCount, 0);
}));

endings("should keep a reset behind unread bytes, until the reader writes into the void", inPage((world) => {
  const ends = world.joined();
  ends.client.connection.pause();
  send(ends.server, "unread");
  ends.server.connection.abort();
  world.settle();
  assert.equal(ends.client.record.log, []);
  send(ends.client, "a write tells what is known");
  world.settle();
  assert.equal(ends.client.record.log, ["connection-reset"]);
  assert.is(ends.client.record.text, "");
}));

endings("should tell a reset to an end that attaches after it", inPage((world) => {
  const { binding, arrived } = world.listen();
  const client = attached(world.mustConnect(binding.localAddress));
  binding.close();
  send(client, "hello");
  client.connection.abort();
  world.settle();
  const server = attached(arrived[0]!);
  world.settle();
  assert.is(server.record.text, "hello");
  assert.equal(server.record.log, ["connection-reset"]);
}));

endings("should tell nothing after close or abort, not even what was on its way", inPage((world) => {
  for (const how of ["close", "abort"] as const) {
    const ends = world.joined();
    send(ends.client, "late");
    ends.client.connection.end();
    ends.server.connection[how](1000);
    world.settle();
    assert.equal([ends.server.record.text, ends.server.record.log], ["", []]);
    ends.client.connection.close(1000);
  }
}));

endings("should be allowed to end from inside whatever it is told", inPage((world) => {
  for (const told of ["bytesArrived", "endArrived", "roomMade", "failed"] as const) {
    const ends = world.joined();
    const { connection, record } = ends.server;
    const own = record[told].bind(record) as (...args: unknown[]) => never;
    (record as { [name in keyof ConnectionEvents]: unknown })[told] = (...args: unknown[]): unknown => {
      connection.abort();
      return own(...args);
    };
    if (told === "roomMade") {
      ends.client.connection.pause();
      sendBytes(ends.server, PIPE_BYTES + 1);
      ends.client.connection.resume();
    } else {
      send(ends.client, "x");
      if (told === "failed") ends.client.connection.abort();
      else ends.client.connection.end();
    }
    world.settle();
    ends.client.connection.abort();
    world.settle();
    assert.is(world.network.openCount, 0, told);
  }
}));

endings.run();

const lingering = suite("lingering");

lingering("should stay until the peer took what was queued, then go with an end", inPage((world) => {
  const ends = world.joined();
  ends.server.connection.pause();
  sendBytes(ends.client, PIPE_BYTES + 1000);
  ends.client.connection.close(1000);
  world.settle();
  assert.is(world.network.openCount, 2, "it still has bytes to send");
  ends.server.connection.resume();
  world.settle();
  assert.is(world.network.openCount, 1);
  assert.is(world.clock.timers.size, 0);
  assert.is(ends.server.record.length, PIPE_BYTES + 1000);
  assert.equal(ends.server.record.log, ["end"]);
  assert.is(ends.client.record.rooms, 0, "nothing is told after close");
  ends.server.connection.close(1000);
}));

lingering("should be cut when the peer takes nothing for so long, and not while it takes some", inPage((world) => {
  const ends = world.joined();
  const { connection, record } = ends.server;
  record.wantsMore = false;
  connection.pause();
  for (let times = 0; times < 10; times++) sendBytes(ends.client, 60_000);
  ends.client.connection.close(1000);
  world.clock.advanceMs(999);
  connection.resume();
  world.settle();
  world.clock.advanceMs(1);
  world.settle();
  assert.is(world.network.openCount, 2, "it took some");
  assert.equal(record.log, []);
  world.clock.advanceMs(1000);
  world.settle();
  assert.is(world.network.openCount, 1, "the client's end was cut");
  record.wantsMore = true;
  connection.resume();
  world.settle();
  assert.equal(record.log, ["connection-reset"], "and no end behind bytes that are not whole");
  assert.ok(record.length < 600_000);
}));

lingering("should end with a reset when the peer goes meanwhile, or sent what nobody reads", inPage((world) => {
  for (const how of ["abort", "write"] as const) {
    const ends = world.joined();
    ends.server.connection.pause();
    sendBytes(ends.client, PIPE_BYTES + 1);
    ends.client.connection.close(1000);
    if (how === "abort") ends.server.connection.abort();
    else send(ends.server, "nobody reads this");
    ends.server.connection.resume();
    world.settle();
    assert.is(world.network.openCount, 0, how);
    assert.is(world.clock.timers.size, 0, how);
    assert.equal(ends.server.record.log, how === "abort" ? [] : ["end", "connection-reset"], how);
  }
}));

lingering.run();
