// Firefox by Puppeteer over WebDriver BiDi. We start it ourselves: its processes then stay where the runner sees them.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import puppeteer, { type Browser as Remote, type Page as RemotePage } from "puppeteer-core";
import type { Browser, Page, PageOptions } from "./browser.js";
import { guarded, valueOf } from "./evaluation.js";
import { awaitMatch, Family } from "./family.js";

/**
 * No first run, no visits of its own to anywhere, no restored sessions; tabs in the background go on as if they were
 * seen; and a garbage collector that tests can ask.
 */
const PREFERENCES: Record<string, boolean | number | string> = {
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.newtabpage.enabled": false,
  "browser.safebrowsing.blockedURIs.enabled": false,
  "browser.safebrowsing.downloads.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.sessionstore.resume_from_crash": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage": "about:blank",
  "browser.startup.page": 0,
  "browser.tabs.unloadOnLowMemory": false,
  "browser.tabs.warnOnClose": false,
  "browser.uitour.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "dom.ipc.processPrelaunch.enabled": false,
  "dom.ipc.processPriorityManager.enabled": false,
  "dom.max_script_run_time": 0,
  "dom.min_background_timeout_value": 4,
  "dom.testing.testutils.enabled": true,
  "dom.timeout.enable_budget_timer_throttling": false,
  "extensions.getAddons.cache.enabled": false,
  "extensions.systemAddon.update.enabled": false,
  "extensions.update.enabled": false,
  "fission.webContentIsolationStrategy": 0,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "network.dns.disablePrefetch": true,
  "network.http.speculative-parallel-limit": 0,
  "services.settings.server": "data:,nothing",
  "toolkit.cosmeticAnimations.enabled": false,
  "toolkit.startup.max_resumed_crashes": -1,
  "toolkit.telemetry.enabled": false,
};

export async function openFirefox(path: string): Promise<Browser> {
  const family = new Family("firefox");
  const profile = join(family.folder, "profile");
  mkdirSync(profile);
  const lines = Object.entries(PREFERENCES).map(([name, value]) => {
    return `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`;
  });
  writeFileSync(join(profile, "user.js"), lines.join(""));
  try {
    const args = ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0", "about:blank"];
    const member = family.start(path, args);
    const address = await awaitMatch(member, member.child.stderr!, /listening on (ws:\S+)/);
    const remote = await puppeteer.connect({
      browserWSEndpoint: `${address}/session`, protocol: "webDriverBiDi", protocolTimeout: 0, defaultViewport: null,
    });
    return new FirefoxBrowser(family, remote);
  } catch (error) {
    await family.end();
    throw error;
  }
}

class FirefoxBrowser implements Browser {
  readonly name = "firefox";

  constructor(private readonly family: Family, private readonly remote: Remote) {}

  async open(url: string, { onConsole }: PageOptions = {}): Promise<Page> {
    const page = await this.remote.newPage();
    if (onConsole !== undefined) {
      page.on("console", (message) => onConsole(message.text()));
      page.on("pageerror", (error) => onConsole(`uncaught ${error instanceof Error ? error.stack : String(error)}`));
    }
    await page.goto(url);
    return new FirefoxPage(page);
  }

  async close(): Promise<void> {
    await this.remote.close().catch(() => {}); // It may have ended by itself.
    await this.family.end();
  }
}

class FirefoxPage implements Page {
  constructor(private readonly remote: RemotePage) {}

  async evaluate<T>(expression: string): Promise<T> {
    return valueOf(await this.remote.evaluate(guarded(expression)) as string);
  }

  async screenshot(path: string): Promise<void> {
    writeFileSync(path, await this.remote.screenshot());
  }

  async setViewport(width: number, height: number): Promise<void> {
    await this.remote.setViewport({ width, height });
  }

  async close(): Promise<void> {
    await this.remote.close();
  }
}
