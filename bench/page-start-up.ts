// How long a page needs from the beginning of its script to the first connection that the engine accepts in it, told by
// the page's own clock. Each time a page of its own, with nothing cached.
import type { PageStart } from "./page/start-up.js";
import type { Site } from "../test/support/browser/site.js";
import type { BenchBrowser } from "./page-browsers.js";
import { PAGES } from "./page-site.js";
import type { BrowserName } from "./page-workloads.js";

export interface PageStartSample extends PageStart {
  readonly browser: BrowserName;
  readonly round: number;
}

export async function measurePageStarts(
  name: BrowserName, browser: BenchBrowser, site: Site, rounds: number,
): Promise<PageStartSample[]> {
  const samples: PageStartSample[] = [];
  for (let round = 0; round < rounds; round++) {
    const page = await browser.open(`${site.origin}/${PAGES.startUp}.html`);
    try {
      const { scriptMs, navigationMs } = await page.evaluate<PageStart>("pageStart");
      samples.push({ browser: name, round, scriptMs, navigationMs });
    } finally {
      await page.close();
    }
  }
  return samples;
}
