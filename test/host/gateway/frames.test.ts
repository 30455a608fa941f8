// The frames of the gateway protocol: each as it is written and read, and what is refused.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as frames from "#host/gateway/frames.js";
import { parseFrame } from "#host/gateway/frame-parser.js";
import * as limits from "#host/gateway/limits.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import { Family, makeAddress } from "#host/wasi/ip-address.js";
import { Random, SEED } from "../../support/bytes.js";
import { sampleFrames } from "./frame-samples.js";

console.log(`seed ${SEED}`);

const IPV4 = makeAddress(Family.Ipv4, [192, 0, 2, 7], 0x1234);
const IPV6 = { ...makeAddress(Family.Ipv6, [0xfe80, 0, 0, 0, 0, 0, 0xab, 1], 443), scopeId: 3 };
const NO_BYTES = new Uint8Array();

const layout = suite("the layout");

layout("should be what the document says", () => {
  const expected: [Uint8Array, number[]][] = [
    [frames.helloFrame(0x40000, "ab"), [1, 0, 0, 0, 0, 1, 0, 0, 0, 4, 0, 97, 98]],
    [
      frames.welcomeFrame({ window: 0x40000, frameMax: 0x10000, streamsMax: 500, rights: frames.RIGHT_TCP }),
      [2, 0, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 1, 0, 244, 1, 0, 0, 1],
    ],
    [frames.goodbyeFrame(frames.Goodbye.Idle, "x"), [3, 0, 0, 0, 0, 5, 120]],
    [frames.openFrame(0x01020304, IPV4, null), [6, 4, 3, 2, 1, 4, 0x34, 0x12, 192, 0, 2, 7, 0]],
    [frames.openFrame(1, IPV4, IPV4), [6, 1, 0, 0, 0, 4, 0x34, 0x12, 192, 0, 2, 7, 1, 4, 0x34, 0x12, 192, 0, 2, 7]],
    [frames.dataFrame(0x8000_0001, Uint8Array.of(9, 8, 7), 1, 3), [8, 1, 0, 0, 0x80, 8, 7]],
    [frames.creditFrame(2, 131072), [9, 2, 0, 0, 0, 0, 0, 2, 0]],
    [frames.plainFrame(frames.END, 2), [10, 2, 0, 0, 0]],
    [frames.codeFrame(frames.RESET, 2, ErrorCode.ConnectionReset), [11, 2, 0, 0, 0, 15]],
    [
      frames.addressFrame(frames.BIND, 3, IPV6),
      [14, 3, 0, 0, 0, 6, 0xbb, 1, 0xfe, 0x80, ...new Array<number>(11).fill(0), 0xab, 0, 1, 3, 0, 0, 0],
    ],
    [frames.datagramFrame(4, null, Uint8Array.of(5, 6), 0, 2), [22, 4, 0, 0, 0, 0, 5, 6]],
    [frames.resolvedFrame(5, [IPV4]), [25, 5, 0, 0, 0, 1, 4, 0x34, 0x12, 192, 0, 2, 7]],
  ];
  for (const [written, bytes] of expected) assert.equal([...written], bytes);
});

layout("should be read as it was written, every type of it", () => {
  const seen = new Set<number>();
  for (let seed = 0; seed < 50; seed++) {
    for (const { written, frame } of sampleFrames(new Random(SEED + seed))) {
      assert.equal(parseFrame(written), frame, `type ${frame.type}`);
      seen.add(frame.type);
    }
  }
  assert.equal([...seen].sort((one, other) => one - other), Array.from({ length: 25 }, (_, index) => index + 1));
});

layout("should be read in the middle of a larger buffer", () => {
  const written = frames.dataFrame(1, Uint8Array.of(1, 2, 3), 0, 3);
  const buffer = new Uint8Array(written.length + 20).fill(0xff);
  buffer.set(written, 7);
  const frame = parseFrame(buffer.subarray(7, 7 + written.length)) as frames.DataFrame;
  assert.equal([...frame.bytes.subarray(frame.start)], [1, 2, 3]);
});

layout("should cut a reason that is too long, so that it can be read", () => {
  const frame = parseFrame(frames.goodbyeFrame(frames.Goodbye.Limit, "字".repeat(5000))) as frames.GoodbyeFrame;
  assert.is(frame.text, "字".repeat(300));
});

layout("should hold the longest of each", () => {
  const bytes = new Uint8Array(limits.FRAME_BYTES_MAX);
  const longest = [
    frames.dataFrame(1, bytes, 0, limits.FRAME_BYTES_MAX),
    frames.datagramFrame(1, IPV6, bytes, 0, 65_527),
    frames.helloFrame(1024, "t".repeat(limits.TOKEN_BYTES_MAX)),
    frames.resolveFrame(1, "n".repeat(253)),
    frames.resolvedFrame(1, new Array<typeof IPV6>(limits.RESOLVED_ADDRESSES_MAX).fill(IPV6)),
  ];
  for (const written of longest) {
    assert.ok(parseFrame(written), `type ${written[0]}`);
    assert.ok(written.length <= limits.MESSAGE_BYTES_MAX);
  }
});

layout.run();

// ---

const refusals = suite("what is refused");

function refused(bytes: ArrayLike<number>, why: string): void {
  assert.is(parseFrame(Uint8Array.from(bytes)), null, why);
}

refusals("should be every frame that is cut short, whose end is not its own", () => {
  const openEnded = new Set<number>([frames.HELLO, frames.GOODBYE, frames.DATA, frames.DATAGRAM, frames.RESOLVE]);
  for (const { written, frame } of sampleFrames(new Random())) {
    const whole = openEnded.has(frame.type) ? 5 : written.length;
    for (let length = 0; length < whole; length++) {
      refused(written.subarray(0, length), `type ${frame.type}: ${length}`);
    }
  }
});

refusals("should be bytes behind the end", () => {
  const openEnded = new Set<number>([frames.HELLO, frames.GOODBYE, frames.DATA, frames.DATAGRAM, frames.RESOLVE]);
  for (const { written, frame } of sampleFrames(new Random())) {
    if (!openEnded.has(frame.type)) refused([...written, 0], `type ${frame.type}`);
  }
});

refusals("should be types that do not exist", () => {
  for (let type = 0; type < 256; type++) {
    if (type === 0 || type > frames.RESOLVED) refused([type, 1, 0, 0, 0], `type ${type}`);
  }
});

refusals("should be an id where none belongs, and none where one belongs", () => {
  for (const { written, frame } of sampleFrames(new Random())) {
    const other = Uint8Array.from(written);
    other.set(frame.id === 0 ? [1, 0, 0, 0] : [0, 0, 0, 0], 1);
    refused(other, `type ${frame.type}`);
  }
});

refusals("should be families, flags and codes that do not exist", () => {
  for (const family of [0, 1, 5, 7, 255]) {
    refused([frames.BIND, 1, 0, 0, 0, family, 1, 0, 1, 2, 3, 4], `family ${family}`);
  }
  for (const flag of [2, 255]) {
    refused([frames.CONNECT_UDP, 1, 0, 0, 0, flag, 4, 1, 0, 1, 2, 3, 4], `flag ${flag}`);
  }
  for (const code of [21, 255]) refused([frames.FAIL, 1, 0, 0, 0, code], `code ${code}`);
  for (const reason of [7, 255]) refused([frames.GOODBYE, 0, 0, 0, 0, reason], `reason ${reason}`);
});

refusals("should be numbers beyond their bounds", () => {
  refused(frames.creditFrame(1, 0), "no credit");
  refused(frames.creditFrame(1, 0x8000_0000), "much credit");
  refused(frames.helloFrame(1023, ""), "a small window");
  refused(frames.helloFrame(0x8000_0000, ""), "a large window");
  const grants = { window: 1024, frameMax: 1024, streamsMax: 0, rights: 0 };
  assert.ok(parseFrame(frames.welcomeFrame(grants)));
  for (const [name, value] of Object.entries({ window: 1023, frameMax: 1023 })) {
    refused(frames.welcomeFrame({ ...grants, [name]: value }), `${name} ${value}`);
  }
  refused(frames.welcomeFrame({ ...grants, frameMax: limits.FRAME_BYTES_MAX + 1 }), "long frames");
  refused(frames.acceptedFrame(1, 0x7fff_ffff, IPV4, IPV4), "an accepted stream with an id of the client");
});

refusals("should be what is too long or too short", () => {
  const bytes = new Uint8Array(limits.FRAME_BYTES_MAX + 1);
  refused(frames.dataFrame(1, bytes, 0, bytes.length), "data");
  refused(frames.dataFrame(1, NO_BYTES, 0, 0), "no data");
  refused(frames.datagramFrame(1, null, bytes, 0, 65_528), "a datagram");
  refused(frames.helloFrame(1024, "t".repeat(limits.TOKEN_BYTES_MAX + 1)), "a token");
  refused(frames.resolveFrame(1, "n".repeat(254)), "a name");
  refused(frames.resolveFrame(1, ""), "no name");
});

refusals("should be text that is not UTF-8", () => {
  for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
    refused([frames.RESOLVE, 1, 0, 0, 0, ...bytes], `${bytes}`);
  }
});

refusals.run();
