// wasi:cli, wasi:clocks and wasi:random through the direct face.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ErrorCode } from "#host/wasi/error-code.js";
import { GuestExit } from "#host/wasi/trap.js";
import { Guest, RET } from "./harness.js";

const cli = suite("cli");

cli("should lower arguments and environment, multi-byte characters included", () => {
  const guest = new Guest({ args: ["program", "grün", ""], env: { KEY: "välue", EMPTY: "" } });
  guest.growsAlways = true;
  guest.call("cli/environment", "get-arguments", RET);
  assert.is(guest.u32(4), 3);
  assert.equal([0, 1, 2].map((index) => guest.textAt(guest.u32(0) + index * 8)), ["program", "grün", ""]);
  guest.call("cli/environment", "get-environment", RET);
  assert.is(guest.u32(4), 2);
  const texts = [0, 8, 16, 24].map((offset) => guest.textAt(guest.u32(0) + offset));
  assert.equal(texts, ["KEY", "välue", "EMPTY", ""]);
  guest.call("cli/environment", "initial-cwd", RET);
  assert.is(guest.u8(0), 0);
});

cli("should give empty lists when nothing was granted", () => {
  const guest = new Guest({});
  for (const name of ["get-arguments", "get-environment"]) {
    guest.call("cli/environment", name, RET);
    assert.is(guest.u32(4), 0);
  }
});

cli("should tell which standard streams are terminals", () => {
  const guest = new Guest();
  const streams = guest.platform.streams as { stdin: { isTerminal?: boolean }; stdout: { isTerminal?: boolean } };
  streams.stdin.isTerminal = true;
  streams.stdout.isTerminal = false;
  for (const [name, kind] of [["stdout", "output"], ["stderr", "output"], ["stdin", "input"]] as const) {
    guest.call(`cli/terminal-${name}`, `get-terminal-${name}`, RET);
    assert.is(guest.u8(0), name === "stdin" ? 1 : 0);
    if (name !== "stdin") continue;
    const terminal = guest.u32(4);
    assert.throws(() => guest.call("cli/terminal-output", "[resource-drop]terminal-output", terminal), /wrong handle/);
    guest.call(`cli/terminal-${kind}`, `[resource-drop]terminal-${kind}`, terminal);
  }
  assert.is(guest.host.table.liveCount, 0);
});

cli("should give no directories, and trap on every use of a file", () => {
  const guest = new Guest();
  guest.call("filesystem/preopens", "get-directories", RET);
  assert.is(guest.u32(4), 0);
  const files = guest.imports["wasi:filesystem/types"] as object;
  for (const name of Object.keys(files)) {
    assert.throws(() => guest.call("filesystem/types", name, 1, RET), /unknown handle: 1 is not an? /, name);
  }
});

cli("should tell of an error that it is a socket's, and of which kind", () => {
  const guest = new Guest();
  const { input } = guest.connected();
  guest.platform.transport.connection!.events!.failed(ErrorCode.ConnectionReset);
  guest.call("io/streams", "[method]input-stream.read", input, 1n, RET);
  const error = guest.u32(8);
  guest.call("filesystem/types", "filesystem-error-code", error, RET);
  assert.is(guest.u8(0), 0);
  guest.call("sockets/network", "network-error-code", error, RET);
  assert.equal([guest.u8(0), guest.u8(1)], [1, ErrorCode.ConnectionReset]);
});

cli("should end the guest on exit", () => {
  const guest = new Guest();
  const exits: [string, number, number][] = [["exit", 0, 0], ["exit", 1, 1], ["exit-with-code", 7, 7]];
  for (const [name, status, code] of exits) {
    assert.throws(() => guest.call("cli/exit", name, status),
      (error: unknown) => error instanceof GuestExit && error.exitCode === code);
  }
});

cli("should write to standard output and error, and never end them", () => {
  const guest = new Guest();
  for (const name of ["stdout", "stderr"] as const) {
    const stream = guest.number(`cli/${name}`, `get-${name}`);
    const [address, length] = guest.put(Buffer.from(name));
    guest.call("io/streams", "[method]output-stream.blocking-write-and-flush", stream, address, length, RET);
    assert.is(guest.u8(0), 0);
    guest.call("io/streams", "[resource-drop]output-stream", stream);
    assert.is(guest.platform.streams[name].text, name);
  }
});

cli("should read standard input only once it is asked for", () => {
  const guest = new Guest();
  const { stdin } = guest.platform.streams;
  assert.equal(stdin.log, []);
  const stream = guest.number("cli/stdin", "get-stdin");
  assert.equal(stdin.log, ["open"]);
  stdin.events!.bytesGiven(Buffer.from("hi"), 0, 2);
  stdin.events!.endArrived();
  guest.call("io/streams", "[method]input-stream.read", stream, 9n, RET);
  assert.equal(guest.list(4), [...Buffer.from("hi")]);
  guest.call("io/streams", "[method]input-stream.read", stream, 9n, RET);
  assert.equal([guest.u8(0), guest.u8(4)], [1, 1]);
  const second = guest.number("cli/stdin", "get-stdin");
  guest.call("io/streams", "[method]input-stream.read", second, 9n, RET);
  assert.equal([guest.u8(0), guest.u8(4)], [1, 1], "the end is the end for every handle");
  guest.host.close();
  assert.is(stdin.log.at(-1), "close");
});

cli.run();

// ---

const clocks = suite("clocks");

clocks("should tell both times in their layouts", () => {
  const guest = new Guest();
  assert.is(guest.call("clocks/monotonic-clock", "now"), 1_000n);
  assert.is(guest.call("clocks/monotonic-clock", "resolution"), 1n);
  guest.call("clocks/wall-clock", "now", RET);
  assert.equal([guest.u64(0), guest.u32(8)], [1_700_000_000n, 123_000_000]);
  guest.call("clocks/wall-clock", "resolution", RET);
  assert.equal([guest.u64(0), guest.u32(8)], [0n, 1_000_000]);
});

clocks("should make a pollable ready at its time, and leave no timer when it is dropped", () => {
  const guest = new Guest();
  const { clock } = guest.platform;
  const soon = guest.number("clocks/monotonic-clock", "subscribe-duration", 5_000_000n);
  const late = guest.number("clocks/monotonic-clock", "subscribe-instant", 9_001_000n);
  const isReady = (pollable: number): number => guest.number("io/poll", "[method]pollable.ready", pollable);
  clock.advanceMs(4);
  assert.equal([isReady(soon), isReady(late), guest.host.ready.length], [0, 0, 0]);
  clock.advanceMs(1);
  assert.equal([isReady(soon), isReady(late), guest.host.ready.length], [1, 0, 1]);
  for (const pollable of [soon, late]) guest.call("io/poll", "[resource-drop]pollable", pollable);
  assert.is(clock.timers.size, 0);
  assert.is(guest.host.ready.length, 0);
});

clocks("should be ready at once for a time that has passed", () => {
  const guest = new Guest();
  for (const [name, value] of [["subscribe-duration", 0n], ["subscribe-instant", 1n]] as const) {
    const pollable = guest.number("clocks/monotonic-clock", name, value);
    assert.is(guest.number("io/poll", "[method]pollable.ready", pollable), 1);
  }
  assert.is(guest.host.ready.length, 2);
  assert.is(guest.platform.clock.timers.size, 0);
});

clocks("should never come for the end of time, however it is spelled", () => {
  const guest = new Guest();
  for (const name of ["subscribe-duration", "subscribe-instant"]) {
    const pollable = guest.number("clocks/monotonic-clock", name, -1n);
    assert.is(guest.number("io/poll", "[method]pollable.ready", pollable), 0);
  }
  guest.platform.clock.advanceMs(0x7fff_ffff);
  assert.is(guest.host.ready.length, 0);
  assert.is(guest.platform.clock.timers.size, 2, "the next step of the way is set");
});

clocks.run();

// ---

const random = suite("random");

random("should give bytes, numbers and seeds", () => {
  const guest = new Guest();
  for (const [from, bytes, u64] of [
    ["random", "get-random-bytes", "get-random-u64"],
    ["insecure", "get-insecure-random-bytes", "get-insecure-random-u64"],
  ] as const) {
    guest.call(`random/${from}`, bytes, 5n, RET);
    assert.equal(guest.list(0), [7, 7, 7, 7, 7]);
    assert.is(guest.call(`random/${from}`, u64), 0x0707070707070707n);
  }
  guest.call("random/insecure-seed", "insecure-seed", RET);
  assert.equal([guest.u64(0), guest.u64(8)], [0x0707070707070707n, 0x0707070707070707n]);
});

random("should trap on a request that no honest guest makes", () => {
  const guest = new Guest();
  assert.throws(() => guest.call("random/random", "get-random-bytes", -1n, RET), /at most 67108864/);
  assert.equal(guest.allocations, [], "before it takes any memory");
});

random.run();
