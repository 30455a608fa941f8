// wasi:sockets through the direct face: addresses both ways, every result layout, options, look-ups and misuse.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ErrorCode } from "#host/wasi/error-code.js";
import { Family, makeAddress } from "#host/wasi/ip-address.js";
import { nothingIsLeft } from "../support/leak-law.js";
import { Guest, LOOPBACK_FLAT, RET } from "./harness.js";

const TCP = "sockets/tcp";
const LOOKUP = "sockets/ip-name-lookup";
/** [2001:db8::1%7]:443 with flow 0x12345678. */
const IPV6_FLAT = [1, 443, 0x12345678, 0x2001, 0xdb8, 0, 0, 0, 0, 0, 1, 7];

const tcp = (guest: Guest, name: string, ...params: (number | bigint)[]): unknown =>
  guest.call(TCP, `[method]tcp-socket.${name}`, ...params);

/** `result<_, error-code>`: -1 for ok. */
function outcome(guest: Guest): number {
  return guest.u8(0) === 0 ? -1 : guest.u8(1);
}

const creating = suite("create-tcp-socket");

creating("should give handles of both families", () => {
  const guest = new Guest();
  for (const family of [0, 1]) {
    const socket = guest.socket(family);
    assert.is(tcp(guest, "address-family", socket), family);
    assert.is(tcp(guest, "is-listening", socket), 0);
  }
});

creating("should trap on a family that does not exist", () => {
  const guest = new Guest();
  assert.throws(() => guest.socket(2), /unknown ip-address-family: 2/);
});

creating("should be access-denied without a grant", () => {
  const guest = new Guest({});
  guest.call("sockets/tcp-create-socket", "create-tcp-socket", 0, RET);
  assert.equal([guest.u8(0), guest.u8(4)], [1, ErrorCode.AccessDenied]);
});

creating.run();

// ---

const binding = suite("bind, listen, accept");

for (const [what, family, flat] of [["IPv4", 0, LOOPBACK_FLAT], ["IPv6", 1, IPV6_FLAT]] as const) {
  binding(`should lift an ${what} address and lower it the same`, () => {
    const guest = new Guest();
    const socket = guest.socket(family);
    tcp(guest, "start-bind", socket, guest.network(), ...flat, RET);
    assert.is(outcome(guest), -1);
    tcp(guest, "finish-bind", socket, RET);
    assert.is(outcome(guest), ErrorCode.WouldBlock);
    guest.platform.transport.settle();
    tcp(guest, "finish-bind", socket, RET);
    assert.is(outcome(guest), -1);
    tcp(guest, "local-address", socket, RET);
    assert.equal([guest.u8(0), guest.u8(4), guest.u16(8)], [0, family, flat[1]]);
    if (family === 0) {
      assert.equal([10, 11, 12, 13].map((offset) => guest.u8(offset)), [127, 0, 0, 1]);
    } else {
      assert.equal([guest.u32(12), guest.u32(32)], [0x12345678, 7]);
      assert.equal([16, 18, 20, 22, 24, 26, 28, 30].map((offset) => guest.u16(offset)), flat.slice(3, 11));
    }
  });
}

binding("should ignore what stands in the upper bits of narrow slots", () => {
  const guest = new Guest();
  const socket = guest.socket();
  const dirty = LOOPBACK_FLAT.map((slot, index) => (index === 0 ? slot : slot | 0x7f0000));
  tcp(guest, "start-bind", socket, guest.network(), ...dirty, RET);
  guest.platform.transport.settle();
  tcp(guest, "finish-bind", socket, RET);
  tcp(guest, "local-address", socket, RET);
  assert.equal([guest.u16(8), guest.u8(10), guest.u8(13)], [8080, 127, 1]);
});

binding("should accept a socket and its streams as handles that stand for one connection", () => {
  const guest = new Guest();
  const listener = guest.socket();
  tcp(guest, "start-bind", listener, guest.network(), ...LOOPBACK_FLAT, RET);
  guest.platform.transport.settle();
  tcp(guest, "finish-bind", listener, RET);
  tcp(guest, "start-listen", listener, RET);
  guest.platform.transport.settle();
  tcp(guest, "finish-listen", listener, RET);
  assert.is(tcp(guest, "is-listening", listener), 1);
  const pollable = tcp(guest, "subscribe", listener) as number;
  tcp(guest, "accept", listener, RET);
  assert.equal([guest.u8(0), guest.u8(4)], [1, ErrorCode.WouldBlock]);
  const connection = guest.platform.transport.binding!.arrive();
  assert.is(guest.number("io/poll", "[method]pollable.ready", pollable), 1);
  tcp(guest, "accept", listener, RET);
  assert.is(guest.u8(0), 0);
  const made = { socket: guest.u32(4), input: guest.u32(8), output: guest.u32(12) };
  connection.arrive(1);
  guest.call("io/streams", "[method]input-stream.read", made.input, 9n, RET);
  assert.equal(guest.list(4), [1]);
  tcp(guest, "remote-address", made.socket, RET);
  assert.equal([guest.u8(0), guest.u16(8)], [0, 49_999]);
  guest.dropConnected(made);
  guest.host.close();
  guest.platform.transport.settle();
  nothingIsLeft(guest.host, guest.platform);
});

binding.run();

// ---

const connecting = suite("connect");

connecting("should tell how it failed, and then not-in-progress", () => {
  const guest = new Guest();
  const socket = guest.socket();
  guest.platform.transport.failNext = ErrorCode.ConnectionRefused;
  tcp(guest, "start-connect", socket, guest.network(), ...LOOPBACK_FLAT, RET);
  tcp(guest, "finish-connect", socket, RET);
  assert.equal([guest.u8(0), guest.u8(4)], [1, ErrorCode.WouldBlock]);
  guest.platform.transport.settle();
  tcp(guest, "finish-connect", socket, RET);
  assert.equal([guest.u8(0), guest.u8(4)], [1, ErrorCode.ConnectionRefused]);
  tcp(guest, "finish-connect", socket, RET);
  assert.equal([guest.u8(0), guest.u8(4)], [1, ErrorCode.NotInProgress]);
});

connecting("should trap on an address case or shutdown type that does not exist, and on a missing network", () => {
  const guest = new Guest();
  const { socket } = guest.connected();
  const network = guest.network();
  const slots = LOOPBACK_FLAT.slice(1);
  assert.throws(() => tcp(guest, "start-connect", guest.socket(), network, 2, ...slots, RET), /unknown ip-socket/);
  assert.throws(() => tcp(guest, "start-bind", guest.socket(), 77, ...LOOPBACK_FLAT, RET), /unknown handle: 77/);
  assert.throws(() => tcp(guest, "shutdown", socket, 3, RET), /unknown shutdown-type: 3/);
});

connecting.run();

// ---

const options = suite("options");

/** Setter, getter, a value, where and how wide the answer lies, and whether 0 is refused. */
const rows: [setter: string, getter: string, value: number | bigint, offset: number, zeroRefused: boolean][] = [
  ["set-keep-alive-enabled", "keep-alive-enabled", 1, 1, false],
  ["set-keep-alive-idle-time", "keep-alive-idle-time", 9_000_000_000n, 8, true],
  ["set-keep-alive-interval", "keep-alive-interval", 3_000_000_000n, 8, true],
  ["set-keep-alive-count", "keep-alive-count", 5, 4, true],
  ["set-hop-limit", "hop-limit", 42, 1, true],
  ["set-receive-buffer-size", "receive-buffer-size", 123_456n, 8, true],
  ["set-send-buffer-size", "send-buffer-size", 2n ** 63n + 5n, 8, true],
];

for (const [setter, getter, value, offset, zeroRefused] of rows) {
  options(`should remember ${getter}${zeroRefused ? " and refuse 0" : ""}`, () => {
    const guest = new Guest();
    const socket = guest.socket();
    tcp(guest, setter, socket, typeof value === "bigint" ? BigInt.asIntN(64, value) : value, RET);
    assert.is(outcome(guest), -1);
    if (zeroRefused) {
      tcp(guest, setter, socket, typeof value === "bigint" ? 0n : 0, RET);
      assert.is(outcome(guest), ErrorCode.InvalidArgument);
    }
    tcp(guest, getter, socket, RET);
    assert.is(guest.u8(0), 0);
    if (offset === 8) assert.is(guest.u64(8), value);
    else assert.is(offset === 4 ? guest.u32(4) : guest.u8(1), value);
  });
}

options("should round keep-alive up to whole seconds within what kernels take", () => {
  const guest = new Guest();
  const socket = guest.socket();
  const ask = (value: bigint): bigint => {
    tcp(guest, "set-keep-alive-idle-time", socket, BigInt.asIntN(64, value), RET);
    tcp(guest, "keep-alive-idle-time", socket, RET);
    return guest.u64(8);
  };
  assert.is(ask(1n), 1_000_000_000n);
  assert.is(ask(1_000_000_001n), 2_000_000_000n);
  assert.is(ask(2n ** 64n - 1n), 32_767_000_000_000n);
  tcp(guest, "set-keep-alive-count", socket, -1, RET);
  tcp(guest, "keep-alive-count", socket, RET);
  assert.is(guest.u32(4), 127);
});

options("should set keep-alive on a connection only once it is asked for", () => {
  const guest = new Guest();
  const { socket } = guest.connected();
  const { log } = guest.platform.transport.connection!;
  tcp(guest, "set-keep-alive-idle-time", socket, 5_000_000_000n, RET);
  assert.equal(log, ["attach"]);
  tcp(guest, "set-keep-alive-enabled", socket, 1, RET);
  tcp(guest, "set-keep-alive-enabled", socket, 0, RET);
  assert.equal(log.slice(1), ["keep-alive true 5000", "keep-alive false 5000"]);
});

options("should refuse a backlog of 0", () => {
  const guest = new Guest();
  tcp(guest, "set-listen-backlog-size", guest.socket(), 0n, RET);
  assert.is(outcome(guest), ErrorCode.InvalidArgument);
});

options.run();

// ---

const lookup = suite("ip-name-lookup");

function resolve(guest: Guest, name: string): number {
  const [address, length] = guest.put(Buffer.from(name));
  guest.call(LOOKUP, "resolve-addresses", guest.network(), address, length, RET);
  return guest.u8(0) === 0 ? guest.u32(4) : -guest.u8(4);
}

const next = (guest: Guest, stream: number): unknown =>
  guest.call(LOOKUP, "[method]resolve-address-stream.resolve-next-address", stream, RET);

lookup("should lower addresses of both families, and none after the last", () => {
  const guest = new Guest();
  guest.platform.transport.names.set("both.example", [
    makeAddress(Family.Ipv4, [192, 0, 2, 1], 0), makeAddress(Family.Ipv6, [0x2001, 0xdb8, 1, 2, 3, 4, 5, 6], 0),
    makeAddress(Family.Ipv6, [0, 0, 0, 0, 0, 0xffff, 0xc000, 0x0207], 0),
  ]);
  const stream = resolve(guest, "both.example");
  const pollable = guest.number(LOOKUP, "[method]resolve-address-stream.subscribe", stream);
  next(guest, stream);
  assert.equal([guest.u8(0), guest.u8(2)], [1, ErrorCode.WouldBlock]);
  guest.platform.transport.settle();
  assert.is(guest.number("io/poll", "[method]pollable.ready", pollable), 1);
  next(guest, stream);
  assert.equal([0, 2, 4, 6, 7, 8, 9].map((offset) => guest.u8(offset)), [0, 1, 0, 192, 0, 2, 1]);
  next(guest, stream);
  assert.equal([0, 2, 4].map((offset) => guest.u8(offset)), [0, 1, 1]);
  assert.equal([6, 8, 10, 12, 14, 16, 18, 20].map((offset) => guest.u16(offset)),
    [0x2001, 0xdb8, 1, 2, 3, 4, 5, 6]);
  next(guest, stream);
  assert.equal([4, 6, 7, 8, 9].map((offset) => guest.u8(offset)), [0, 192, 0, 2, 7], "mapped ones become IPv4");
  for (let again = 0; again < 2; again++) {
    next(guest, stream);
    assert.equal([guest.u8(0), guest.u8(2)], [0, 0]);
  }
});

lookup("should answer literals at once and say what is wrong with names", () => {
  const guest = new Guest();
  const stream = resolve(guest, "[2001:db8::7]");
  next(guest, stream);
  assert.equal([guest.u8(2), guest.u8(4), guest.u16(20)], [1, 1, 7]);
  for (const name of ["", "a b", "a..b", "-.".repeat(200), "x".repeat(64), "[::1", "host:80"]) {
    assert.is(resolve(guest, name), -ErrorCode.InvalidArgument, JSON.stringify(name));
  }
  const missing = resolve(guest, "missing.example");
  guest.platform.transport.settle();
  next(guest, missing);
  assert.equal([guest.u8(0), guest.u8(2)], [1, ErrorCode.NameUnresolvable]);
});

lookup("should be denied without a grant and trap on broken UTF-8", () => {
  assert.is(resolve(new Guest({ tcp: true }), "localhost"), -ErrorCode.PermanentResolverFailure);
  const guest = new Guest();
  const [address, length] = guest.put([0xff, 0xfe]);
  assert.throws(() => guest.call(LOOKUP, "resolve-addresses", guest.network(), address, length, RET), /valid UTF-8/);
});

lookup("should forget a look-up whose stream is dropped", () => {
  const guest = new Guest();
  guest.call(LOOKUP, "[resource-drop]resolve-address-stream", resolve(guest, "slow.example"));
  guest.host.close();
  guest.platform.transport.settle();
  nothingIsLeft(guest.host, guest.platform);
});

lookup.run();
