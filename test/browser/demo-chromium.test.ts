// The demo page in Chromium: the smoke run, and what only its driver can: the keyboard, both colour schemes, the
// accessibility tree, and the screenshot of the README.
//
// docs/demo.png is made here: `DEMO_SCREENSHOT=1 node build/test/browser/demo-chromium.test.js` writes it, and so does
// any run where it is missing. Other runs make the same picture, look at its size and throw it away, so that they leave
// the checkout as it was.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page as RemotePage } from "playwright-core";
import * as assert from "uvu/assert";
import { ROOT } from "../support/arms.js";
import { inBrowser } from "../support/browser/browser.js";
import type { ChromiumPage } from "../support/browser/chromium.js";
import { type DemoServer, startDemo } from "../support/browser/demo-server.js";
import { awaitFault, awaitText, FAULTS, openDemo, testDemo, textOf } from "./demo-tests.js";
import { CONTRAST, LITTLE_NAMED, UNSEEN_FOCUS } from "./pages/demo-probes.js";

const PICTURE = join(ROOT, "docs/demo.png");
const PICTURE_WIDTH = 1280;
const TABS_MAX = 80;
/** What the engine, the network of the page and the gateway hold. */
const HELD = "JSON.stringify([demo.live, demo.gateway.transport.openCount, demo.network.openCount])";

testDemo("chromium");

inBrowser("chromium", "demo page with a keyboard", (tests, world) => {
  let server: DemoServer;
  let page: ChromiumPage;
  let remote: RemotePage;
  let heldAtRest = "";
  const lines: string[] = [];

  /** Presses Tab until the element has the focus; each stop on the way must be seen. */
  const tabTo = async (id: string): Promise<void> => {
    for (let tab = 0; tab < TABS_MAX; tab++) {
      if (await page.evaluate(`document.activeElement.id === "${id}"`)) return;
      await remote.keyboard.press("Tab");
      assert.is(await page.evaluate(UNSEEN_FOCUS), "");
    }
    throw new Error(`#${id} is not reached by Tab`);
  };
  const command = async (text: string): Promise<void> => {
    await tabTo("command");
    await remote.keyboard.type(text);
    await remote.keyboard.press("Enter");
  };

  tests.before(async () => {
    server = await startDemo("--port", "0");
    page = await openDemo((url) => world.browser.open(url, { onConsole: (line) => lines.push(line) }), server) as
      ChromiumPage;
    remote = page.remote;
    heldAtRest = await page.evaluate<string>(HELD);
  });

  tests.after.each(() => {
    assert.equal(lines.splice(0), [], "nothing on the console");
  });

  tests("should be led by Tab from the top to the load, and start and stop it", async () => {
    await remote.keyboard.press("Tab");
    assert.is(await page.evaluate("document.activeElement.className"), "skip");
    await remote.keyboard.press("Enter");
    assert.is(await page.evaluate("document.activeElement.id"), "controls");
    await tabTo("load-count");
    await remote.keyboard.press("Control+a");
    await remote.keyboard.type("5");
    await tabTo("load-start");
    await remote.keyboard.press("Enter");
    await awaitText(page, "connections-count", /^5 open$/);
    await awaitText(page, "load-outcome", /[1-9][0-9] messages came back, no byte wrong/);
    assert.match(await textOf(page, "now"), /5 clients and an echo server/);
    assert.match(await textOf(page, "journal"), /Load: 5 connections with messages of 16/);
    await remote.keyboard.press("Enter");
    await awaitText(page, "connections-count", /^0 open$/);
    await awaitText(page, "now", /^Idle/);
  });

  tests("should inject each fault by Space, tell of it and go on", async () => {
    for (const fault of FAULTS) {
      await tabTo(`inject-${fault}`);
      await remote.keyboard.press("Space");
      const outcome = await awaitFault(page, fault);
      assert.not.match(outcome, /not survived/);
      assert.ok((await textOf(page, "journal")).endsWith(outcome), `the journal tells: ${outcome}`);
      assert.is(await page.evaluate("document.activeElement.id"), `inject-${fault}`, "the focus stays");
    }
    await awaitText(page, "now", /^Idle/);
  });

  tests("should run programs from the console, in the page", async () => {
    await command("echo --listen 127.0.0.1:7000");
    await awaitText(page, "screen", /\[1\] listening 127\.0\.0\.1:7000/);
    await command("proxy --listen 127.0.0.1:7001 --to 127.0.0.1:7000");
    await awaitText(page, "screen", /\[2\] listening 127\.0\.0\.1:7001/);
    await command("connect 127.0.0.1:7001");
    await awaitText(page, "command-label", /Input of \[3\] connect/);
    await command("<b>typed</b>");
    await awaitText(page, "screen", /\[3\] <b>typed<\/b>\[|\[3\] <b>typed<\/b>$/);
    assert.is(await page.evaluate("document.querySelectorAll('#screen b').length"), 0, "text stays text");
    await remote.keyboard.press("Control+d");
    await awaitText(page, "screen", /connect ended with exit code 0/);
    await command("resolve localhost:https");
    await awaitText(page, "screen", /\[4\] 127\.0\.0\.1:443.*resolve ended with exit code 0/s);
    await command("resolve two..dots");
    await awaitText(page, "screen", /resolve ended with exit code 1/);
    await remote.keyboard.press("ArrowUp");
    assert.is(await page.evaluate("document.getElementById('command').value"), "resolve two..dots");
    await remote.keyboard.press("Control+a");
    await remote.keyboard.press("Delete");
    for (const program of ["echo", "proxy"]) {
      await page.evaluate("void document.querySelector('#jobs button').focus()");
      await remote.keyboard.press("Enter");
      await awaitText(page, "screen", new RegExp(`${program} ended with exit code 0`));
    }
    await awaitText(page, "connections-count", /^0 open$/);
  });

  tests("should run programs through the gateway, also a real server", async () => {
    await tabTo("command-where");
    await remote.keyboard.press("ArrowDown");
    await command("echo --listen 127.0.0.1:7100");
    await awaitText(page, "screen", /listening 127\.0\.0\.1:7100/);
    await command("connect 127.0.0.1:7100");
    await awaitText(page, "command-label", /Input of .* connect/);
    await command("by way of a real socket");
    await awaitText(page, "screen", /\] by way of a real socket/);
    await remote.keyboard.press("Control+d");
    await awaitText(page, "screen", /connect 127\.0\.0\.1:7100.*connect ended with exit code 0/s);
    await page.evaluate("void document.querySelector('#jobs button').focus()");
    await remote.keyboard.press("Enter");
    await awaitText(page, "jobs-count", /no program runs/);
    await tabTo("command-where");
    await remote.keyboard.press("ArrowUp");
  });

  tests("should let the page go on while tasks take long, through its meters as well", async () => {
    const ticks = await page.evaluate<number>(`(async () => {
      let ticks = 0;
      const timer = setInterval(() => ticks++, 0);
      await new Promise((resolve) => {
        let left = 300;
        const busy = () => {
          for (const until = performance.now() + 1; performance.now() < until;);
          if (--left === 0) resolve();
        };
        for (let number = 0; number < 300; number++) demo.engine.run(busy);
      });
      clearInterval(timer);
      return ticks;
    })()`);
    assert.ok(ticks >= 5, `${ticks} times while 300 tasks took 1 ms each`);
  });

  tests("should hold no more after all that than before", async () => {
    await page.evaluate(`new Promise((resolve) => {
      const look = () => (${HELD} === ${JSON.stringify(heldAtRest)} ? resolve() : setTimeout(look, 50));
      setTimeout(resolve, 10_000);
      look();
    })`);
    assert.is(await page.evaluate(HELD), heldAtRest);
  });

  tests("should have a name for every control and every picture", async () => {
    const session = await remote.context().newCDPSession(remote);
    const tree = await session.send("Accessibility.getFullAXTree");
    const roles = /^(button|textbox|spinbutton|combobox|link|img|image|region|log|list|table|form|status)$/;
    const nodes = tree.nodes.filter(({ ignored, role }) => !ignored && roles.test(String(role?.value)));
    assert.ok(nodes.filter(({ role }) => role?.value === "button").length >= 13);
    const nameless = nodes.filter(({ name, role }) => {
      return role?.value !== "status" && role?.value !== "list" && String(name?.value ?? "").trim() === "";
    });
    assert.equal(nameless.map(({ role }) => role?.value), []);
    assert.equal(await page.evaluate(LITTLE_NAMED), []);
    await session.detach();
  });

  tests("should have contrast enough, in both schemes", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      await remote.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const { checked, weak } = await page.evaluate<{ checked: number; weak: string[] }>(CONTRAST);
      assert.ok(checked > 80, `${checked} texts`);
      assert.equal(weak, [], colorScheme);
    }
    const theme = (): Promise<string> => page.evaluate("getComputedStyle(document.body).backgroundColor");
    const dark = await theme();
    await tabTo("theme");
    await remote.keyboard.press("Enter");
    assert.is(await textOf(page, "theme"), "Theme: light");
    assert.is.not(await theme(), dark);
    await remote.keyboard.press("Enter");
    assert.is(await theme(), dark, "dark by choice looks as dark by the system");
    await remote.keyboard.press("Enter");
  });

  tests("should need no sideways scrolling at 360 pixels", async () => {
    for (const width of [360, 414, 700, 1000, 1280, 1920]) {
      await page.setViewport(width, 800);
      assert.is(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"), 0);
    }
  });

  tests("should say so when a part of it does not arrive", async () => {
    const lame = await world.browser.open("about:blank") as ChromiumPage;
    await lame.remote.route("**/view/charts.js", (route) => route.abort());
    await lame.remote.goto(server.url);
    await awaitText(lame, "engine-state", /^not running$/);
    assert.match(await textOf(lame, "now"), /^The page could not start: ./);
    await lame.close();
  });

  tests("should make the picture of the README", async () => {
    const isWanted = process.env.DEMO_SCREENSHOT === "1" || !existsSync(PICTURE);
    const folder = mkdtempSync(join(tmpdir(), "demo-"));
    const path = isWanted ? PICTURE : join(folder, "demo.png");
    await remote.emulateMedia({ colorScheme: "light" });
    await page.setViewport(PICTURE_WIDTH, 1200);
    await remote.reload();
    await awaitText(page, "engine-state", /^running$/);
    await tabTo("load-start");
    await remote.keyboard.press("Enter");
    await command("echo --listen 127.0.0.1:7000");
    await command("resolve localhost:https");
    await awaitText(page, "screen", /resolve ended/);
    const height = await page.evaluate<number>("document.documentElement.scrollHeight") + 24;
    await page.setViewport(PICTURE_WIDTH, height);
    await page.evaluate("void (scrollTo(0, 0), document.activeElement.blur())");
    // The charts show half a minute. Nobody asks the page anything meanwhile, because that would show, too.
    const pauses = isWanted ? [22_000, 2000, 1500] : [0, 0, 500];
    await page.evaluate(`(async () => {
      const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      await pause(${pauses[0]});
      document.getElementById("inject-reset").click();
      await pause(${pauses[1]});
      document.getElementById("inject-timers").click();
      await pause(${pauses[2]});
    })()`);
    await page.screenshot(path);
    const bytes = readFileSync(path);
    assert.equal([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [PICTURE_WIDTH, height]);
    assert.ok(bytes.length > 50_000, "not an empty page");
    rmSync(folder, { recursive: true });
    await awaitFault(page, "timers");
  });

  tests("should end with its server, and say so", async () => {
    assert.is(await server.stop(), 0);
    assert.is(server.stderr(), "");
    await page.close();
  });
});
