// What an ordinary Rust program does through its standard library (test/guests/rust-std.rs), on every host alike. Left
// out where that program could not be built, because nobody needs Rust for this project.
import { existsSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ROOT } from "../support/arms.js";
import { guestArms } from "../support/guests.js";
import { runCommand } from "../support/process.js";
import { leaveOut } from "../support/verdict.js";

const BUILT = existsSync(`${ROOT}build/guests/rust-std.wasm`);
const LINES = `arguments ["all", "üñï"], variables 0
terminals false false
files false false
thread Some(Unsupported)
slept 20ms true
slept 50µs true
after 2020 true
localhost true
localhost only true
udp there true
udp back true
udp too large true
udp closed Some(ConnectionRefused)
udp nothing Some(WouldBlock)
tcp accepted true
tcp bytes 1000000 true
tcp end 0
tcp write after the end Some(BrokenPipe)
tcp the other half
tcp closed Some(ConnectionRefused)
asking accept Some(WouldBlock)
asking read Some(WouldBlock)
asking bytes 1000000 true
input 4 lines, 14 bytes
`;

for (const { label, arm } of BUILT ? guestArms("rust-std") : []) {
  const rust = suite(`rust-std on ${label}`);

  rust("should find sockets, names, clocks and streams that work, and no files or threads", async () => {
    const { code, stdout, stderr } = await runCommand(arm, ["all", "üñï"], "one\n\nthree\nüñï");
    // In Node the host says where its nameserver is, and nothing else.
    const expected = arm.name === "node" ? LINES.replace("variables 0", "variables 1") : LINES;
    assert.equal(stdout.toString().split("\n"), expected.split("\n"), stderr);
    assert.equal([code, stderr], [0, "a complaint\n"]);
  });

  rust("should end as it says, with everything written", async () => {
    const exited = await runCommand(arm, ["exit"]);
    assert.equal([exited.code, exited.stdout.toString(), exited.stderr], [1, "not flushed before exit", ""]);
    const failed = await runCommand(arm, ["fail"]);
    assert.is(failed.code, 1);
    assert.match(failed.stderr, /it hurts/);
  });

  rust("should end like an aborted program after a panic, and say why", async () => {
    const { code, stderr } = await runCommand(arm, ["panic"]);
    assert.is(code, 134);
    assert.match(stderr, /panicked at .*\nno way on\n[^]*unreachable/);
  });

  rust.run();
}

if (!BUILT) leaveOut("there is no build/guests/rust-std.wasm; `make guests` says what it lacks");
