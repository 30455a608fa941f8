// Reads into slice buffers, how much they ask for: what memory is held, who pays for it, and hints.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exchange, type Exchange } from "../../support/exchanging.js";

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

memory("should not be less after a look that found nothing", async () => {
  const each = await exchange();
  each.connection.input.push(Buffer.alloc(1 << 20, 1));
  drain(each); // large reads are asked for now
  each.read();
  for (let time = 0; time < 5; time++) {
    each.net.settle(); // it looks, and finds nothing
    each.connection.input.push(Buffer.alloc(65_536, 1));
    each.net.settle();
    assert.is(each.take().length, 65_536, "a full read, so another look follows");
    each.read();
  }
  each.push("the last");
  each.net.settle();
  each.take();
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

hints("should be waited for, over several arrivals", async () => {
  const { net, read, push, take, end } = await exchange();
  read({ hint: 10 });
  for (const part of ["one", "two", "thr"]) {
    push(part);
    net.settle();
    assert.equal(net.takeEvents(), []);
  }
  push("ee!");
  net.settle();
  assert.equal(net.takeEvents(), ["read 11: ok"]);
  assert.is(take().toString(), "onetwothree!");
  end();
});

hints("should be waited for by a read that may be inline, and keep what was there", async () => {
  const { net, connection, read, push, take, end } = await exchange();
  connection.input.push(Buffer.from("four"));
  assert.is(read({ hint: 8, inline: true }), false);
  net.settle();
  assert.equal(net.takeEvents(), []);
  push("more");
  net.settle();
  assert.equal(net.takeEvents(), ["read 11: ok"]);
  assert.is(take().toString(), "fourmore");
  end();
});

hints("should let a read be inline that finds enough", async () => {
  const { connection, read, take, end } = await exchange();
  connection.input.push(Buffer.from("four"));
  assert.is(read({ hint: 4, inline: true }), true);
  assert.is(take().toString(), "four");
  end();
});

hints("should be given up while memory is short", async () => {
  const each = await exchange();
  const { net, endpoint } = each;
  const quota = net.call.quotaCreate(1n);
  const allocator = net.call.allocatorCreate(quota);
  net.call.setAllocator(endpoint, allocator);
  each.read({ hint: 60_000 });
  each.push("what there is");
  net.settle();
  assert.equal(net.takeEvents(), ["read 11: ok"]);
  assert.is(each.take().toString(), "what there is");
  net.call.setAllocator(endpoint, 0);
  net.call.allocatorShutdown(allocator);
  net.call.quotaDestroy(quota);
  each.end();
});

for (const how of ["ended", "failed"] as const) {
  hints(`should not be waited for when the input has ${how}`, async () => {
    const { net, connection, read, push, take, end } = await exchange();
    read({ hint: 100 });
    push("last");
    net.settle();
    connection.input[how] = true;
    net.settle();
    assert.equal(net.takeEvents(), ["read 11: ok"]);
    assert.is(take().toString(), "last");
    read({ hint: 100 });
    net.settle();
    assert.match(net.takeEvents().join(), /^read 11: (end of stream|stream failed)$/);
    end();
  });
}

hints("should be forgotten with the endpoint, and what it had collected", async () => {
  const { net, endpoint, input, read, push } = await exchange();
  read({ hint: 100 });
  push("x".repeat(50));
  net.settle();
  net.call.destroy(endpoint);
  net.settle();
  assert.equal(net.takeEvents(), ["read 11: endpoint closed"]);
  assert.is(net.call.bufferLength(input), 0, "an error or bytes, never both");
  net.call.bufferDestroy(input);
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
  connection.input.push(Buffer.alloc(3 << 20, 1));
  read({ hint: 0xffff_ffff });
  net.settle();
  assert.equal(net.takeEvents(), ["read 11: ok"]);
  const { length } = take();
  assert.ok(length >= 1 << 20 && length < (1 << 20) + 65_536, `${length}`);
  end();
});

hints("should take the turns of a large read, so that others have theirs", async () => {
  const { net, connection, read, take, end } = await exchange();
  connection.input.push(Buffer.alloc(1 << 20, 1));
  read({ hint: 1 << 20 });
  net.turn();
  assert.equal(net.takeEvents(), []);
  assert.ok(connection.input.length > 0, "a part of it");
  net.settle();
  assert.equal(net.takeEvents(), ["read 11: ok"]);
  assert.is(take().length, 1 << 20);
  end();
});

hints.run();
