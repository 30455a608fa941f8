// Reads into slice buffers: every way from IDLE over READING back, the end and failures. How much is asked for and what
// memory is held is in reader-memory.test.ts.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exchange } from "../../support/exchanging.js";

const reading = suite("reader");

reading("should complete a read with what is there, in a later turn and once", async () => {
  const { net, read, push, take, end } = await exchange();
  push("hello");
  assert.not(read());
  assert.equal(net.takeEvents(), [], "not within the call");
  net.settle();
  assert.equal(net.takeEvents(), ["read 11: ok"]);
  assert.is(take().toString(), "hello");
  push("more");
  net.settle();
  assert.equal(net.takeEvents(), [], "nobody reads");
  assert.equal(end(), []);
});

reading("should wait for bytes that come later", async () => {
  const { net, read, push, take, end } = await exchange();
  read();
  net.settle();
  assert.equal(net.takeEvents(), []);
  push("late");
  net.settle();
  assert.equal(net.takeEvents(), ["read 11: ok"]);
  assert.is(take().toString(), "late");
  end();
});

reading("should deliver every byte in order over many reads, whatever comes when", async () => {
  const { net, read, push, take, end } = await exchange();
  let sent = "";
  let received = "";
  for (let step = 0; step < 200; step++) {
    if (step % 3 !== 1) {
      sent += `${step},`;
      push(`${step},`);
    }
    if (step % 5 === 0) net.settle();
    if (net.takeEvents().length > 0 || step === 0) {
      received += take().toString();
      read();
    }
  }
  net.settle();
  received += take().toString();
  assert.is(received, sent);
  end();
});

reading("should make one call of the host per message when each empties the input", async () => {
  const { net, connection, read, push, take, end } = await exchange();
  read();
  net.settle();
  const { reads } = connection.input;
  for (let time = 0; time < 50; time++) {
    push("ping");
    net.settle();
    assert.equal(net.takeEvents(), ["read 11: ok"]);
    assert.is(take().toString(), "ping");
    read();
    net.settle();
  }
  assert.is(connection.input.reads - reads, 50);
  end();
});

reading("should find what came while nobody read", async () => {
  const { net, read, push, take, end } = await exchange();
  read();
  push("a");
  net.settle();
  net.takeEvents();
  take();
  push("b");
  net.settle();
  push("c");
  net.settle();
  read();
  net.settle();
  assert.equal(net.takeEvents(), ["read 11: ok"]);
  assert.is(take().toString(), "bc");
  end();
});

reading("should clear the buffer first", async () => {
  const { net, input, read, push, take, end } = await exchange();
  push("old");
  read();
  net.settle();
  read();
  assert.is(net.call.bufferLength(input), 0);
  push("new");
  net.settle();
  assert.is(take().toString(), "new");
  end();
});

reading("should trap for a second read while one is outstanding, and name the rule", async () => {
  const { net, read } = await exchange();
  read();
  net.probe.traps(() => read(), "net/reader.ts");
  assert.match(net.probe.abortText, /a read is already outstanding/);
});

reading("should be allowed from within its own end", async () => {
  const { net, read, push, take, end } = await exchange();
  const texts: string[] = [];
  net.onEvent = () => {
    texts.push(take().toString());
    read();
  };
  read();
  for (const text of ["x", "y", "z"]) {
    push(text);
    net.settle();
  }
  net.onEvent = () => {};
  assert.equal(texts, ["x", "y", "z"]);
  end();
});

reading.run();

// ---

const inline = suite("reader, inline");

inline("should be completed at once when bytes are there, and say nothing more", async () => {
  const { net, read, push, take, end } = await exchange();
  push("now");
  assert.ok(read({ inline: true }));
  assert.is(take().toString(), "now");
  net.settle();
  assert.equal(net.takeEvents(), []);
  end();
});

inline("should wait when nothing is there, and complete later", async () => {
  const { net, read, push, take, end } = await exchange();
  assert.not(read({ inline: true }));
  push("later");
  net.settle();
  assert.equal(net.takeEvents(), ["read 11: ok"]);
  assert.is(take().toString(), "later");
  end();
});

for (const how of ["ended", "failed"] as const) {
  inline(`should tell in a later turn when the input has ${how}`, async () => {
    const { net, connection, read, push, take, end } = await exchange();
    push("rest");
    connection.input[how] = true;
    assert.ok(read({ inline: true }), "bytes first");
    assert.is(take().toString(), "rest");
    assert.not(read({ inline: true }));
    assert.equal(net.takeEvents(), []);
    net.settle();
    assert.equal(net.takeEvents(), [how === "ended" ? "read 11: end of stream" : "read 11: stream failed"]);
    end();
  });
}

inline.run();

// ---

const ending = suite("reader, the end");

for (const [how, text] of [["ended", "end of stream"], ["failed", "stream failed"]] as const) {
  ending(`should come behind the bytes, with an empty buffer, and stay, when the input has ${how}`, async () => {
    const { net, connection, input, read, push, take, end } = await exchange();
    push("last words");
    connection.input[how] = true;
    read();
    net.settle();
    assert.equal(net.takeEvents(), ["read 11: ok"]);
    assert.is(take().toString(), "last words");
    const { reads } = connection.input;
    for (let time = 0; time < 3; time++) {
      read({ inline: time === 1 });
      net.settle();
      assert.equal(net.takeEvents(), [`read 11: ${text}`]);
      assert.is(net.call.bufferLength(input), 0);
    }
    assert.ok(connection.input.reads <= reads + 1, "the host is asked once at most");
    end();
  });

  ending(`should wake a read that waits, when the input has ${how}`, async () => {
    const { net, connection, read, end } = await exchange();
    read();
    net.settle();
    connection.input[how] = true;
    net.settle();
    assert.equal(net.takeEvents(), [`read 11: ${text}`]);
    end();
  });
}

ending("should come behind bytes that the same read found", async () => {
  const { net, connection, read, take, end } = await exchange();
  connection.input.push(Buffer.alloc(65_536, 5));
  connection.input.ended = true;
  read({ hint: 100_000 });
  net.settle();
  assert.is(connection.input.reads, 2, "it saw the end already");
  assert.equal(net.takeEvents(), ["read 11: ok"]);
  assert.is(take().length, 65_536);
  read({ hint: 100_000 });
  net.settle();
  assert.equal(net.takeEvents(), ["read 11: end of stream"]);
  end();
});

ending("should leave writes alone when the input has ended", async () => {
  const { net, connection, read, write, end } = await exchange();
  connection.input.ended = true;
  read();
  net.settle();
  write(Buffer.from("still here"));
  net.settle();
  assert.equal(net.takeEvents(), ["read 11: end of stream", "write 22: ok"]);
  assert.is(connection.output.written, 10);
  end();
});

ending.run();
