// What a page's entry brings: the platform, what engines take when nothing is said, and the way to a gateway.
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventEngine, gateway, PageNetwork, pagePlatform, PageTransport } from "#host/index.browser.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import { Family, makeAddress } from "#host/wasi/ip-address.js";
import type { WasiHost } from "#host/wasi/wasi-host.js";
import { COMPONENT } from "../../support/arms.js";
import { until } from "../../support/guard.js";
import { FakeTransport } from "../support/fake-platform.js";
import { connect, loopback } from "../support/node-transport.js";

const wasm = readFileSync(COMPONENT);
const envOf = (engine: EventEngine): unknown =>
  Object.fromEntries((engine.queryExtension("event-engine.host") as WasiHost).env);

const platforms = suite("the platform of a page");

platforms("should share one clock and one network in a thread, unless another one is given", () => {
  const [first, second] = [pagePlatform(), pagePlatform()];
  assert.is(first.clock, second.clock);
  PageNetwork.shared().bind({ address: loopback(0), backlog: 1 }, (binding) => {
    assert.equal([first.transport.openCount, second.transport.openCount], [1, 1]);
    assert.is(pagePlatform({ network: new PageNetwork() }).transport.openCount, 0);
    if (typeof binding !== "number") binding.close();
  });
  assert.is(first.transport.openCount, 0);
});

platforms("should fill any length with random bytes", () => {
  const { fillRandom } = pagePlatform();
  const bytes = new Uint8Array(200_000);
  fillRandom(bytes);
  for (let start = 0; start < bytes.length; start += 20_000) {
    assert.ok(bytes.subarray(start, start + 64).some((byte) => byte !== 0), `from ${start}`);
  }
});

platforms("should tell guests whom to ask for names", async () => {
  const nameserver = new FakeTransport();
  nameserver.hasNameserver = true;
  for (const [options, expected] of [
    [{}, {}],
    [{ gateway: nameserver }, { EVENT_ENGINE_HOST_DNS_SERVERS: "192.0.2.53:53" }],
    [{ nameserver }, {
      EVENT_ENGINE_DNS_SERVERS: "192.0.2.53:53", EVENT_ENGINE_HOST_DNS_SERVERS: "192.0.2.53:53",
    }],
  ] as const) {
    const engine = await EventEngine.create({ wasm, platform: pagePlatform(options) });
    const found = Object.entries(envOf(engine) as Record<string, string>).sort();
    assert.equal(Object.fromEntries(found), expected);
    await engine.close();
  }
});

platforms.run();

const defaults = suite("what engines take when nothing is said");
const { fetch } = globalThis;
defaults.after.each(() => { globalThis.fetch = fetch; });

/** Answers every fetch with that, and tells what was asked for. */
function fetching(response: () => Response): string[] {
  const asked: string[] = [];
  globalThis.fetch = (async (url: unknown) => {
    asked.push(String(url));
    return response();
  }) as typeof globalThis.fetch;
  return asked;
}

defaults("should be the page's platform, and the component of the package", async () => {
  const asked = fetching(() => new Response(wasm));
  const engine = await EventEngine.create();
  assert.equal(asked.map((url) => /\/build\/event-engine\.wasm$/.test(url)), [true]);
  const host = engine.queryExtension("event-engine.host") as WasiHost;
  assert.instance(host.platform.transport, PageTransport);
  await engine.close();
});

defaults("should be loaded from where the caller says, and say what is wrong there", async () => {
  const asked = fetching(() => new Response("nothing", { status: 404, statusText: "Not Found" }));
  const failure = await EventEngine.create({ wasm: new URL("http://page.test/other.wasm") }).catch(String);
  assert.equal(asked, ["http://page.test/other.wasm"]);
  assert.match(String(failure), "404 Not Found");
});

defaults.run();

const gateways = suite("the way to a gateway");

gateways("should be opened by the first use, at its URL", async () => {
  const opened: unknown[][] = [];
  const states: string[] = [];
  class Socket {
    readonly readyState = 0;
    readonly bufferedAmount = 0;
    binaryType = "";
    onopen: unknown;
    onmessage: unknown;
    onerror: unknown;
    onclose: (event: { code: number; reason: string }) => void = () => {};

    constructor(url: string, protocols?: string[]) {
      opened.push([url, protocols]);
      setTimeout(() => this.onclose({ code: 1006, reason: "" }), 1);
    }

    send(): void {}
    close(): void {}
  }
  const transport = gateway("ws://gateway.test/", {
    WebSocket: Socket, protocols: ["p"], onState: (state, why) => states.push(`${state} ${why}`),
  });
  assert.equal(opened, []);
  const outside = makeAddress(Family.Ipv4, [198, 51, 100, 1], 80);
  assert.is(await connect(pagePlatform({ gateway: transport }).transport, outside), ErrorCode.RemoteUnreachable);
  assert.equal(opened, [["ws://gateway.test/", ["p"]]]);
  await until(() => states.join(), () => states.length === 2);
  assert.equal(states, ["opening ", "lost WebSocket closed: 1006"]);
});

gateways.run();
