// The suite's command on networks within pages: Node as the page, and real browsers.
import { readFileSync } from "node:fs";
import { bundlePage } from "../support/browser/bundle.js";
import { type BrowserName, inBrowser, type Page } from "../support/browser/browser.js";
import { within } from "../support/guard.js";
import type { CoreArm, CoreEnding, Peer, RunBody } from "./arms.js";
import { coreBodies, registerCoreBodies } from "./core-tests.js";
import { runCoreInPage } from "./page-core.js";
import { PAGE_HOLE, PAGE_NAMES } from "./page-peers.js";
import { suiteFile } from "./suite-file.js";

const blackHole: Peer = (runBody) => runBody([PAGE_HOLE]);
const nameserver: Peer = (runBody) => runBody([`${PAGE_NAMES}:53`]);
const peers = { "black-hole": blackHole, nameserver };

const runHere: RunBody = async (words) => runCoreInPage(readFileSync(await suiteFile()), words);

export const pageArm: CoreArm = { name: "page", run: runHere, peers };

export async function testCoreBodiesIn(name: BrowserName): Promise<void> {
  let page: Page;
  const run: RunBody = (words) => {
    return within(words.join(" "), page.evaluate<CoreEnding>(`runCoreBody(${JSON.stringify(words)})`));
  };
  const bodies = await coreBodies();
  inBrowser(name, "core bodies", (tests) => registerCoreBodies(tests, { name, run, peers }, bodies), {
    before: async ({ browser, site }) => {
      site.put("/conformance.wasm", readFileSync(await suiteFile()));
      const bundle = await bundlePage("browser/pages/core-bodies.js");
      page = await browser.open(site.putPage("/core.html", "/bundle/page/core-bodies.js", bundle));
    },
  });
}
