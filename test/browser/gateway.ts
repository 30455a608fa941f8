// Pages that reach real sockets through a gateway on this machine. Whatever a test did, nothing is open afterwards.
import { type Test } from "uvu";
import * as assert from "uvu/assert";
import { type AuditLine, createGateway, type Gateway, type GatewayOptions } from "#host/index.js";
import { bundlePage } from "../support/browser/bundle.js";
import { type BrowserName, type BrowserWorld, inBrowser, type Page } from "../support/browser/browser.js";
import { open as openSocket } from "../support/client.js";
import { until, within } from "../support/guard.js";
import { openPeers, type Peers, SPRING_BYTES } from "./gateway-peers.js";

export interface GatewayWorld {
  readonly peers: Peers;
  readonly page: Page;
  readonly gateway: Gateway;
  readonly audit: AuditLine[];
  readonly url: string;
  /** Calls a function of the page's; the way to the gateway stands first among its arguments. */
  order<T>(name: string, ...args: unknown[]): Promise<T>;
  /** The same without the way. */
  call<T>(name: string, ...args: unknown[]): Promise<T>;
}

const ECHO_BYTES = 64 << 20;

export const RULES = ["tcp:127.0.0.1:*", "udp:127.0.0.1:*", "listen:127.0.0.1:*", "resolve:*"];

export async function openGateway(options: GatewayOptions): Promise<{ gateway: Gateway; url: string }> {
  const gateway = await createGateway(options);
  const { address, port } = await gateway.listen("127.0.0.1", 0);
  return { gateway, url: `ws://${address}:${port}/` };
}

export function callOf(page: Page) {
  return <T>(name: string, ...args: unknown[]): Promise<T> =>
    within(name, page.evaluate<T>(`${name}(${args.map((arg) => JSON.stringify(arg)).join(", ")})`));
}

type Body = (world: GatewayWorld) => Promise<void>;

const traffic: Record<string, Body> = {
  "should carry 64 MiB to an echo and back, to the byte": async ({ order, peers, gateway }) => {
    const [sent, received] = await order<string[]>("echo", peers.echo, ECHO_BYTES);
    assert.is(received, sent);
    assert.ok(gateway.peakSessionBytes < 4 << 20, `a session held ${gateway.peakSessionBytes} bytes`);
  },
  "should hold up nobody for a stream that the page does not read": async ({ order, peers }) => {
    assert.equal(await order("slowReader", peers.spring, peers.echo, 8 << 20), [true, SPRING_BYTES]);
  },
  "should hold up nobody for a peer that does not read": async ({ order, page, peers }) => {
    const done = order<unknown[]>("slowWriter", peers.deaf, peers.echo, 8 << 20);
    while (!await page.evaluate<boolean>("globalThis.isReady === true")) await new Promise(setImmediate);
    peers.hear();
    assert.equal(await done, [true, false, `${8 << 20} bytes`]);
  },
  "should close one direction and go on in the other": async ({ order, peers }) => {
    assert.equal(await order("halfClose", peers.late, peers.early), [
      "you said: all that I have to say", "hello and goodbye",
    ]);
    await until(() => "the end of the talk", () => peers.heard.join("") === "still talking");
  },
  "should carry 500 streams at once": async ({ order, peers }) => {
    assert.is(await order("many", peers.echo, 500), 500);
  },
  "should carry datagrams": async ({ call, peers, url }) => {
    await call("hold", { url });
    const texts = ["one", "", "three".repeat(200)];
    assert.equal((await call<string[]>("datagrams", peers.udpEcho, texts)).sort(), [...texts].sort());
    await call("release");
  },
};

const refusals: Record<string, Body> = {
  "should tell why a connect fails": async ({ order, peers, audit }) => {
    assert.is(await order("outcome", peers.nobody), "UNAVAILABLE connection-refused");
    assert.is(await order("outcome", peers.echo), "ok");
    assert.is(await order("outcome", "127.0.0.2:80"), "PERMISSION_DENIED access-denied");
    assert.is(await order("outcome", "10.0.0.1:80"), "PERMISSION_DENIED access-denied");
    const refused = audit.filter(({ allowed }) => allowed === false).map(({ address }) => address);
    assert.equal(refused.slice(-2), ["127.0.0.2:80", "10.0.0.1:80"]);
  },
  "should refuse a page of another origin": async ({ page, peers, audit }) => {
    const origins = ["https://example.org"];
    const other = await openGateway({ rules: RULES, origins, audit: (line) => audit.push(line) });
    const call = callOf(page);
    assert.is(await call("outcome", { url: other.url }, peers.echo), "UNAVAILABLE remote-unreachable");
    assert.match(audit.at(-1)?.reason ?? "", /origin/i);
    await other.gateway.close();
  },
};

const serving: Record<string, Body> = {
  "should let a page serve clients of this machine": async ({ call, url, gateway }) => {
    await call("hold", { url });
    const address = await call<string>("serve", "127.0.0.1:0");
    const port = Number(/^127\.0\.0\.1:(\d+)$/.exec(address)?.[1]);
    const talks = Array.from({ length: 20 }, async (_, index) => {
      const socket = await openSocket({ host: "127.0.0.1", port });
      let text = "";
      socket.on("data", (chunk: Buffer) => { text += chunk.toString(); });
      const ended = new Promise((resolve) => { socket.once("end", resolve); });
      socket.end(`client ${index}`);
      await within("the page's answer", ended);
      assert.is(text, `a page serves you\nclient ${index}`);
    });
    await Promise.all(talks);
    await call("release");
    await until(() => `${gateway.openCount} are open`, () => gateway.openCount === 0);
  },
  "should let it serve only where rules say so": async ({ call, url }) => {
    await call("hold", { url });
    assert.match(await call<string>("serve", "0.0.0.0:0"), /access-denied/);
    await call("release");
  },
};

function register(tests: Test, bodies: Record<string, Body>, world: () => GatewayWorld): void {
  for (const [title, body] of Object.entries(bodies)) {
    tests(title, async () => {
      const now = world();
      await body(now);
      await until(
        () => `${now.gateway.sessionCount} sessions, ${now.gateway.openCount} sockets, ${now.peers.openCount} at peers`,
        () => now.gateway.sessionCount + now.gateway.openCount + now.peers.openCount === 0,
      );
    });
  }
}

let script: Promise<string> | undefined;

export async function openPage({ browser, site }: BrowserWorld): Promise<Page> {
  script ??= bundlePage("browser/pages/gateway-all.js");
  const address = site.putPage("/gateway.html", "/bundle/page/gateway.js", await script);
  return browser.open(address, { onConsole: (line) => line.startsWith("uncaught") && console.log(line) });
}

export function testGateway(name: BrowserName): void {
  let world: GatewayWorld | undefined;
  inBrowser(name, "the gateway", (tests) => {
    for (const bodies of [traffic, refusals, serving]) register(tests, bodies, () => world as GatewayWorld);
    tests.after(async () => {
      world?.peers.close();
      await world?.gateway.close();
    });
  }, {
    before: async (browsers) => {
      const audit: AuditLine[] = [];
      const origins = [browsers.site.origin];
      const { gateway, url } = await openGateway({ rules: RULES, origins, audit: (line) => audit.push(line) });
      const page = await openPage(browsers);
      const call = callOf(page);
      world = {
        peers: await openPeers(), page, gateway, audit, url, call,
        order: (order, ...args) => call(order, { url }, ...args),
      };
    },
  });
}
