// What a page does with engines, in one browser.
import { type BrowserName, inBrowser } from "../support/browser/browser.js";
import { registerFairness } from "./fairness.js";
import { registerLoading } from "./loading.js";
import { registerTabs, registerWorkers } from "./sharing.js";

export function testPage(name: BrowserName): void {
  inBrowser(name, "a page", (tests, world) => {
    registerLoading(tests, world);
    registerFairness(tests, world);
    registerWorkers(tests, world);
    registerTabs(tests, world);
  });
}
