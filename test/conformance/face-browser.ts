// The TypeScript bodies inside a real browser, all in one page.
import { bundlePage } from "../support/browser/bundle.js";
import { type BrowserName, inBrowser, type Page } from "../support/browser/browser.js";
import { within } from "../support/guard.js";
import { registerFaceBodies } from "./face-tests.js";

export function testFaceBodiesIn(name: BrowserName): void {
  let page: Page;
  inBrowser(name, "face bodies", (tests) => {
    registerFaceBodies(tests, [
      (body) => within(body.name, page.evaluate<void>(`runFaceBody(${JSON.stringify(body.name)})`)),
    ]);
  }, {
    before: async ({ browser, site }) => {
      const bundle = await bundlePage("browser/pages/face-bodies.js");
      page = await browser.open(site.putPage("/face.html", "/bundle/page/face-bodies.js", bundle));
    },
  });
}
