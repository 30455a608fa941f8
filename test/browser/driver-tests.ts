// The drivers themselves: what the tests in browsers stand on.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { type BrowserName, inBrowser, type Page, type PageOptions } from "../support/browser/browser.js";

/** Width and height of a PNG file. */
function sizeOf(path: string): [number, number] {
  const bytes = readFileSync(path);
  assert.is(bytes.toString("latin1", 1, 4), "PNG");
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

export function testDriver(name: BrowserName): void {
  inBrowser(name, "driver", (tests, world) => {
    const open = (options?: PageOptions): Promise<Page> => world.browser.open(world.site.url("/"), options);

    tests("should give values, await promises and throw what pages throw", async () => {
      const page = await open();
      assert.is(await page.evaluate("document.title"), "test");
      assert.equal(await page.evaluate("({ a: [1, null, 'x'] })"), { a: [1, null, "x"] });
      assert.is(await page.evaluate("undefined"), undefined);
      const slow = page.evaluate<number>("new Promise((resolve) => setTimeout(() => resolve(3), 60))");
      assert.is(await page.evaluate("1 // a comment"), 1, "not held up by one that takes time");
      assert.is(await slow, 3);
      const failure = await page.evaluate("(() => { throw new RangeError('too far') })()").catch(String);
      assert.match(String(failure), /RangeError: too far/);
      assert.match(String(await page.evaluate("][").catch(String)), /SyntaxError|Unexpected|unexpected/);
      // WebKitGTK has no shared memory unless asked for; the engine needs none.
      const shared = name === "webkit" ? "undefined" : "function";
      assert.is(await page.evaluate("typeof SharedArrayBuffer + crossOriginIsolated"), `${shared}true`);
      await page.close();
    });

    tests("should have pages beside each other, of one origin and one storage", async () => {
      const [first, second] = [await open(), await open()];
      await first.evaluate("localStorage.setItem('key', 'of the first')");
      assert.is(await second.evaluate("localStorage.getItem('key')"), "of the first");
      await second.evaluate("window.mine = 2");
      assert.is(await first.evaluate("typeof window.mine"), "undefined");
      const heard = second.evaluate(
        "new Promise((resolve) => { new BroadcastChannel('c').onmessage = ({ data }) => resolve(data); })");
      await first.evaluate("void (window.c = new BroadcastChannel('c'))");
      await first.evaluate("c.postMessage('hello')");
      assert.is(await heard, "hello");
      await first.close();
      assert.is(await second.evaluate("window.mine"), 2);
      await second.close();
    });

    tests("should make pictures of the size that was asked for", async () => {
      const folder = mkdtempSync(join(tmpdir(), "pictures-"));
      const page = await open();
      await page.setViewport(700, 500);
      assert.equal(await page.evaluate("[innerWidth, innerHeight]"), [700, 500]);
      await page.screenshot(join(folder, "page.png"));
      assert.equal(sizeOf(join(folder, "page.png")), [700, 500]);
      await page.close();
      rmSync(folder, { recursive: true });
    });

    if (name !== "webkit") {
      tests("should tell the lines of the console and errors that nobody caught", async () => {
        const lines: string[] = [];
        const page = await open({ onConsole: (line) => lines.push(line) });
        await page.evaluate("console.log('a', 1)");
        await page.evaluate("new Promise((resolve) => setTimeout(() => { setTimeout(resolve); throw Error('b'); }))");
        while (lines.length < 2) await page.evaluate("0");
        assert.is(lines[0], "a 1");
        assert.match(lines[1] ?? "", /^uncaught .*b/s);
        await page.close();
      });
    }
  }, { site: { isolated: true } });
}
