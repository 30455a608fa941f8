// Reads into slice buffers: every way from IDLE over READING back, the end and failures, how much is asked for, what
// memory is held, and who pays for it.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exchange, type Exchange } from "../../support/exchanging.js";

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

// ---

const memory = suite("reader, memory");

/** Reads everything that is there and returns the sizes of the reads. */
function drain({ net, connection, read, take }: Exchange): number[] {
  const sizes: number[] = [];
  while (connection.input.length > 0) {
    read();
    net.settle();
    sizes.push(take().length);
  }
  return sizes;
}

memory("should be none while an endpoint waits for bytes", async () => {
  const { net, read, push, take, end } = await exchange();
  read();
  net.settle();
  assert.is(net.call.liveIo(3), 0, "no block");
  push("some bytes that are more than a slice holds");
  net.settle();
  assert.is(net.call.liveIo(3), 1);
  take();
  read();
  net.settle();
  assert.is(net.call.liveIo(3), 0);
  end();
});

memory("should not be a block at all for a few bytes", async () => {
  const { net, read, push, take, end } = await exchange();
  push("eleven byte");
  read();
  net.settle();
  assert.is(net.call.liveIo(3), 0);
  assert.is(take().toString(), "eleven byte");
  end();
});

memory("should follow what comes: more after full reads, less after small ones", async () => {
  const each = await exchange();
  each.connection.input.push(Buffer.alloc(1 << 20, 1));
  const sizes = drain(each);
  assert.is(sizes[0], 2048);
  assert.ok(sizes.includes(65_536));
  assert.is(sizes.reduce((sum, size) => sum + size), 1 << 20);
  for (let time = 0; time < 20; time++) {
    each.push("small");
    drain(each);
  }
  each.connection.input.push(Buffer.alloc(1 << 16, 1));
  assert.is(drain(each)[0], 2048);
  each.end();
});

memory("should be what the host wrote into, without a copy on the way", async () => {
  const { net, connection, input, read, take, end } = await exchange();
  connection.input.push(Buffer.alloc(2048, 3));
  read();
  net.settle();
  assert.is(net.call.bufferAddress(input, 0), net.host.listAddress);
  assert.ok(take().every((byte) => byte === 3));
  end();
});

memory("should hold the right bytes when a host lays its lists elsewhere", async () => {
  const { net, connection, input, read, take, end } = await exchange();
  net.host.listAlign = 8;
  for (const size of [5, 100, 2048]) {
    connection.input.push(Buffer.alloc(size, size & 0xff));
    read();
    net.settle();
    assert.is.not(net.call.bufferAddress(input, 0), net.host.listAddress);
    assert.is(net.call.bufferLength(input), size);
    assert.ok(take().every((byte) => byte === (size & 0xff)));
  }
  end();
});

memory("should be about as large as the bytes, and be the allocator's", async () => {
  for (const size of [12, 100, 1000, 1500, 2048, 5000, 20_000, 65_536]) {
    const each = await exchange();
    const { net, endpoint, input } = each;
    const quota = net.call.quotaCreate(1n << 30n);
    const allocator = net.call.allocatorCreate(quota);
    net.call.setAllocator(endpoint, allocator);
    each.connection.input.push(Buffer.alloc(200_000, 1));
    drain(each); // large reads are asked for now
    each.connection.input.push(Buffer.alloc(size, 7));
    each.read();
    net.settle();
    assert.is(net.call.bufferLength(input), size);
    const charged = net.call.allocatorOutstanding(allocator);
    assert.ok(charged >= size && charged <= 2 * size + 64, `${charged} bytes for ${size}`);
    assert.ok(each.take().every((byte) => byte === 7));
    assert.is(net.call.allocatorOutstanding(allocator), 0);
    net.call.setAllocator(endpoint, 0);
    net.call.allocatorShutdown(allocator);
    net.call.quotaDestroy(quota);
    each.end();
  }
});

memory("should be asked for in small pieces while the quota is short", async () => {
  const each = await exchange();
  const { net, endpoint } = each;
  const quota = net.call.quotaCreate(1n << 20n);
  const allocator = net.call.allocatorCreate(quota);
  net.call.setAllocator(endpoint, allocator);
  each.connection.input.push(Buffer.alloc(300_000, 1));
  each.read({ hint: 65_536 });
  net.settle();
  assert.ok(each.take().length >= 65_536, "there is plenty");
  net.call.quotaSetSize(quota, 1n);
  const sizes = drain(each);
  assert.ok(sizes.every((size) => size <= 8192), `${sizes}`);
  net.call.setAllocator(endpoint, 0);
  net.call.allocatorShutdown(allocator);
  net.call.quotaDestroy(quota);
  each.end();
});

memory("should outlive the endpoint and its allocator in slices", async () => {
  const { net, connection, endpoint, input, read, take } = await exchange();
  const quota = net.call.quotaCreate(1n << 30n);
  const allocator = net.call.allocatorCreate(quota);
  net.call.setAllocator(endpoint, allocator);
  connection.input.push(Buffer.alloc(1500, 9));
  read();
  net.settle();
  const held = net.call.bufferCreate();
  assert.is(net.call.bufferLength(input), 1500);
  net.call.bufferSwap(held, input);
  net.call.destroy(endpoint);
  net.call.allocatorShutdown(allocator);
  net.call.quotaDestroy(quota);
  net.settle();
  assert.is(net.call.liveIo(5), 1, "it lives on for its bytes");
  net.call.bufferSwap(held, input);
  assert.ok(take().every((byte) => byte === 9));
  net.call.bufferDestroy(held);
  net.call.bufferDestroy(input);
  assert.is(net.call.liveIo(5), 0);
});

memory.run();

// ---

const hints = suite("reader, hint");

hints("should be delivered although the hint is larger: a peer may wait for the answer", async () => {
  const { net, read, push, take, end } = await exchange();
  read({ hint: 1000 });
  push("short");
  net.settle();
  assert.equal(net.takeEvents(), ["read 11: ok"]);
  assert.is(take().toString(), "short");
  end();
});

hints("should bring as much as was asked for when it is there", async () => {
  const { net, connection, read, take, end } = await exchange();
  connection.input.push(Buffer.alloc(200_000, 1));
  read({ hint: 100_000 });
  net.settle();
  assert.ok(take().length >= 100_000);
  end();
});

hints("should be bounded, whatever was asked for", async () => {
  const { net, connection, read, take, end } = await exchange();
  connection.input.push(Buffer.alloc(1 << 20, 1));
  read({ hint: 0xffff_ffff });
  net.settle();
  assert.is(take().length, 4 * 65_536);
  end();
});

hints.run();
