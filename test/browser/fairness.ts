// While an engine has more to do than time, frames and timeouts of the page go on; and a closed engine is gone.
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { bundlePage } from "../support/browser/bundle.js";
import type { BrowserWorld, Page } from "../support/browser/browser.js";
import { within } from "../support/guard.js";
import type { Left } from "./pages/engines.js";
import type { Turns } from "./pages/load.js";

export function registerFairness(tests: Test, world: BrowserWorld): void {
  let page: Page;
  const underLoad = (words: string): Promise<Turns> => within("the load", page.evaluate(`underLoad(${words})`));

  tests("should open the page of engines", async () => {
    const { site, browser } = world;
    const bundle = await bundlePage("browser/pages/engines.js");
    page = await browser.open(site.putPage("/engines.html", "/bundle/page/engines.js", bundle));
    assert.is(await page.evaluate("greet('page')"), "hello page");
  });

  for (const kind of ["tasks", "bytes"]) {
    tests(`should let the page go on while there are ever more ${kind}`, async () => {
      const { frames, timeouts, work } = await underLoad(`"${kind}"`);
      assert.ok(frames >= 5 && timeouts >= 5, `${frames} frames, ${timeouts} timeouts, ${work} pieces of work`);
    });

    tests(`canary: should see a page that stands still under ${kind}`, async () => {
      const { frames, timeouts } = await underLoad(`"${kind}", true`);
      assert.equal({ frames, timeouts }, { frames: 0, timeouts: 0 });
    });
  }

  tests("should leave nothing of engines that were closed in the middle of everything", async () => {
    const left = await page.evaluate<Left>("closeInTheMiddle(6)");
    assert.equal([left.live, left.open], [0, 0]);
    assert.ok(left.engines <= 1, `${left.engines} engines are held: more than what browsers remember of the last`);
    await page.close();
  });
}
