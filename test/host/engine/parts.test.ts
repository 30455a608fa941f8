// The small parts of the face: the queue of closures, tags, handles, addresses, statuses, settings.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ResolvedAddress } from "#host/engine/address.js";
import { ClosureQueue } from "#host/engine/closure-queue.js";
import { settingsOf } from "#host/engine/endpoint-config.js";
import { ConnectionHandle, newSpace, TaskHandle } from "#host/engine/handles.js";
import { OK_STATUS, StatusCode, StatusError } from "#host/engine/status.js";
import { codeOfError, statusFrom, statusOf } from "#host/engine/status-table.js";
import { TagTable } from "#host/engine/tag-table.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import { Random, SEED } from "../../support/bytes.js";

const queue = suite("ClosureQueue");

queue("should keep the order and grow, as a plain array does", () => {
  for (let seed = SEED; seed < SEED + 30; seed++) {
    const random = new Random(seed);
    const made = new ClosureQueue<number>();
    // Shortly before the numbers wrap around.
    Object.assign(made, { head: 0x7fff_fff0, tail: 0x7fff_fff0, seen: 0x7fff_fff0 });
    const model: number[] = [];
    let pushed = 0;
    for (let step = 0; step < 3000; step++) {
      const isGrowing = step < 1000;
      if (random.below(isGrowing ? 4 : 2) !== 0) {
        made.push(step);
        model.push(step);
        pushed++;
      } else if (model.length > 0) {
        assert.is(made.shift(), model.shift(), `seed ${seed}, step ${step}`);
      }
      assert.is(made.length, model.length);
      if (random.below(50) !== 0) continue;
      assert.equal([made.takeNew(), made.takeNew()], [pushed, 0], `seed ${seed}, step ${step}`);
      pushed = 0;
    }
    while (model.length > 0) assert.is(made.shift(), model.shift(), `seed ${seed}`);
    assert.is(made.length, 0);
  }
});

queue.run();

// ---

const tags = suite("TagTable");

tags("should give free tags out again, and only those", () => {
  const table = new TagTable<{ name: string }>();
  const [a, b, c] = ["a", "b", "c"].map((name) => table.add({ name })) as [number, number, number];
  assert.is(new Set([a, b, c]).size, 3);
  table.remove(b);
  assert.is(table.liveCount, 2);
  assert.throws(() => table.at(b), /no operation has the tag/);
  assert.throws(() => table.remove(b), /no operation has the tag/);
  assert.throws(() => table.at(99), /no operation has the tag/);
  assert.is(table.add({ name: "d" }), b);
  assert.is(table.at(b).name, "d");
  assert.equal(table.all().map(({ name }) => name).sort(), ["a", "c", "d"]);
});

tags.run();

// ---

const handles = suite("handles");

handles("should be equal to themselves and to nothing else", () => {
  const space = newSpace();
  const one = new TaskHandle(3, 7, space);
  assert.ok(one.equals(new TaskHandle(3, 7, space)));
  for (const other of [
    new TaskHandle(3, 8, space), new TaskHandle(4, 7, space), new TaskHandle(3, 7, newSpace()), TaskHandle.invalid,
  ]) {
    assert.not(one.equals(other));
    assert.not.equal(one.keys, other.keys);
  }
});

handles("should print as the texts' two keys", () => {
  assert.is(String(new TaskHandle(0x2a, 5, 1)), "{000000000000002a,0000000100000005}");
  assert.is(String(TaskHandle.invalid), "{ffffffffffffffff,ffffffffffffffff}");
  assert.equal(ConnectionHandle.invalid.keys, [-1, -1]);
});

handles.run();

// ---

const addresses = suite("ResolvedAddress");

addresses("should read addresses and write them in their shortest form", () => {
  const good: [text: string, address: string, port: number, family: string, again: string][] = [
    ["127.0.0.1:80", "127.0.0.1", 80, "ipv4", "127.0.0.1:80"],
    ["0.0.0.0:0", "0.0.0.0", 0, "ipv4", "0.0.0.0:0"],
    ["[::1]:65535", "::1", 65_535, "ipv6", "[::1]:65535"],
    ["[2001:DB8:0:0:0:0:0:1]:1", "2001:db8::1", 1, "ipv6", "[2001:db8::1]:1"],
    ["[::ffff:1.2.3.4]:5", "::ffff:102:304", 5, "ipv6", "[::ffff:102:304]:5"],
  ];
  for (const [text, address, port, family, again] of good) {
    const read = ResolvedAddress.parse(text);
    assert.equal([read.address, read.port, read.family, String(read)], [address, port, family, again]);
    assert.is(String(ResolvedAddress.from({ address, port })), again);
    assert.is(ResolvedAddress.from(read), read);
  }
});

addresses("should write IPv6 as the platform's URLs do", () => {
  const random = new Random();
  for (let round = 0; round < 20_000; round++) {
    const zeros = random.below(256);
    const groups = Array.from({ length: 8 }, (_, index) => zeros >> index & 1 ? 0 : random.below(0x1_0000));
    const text = `[${groups.map((group) => group.toString(16)).join(":")}]:1`;
    assert.is(ResolvedAddress.parse(text).address, new URL(`http://${text}`).hostname.slice(1, -1), `seed ${SEED}`);
  }
});

addresses("should refuse what is none, and say which", () => {
  for (const text of [
    "", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.1:80", "::1:80", "[::1]", "[::1]:bad",
    "[1.2.3.4]:80", "localhost:80", ":80", "127.0.0.1:80 ", "[::1", "1.2.3.4:123456",
  ]) {
    assert.throws(() => ResolvedAddress.parse(text), (error: unknown) =>
      error instanceof StatusError && error.code === "INVALID_ARGUMENT" && error.message.includes(`'${text}'`), text);
  }
  assert.throws(() => ResolvedAddress.from({ address: "::1", port: 70_000 }), /70000 is not a port/);
  assert.throws(() => ResolvedAddress.from({ address: "::1", port: 0.5 }), /0.5 is not a port/);
  assert.throws(() => ResolvedAddress.from({ address: "here", port: 1 }), /'here' is not an IP address/);
});

addresses.run();

// ---

const statuses = suite("statuses");

statuses("should have a name and a code for every error of sockets, and for those of the engine", () => {
  for (let error = ErrorCode.Unknown; error <= ErrorCode.PermanentResolverFailure; error++) {
    const status = statusOf(codeOfError(error + 1), error + 1);
    assert.not(status.ok);
    assert.match(status.reason, /^[a-z]+(-[a-z]+)*$/);
  }
  assert.is(statusOf(StatusCode.UNAVAILABLE, ErrorCode.ConnectionRefused + 1).message, "connection refused");
  assert.is(statusOf(StatusCode.INTERNAL, 32).reason, "end-of-stream");
  assert.is(statusOf(StatusCode.RESOURCE_EXHAUSTED, 0).reason, "resource-exhausted");
});

statuses("should be one object per code and reason, and frozen", () => {
  const word = 3 | StatusCode.UNAVAILABLE << 8 | 15 << 16;
  assert.is(statusFrom(word), statusFrom(word));
  assert.is(statusFrom(4), OK_STATUS);
  assert.throws(() => { (statusFrom(word) as { message: string }).message = "mine"; });
});

statuses.run();

// ---

const settings = suite("settings");

settings("should come from a record or from anything with `get`", () => {
  assert.is(settingsOf(undefined).backlog, 0);
  assert.is(settingsOf({ backlog: 7 }).backlog, 7);
  const asked: string[] = [];
  const config = { get: (key: string) => { asked.push(key); return key === "hopLimit" ? 9 : undefined; } };
  assert.is(settingsOf(config).hopLimit, 9);
  assert.is(new Set(asked).size, asked.length, "each is asked for once");
});

settings("should be refused when they cannot be meant", () => {
  const bad: [object, RegExp][] = [
    [{ hopLimit: 256 }, /hopLimit is 256/], [{ hopLimit: 0 }, /hopLimit is 0/], [{ backlog: 1.5 }, /backlog is 1.5/],
    [{ keepAliveIdleMs: NaN }, /keepAliveIdleMs is NaN/], [{ sendBufferSize: -1 }, /sendBufferSize is -1/],
    [{ get: () => "much" }, /is much/],
  ];
  for (const [config, message] of bad) assert.throws(() => settingsOf(config), message);
});

settings.run();
