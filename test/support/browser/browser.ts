// Real browsers for tests: one interface over three drivers.
//
//   inBrowser("firefox", "sums", (tests, world) => {
//     tests("should add", async () => {
//       const page = await world.browser.open(world.site.url("/"));
//       assert.is(await page.evaluate("1 + 1"), 2);
//     });
//   });
import { suite, type Test } from "uvu";
import { provide } from "../debian-tool.js";
import { leaveOut } from "../verdict.js";
import { openChromium } from "./chromium.js";
import { openFirefox } from "./firefox.js";
import { openSite, type Site, type SiteOptions } from "./site.js";
import { openWebKit } from "./webkit.js";

export const BROWSERS = ["chromium", "firefox", "webkit"] as const;
export type BrowserName = (typeof BROWSERS)[number];

export interface Page {
  /**
   * The value of an expression, which is JavaScript as text, as JSON carries it; a promise is awaited, however long
   * it takes. What it throws is thrown here, with the stack of the page in its message. Any number may be outstanding.
   */
  evaluate<T = unknown>(expression: string): Promise<T>;
  /** Writes what is visible as a PNG file. */
  screenshot(path: string): Promise<void>;
  /** In CSS pixels. WebKit: its window gets this width and a little more height; no narrower than it can. */
  setViewport(width: number, height: number): Promise<void>;
  /** Closes the tab, without asking the page. */
  close(): Promise<void>;
}

export interface PageOptions {
  /** Hears each line of the page's console and each error that nobody caught. WebKit's driver has none to tell. */
  onConsole?: (line: string) => void;
}

export interface Browser {
  readonly name: BrowserName;
  /** A new tab (a window of its own in WebKit) that has loaded this address. Tabs share storage, as a user's do. */
  open(url: string, options?: PageOptions): Promise<Page>;
  /** Ends it with all of its processes, and removes its folder. */
  close(): Promise<void>;
}

const COMMANDS: Record<BrowserName, readonly string[]> = {
  chromium: ["chromium"],
  firefox: ["firefox-esr"],
  webkit: ["WebKitWebDriver", "Xvfb"],
};

function find(name: BrowserName): { paths: string[]; missing: string[] } {
  const found = COMMANDS[name].map((command) => ({ command, path: provide(command) }));
  return {
    paths: found.flatMap(({ path }) => path ?? []),
    missing: found.filter(({ path }) => path === undefined).map(({ command }) => command),
  };
}

/** Starts a browser with an empty profile. Throws where it is not and cannot be installed. */
export async function openBrowser(name: BrowserName): Promise<Browser> {
  const { paths: [path = "", second = ""], missing } = find(name);
  if (missing.length > 0) throw new Error(`there is no ${missing.join(", no ")}`);
  if (name === "chromium") return openChromium(path);
  return name === "firefox" ? openFirefox(path) : openWebKit(path, second);
}

/** What is there while the tests of a suite run. */
export interface BrowserWorld {
  readonly browser: Browser;
  readonly site: Site;
}

export interface SuiteOptions {
  site?: SiteOptions;
  /** Comes before the first test. */
  before?: (world: BrowserWorld) => Promise<void>;
}

/**
 * A suite of tests in one browser, which starts before the first and ends after the last, with a site for its pages.
 * Where the browser is not and cannot be installed, the file leaves itself out.
 */
export function inBrowser(
  name: BrowserName, title: string, register: (tests: Test, world: BrowserWorld) => void, options: SuiteOptions = {},
): void {
  const { missing } = find(name);
  if (missing.length > 0) {
    leaveOut(`${name}: there is no ${missing.join(", no ")}; test/tools/debian-tool.sh says how to get it`);
    return;
  }
  const tests = suite(`${title}, ${name}`);
  const open: { browser?: Browser; site?: Site } = {};
  const present = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error("there is a browser and a site during tests only");
    return value;
  };
  const world: BrowserWorld = {
    get browser() { return present(open.browser); },
    get site() { return present(open.site); },
  };
  tests.before(async () => {
    try {
      open.site = await openSite(options.site);
      open.browser = await openBrowser(name);
      await options.before?.(world);
    } catch (error) {
      console.log(error); // uvu would keep it to itself
      throw error;
    }
  });
  tests.after(async () => {
    await open.browser?.close();
    await open.site?.close();
  });
  register(tests, world);
  tests.run();
}
