// The demo page in any browser: it starts, its load runs, its programs answer and its faults are survived.
import * as assert from "uvu/assert";
import { type BrowserName, inBrowser, type Page } from "../support/browser/browser.js";
import { type DemoServer, startDemo } from "../support/browser/demo-server.js";
import { until } from "../support/guard.js";

export const FAULTS = ["reset", "slow", "stuck", "flood", "timers", "quota", "drop"] as const;

/** Texts of the page, from outside. */
export const textOf = (page: Page, id: string): Promise<string> => {
  return page.evaluate<string>(`document.getElementById("${id}").textContent.trim()`);
};

/** Asks the page again and again, until what it answers is wanted. */
async function awaitAnswer<T>(page: Page, expression: string, wanted: string, isWanted: (answer: T) => boolean):
    Promise<T> {
  let answers: T[] = [];
  let isAsking = false;
  const isThere = (): boolean => answers.length > 0 && isWanted(answers[0]!);
  await until(() => `${expression} is still ${JSON.stringify(answers[0])}, not ${wanted}`, () => {
    if (isAsking) return isThere();
    isAsking = true;
    void page.evaluate<T>(expression).then((answer) => {
      answers = [answer];
      isAsking = false;
    }, () => {}); // a page that is gone never answers
    return isThere();
  });
  return answers[0]!;
}

/** Waits until the text of an element matches. */
export function awaitText(page: Page, id: string, pattern: RegExp): Promise<string> {
  const expression = `document.getElementById("${id}").textContent.trim()`;
  return awaitAnswer<string>(page, expression, String(pattern), (text) => pattern.test(text));
}

const GATEWAY_FLOWS = "demo.traffic.open.filter((row) => row.way === 'gateway' && row.received > 0).length";

export async function openDemo(open: (url: string) => Promise<Page>, server: DemoServer): Promise<Page> {
  const page = await open(server.url);
  const state = await awaitText(page, "engine-state", /^(not )?running$/);
  if (state !== "running") throw new Error(await textOf(page, "now"));
  return page;
}

/** What a fault that was injected says in the end. */
export async function awaitFault(page: Page, id: string): Promise<string> {
  await awaitText(page, `inject-${id}`, /^Inject$/);
  return page.evaluate<string>(`document.querySelector("li:has(#inject-${id}) .outcome[data-state=good]")?.textContent
    ?? "not survived: " + document.querySelector("li:has(#inject-${id}) .outcome").textContent`);
}

/** The smoke run: pressed by the page itself, because not every driver has a keyboard. */
export function testDemo(name: BrowserName): void {
  inBrowser(name, "demo page", (tests, world) => {
    tests("should run load, programs and faults, in the page and through the gateway", async () => {
      const server = await startDemo("--port", "0");
      const lines: string[] = [];
      const page = await openDemo((url) => {
        return world.browser.open(url, { onConsole: (line) => lines.push(line) });
      }, server);
      const press = (id: string): Promise<void> => page.evaluate(`void document.getElementById("${id}").click()`);
      const choose = (id: string, value: string): Promise<void> => page.evaluate(`(() => {
        const field = document.getElementById("${id}");
        field.value = "${value}";
        field.dispatchEvent(new Event("change"));
      })()`);
      const type = async (text: string): Promise<void> => {
        await page.evaluate(`void (document.getElementById("command").value = "${text}")`);
        await press("command-run");
      };
      await press("load-start");
      await awaitText(page, "load-outcome", /[1-9][0-9]{2} messages came back, no byte wrong/);
      for (const fault of FAULTS) {
        await press(`inject-${fault}`);
        assert.not.match(await awaitFault(page, fault), /not survived/);
      }
      await press("load-start");
      await choose("load-where", "gateway");
      await press("load-start");
      await awaitAnswer<number>(page, GATEWAY_FLOWS, "16", (count) => count === 16);
      await awaitText(page, "connections", /gateway.*B\/s/);
      await press("inject-reset");
      assert.match(await awaitFault(page, "reset"), /was reset after/);
      await press("inject-drop");
      assert.match(await awaitFault(page, "drop"), /^17 connections ended with an error/);
      await awaitText(page, "load-outcome", /1[78] connections lost, 1[78] made again/);
      await press("load-start");
      assert.match(await textOf(page, "load-outcome"), /no byte wrong/);

      await type("resolve localhost:https");
      await awaitText(page, "screen", /127\.0\.0\.1:443.*resolve ended with exit code 0/s);
      await choose("command-where", "gateway");
      await type("echo --listen 127.0.0.1:0");
      await awaitText(page, "screen", /echo (ended with exit code 1|.*listening)/s);
      assert.equal(lines, [], "nothing on the console");
      await page.close();
      assert.is(await server.stop(), 0);
      assert.is(server.stderr(), "");
    });
  });
}
