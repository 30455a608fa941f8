// The standard streams of a simulated host.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Simulation } from "#host/sim/index.js";
import { ErrorCode } from "#host/wasi/error-code.js";

const streams = suite("standard streams");

function reader(log: string[], wantsMore: () => boolean = () => true): {
  bytesArrived(): boolean; bytesGiven(bytes: Uint8Array, start: number, end: number): boolean;
  endArrived(): void; failed(code: ErrorCode): void;
} {
  return {
    bytesArrived: () => assert.unreachable("input is given, not lent") as never,
    bytesGiven: (bytes, start, end) => {
      log.push(new TextDecoder().decode(bytes.subarray(start, end)));
      return wantsMore();
    },
    endArrived: () => { log.push("(end)"); },
    failed: (code) => { log.push(ErrorCode[code]); },
  };
}

streams("should give input in pieces, in order, then the end, and hold it while paused", () => {
  const sim = new Simulation({ seed: 1, conditions: { readBytes: [1, 4] } });
  const { stdin } = sim.host("10.0.0.1").streams;
  const log: string[] = [];
  stdin.feed("hello, ");
  sim.run();
  let more = false;
  stdin.open(reader(log, () => more));
  stdin.feed("engine");
  stdin.end();
  sim.run();
  assert.is(log.length, 1, "paused by its first answer");
  stdin.pause();
  stdin.resume();
  more = true;
  sim.run();
  assert.is(log.join(""), "hello, engine(end)");
  assert.ok(log.length > 4);
});

streams("should give nothing after they were closed", () => {
  const sim = new Simulation({ seed: 1 });
  const { stdin } = sim.host("10.0.0.1").streams;
  const log: string[] = [];
  stdin.open(reader(log));
  stdin.feed("late");
  stdin.close();
  sim.run();
  assert.equal(log, []);
});

streams("should keep output, count what nobody reads, and tell of room", () => {
  const sim = new Simulation({ seed: 1 });
  const { stdout } = sim.host("10.0.0.1").streams;
  const log: string[] = [];
  stdout.listen({ roomMade: () => { log.push("room"); }, failed: (code) => { log.push(ErrorCode[code]); } });
  const write = (text: string): void => {
    const bytes = new TextEncoder().encode(`<${text}>`);
    stdout.write(bytes, 1, bytes.length - 1);
    bytes.fill(0);
  };
  write("one ");
  assert.is(stdout.queuedBytes, 0);
  stdout.hold();
  write("two ");
  assert.is(stdout.queuedBytes, 4);
  stdout.release();
  assert.equal(log, [], "not from inside the call");
  sim.run();
  assert.equal([log, stdout.queuedBytes], [["room"], 0]);
  write("three");
  assert.is(stdout.text, "one two three");
  stdout.breakOff();
  write("four");
  assert.equal([log, stdout.text], [["room", "ConnectionReset"], "one two three"]);
});

streams.run();
