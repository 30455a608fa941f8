// Components of WASI 0.2 in a page, where the browser can suspend WebAssembly.
import * as assert from "uvu/assert";
import { ROOT } from "../support/arms.js";
import { bundlePage } from "../support/browser/bundle.js";
import { type BrowserName, type BrowserWorld, inBrowser, type Page } from "../support/browser/browser.js";
import { within } from "../support/guard.js";
import { transpile, type Transpiled } from "../support/transpiled.js";
import { componentBodies } from "./pages/components.js";

async function openPage({ browser, site }: BrowserWorld): Promise<Page> {
  const script = await bundlePage("browser/pages/components.js");
  return browser.open(site.putPage("/components.html", "/bundle/page/components.js", script));
}

export function testComponents(name: BrowserName): void {
  const made: Transpiled = transpile(`${ROOT}build/guests/wasi-echo.wasm`);
  process.on("exit", () => made.remove());
  let page: Page;
  inBrowser(name, "components in a page", (tests) => {
    for (const title of Object.keys(componentBodies)) {
      tests(title, async () => {
        await within(title, page.evaluate(`runComponentBody(${JSON.stringify(title)})`));
      });
    }
  }, {
    site: { folders: { "/jco/": made.folder } },
    before: async (world) => { page = await openPage(world); },
  });
}

/** For a browser without JavaScript Promise Integration. */
export function testRefusal(name: BrowserName): void {
  let page: Page;
  inBrowser(name, "components in a page", (tests) => {
    tests("should say what the browser is missing, and what works instead", async () => {
      assert.is(await page.evaluate("'Suspending' in WebAssembly"), false);
      const text = await within("the refusal", page.evaluate<string>("refusal()"));
      assert.match(text, /^ComponentError: .*JavaScript Promise Integration.*EventEngine and the engine's own/);
    });
  }, {
    before: async (world) => { page = await openPage(world); },
  });
}
