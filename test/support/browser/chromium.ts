// Chromium by Playwright. We start it ourselves: its processes then stay where the test runner sees them.
import { join } from "node:path";
import { type Browser as Remote, type BrowserContext, chromium, type Page as RemotePage } from "playwright-core";
import { GUARD_MS } from "../guard.js";
import type { Browser, Page, PageOptions } from "./browser.js";
import { guarded, valueOf } from "./evaluation.js";
import { awaitMatch, Family } from "./family.js";

const ARGUMENTS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--remote-debugging-port=0",
  "--js-flags=--expose-gc",
  // Tabs in the background go on as if they were seen.
  "--disable-background-timer-throttling", "--disable-renderer-backgrounding",
  "--disable-backgrounding-occluded-windows",
];

export async function openChromium(path: string): Promise<ChromiumBrowser> {
  return startChromium(path, async (family, address) => {
    const remote = await chromium.connectOverCDP(address, { timeout: GUARD_MS });
    return new ChromiumBrowser(family, remote, await remote.newContext({ viewport: null }));
  }, ["--no-startup-window"]); // Playwright waits in vain for a first window that is slow to come.
}

/** Starts one with an empty profile; `connect` gets the address of its DevTools. */
export async function startChromium<T>(
  path: string, connect: (family: Family, address: string) => Promise<T>, more: readonly string[] = [],
): Promise<T> {
  const family = new Family("chromium");
  try {
    const member = family.start(path, [...ARGUMENTS, ...more, `--user-data-dir=${join(family.folder, "profile")}`]);
    return await connect(family, await awaitMatch(member, member.child.stderr!, /listening on (ws:\S+)/));
  } catch (error) {
    await family.end();
    throw error;
  }
}

export class ChromiumBrowser implements Browser {
  readonly name = "chromium";

  /** All tabs are of one context, and so share storage. */
  constructor(
    private readonly family: Family, private readonly remote: Remote, private readonly context: BrowserContext,
  ) {}

  async open(url: string, { onConsole }: PageOptions = {}): Promise<ChromiumPage> {
    const page = await this.context.newPage();
    if (onConsole !== undefined) {
      page.on("console", (message) => onConsole(message.text()));
      page.on("pageerror", (error) => onConsole(`uncaught ${error.stack ?? error}`));
    }
    await page.goto(url);
    return new ChromiumPage(page);
  }

  async close(): Promise<void> {
    await this.remote.close().catch(() => {}); // It may have ended by itself.
    await this.family.end();
  }
}

export class ChromiumPage implements Page {
  constructor(
    /** Playwright's own page: keyboard, colour schemes and what else only it can. */
    readonly remote: RemotePage,
  ) {}

  async evaluate<T>(expression: string): Promise<T> {
    return valueOf(await this.remote.evaluate<string>(guarded(expression)));
  }

  async screenshot(path: string): Promise<void> {
    await this.remote.screenshot({ path });
  }

  async setViewport(width: number, height: number): Promise<void> {
    await this.remote.setViewportSize({ width, height });
  }

  async close(): Promise<void> {
    await this.remote.close();
  }
}
