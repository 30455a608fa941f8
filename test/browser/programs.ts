// The programs of the shipped file in a page.
import { bundlePage } from "../support/browser/bundle.js";
import { type BrowserName, inBrowser, type Page } from "../support/browser/browser.js";
import { within } from "../support/guard.js";
import { programBodies } from "./pages/programs.js";

export function testPrograms(name: BrowserName): void {
  let page: Page;
  inBrowser(name, "programs in a page", (tests) => {
    for (const title of Object.keys(programBodies)) {
      tests(title, async () => {
        await within(title, page.evaluate(`runProgramBody(${JSON.stringify(title)})`));
      });
    }
  }, {
    before: async ({ browser, site }) => {
      const script = await bundlePage("browser/pages/programs.js");
      page = await browser.open(site.putPage("/programs.html", "/bundle/page/programs.js", script));
    },
  });
}
