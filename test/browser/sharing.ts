// One network for several threads and several tabs, in a real browser.
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { bundlePage } from "../support/browser/bundle.js";
import type { BrowserWorld, Page } from "../support/browser/browser.js";
import { within } from "../support/guard.js";

const PATH = "/sharing.html";

async function putPages({ site }: BrowserWorld): Promise<void> {
  site.put("/bundle/page/sharing-worker.js", await bundlePage("browser/pages/sharing-worker.js"));
  site.putPage(PATH, "/bundle/page/sharing.js", await bundlePage("browser/pages/sharing.js"));
}

/** Has somebody on a page do something. */
function call<T>(page: Page, who: string, method: string, ...words: string[]): Promise<T> {
  const text = [who, method, ...words].map((word) => JSON.stringify(word)).join();
  return within(`${who} ${method}`, page.evaluate<T>(`call(${text})`));
}

async function comesTrue(page: Page, condition: string): Promise<void> {
  await within(condition, (async () => {
    while (!await page.evaluate<boolean>(condition)) await new Promise((resolve) => setTimeout(resolve, 20));
  })());
}

export function registerWorkers(tests: Test, world: BrowserWorld): void {
  let page: Page;

  tests("should open a page with two workers that use its network", async () => {
    await putPages(world);
    page = await world.browser.open(world.site.url(PATH));
    await page.evaluate("beOnPage()");
    await page.evaluate("startWorker('one'), startWorker('two')");
  });

  tests("should connect the page and its workers in every direction, byte for byte", async () => {
    const all = ["page", "one", "two"];
    for (const server of all) {
      const address = await call<string>(page, server, "listen");
      const answers = await Promise.all(all.map((client) => call<boolean>(page, client, "ask", address)));
      assert.equal(answers, [true, true, true], `the server is ${server}`);
    }
  });

  tests("should refuse a port to one thread that another has, and connects where nobody listens", async () => {
    const address = await call<string>(page, "page", "listen");
    assert.match(await call<string>(page, "one", "tryListen", address), /address-in-use|in use/);
    const other = await call<string>(page, "two", "listen");
    assert.match(await call<string>(page, "page", "tryListen", other), /address-in-use|in use/);
    assert.is(await call(page, "one", "tryConnect", "127.0.0.1:9"), "connection-refused");
  });

  tests("should break what a worker had open when it is terminated, and give its ports back", async () => {
    const address = await call<string>(page, "two", "listen");
    assert.is(await call(page, "page", "hold", address), "held");
    assert.is(await call(page, "one", "hold", address), "held");
    const ends = Promise.all([call(page, "page", "heldUntil"), call(page, "one", "heldUntil")]);
    await page.evaluate("endWorker('two')");
    assert.equal(await ends, ["stream-failed", "stream-failed"]);
    assert.is(await call(page, "one", "tryConnect", address), "connection-refused");
    assert.is(await call(page, "page", "tryListen", address), "free");
  });

  tests("should leave nothing when all are closed", async () => {
    assert.is(await call(page, "one", "close"), 0);
    await page.evaluate("endWorker('one')");
    assert.is(await call(page, "page", "close"), 0);
    await page.close();
  });
}

export function registerTabs(tests: Test, world: BrowserWorld): void {
  const openTab = async (name: string): Promise<Page> => {
    const page = await world.browser.open(world.site.url(PATH));
    await page.evaluate(`joinTabs("${name}")`);
    return page;
  };

  tests("should share one network among the tabs that ask for it by one name", async () => {
    const [first, second] = [await openTab("tests"), await openTab("tests")];
    const stranger = await openTab("others");
    assert.equal([await first.evaluate("isHolder()"), await second.evaluate("isHolder()")], [true, false]);
    for (const [server, client] of [[first, second], [second, first]] as const) {
      const address = await call<string>(server, "page", "listen");
      assert.ok(await call(client, "page", "ask", address));
      assert.ok(await call(server, "page", "ask", address));
      assert.is(await call(stranger, "page", "tryConnect", address), "connection-refused");
    }
    for (const page of [first, second, stranger]) {
      assert.is(await call(page, "page", "close"), 0);
      await page.evaluate("leaveTabs()");
      await page.close();
    }
  });

  tests("should break connections when the tab goes that has the network, and go on in the next one", async () => {
    const [holder, second, third] = [await openTab("tests"), await openTab("tests"), await openTab("tests")];
    const address = await call<string>(second, "page", "listen");
    assert.is(await call(third, "page", "hold", address), "held");
    assert.is(await holder.evaluate("isHolder()"), true);
    const end = call(third, "page", "heldUntil");
    await holder.close();
    assert.is(await end, "stream-failed");
    await comesTrue(second, "isHolder()");
    const connected = async (): Promise<string> => call(third, "page", "tryConnect", address);
    while (await connected() !== "connected") await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(await call(third, "page", "ask", address), "the listener is bound again");
    for (const page of [third, second]) {
      assert.is(await call(page, "page", "close"), 0);
      await page.evaluate("leaveTabs()");
      await page.close();
    }
  });
}
