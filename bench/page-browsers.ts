// The browsers of the benchmarks: Debian's, without a window, each through the driver that has it.
import { chromium } from "playwright-core";
import { launch } from "puppeteer-core";
import { provide } from "../test/support/debian-tool.js";

export const BROWSERS = ["chromium", "firefox"] as const;
export type BrowserName = (typeof BROWSERS)[number];

export interface BenchPage {
  /** Calls a function that the page put on its globalThis, or waits for a promise there: its answer, as plain data. */
  ask(name: string, argument?: unknown): Promise<unknown>;
  close(): Promise<void>;
}

export interface BenchBrowser {
  /** A page with no memory of other ones, when its load event has been. */
  open(url: string): Promise<BenchPage>;
  close(): Promise<void>;
}

const CHROMIUM_ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** Runs in the page. */
function askInPage([name, argument]: [string, unknown]): unknown {
  const found = (globalThis as Record<string, unknown>)[name];
  if (found === undefined) throw new Error(`the page has no ${name}`);
  return typeof found === "function" ? (found as (argument: unknown) => unknown)(argument) : found;
}

async function startChromium(executablePath: string): Promise<BenchBrowser> {
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGUMENTS });
  return {
    open: async (url) => {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(url);
      return {
        ask: (name, argument) => page.evaluate(askInPage, [name, argument] as [string, unknown]),
        close: () => context.close(),
      };
    },
    close: () => browser.close(),
  };
}

async function startFirefox(executablePath: string): Promise<BenchBrowser> {
  const browser = await launch({ browser: "firefox", executablePath, headless: true });
  return {
    open: async (url) => {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      await page.goto(url);
      return {
        ask: (name, argument) => page.evaluate(askInPage, [name, argument] as [string, unknown]),
        close: () => context.close(),
      };
    },
    close: () => browser.close(),
  };
}

/** Undefined where the browser is not and cannot be had, which is told on stderr. */
export async function startBrowser(name: BrowserName): Promise<BenchBrowser | undefined> {
  const path = provide(name === "firefox" ? "firefox-esr" : name);
  if (path === undefined) return undefined;
  return name === "firefox" ? startFirefox(path) : startChromium(path);
}
