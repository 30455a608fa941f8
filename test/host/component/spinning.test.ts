// What stands before imports that may answer "not yet": every value passes through it as it is, and a trip is made
// exactly when one is owed.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LoopWaiter } from "#host/abi/loop-waiter.js";
import type { ImportFunction } from "#host/abi/webassembly.js";
import { Spinning } from "#host/component/spinning.js";
import type { CoreType } from "#host/component/value-types.js";
import { WasiHost } from "#host/wasi/wasi-host.js";
import { fakePlatform } from "../support/fake-platform.js";

interface World {
  waiter: LoopWaiter;
  trips: number;
  wrap(call: (...args: never[]) => unknown, params: CoreType[], results: CoreType[]): (...args: unknown[]) => unknown;
}

function world(): World {
  const waiter = new LoopWaiter(new WasiHost(fakePlatform()));
  const made: World = {
    waiter, trips: 0,
    wrap: (call, params, results) => spinning.wrap(call, params, results) as (...args: unknown[]) => unknown,
  };
  // Without suspension a trip is over at once.
  const spinning = new Spinning(waiter, () => () => {
    made.trips++;
    waiter.owed.value = 0;
  });
  return made;
}

const spinning = suite("the way to an import that may say not yet");

const signatures: [CoreType[], unknown[], CoreType[], unknown][] = [
  [["i32", "i64", "i32"], [5, 0x7fff_ffff_ffff_fff1n, 64], [], undefined],
  [["i32"], [-1], ["i32"], 1],
  [["i32", "i32", "i64", "i32"], [1, 2, -3n, 4], [], undefined],
  [["f64", "f32"], [0.5, 1.25], ["i64"], 7n],
  [[], [], [], undefined],
];

for (const [params, args, results, answer] of signatures) {
  spinning(`should hand on (${params.join(" ")}) -> (${results.join(" ")}) as it is`, () => {
    const made = world();
    const calls: unknown[][] = [];
    const call: ImportFunction = (...given: never[]) => {
      calls.push(given);
      return answer;
    };
    const wrapped = made.wrap(call, params, results);
    assert.is(wrapped(...args), answer);
    assert.equal(calls, [args]);
    assert.is(made.trips, 0);
  });
}

spinning("should make the trip that is owed, before the call and once", () => {
  const made = world();
  const order: number[] = [];
  const wrapped = made.wrap(() => { order.push(made.trips); }, ["i32"], []);
  wrapped(1);
  made.waiter.owed.value = 1;
  wrapped(1);
  wrapped(1);
  assert.equal(order, [0, 1, 1]);
});

spinning("should not call at all when the trip throws", () => {
  const waiter = new LoopWaiter(new WasiHost(fakePlatform()));
  const made = new Spinning(waiter, () => () => { throw new Error("cut"); });
  const wrapped = made.wrap(() => { throw new Error("called"); }, [], []) as () => void;
  waiter.owed.value = 1;
  assert.throws(wrapped, /cut/);
});

spinning.run();
