// Names in real pages, by DNS over HTTPS and by a gateway, before BIND: the bodies that Node runs too, and what only
// browsers do.
import * as assert from "uvu/assert";
import { bundlePage } from "../support/browser/bundle.js";
import { type BrowserName, type BrowserWorld, inBrowser, type Page } from "../support/browser/browser.js";
import { ZONE_CASES } from "../support/dns/cases.js";
import { type DohArm, DOH_BODIES, type DohBody, outcomeOf, withDoh, zoneBody } from "../support/dns/doh-bodies.js";
import { GATEWAY_BODIES } from "../support/dns/gateway-bodies.js";
import { failure, records, same } from "../support/dns/outcome.js";
import type { NameServer } from "../support/dns/name-server.js";
import { bind } from "../support/dns/server-kinds.js";
import { startAll } from "../support/dns/zone-tests.js";
import { provide } from "../support/debian-tool.js";
import { within } from "../support/guard.js";
import { leaveOut } from "../support/verdict.js";
import type { Asked, DnsPageOptions } from "./pages/dns.js";

/** Calls cross as text: `call("page.left")` is the value of `page.left()` in the page. */
const callIn = (page: Page) => <T>(name: string, ...parameters: unknown[]): Promise<T> => {
  return within(name, page.evaluate<T>(`${name}(${parameters.map((each) => JSON.stringify(each)).join(", ")})`));
};

/** Any number of engines in one tab. */
function dohArm(page: Page): DohArm {
  let count = 0;
  return {
    isBrowser: true,
    open: async (options: DnsPageOptions) => {
      const name = `dns${count++}`;
      await within("the page to open", page.evaluate(
        `DnsPage.open(${JSON.stringify(options)}).then((page) => { globalThis.${name} = page; })`));
      const call = callIn(page);
      return {
        lookUp: (kind, host, more = {}) => call<Asked>(`${name}.lookUp`, kind, host, more),
        lookUpAll: (kind, names) => within("all", page.evaluate<Asked[]>(
          `Promise.all(${JSON.stringify(names)}.map((name) => ${name}.lookUp("${kind}", name)))`)),
        runResolve: (words) => call(`${name}.runResolve`, words),
        begin: (kind, host) => call(`${name}.begin`, kind, host),
        cancel: () => call(`${name}.cancel`),
        left: () => call(`${name}.left`),
        close: () => call(`${name}.close`),
      };
    },
  };
}

const BROWSER_BODIES: Record<string, DohBody> = {
  "should not be reached where a server lets no other origins in, and ask it nothing": (arm, behind) =>
    withDoh(arm, behind, async (page, server) => {
      server.isOpenToPages = false;
      const asked = await page.lookUp("txt", "text.example.test");
      same(outcomeOf(asked), failure("not reached"), asked.status.message);
      assert.match(asked.lastFailure ?? "", /^TypeError: /);
      assert.equal(server.asked, []);
      assert.ok(server.preflights > 0, "the browser asked whether it may ask");
    }),
  "should carry no cookies, and no address of the page": (arm, behind) => withDoh(arm, behind, async (page, server) => {
    same(outcomeOf(await page.lookUp("txt", "text.example.test")), records("one string", "a second record"), "TXT");
    const [headers] = server.headers;
    assert.is(headers?.cookie, undefined);
    assert.is(headers?.referer, undefined);
    assert.is(headers?.accept, "application/dns-message");
  }),
};

export function testDns(name: BrowserName): void {
  if (provide(bind.command) === undefined) {
    leaveOut(`there is no ${bind.command}; test/tools/debian-tool.sh says how to get it`);
    return;
  }
  let arm: DohArm;
  let server: NameServer | undefined;
  let port = 0;
  const before = async ({ browser, site }: BrowserWorld): Promise<void> => {
    [server] = await startAll(bind) ?? [];
    port = server?.port ?? 0;
    const script = await bundlePage("browser/pages/dns.js");
    const page = await browser.open(site.putPage("/dns.html", "/bundle/page/dns.js", script));
    await page.evaluate("document.cookie = 'name=of-this-host-with-all-its-ports'"); // as cookies are
    arm = dohArm(page);
  };
  inBrowser(name, "DNS in a page", (tests, world) => {
    tests.after(() => server?.stop());
    tests("should look up every name of the zones", () => zoneBody("BIND", ZONE_CASES)(arm, port));
    for (const [title, body] of Object.entries({ ...DOH_BODIES, ...BROWSER_BODIES })) {
      tests(title, () => body(arm, port));
    }
    for (const [title, body] of Object.entries(GATEWAY_BODIES)) {
      tests(`by a gateway: ${title}`, () => body(arm, { label: "BIND", port, origin: world.site.origin }));
    }
  }, { before });
}
