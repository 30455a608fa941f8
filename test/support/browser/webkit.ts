// WebKitGTK's MiniBrowser by WebKitWebDriver's HTTP, on a display of Xvfb that only this browser has.
//
// A WebDriver session has one current window. So each command that needs one goes, with the choice of its window, into
// one queue; and an evaluation that takes time does not stay in there: it is started, and asked for.
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { GUARD_MS } from "../guard.js";
import { freePort } from "../dns/free-port.js";
import type { Browser, Page } from "./browser.js";
import { guarded, valueOf } from "./evaluation.js";
import { awaitMatch, Family, type Member } from "./family.js";

/** How often an evaluation is asked for: soon at first, then ever more seldom. */
const ASK_MS = [1, 2, 5, 10, 20];
const STARTS_MAX = 3;
/** The browser's own lines above the page. */
const FRAME_HEIGHT = 38;

const LOADED = `document.readyState === "complete" || new Promise((resolve) => {
  addEventListener("load", () => resolve(true));
})`;

const ENVIRONMENT = {
  // Each collection looks at everything, so that tests can wait for one.
  JSC_useGenerationalGC: "0",
  DBUS_SESSION_BUS_ADDRESS: "disabled:", GTK_A11Y: "none", NO_AT_BRIDGE: "1", LIBGL_ALWAYS_SOFTWARE: "1",
};

export async function openWebKit(driverPath: string, displayPath: string): Promise<Browser> {
  const family = new Family("webkit");
  try {
    const options = ["-displayfd", "3", "-nolisten", "tcp", "-screen", "0", "1400x1000x24"];
    const server = family.start(displayPath, options);
    const display = await awaitMatch(server, server.child.stdio[3] as never, /^(\d+)\n/);
    const driver = await startDriver(family, driverPath, { ...ENVIRONMENT, DISPLAY: `:${display}` });
    return new WebKitBrowser(family, driver);
  } catch (error) {
    await family.end();
    throw error;
  }
}

async function startDriver(family: Family, path: string, environment: Record<string, string>): Promise<Driver> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const member = family.start(path, [`--port=${port}`, "--host=127.0.0.1"], environment);
    const driver = new Driver(`http://127.0.0.1:${port}`);
    try {
      await driver.begin(member);
      return driver;
    } catch (error) {
      if (attempt === STARTS_MAX || member.child.exitCode === null) throw error; // else the port may have been taken
    }
  }
}

class Driver {
  private session = "";
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly root: string) {}

  async begin({ child, story }: Member): Promise<void> {
    const end = Date.now() + GUARD_MS;
    while (!await fetch(`${this.root}/status`).then(({ ok }) => ok, () => false)) {
      if (Date.now() > end || child.exitCode !== null) throw new Error(`WebKitWebDriver does not answer: ${story()}`);
      await sleep(20);
    }
    const { sessionId } = await this.ask<{ sessionId: string }>("POST", "/session", { capabilities: {} });
    this.session = `/session/${sessionId}`;
  }

  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.root}${this.session}${path}`, {
      method, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { value } = await response.json() as { value: T & { error?: string; message?: string } };
    if (!response.ok) throw new Error(`${path}: ${value.error ?? response.status} ${value.message ?? ""}`);
    return value;
  }

  /** Runs `commands` when those before are over, with this window as the current one. */
  async inWindow<T>(handle: string | null, commands: () => Promise<T>): Promise<T> {
    const own = this.last.then(async () => {
      if (handle !== null) await this.ask("POST", "/window", { handle });
      return commands();
    });
    this.last = own.catch(() => {});
    return own;
  }

  async execute<T>(handle: string, script: string): Promise<T> {
    return this.inWindow(handle, () => this.ask<T>("POST", "/execute/sync", { script, args: [] }));
  }
}

class WebKitBrowser implements Browser {
  readonly name = "webkit";
  private first = true;

  constructor(private readonly family: Family, private readonly driver: Driver) {}

  async open(url: string): Promise<Page> {
    const isFirst = this.first;
    this.first = false;
    const handle = await this.driver.inWindow(null, async () => {
      if (isFirst) return this.driver.ask<string>("GET", "/window");
      const [open] = await this.driver.ask<string[]>("GET", "/window/handles"); // The current one may be closed.
      await this.driver.ask("POST", "/window", { handle: open });
      return (await this.driver.ask<{ handle: string }>("POST", "/window/new", { type: "window" })).handle;
    });
    await this.driver.inWindow(handle, () => this.driver.ask("POST", "/url", { url }));
    const page = new WebKitPage(this.driver, handle);
    await page.evaluate(LOADED); // The driver has come back before modules ran.
    return page;
  }

  async close(): Promise<void> {
    await this.driver.ask("DELETE", "").catch(() => {}); // It may have ended by itself.
    await this.family.end();
  }
}

class WebKitPage implements Page {
  private evaluations = 0;

  constructor(private readonly driver: Driver, private readonly handle: string) {}

  async evaluate<T>(expression: string): Promise<T> {
    const place = `window.evaluation${this.evaluations++}`;
    const start = `${place} = null; ${guarded(expression)}.then((text) => { ${place} = text; });`;
    const look = `const text = ${place}; if (text !== null) delete ${place}; return text ?? String(text);`;
    await this.driver.execute(this.handle, start);
    for (let asked = 0; ; asked++) {
      const text = await this.driver.execute<string>(this.handle, look);
      if (text === "undefined") throw new Error("the page went to another address meanwhile");
      if (text !== "null") return valueOf(text);
      await sleep(ASK_MS[asked] ?? ASK_MS.at(-1));
    }
  }

  async screenshot(path: string): Promise<void> {
    const text = await this.driver.inWindow(this.handle, () => this.driver.ask<string>("GET", "/screenshot"));
    writeFileSync(path, Buffer.from(text, "base64"));
  }

  async setViewport(width: number, height: number): Promise<void> {
    const rectangle = { x: 0, y: 0, width, height: height + FRAME_HEIGHT };
    await this.driver.inWindow(this.handle, () => this.driver.ask("POST", "/window/rect", rectangle));
  }

  /** The last window stays open and becomes empty: without it the session would end. */
  async close(): Promise<void> {
    await this.driver.inWindow(this.handle, async () => {
      const handles = await this.driver.ask<string[]>("GET", "/window/handles");
      if (handles.length === 1) await this.driver.ask("POST", "/url", { url: "about:blank" });
      else await this.driver.ask("DELETE", "/window");
    });
  }
}
