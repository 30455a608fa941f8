// Unmasking by words: the same bytes as by the letter of RFC 6455, inside of `ws` too, wherever frames are cut.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { once } from "node:events";
import { connect, type AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { unmask, unmaskFaster } from "#host/node/gateway/unmask.js";
import { Random, SEED } from "../../support/bytes.js";
import { within } from "../../support/guard.js";

const test = suite(`unmasking, seed ${SEED}`);

const bytesOf = (random: Random, length: number): Uint8Array => Uint8Array.from({ length }, () => random.next());

/** RFC 6455, section 5.3. */
const masked = (bytes: Uint8Array, mask: Uint8Array): Uint8Array =>
  bytes.map((byte, at) => byte ^ (mask[at % 4] as number));

test("should be the exclusive or with the mask, at every place, length and mask", () => {
  const random = new Random(SEED);
  for (let round = 0; round < 2000; round++) {
    const memory = bytesOf(random, random.below(70) + 16);
    const start = random.below(9);
    const end = start + random.below(memory.length - start + 1);
    const mask = bytesOf(random, 4 + random.below(4)).subarray(-4);
    const expected = memory.slice();
    expected.set(masked(memory.slice(start, end), mask), start);
    unmask(memory.subarray(start, end), mask);
    assert.equal(memory, expected, `round ${round}: bytes ${start} to ${end}`);
  }
});

/** A client's frame with a payload below 64 KiB. */
function frame(payload: Uint8Array, mask: Uint8Array, first: number): Uint8Array {
  const { length } = payload;
  const head = length < 126 ? [first, 0x80 | length] : [first, 0x80 | 126, length >>> 8, length & 0xff];
  return Uint8Array.from([...head, ...mask, ...masked(payload, mask)]);
}

test("should give the messages of a WebSocket, however its bytes come and whatever is between them", async () => {
  const random = new Random(SEED);
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  await once(server, "listening");
  const heard: Uint8Array[] = [];
  let pings = 0;
  server.on("connection", (socket) => {
    assert.ok(unmaskFaster(socket), "this is the ws that is known");
    socket.on("ping", () => pings++);
    socket.on("message", (data: Buffer) => heard.push(data));
  });
  const raw = connect((server.address() as AddressInfo).port, "127.0.0.1").setNoDelay(true);
  raw.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  await within("the upgrade", once(raw, "data"));
  const sent: Uint8Array[] = [];
  const parts: Uint8Array[] = [];
  for (let round = 0; round < 60; round++) {
    const payload = bytesOf(random, [0, 1, 3, 255, 256, 257, 4096, 65_000][random.below(8)] as number);
    const cut = random.below(payload.length + 1);
    const mask = (): Uint8Array => (random.below(5) === 0 ? new Uint8Array(4) : bytesOf(random, 4));
    sent.push(payload);
    // In two fragments, with a ping between them.
    parts.push(frame(payload.subarray(0, cut), mask(), 0x02), frame(bytesOf(random, random.below(125)), mask(), 0x89));
    parts.push(frame(payload.subarray(cut), mask(), 0x80));
  }
  const all = Buffer.concat(parts);
  for (let at = 0; at < all.length;) {
    const count = random.below(3) === 0 ? 1 + random.below(10) : 1 + random.below(100_000);
    raw.write(all.subarray(at, at + count));
    at += count;
    if (random.below(4) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  raw.end(frame(new Uint8Array(0), new Uint8Array(4), 0x88));
  await within("the end", once(raw, "close"));
  assert.is(pings, 60);
  assert.equal(heard.map((bytes) => Buffer.from(bytes)), sent.map((bytes) => Buffer.from(bytes)));
  await new Promise((resolve) => server.close(resolve));
});

test("should leave what it does not know to ws", () => {
  const known = {
    _masked: false, _payloadLength: 0, _bufferedBytes: 0, _buffers: [], _mask: undefined,
    consume: () => {}, getData: () => {},
  };
  assert.ok(unmaskFaster({ _receiver: { ...known } }));
  assert.not.ok(unmaskFaster({}));
  for (const name of Object.keys(known)) {
    const { getData } = known;
    const receiver: Record<string, unknown> = { ...known };
    delete receiver[name];
    assert.not.ok(unmaskFaster({ _receiver: receiver }), name);
    if (name !== "getData") assert.is(receiver["getData"], getData, name);
  }
});

test.run();
