// Measures one workload of pages: each round is a new page, with new servers where there are any, and in it the arms of
// one browser take turns, each with some messages before that warm it up. Ratios are taken inside a round.
import { existsSync } from "node:fs";
import type { Site } from "../test/support/browser/site.js";
import { nodeRuntime, BENCH_BUILD, ROOT } from "./runtimes.js";
import type { EchoAmount, EchoFigures } from "./page/conversation.js";
import type { PageRun } from "./page/main.js";
import type { BenchBrowser, BenchPage } from "./page-browsers.js";
import { PAGES } from "./page-site.js";
import { wayOf, type PageArm, type PageCase, type PageWorkload } from "./page-workloads.js";
import { ServerProcess } from "./server-process.js";
import { spread, type Spread } from "./statistics.js";

export interface PageSample {
  readonly round: number;
  readonly arm: PageArm;
  /** Messages per second, there and back, by case. */
  readonly perSecond: Readonly<Record<string, number>>;
}

export interface PageResult {
  readonly workload: PageWorkload;
  readonly samples: PageSample[];
}

export interface PageWorld {
  readonly browser: BenchBrowser;
  readonly site: Site;
  readonly rounds: number;
  readonly onSample: (sample: PageSample) => void;
}

/** What warms up, on the same links, as a part of what is measured. */
const WARM_UP = 0.3;

/** The servers of one round, and where a page finds them. */
interface Servers {
  readonly urls: Partial<Record<string, string>>;
  readonly target: string;
  stop(): Promise<void>;
}

const NO_SERVERS: Servers = { urls: {}, target: "", stop: () => Promise.resolve() };

/** The C program on libuv where there is a compiler: so that the far end costs least. */
function tcpEcho(): string[] {
  const native = `${BENCH_BUILD}libuv-echo`;
  return existsSync(native) ? [native] : [process.execPath, `${ROOT}bench/vs/node-net.mjs`];
}

async function startServers(site: Site): Promise<Servers> {
  const servers: ServerProcess[] = [];
  const start = async (name: string, command: readonly string[]): Promise<string> => {
    const server = await ServerProcess.start(name, command);
    servers.push(server);
    return server.address;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  try {
    const target = await start("tcp echo", tcpEcho());
    const rules = ["--origin", site.origin, "--allow", `tcp:${target}`];
    const gateway = await start("gateway", nodeRuntime().command("gateway", "--listen", "127.0.0.1:0", ...rules));
    const webSocket = await start("web socket echo", [process.execPath, `${ROOT}bench/vs/web-socket-echo.mjs`]);
    return { target, urls: { gateway: `ws://${gateway}/`, "web-socket": `ws://${webSocket}/` }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function measureArm(
  page: BenchPage, arm: PageArm, { name, milliseconds, messagesMax, ...load }: PageCase, { urls, target }: Servers,
): Promise<number> {
  const way = wayOf(arm);
  const part = (share: number): EchoAmount => {
    return { milliseconds: milliseconds * share, messagesMax: Math.ceil(messagesMax * share) };
  };
  const request: PageRun = {
    way, target, url: urls[way] ?? "", load: { ...load, warmUp: part(WARM_UP), measured: part(1) },
  };
  try {
    const figures = await page.evaluate<EchoFigures>(`pageBench(${JSON.stringify(request)})`);
    if (!(figures.messages > 0 && figures.milliseconds > 0)) throw new Error("no message came back");
    return (figures.messages / figures.milliseconds) * 1_000;
  } catch (error) {
    throw new Error(`${arm}, ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export async function measurePages(
  workload: PageWorkload, arms: readonly PageArm[], { browser, site, rounds, onSample }: PageWorld,
): Promise<PageSample[]> {
  const samples: PageSample[] = [];
  const goesOut = arms.some((arm) => wayOf(arm) === "gateway" || wayOf(arm) === "web-socket");
  for (let round = 0; round < rounds; round++) {
    const servers = goesOut ? await startServers(site) : NO_SERVERS;
    const page = await browser.open(`${site.origin}/${PAGES.echo}.html`);
    try {
      const figures = new Map(arms.map((arm) => [arm, {} as Record<string, number>]));
      for (const each of workload.cases) {
        for (const [arm, perSecond] of figures) perSecond[each.name] = await measureArm(page, arm, each, servers);
      }
      for (const [arm, perSecond] of figures) {
        const sample = { round, arm, perSecond };
        samples.push(sample);
        onSample(sample);
      }
    } finally {
      await page.close();
      await servers.stop();
    }
  }
  return samples;
}

/** Rate of one arm divided by the rate of another in the same round: above 1 is faster. */
export function pageRatio(
  samples: readonly PageSample[], name: string, arm: PageArm, to: PageArm,
): Spread | undefined {
  const ratios = samples.filter((sample) => sample.arm === arm).flatMap((sample) => {
    const other = samples.find((s) => s.arm === to && s.round === sample.round);
    const ratio = (sample.perSecond[name] ?? Number.NaN) / (other?.perSecond[name] ?? Number.NaN);
    return Number.isFinite(ratio) ? [ratio] : [];
  });
  return ratios.length === 0 ? undefined : spread(ratios);
}
