// Name look-ups of a guest: what is a name, what is an address already, and how many may be under way.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ErrorCode } from "#host/wasi/error-code.js";
import { Family, hostText, makeAddress } from "#host/wasi/ip-address.js";
import type { ResolveAddressStream } from "#host/wasi/ip-name-lookup.js";
import { LOOKUP_ADDRESSES_MAX, LOOKUPS_MAX, NAME_BYTES_MAX } from "#host/wasi/limits.js";
import { parseName } from "#host/wasi/lookup-name.js";
import { WasiHost } from "#host/wasi/wasi-host.js";
import { type FakePlatform, fakePlatform } from "../support/fake-platform.js";
import { nothingIsLeft } from "../support/leak-law.js";

const read = (text: string): string | null => {
  const result = parseName(text);
  return typeof result === "object" && result !== null ? `= ${hostText(result)}` : result;
};

const names = suite("names");

const readings: readonly (readonly [string, string, readonly [string, string][]])[] = [
  ["names as they are", "and as resolvers know them", [
    ["a.b", "a.b"], ["_grpc._tcp.example.test", "_grpc._tcp.example.test"], ["-a.b", "-a.b"], ["*.w", "*.w"],
    ["localhost", "localhost"], ["example.test.", "example.test."], ["EXAMPLE.test", "example.test"],
  ]],
  ["names outside ASCII", "in ASCII", [
    ["bücher.example", "xn--bcher-kva.example"], ["BÜCHER.example", "xn--bcher-kva.example"],
    ["日本語。jp", "xn--wgv71a119e.jp"], ["☃.test", "xn--n3h.test"],
  ]],
  ["literals", "as addresses", [
    ["127.0.0.1", "= 127.0.0.1"], ["::1", "= 0:0:0:0:0:0:0:1"], ["[2001:db8::7]", "= 2001:db8:0:0:0:0:0:7"],
    ["::ffff:192.0.2.7", "= 192.0.2.7"], ["[::ffff:c000:207]", "= 192.0.2.7"],
  ]],
  ["other spellings of an IPv4 address", "as addresses", [
    ["127.1", "= 127.0.0.1"], ["0x7f000001", "= 127.0.0.1"], ["017700000001", "= 127.0.0.1"],
    ["192.0.2.1.", "= 192.0.2.1"],
  ]],
];

for (const [what, how, pairs] of readings) {
  names(`should take ${what}, ${how}`, () => {
    for (const [text, expected] of pairs) assert.is(read(text), expected, text);
  });
}

names("should refuse what can be neither", () => {
  for (const text of [
    "", ".", "..", "a..b", ".a", "a b", "a\tb", "a\0b", "host:80", "a/b", "a\\b", "user@host", "a?b", "a#b", "a<b",
    "ex%61mple", "[::1", "::1]", "[127.0.0.1]", "[a]", "fe80::1%2", "[fe80::1%eth0]", "1:2", "256.1.1.1", "1.2.3.4.5",
    "\ud800", "a\u00a0b", "\u00ad",
  ]) assert.is(parseName(text), null, JSON.stringify(text));
});

names("should count labels and names in ASCII", () => {
  const label = "x".repeat(63);
  assert.is(read(label), label);
  assert.is(read(`${label}x`), null);
  assert.is(read("ü".repeat(63)), null, "xn-- and what stands for the letters is longer");
  const longest = `${"a.".repeat(126)}b`;
  assert.is(longest.length, NAME_BYTES_MAX);
  assert.is(read(longest), longest);
  assert.is(read(`${longest}.`), `${longest}.`);
  assert.is(read(`${longest}c`), null);
  assert.is(read("a".repeat(1 << 20)), null);
});

names.run();

// ---

const lookups = suite("look-ups");

interface World {
  platform: FakePlatform;
  host: WasiHost;
}

function world(): World {
  const platform = fakePlatform();
  return { platform, host: new WasiHost(platform, { nameLookup: true }) };
}

function open({ host }: World, name: string): ResolveAddressStream {
  const stream = host.resolveAddresses(name);
  if (typeof stream === "number") throw new Error(ErrorCode[stream]);
  host.table.add(stream, null);
  return stream;
}

const drop = ({ host }: World, stream: ResolveAddressStream): void => host.table.drop(stream.handle, stream.kind);

lookups("should ask the platform for the name in ASCII, and for no literal", () => {
  const made = world();
  const asked: string[] = [];
  const { transport } = made.platform;
  const { lookup } = transport;
  transport.lookup = (name, done) => {
    asked.push(name);
    return lookup.call(transport, name, done);
  };
  const streams = ["bücher.example", "127.0.0.1", "127.1", "[::1]"].map((name) => open(made, name));
  assert.equal(asked, ["xn--bcher-kva.example"]);
  assert.equal(streams.map((stream) => stream.isReady()), [false, true, true, true]);
  assert.is(made.host.sockets.lookupCount, 1);
  for (const stream of streams) drop(made, stream);
  nothingIsLeft(made.host, made.platform);
});

lookups("should say would-block, then each address once, then none; or the error, again and again", () => {
  const made = world();
  const one = makeAddress(Family.Ipv4, [192, 0, 2, 1], 0);
  made.platform.transport.names.set("one.test", [one]);
  const [found, missing] = [open(made, "one.test"), open(made, "missing.test")];
  for (const stream of [found, missing]) assert.is(stream.resolveNextAddress(), ErrorCode.WouldBlock);
  made.platform.transport.settle();
  assert.equal([0, 1, 2].map(() => found.resolveNextAddress()), [one, null, null]);
  assert.equal([0, 1].map(() => missing.resolveNextAddress()), Array(2).fill(ErrorCode.NameUnresolvable));
  assert.is(made.host.sockets.lookupCount, 0);
  for (const stream of [found, missing]) drop(made, stream);
  nothingIsLeft(made.host, made.platform);
});

lookups("should keep so many addresses and no more", () => {
  const made = world();
  const address = makeAddress(Family.Ipv4, [192, 0, 2, 1], 0);
  made.platform.transport.names.set("many.test", new Array(LOOKUP_ADDRESSES_MAX + 1).fill(address));
  const stream = open(made, "many.test");
  made.platform.transport.settle();
  let count = 0;
  while (stream.resolveNextAddress() !== null) count++;
  assert.is(count, LOOKUP_ADDRESSES_MAX);
});

lookups("should be bounded in number, and have room again when some end or are dropped", () => {
  const made = world();
  const streams = Array.from({ length: LOOKUPS_MAX }, (_, index) => open(made, `n${index}.test`));
  assert.is(made.host.resolveAddresses("more.test"), ErrorCode.OutOfMemory);
  assert.is(made.host.resolveAddresses("no name"), ErrorCode.InvalidArgument);
  drop(made, open(made, "127.0.0.1"));
  drop(made, streams.pop() as ResolveAddressStream);
  streams.push(open(made, "more.test"));
  assert.is(made.host.resolveAddresses("more.test"), ErrorCode.OutOfMemory);
  made.platform.transport.settle();
  assert.is(made.host.sockets.lookupCount, 0, "all have ended, and are not dropped yet");
  streams.push(open(made, "again.test"));
  made.host.close();
  nothingIsLeft(made.host, made.platform);
});

lookups("should end with their stream, and with the guest", () => {
  const made = world();
  const stream = open(made, "slow.test");
  open(made, "slow.test");
  drop(made, stream);
  made.host.close();
  made.platform.transport.settle();
  assert.is(stream.isReady(), false, "nobody told it");
  nothingIsLeft(made.host, made.platform);
});

lookups.run();
