// The time of the turn: read once, and never run over.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compileProbe, Probe } from "../../support/probe.js";

const module = await compileProbe("time");
const MAX = 2n ** 64n - 1n;

interface Ticking {
  probe: Probe;
  clock: { now: bigint; calls: number };
}

async function ticking(): Promise<Ticking> {
  const clock = { now: 0n, calls: 0 };
  const probe = await Probe.create(module, {
    "monotonic-clock/now": () => {
      clock.calls++;
      return BigInt.asIntN(64, clock.now);
    },
  });
  return { probe, clock };
}

const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value);

const time = suite("clock");

time("should ask the host once per turn, when the time is needed first", async () => {
  const { probe, clock } = await ticking();
  clock.now = 77n;
  probe.call.update();
  assert.is(clock.calls, 0, "not before somebody needs the time");
  assert.is(probe.callLong.nowNs(), 77n);
  clock.now = 99n;
  for (let read = 0; read < 3; read++) assert.is(probe.callLong.nowNs(), 77n);
  assert.is(clock.calls, 1);
});

time("should add a span to the time of the turn", async () => {
  const { probe, clock } = await ticking();
  clock.now = 5n;
  probe.call.update();
  assert.is(probe.callLong.after(0n), 5n);
  assert.is(probe.callLong.after(1_000_000_000n), 1_000_000_005n);
});

time("should stay at the end of time instead of starting over", async () => {
  const { probe, clock } = await ticking();
  for (const now of [0n, 1n, 5n, 2n ** 63n, MAX - 1n, MAX]) {
    clock.now = now;
    probe.call.update();
    for (const span of [0n, 1n, 2n, MAX - now, MAX - now + 1n, 2n ** 63n, MAX].map(unsigned)) {
      const expected = now + span > MAX ? MAX : now + span;
      assert.is(unsigned(probe.callLong.after(BigInt.asIntN(64, span))), expected, `${now} + ${span}`);
    }
  }
});

time.run();
