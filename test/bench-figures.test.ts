// How the benchmarks turn measurements into ratios and verdicts: a bar that is judged wrongly would be worse than none.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { judge } from "../bench/bars.js";
import { nsOf, timeRatio, type OperationResult, type OperationSample } from "../bench/operation-rounds.js";
import { operationTables } from "../bench/operation-report.js";
import { pageStartTable, pageTables } from "../bench/page-report.js";
import { pageRatio, type PageResult, type PageSample } from "../bench/page-rounds.js";
import { LARGE_PAGES, type PageArm } from "../bench/page-workloads.js";

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

/** Rounds of a workload in which the arm has these parts of the rival's rate. */
function pageRounds(name: string, parts: number[], arm: PageArm, to: PageArm): PageResult {
  const workload = LARGE_PAGES.find((each) => each.name === name);
  assert.ok(workload);
  const rates = (rate: number) => Object.fromEntries(workload.cases.map((each) => [each.name, rate]));
  const samples = parts.flatMap((part, round): PageSample[] => {
    const rate = 1_000 * (round + 1);
    return [{ round, arm, perSecond: rates(part * rate) }, { round, arm: to, perSecond: rates(rate) }];
  });
  return { workload, samples };
}

const pageVerdicts = (...echo: PageResult[]): boolean[] => {
  return judge({ echo: [], operations: [], pages: { echo, starts: [] } }).map(({ met }) => met);
};

figures("should take ratios of pages within a round, of one case, and more is better", () => {
  const { samples } = pageRounds("page-echo-64", [0.4, 0.9, 0.5], "chromium-engine", "chromium-channel");
  const ratio = pageRatio(samples, "32 under way", "chromium-engine", "chromium-channel");
  assert.equal(ratio, { median: 0.5, min: 0.4, max: 0.9 });
  assert.is(pageRatio(samples, "64 KiB", "chromium-engine", "chromium-channel"), undefined);
  assert.is(pageRatio(samples, "32 under way", "firefox-engine", "chromium-channel"), undefined);
});

figures("should judge the bars of pages in Chromium, each by its own rival and limit", () => {
  const inPage = (name: string, part: number) =>
    pageRounds(name, [part, part, 0.01], "chromium-engine", "chromium-channel");
  assert.equal(pageVerdicts(inPage("page-echo-64", 0.5), inPage("page-echo-64k", 1)), [true, true, true, true]);
  assert.equal(pageVerdicts(inPage("page-echo-64", 0.49), inPage("page-echo-64k", 0.99)), [false, false, false, false]);
  const gateway = (part: number) => pageRounds("gateway-bulk", [part], "chromium-gateway", "chromium-web-socket");
  assert.equal(pageVerdicts(gateway(0.8)), [true]);
  assert.equal(pageVerdicts(gateway(0.79)), [false]);
});

figures("should judge neither other browsers, nor a transferring channel, nor a ping-pong through the gateway", () => {
  assert.equal(pageVerdicts(
    pageRounds("page-echo-64", [0.1], "firefox-engine", "firefox-channel"),
    pageRounds("page-echo-64k", [0.1], "chromium-engine", "chromium-transfer"),
    pageRounds("gateway-ping-pong", [0.1], "chromium-gateway", "chromium-web-socket"),
  ), []);
});

figures("should judge the start of a page by the median in Chromium, and the bytes of its script", () => {
  const starts = [99, 101, 100].map((scriptMs, round) => {
    return { browser: "chromium" as const, round, scriptMs, navigationMs: 1_000 };
  });
  const slow = { browser: "firefox" as const, round: 0, scriptMs: 500, navigationMs: 500 };
  const judged = (scriptBytes: number, all: typeof starts): boolean[] =>
    judge({ echo: [], operations: [], pages: { echo: [], starts: [...all, slow], scriptBytes } }).map(({ met }) => met);
  assert.equal(judged(40_960, starts), [true, true]);
  assert.equal(judged(40_961, starts.slice(0, 2)), [true, false]);
  assert.equal(judged(40_961, starts.slice(1)), [false, false]);
  assert.match(pageStartTable([...starts, slow]), /chromium +100 \(99\.\.101\) +1000\nfirefox +500 +500$/);
});

figures("should show ratios of the engine's arms only, to the rivals that ran", () => {
  const result = pageRounds("page-echo-64", [0.4, 0.6], "chromium-engine", "chromium-transfer");
  const tables = pageTables(result);
  assert.match(tables, /^chromium-engine \/ chromium-transfer +0\.50 \(0\.40\.\.0\.60\)/m);
  assert.not.match(tables, "chromium-channel");
  assert.not.match(tables, "chromium-transfer /");
});

figures.run();
