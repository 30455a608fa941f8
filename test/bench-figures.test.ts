// How the benchmarks turn measurements into ratios and verdicts: a bar that is judged wrongly would be worse than none.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { judge } from "../bench/bars.js";
import { nsOf, timeRatio, type OperationResult, type OperationSample } from "../bench/operation-rounds.js";
import { operationTables } from "../bench/operation-report.js";

const figures = suite("bench figures");

const sample = (round: number, arm: OperationSample["arm"], ns: Record<string, number>): OperationSample =>
  ({ round, arm, ns });

/** Three rounds in which the engine needs this part of the rival's time. */
function rounds(parts: [number, number, number], arm: OperationSample["arm"], to: OperationSample["arm"]) {
  return parts.flatMap((part, round) => {
    const ns = 100 * (round + 1);
    const add = { add: 0.25 * part * ns, cancel: 0.75 * part * ns, fire: part * ns, run: part * ns };
    return [sample(round, arm, add), sample(round, to, { add: ns / 2, cancel: ns / 2, fire: ns, run: ns })];
  });
}

const verdicts = (workload: string, samples: OperationSample[]): Record<string, boolean> => {
  const judgements = judge({ echo: [], operations: [{ workload, samples }] });
  return Object.fromEntries(judgements.map(({ bar, met }) => [bar, met]));
};

figures("should take ratios within a round, and the median of the rounds", () => {
  const ratio = timeRatio(rounds([0.4, 0.9, 0.5], "engine-node", "libuv"), "fire", "engine-node", "libuv");
  assert.equal(ratio, { median: 0.5, min: 0.4, max: 0.9 });
});

figures("should sum figures by name, and say nothing about a figure that an arm lacks", () => {
  const one = sample(0, "engine-node", { add: 1, cancel: 2 });
  assert.is(nsOf(one, "add+cancel"), 3);
  assert.ok(Number.isNaN(nsOf(one, "add+fire")));
  const both = [one, sample(0, "libuv", { fire: 1 })];
  assert.is(timeRatio(both, "add", "engine-node", "libuv"), undefined);
});

figures("should judge each bar by its own rival and limit", () => {
  const samples = rounds([0.51, 0.49, 0.5], "engine-node", "libuv");
  assert.equal(verdicts("timers-1m", samples), {
    "timers-1m add+cancel: engine-node / libuv": true,
    "timers-1m fire: engine-node / libuv": true,
  });
  const slower = rounds([0.51, 0.49, 0.52], "engine-node", "libuv");
  assert.equal(Object.values(verdicts("timers-1m", slower)), [false, false]);
  assert.equal(verdicts("tasks", rounds([0.3, 0.3, 0.3], "engine-typescript", "grpc")), {
    "tasks run: engine-typescript / grpc": false,
  });
  assert.equal(verdicts("tasks", rounds([0.3, 0.3, 0.3], "engine-typescript", "node")), {
    "tasks run: engine-typescript / node": true,
  });
});

figures("should judge times that have a limit of their own, by their median", () => {
  const late = (max: number, round: number): OperationSample => sample(round, "engine-node", { "late max": max });
  const limit = 20_000_000;
  assert.equal(verdicts("dns-deadlines", [late(limit, 0), late(9 * limit, 1), late(1, 2)]), {
    "dns-deadlines late max, ns: engine-node": true,
  });
  assert.equal(verdicts("dns-deadlines", [late(limit + 1, 0)]), { "dns-deadlines late max, ns: engine-node": false });
});

figures("should leave out ratios to what cost nothing", () => {
  const both = [sample(0, "engine-node", { "srv cpu": 5 }), sample(0, "node-c-ares", { "srv cpu": 0 })];
  assert.is(timeRatio(both, "srv cpu", "engine-node", "node-c-ares"), undefined);
});

figures("should judge nothing that was not measured", () => {
  assert.equal(verdicts("timers-1k", rounds([1, 1, 1], "engine-node", "libuv")), {});
  assert.equal(verdicts("timers-1m", [sample(0, "engine-node", { add: 1, cancel: 1, fire: 1 })]), {});
});

figures("should miss a bar of zero by one byte, one turn and one wake-up", () => {
  const growth = { run: 0, "timer fired": 65_536 };
  const judgements = judge({
    echo: [],
    operations: [],
    flatMemory: [{ arm: "engine-node", operations: 10, growth }],
    idle: [
      { arm: "engine-typescript", seconds: 30, turns: 1, wakeUps: 0, otherWakeUps: 3 },
      { arm: "node-net", seconds: 30, wakeUps: 7, otherWakeUps: 0 },
    ],
  });
  assert.equal(judgements.map(({ measured, met }) => [measured, met]), [
    ["65536", false], ["2", false], ["0", true],
  ]);
});

figures("should show a range only where there was more than one round", () => {
  const all = rounds([0.4, 0.9, 0.5], "engine-node", "libuv");
  const table = (samples: OperationSample[]): string => operationTables({ workload: "w", samples } as OperationResult);
  assert.match(table(all), "0.50 (0.40..0.90)");
  assert.not.match(table(all.slice(0, 2)), "..");
});

figures.run();
