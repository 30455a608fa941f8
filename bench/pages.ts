// Runs the chosen workloads of pages in the browsers that can be had, one browser after the other, and prints tables.
import type { Site } from "../test/support/browser/site.js";
import type { ArmName } from "./arms.js";
import type { Options } from "./options.js";
import { openBenchBrowser, type BenchBrowser } from "./page-browsers.js";
import { measureScriptBytes } from "./page-bytes.js";
import { pageStartTable, pageTables, type PageFigures } from "./page-report.js";
import { measurePages, type PageResult, type PageSample } from "./page-rounds.js";
import { openPages } from "./page-site.js";
import { measurePageStarts, type PageStartSample } from "./page-start-up.js";
import { BROWSERS, browserOf, isPageArm, type BrowserName, type PageArm } from "./page-workloads.js";
import { formatNumber } from "./table.js";

interface InBrowsers {
  readonly echo: readonly PageResult[];
  readonly starts: PageStartSample[];
}

function told({ round, arm, perSecond }: PageSample): string {
  const figures = Object.entries(perSecond).map(([name, rate]) => `${name} ${formatNumber(rate)}`);
  return `round ${round + 1} ${arm}: ${figures.join(", ")} per second`;
}

/** One that cannot be had is left out with a remark, unless it was asked for. */
async function startBrowser(name: BrowserName, options: Options): Promise<BenchBrowser | undefined> {
  try {
    return await openBenchBrowser(name);
  } catch (error) {
    if (options.armsNamed || !(error instanceof Error)) throw error;
    console.log(`pages: ${name} is left out: ${error.message}`);
    return undefined;
  }
}

function armsIn(browser: BrowserName, { arms }: Options): PageArm[] {
  return (arms as readonly ArmName[]).filter(isPageArm).filter((arm) => browserOf(arm) === browser);
}

async function measureIn(
  name: BrowserName, browser: BenchBrowser, site: Site, options: Options, into: InBrowsers,
): Promise<void> {
  const arms = armsIn(name, options);
  const { rounds, startUpRounds } = options.size;
  for (const { workload, samples } of into.echo) {
    const here = arms.filter((arm) => workload.arms.includes(arm));
    const onSample = (sample: PageSample): void => console.error(`${workload.name} ${told(sample)}`);
    if (here.length > 0) samples.push(...await measurePages(workload, here, { browser, site, rounds, onSample }));
  }
  if (!options.workloads.includes("page-start-up")) return;
  into.starts.push(...await measurePageStarts(name, browser, site, startUpRounds));
}

async function measureInBrowsers(options: Options): Promise<InBrowsers> {
  const chosen = options.size.pages.filter(({ name }) => options.workloads.includes(name));
  const into: InBrowsers = { echo: chosen.map((workload) => ({ workload, samples: [] })), starts: [] };
  if (chosen.length === 0 && !options.workloads.includes("page-start-up")) return into;
  const site = await openPages();
  try {
    for (const name of BROWSERS) {
      const browser = armsIn(name, options).length === 0 ? undefined : await startBrowser(name, options);
      try {
        if (browser !== undefined) await measureIn(name, browser, site, options, into);
      } finally {
        await browser?.close();
      }
    }
  } finally {
    await site.close();
  }
  return into;
}

export async function runPages(options: Options): Promise<PageFigures> {
  const { echo, starts } = await measureInBrowsers(options);
  const figures = { echo: echo.filter(({ samples }) => samples.length > 0), starts };
  for (const result of figures.echo) console.log(`\n${pageTables(result)}`);
  if (starts.length > 0) console.log(`\n${pageStartTable(starts)}`);
  if (!options.workloads.includes("page-bytes")) return figures;
  const scriptBytes = measureScriptBytes();
  if (scriptBytes === undefined) {
    console.log("pages: page-bytes is left out: build/browser/event-engine.min.js is missing");
    return figures;
  }
  console.log(`\npage-bytes: ${scriptBytes} bytes of JavaScript, minified and compressed by gzip`);
  return { ...figures, scriptBytes };
}
