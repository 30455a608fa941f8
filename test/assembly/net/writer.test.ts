// Writes from slice buffers: permits, frames, gathering, failures, the FIN, and the end of an endpoint in every state.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Pattern } from "../../support/bytes.js";
import { exchange } from "../../support/exchanging.js";

const pattern = new Pattern();

const writing = suite("writer");

writing("should be over, in a later turn and once, when the stream took every byte", async () => {
  const { net, connection, write, end } = await exchange();
  assert.not(write(Buffer.from("hello")));
  assert.equal(net.takeEvents(), []);
  net.settle();
  assert.equal(net.takeEvents(), ["write 22: ok"]);
  connection.output.take(Infinity);
  assert.is(connection.output.received.toString(), "hello");
  assert.equal(end(), []);
});

writing("should be over only when the last byte was taken, however slow the peer", async () => {
  const { net, connection, write, end } = await exchange();
  const { output } = connection;
  output.room = 1000;
  write(pattern.at(0, 100_000));
  while (output.written < 100_000) {
    net.settle();
    if (output.written < 100_000) assert.equal(net.takeEvents(), [], `${output.written} are taken`);
    output.take(333);
  }
  net.settle();
  assert.equal(net.takeEvents(), ["write 22: ok"]);
  output.take(Infinity);
  pattern.check(0, output.received);
  end();
});

writing("should be done at once when the stream takes everything inline", async () => {
  const { net, connection, write, end } = await exchange();
  assert.ok(write(Buffer.from("x"), { inline: true }));
  assert.ok(write(Buffer.from("y"), { inline: true }));
  connection.output.room = 100;
  assert.not(write(Buffer.alloc(200), { inline: true }));
  connection.output.take(Infinity);
  net.settle();
  connection.output.take(Infinity);
  net.settle();
  assert.equal(net.takeEvents(), ["write 22: ok"]);
  end();
});

writing("should be over at once without bytes, and not ask the stream", async () => {
  const { net, connection, write, end } = await exchange();
  assert.ok(write(Buffer.alloc(0), { inline: true }));
  assert.not(write(Buffer.alloc(0)));
  net.settle();
  assert.equal(net.takeEvents(), ["write 22: ok"]);
  assert.is(connection.output.checks, 0);
  end();
});

writing("should not hold a turn: a large write gives way to others", async () => {
  const { net, connection, write, end } = await exchange();
  connection.output.room = 1 << 22;
  write(Buffer.alloc(1 << 20));
  assert.is(connection.output.writes, 4);
  net.turn();
  assert.is(connection.output.writes, 8);
  net.settle();
  assert.equal(net.takeEvents(), ["write 22: ok"]);
  end();
});

writing("should trap for a second write while one is outstanding, and name the rule", async () => {
  const { net, write } = await exchange();
  write(Buffer.from("x"));
  net.probe.traps(() => write(Buffer.from("y")), "net/writer.ts");
  assert.match(net.probe.abortText, /a write is already outstanding/);
});

writing("should be allowed from within its own end, and beside a read", async () => {
  const { net, connection, read, push, write, end } = await exchange();
  let left = 5;
  read();
  net.onEvent = (event) => void (event.startsWith("write") && left-- > 0 && write(Buffer.from(`${left}`)));
  write(Buffer.from("go"));
  push("meanwhile");
  net.settle();
  connection.output.take(Infinity);
  assert.is(connection.output.received.toString(), "go43210");
  assert.equal(net.takeEvents().sort(), ["read 11: ok", ...Array<string>(6).fill("write 22: ok")]);
  end();
});

writing.run();

// ---

const frames = suite("writer, slices and frames");

frames("should never write more than a frame at once", async () => {
  for (const frame of [1, 7, 100]) {
    const { net, connection, write, end } = await exchange();
    write(pattern.at(0, 350), { frame });
    net.settle();
    assert.is(connection.output.writes, Math.ceil(350 / frame));
    connection.output.take(Infinity);
    pattern.check(0, connection.output.received);
    end();
  }
});

frames("should gather small slices into one write, and write large ones as they are", async () => {
  const { net, connection, output, write, end } = await exchange();
  const sizes = [20, 30, 5000, 40, 20_000, 50, 60];
  let offset = 0;
  for (const size of sizes) {
    net.probe.write(net.call.bytesAddress(), pattern.at(offset, size));
    net.call.bufferAppendApart(output, size);
    offset += size;
  }
  assert.is(net.call.bufferCount(output), sizes.length);
  write(Buffer.alloc(0));
  net.settle();
  assert.is(connection.output.writes, 1, "all of it fits into one permit");
  connection.output.take(Infinity);
  pattern.check(0, connection.output.received);
  assert.is(connection.output.received.length, offset);
  end();
});

frames("should write a large first slice without the small ones behind it", async () => {
  const { net, connection, output, write, end } = await exchange();
  for (const size of [40_000, 10]) net.call.bufferAppendApart(output, size);
  write(Buffer.alloc(0));
  net.settle();
  assert.is(connection.output.writes, 2);
  end();
});

frames("should leave nothing in the arena, and no block", async () => {
  const { net, output, write, end } = await exchange();
  for (let slice = 0; slice < 30; slice++) net.call.bufferAppendApart(output, 100);
  write(Buffer.alloc(0));
  net.settle();
  assert.is(net.call.live(6), 0);
  assert.is(net.call.liveIo(3), 0);
  end();
});

frames.run();

// ---

const failing = suite("writer, failures");

for (const how of ["failed", "closed"] as const) {
  failing(`should fail in a later turn, and stay so, when the output has ${how}`, async () => {
    const { net, connection, write, end } = await exchange();
    connection.output[how] = true;
    for (let time = 0; time < 3; time++) {
      assert.not(write(Buffer.alloc(time * 10), { inline: true }) && time > 0);
      net.settle();
    }
    assert.equal(net.takeEvents(), ["write 22: stream failed", "write 22: stream failed"]);
    end();
  });

  failing(`should fail while it waits, when the output has ${how}`, async () => {
    const { net, connection, write, end } = await exchange();
    connection.output.room = 10;
    write(Buffer.alloc(100));
    net.settle();
    connection.output[how] = true;
    net.settle();
    assert.equal(net.takeEvents(), ["write 22: stream failed"]);
    assert.is(net.call.liveIo(2), 2, "what was left is dropped");
    assert.not(write(Buffer.alloc(0), { inline: true }), "an empty one fails too");
    net.settle();
    assert.equal(net.takeEvents(), ["write 22: stream failed"]);
    end();
  });

  failing(`should fail when a write of the stream has ${how} after its permit`, async () => {
    const { net, connection, write, end } = await exchange();
    connection.output.failsInWrite = how;
    write(Buffer.alloc(100));
    net.settle();
    assert.equal(net.takeEvents(), ["write 22: stream failed"]);
    end();
  });
}

failing.run();

// ---

const ends = suite("writer, end");

ends("should send the FIN behind an outstanding write, once, and fail later writes", async () => {
  const { net, connection, endpoint, write, end } = await exchange();
  const socket = net.host.resources.get<{ shutdowns: number[] }>(1, "tcp-socket");
  connection.output.room = 10;
  write(Buffer.alloc(30));
  net.call.writerEnd(endpoint);
  net.call.writerEnd(endpoint);
  net.settle();
  assert.equal(socket.shutdowns, []);
  connection.output.take(Infinity);
  net.settle();
  connection.output.take(Infinity);
  net.settle();
  assert.equal(net.takeEvents(), ["write 22: ok"]);
  assert.equal(socket.shutdowns, [1]);
  write(Buffer.from("too late"));
  net.settle();
  assert.equal(net.takeEvents(), ["write 22: invalid state"]);
  end();
});

ends("should send the FIN at once between writes, and leave reads alone", async () => {
  const { net, endpoint, read, push, take, end } = await exchange();
  const socket = net.host.resources.get<{ shutdowns: number[] }>(1, "tcp-socket");
  net.call.writerEnd(endpoint);
  assert.equal(socket.shutdowns, [1]);
  read();
  push("answer");
  net.settle();
  assert.is(take().toString(), "answer");
  end();
});

ends("should do nothing on a connection that is broken", async () => {
  const { net, connection, endpoint, write, end } = await exchange();
  const socket = net.host.resources.get<{ shutdowns: number[] }>(1, "tcp-socket");
  connection.output.failed = true;
  write(Buffer.from("x"));
  net.call.writerEnd(endpoint);
  net.settle();
  assert.equal(socket.shutdowns, []);
  assert.equal(net.takeEvents(), ["write 22: stream failed"]);
  end();
});

ends.run();

// ---

const destroying = suite("endpoint, destroy");

destroying("should end what is outstanding in a later turn, once, and drain what was taken", async () => {
  const { net, connection, endpoint, input, output, read, write } = await exchange();
  connection.output.room = 50;
  read();
  write(pattern.at(0, 80));
  net.settle();
  net.call.destroy(endpoint);
  assert.equal(net.takeEvents(), [], "not within the call");
  net.settle();
  assert.equal(net.takeEvents(), ["read 11: endpoint closed", "write 22: endpoint closed"]);
  assert.is(net.call.live(2), 1, "it drains");
  connection.output.take(Infinity);
  for (const buffer of [input, output]) net.call.bufferDestroy(buffer);
  net.checkNothingLeft();
  pattern.check(0, connection.output.received);
  assert.is(connection.output.received.length, 50);
});

destroying("should tell a write that was taken before that it was", async () => {
  const { net, endpoint, input, output, write } = await exchange();
  write(Buffer.alloc(0));
  net.call.destroy(endpoint);
  net.settle();
  assert.equal(net.takeEvents(), ["write 22: ok"]);
  for (const buffer of [input, output]) net.call.bufferDestroy(buffer);
  net.checkNothingLeft();
});

destroying("should let a buffer that came with bytes go untouched when its read ends so", async () => {
  const { net, connection, endpoint, input, output, read } = await exchange();
  read();
  net.settle();
  connection.input.push(Buffer.from("unread"));
  net.call.destroy(endpoint);
  net.settle();
  assert.equal(net.takeEvents(), ["read 11: endpoint closed"]);
  assert.is(net.call.bufferLength(input), 0);
  for (const buffer of [input, output]) net.call.bufferDestroy(buffer);
  net.checkNothingLeft();
});

// From within the end of a read or of a write, with the other one idle or outstanding.
for (const which of ["read", "write"]) {
  for (const other of [false, true]) {
    destroying(`should be possible from within the end of a ${which}${other ? " beside another" : ""}`, async () => {
      const { net, connection, endpoint, input, output, read, write, push } = await exchange();
      net.onEvent = (event) => void (event.startsWith(which) && net.call.destroy(endpoint));
      if (which === "read") {
        connection.output.room = 10;
        if (other) write(Buffer.alloc(100));
        read();
        push("x");
      } else {
        if (other) read();
        write(Buffer.from("x"));
      }
      net.settle();
      net.onEvent = () => {};
      connection.output.take(Infinity);
      net.settle();
      const rest = which === "read" ? "write 22: endpoint closed" : "read 11: endpoint closed";
      assert.equal(net.takeEvents(), [`${which} ${which === "read" ? 11 : 22}: ok`, ...(other ? [rest] : [])]);
      for (const buffer of [input, output]) net.call.bufferDestroy(buffer);
      net.checkNothingLeft();
    });
  }
}

destroying("should be refused to a plain finish, which would forget what is outstanding", async () => {
  const { net, endpoint, read } = await exchange();
  read();
  net.probe.traps(() => net.call.finish(endpoint), "net/endpoint.ts");
});

destroying.run();

// ---

const addresses = suite("endpoint, addresses");

addresses("should stay the same when the peer is gone, and be asked for once", async () => {
  const { net, connection, endpoint, end } = await exchange();
  net.call.keepAddresses(endpoint);
  net.call.keepAddresses(endpoint);
  connection.input.failed = true;
  net.host.script("remote-address", 10);
  assert.is(net.probe.text(net.call.addressOfEndpoint(endpoint, 1)), "192.0.2.9:50505");
  assert.is(net.probe.text(net.call.addressOfEndpoint(endpoint, 0)), "127.0.0.1:4321");
  assert.equal(net.host.calls, ["local-address", "remote-address"]);
  end();
});

addresses("should be all zero when the host does not know them any more", async () => {
  const { net, endpoint, end } = await exchange();
  net.host.script("remote-address", 10);
  net.call.keepAddresses(endpoint);
  assert.is(net.probe.text(net.call.addressOfEndpoint(endpoint, 1)), "0.0.0.0:0");
  end();
});

addresses("should trap when nobody kept them", async () => {
  const { net, endpoint } = await exchange();
  net.probe.traps(() => net.call.addressOfEndpoint(endpoint, 1), "net/endpoint.ts");
});

addresses.run();
