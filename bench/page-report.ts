// What the workloads of pages tell: tables of rates and of ratios inside a round, and their bars.
import type { Judgement } from "./bars.js";
import { pageRatio, type PageResult } from "./page-rounds.js";
import type { PageStartSample } from "./page-start-up.js";
import { BROWSERS, browserOf, wayOf, type BrowserName, type PageArm, type PageWay } from "./page-workloads.js";
import { spread, type Spread } from "./statistics.js";
import { formatNumber, formatTable } from "./table.js";

export interface PageFigures {
  readonly echo: readonly PageResult[];
  readonly starts: readonly PageStartSample[];
  /** Of the JavaScript that a page loads for the engine, compressed. */
  readonly scriptBytes?: number;
}

interface PageBar {
  readonly workload: string;
  readonly browser: BrowserName;
  readonly way: PageWay;
  readonly to: PageWay;
  readonly least: number;
}

const PAGE_BARS: readonly PageBar[] = [
  { workload: "page-echo-64", browser: "chromium", way: "engine", to: "channel", least: 0.5 },
  { workload: "page-echo-64k", browser: "chromium", way: "engine", to: "channel", least: 1 },
  { workload: "gateway-bulk", browser: "chromium", way: "gateway", to: "web-socket", least: 0.8 },
];

const START_UP_MS_MAX = 100;
const SCRIPT_BYTES_MAX = 40 * 1024;

const isOurs = (arm: PageArm): boolean => wayOf(arm) === "engine" || wayOf(arm) === "gateway";

function withRange({ median, min, max }: Spread, format: (value: number) => string): string {
  return min === max ? format(median) : `${format(median)} (${format(min)}..${format(max)})`;
}

const ratioText = (ratio: Spread): string => withRange(ratio, (value) => value.toFixed(2));

function rivalsOf(arm: PageArm, arms: readonly PageArm[]): PageArm[] {
  return arms.filter((to) => !isOurs(to) && browserOf(to) === browserOf(arm));
}

export function pageTables({ workload, samples }: PageResult): string {
  const names = workload.cases.map(({ name }) => name);
  const arms = workload.arms.filter((arm) => samples.some((sample) => sample.arm === arm));
  const rates = arms.map((arm) => [arm, ...names.map((name) => {
    const own = samples.filter((sample) => sample.arm === arm).map(({ perSecond }) => perSecond[name] ?? Number.NaN);
    return withRange(spread(own), formatNumber);
  })]);
  const ratios = arms.filter(isOurs).flatMap((arm) => rivalsOf(arm, arms).flatMap((to) => {
    const cells = names.map((name) => pageRatio(samples, name, arm, to));
    const known = cells.filter((ratio) => ratio !== undefined);
    return known.length === 0 ? [] : [[`${arm} / ${to}`, ...known.map(ratioText)]];
  }));
  const tables = [`${workload.name}: messages per second, there and back\n${formatTable(["arm", ...names], rates)}`];
  if (ratios.length > 0) {
    tables.push(`${workload.name}: ratio, above 1 is faster\n${formatTable(["arms", ...names], ratios)}`);
  }
  return tables.join("\n\n");
}

export function pageStartTable(samples: readonly PageStartSample[]): string {
  const rows = BROWSERS.flatMap((browser) => {
    const own = samples.filter((sample) => sample.browser === browser);
    if (own.length === 0) return [];
    const times = [own.map(({ scriptMs }) => scriptMs), own.map(({ navigationMs }) => navigationMs)];
    return [[browser, ...times.map((all) => withRange(spread(all), (ms) => ms.toFixed(0)))]];
  });
  const head = ["browser", "of the script, ms", "of the navigation, ms"];
  return `page-start-up: to the first accepted connection, from the beginning\n${formatTable(head, rows)}`;
}

export function judgePages({ echo, starts, scriptBytes }: PageFigures): Judgement[] {
  return [
    ...PAGE_BARS.flatMap((bar) => judgeRatios(bar, echo)),
    ...judgeStart(starts.filter(({ browser }) => browser === "chromium")),
    ...(scriptBytes === undefined ? [] : [{
      bar: "JavaScript of a page, compressed, bytes",
      wanted: `<= ${SCRIPT_BYTES_MAX}`,
      measured: `${scriptBytes}`,
      met: scriptBytes <= SCRIPT_BYTES_MAX,
    }]),
  ];
}

function judgeRatios({ workload, browser, way, to, least }: PageBar, results: readonly PageResult[]): Judgement[] {
  const result = results.find((each) => each.workload.name === workload);
  return (result?.workload.cases ?? []).flatMap(({ name }) => {
    const arm: PageArm = `${browser}-${way}`;
    const ratio = pageRatio(result?.samples ?? [], name, arm, `${browser}-${to}`);
    if (ratio === undefined) return [];
    return [{
      bar: `${workload}, ${name}: ${arm} / ${browser}-${to}`,
      wanted: `>= ${least.toFixed(2)}`,
      measured: ratioText(ratio),
      met: ratio.median >= least,
    }];
  });
}

function judgeStart(samples: readonly PageStartSample[]): Judgement[] {
  if (samples.length === 0) return [];
  const measured = spread(samples.map(({ scriptMs }) => scriptMs));
  return [{
    bar: "page-start-up, ms: chromium",
    wanted: `<= ${START_UP_MS_MAX}`,
    measured: withRange(measured, (ms) => ms.toFixed(1)),
    met: measured.median <= START_UP_MS_MAX,
  }];
}
