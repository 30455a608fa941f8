// The minified bundles: what they weigh and export, a page that loads them as they are, and the conformance bodies
// on them, which prove that shortened names changed nothing.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createGateway, Family, makeAddress, NodeTransport, type Transport } from "#host/index.js";
import { registerFaceBodies } from "../conformance/face-tests.js";
import { COMPONENT, ROOT } from "../support/arms.js";
import { SEED } from "../support/bytes.js";
import { inBrowser, type Page } from "../support/browser/browser.js";
import { listen } from "../support/client.js";
import { within } from "../support/guard.js";
import { callOf, openGateway, RULES } from "./gateway.js";
import { openPeers } from "./gateway-peers.js";

/** What a page loads at most for the engine, its network, the gateway's client and DNS over HTTPS. */
const GZIPPED_MAX = 40_000;
const NAMES = ["components", "event-engine", "event-engine-whole"];

const readme = readFileSync(`${ROOT}README.md`, "utf8");
const folder = mkdtempSync(join(tmpdir(), "event-engine-bundles-"));
process.on("exit", () => rmSync(folder, { recursive: true }));
execFileSync(process.execPath, [`${ROOT}host/bundle/bundle.mjs`, folder]);
const read = (name: string): string => readFileSync(join(folder, name), "utf8");

const files = suite("bundles");

files(`should load at most ${GZIPPED_MAX} gzipped bytes of JavaScript`, () => {
  const bytes = gzipSync(read("event-engine.min.js"), { level: 9 }).length;
  assert.ok(bytes <= GZIPPED_MAX, `${bytes} bytes`);
});

for (const name of NAMES) {
  files(`should export by ${name}.min.js what its declarations say, and need no other module`, async () => {
    const code = read(`${name}.min.js`);
    assert.not.match(code, /\bimport\s*[{*"'(]/);
    const declared = /^export (\*|\{ .+ \}) from "\.\.\/\.\.\/dist\/(.+)";$/m;
    const [, list, from = ""] = declared.exec(read(`${name}.min.d.ts`)) ?? [];
    const exports = Object.keys(await import(pathToFileURL(join(folder, `${name}.min.js`)).href) as object).sort();
    const whole = Object.keys(await import(pathToFileURL(`${ROOT}dist/${from}`).href) as object).sort();
    assert.equal(exports, list === "*" ? whole : list?.slice(2, -2).split(", ").sort());
  });
}

files("should shorten private names, and no public ones", () => {
  const code = read("event-engine-whole.min.js");
  assert.not.match(code, /\.lingerTimer\b|\.isScheduled\b/);
  for (const name of ["createListener", "localAddress", "bytesArrived", "openCount"]) assert.match(code, name);
});

files.run();

// ---

/** Modules whose exports the whole bundle has: pages of tests take them from there. */
const BUNDLED = new RegExp(`^#host/(${[
  "index.browser", "engine/(event-engine(-2021)?|handles|status|promises)", "browser/(network/network|platform)",
  "engine/event-manager/(event-manager|interfaces|descriptor-interfaces|registration|managed-platform)",
].join("|")})\\.js$`);

/** A module of test/browser/pages, on the whole bundle. */
async function pageOnBundle(name: string): Promise<string> {
  const { outputFiles: [file] } = await build({
    entryPoints: [resolve(ROOT, "build/test/browser/pages", name)], ignoreAnnotations: true,
    bundle: true, write: false, platform: "browser", format: "esm", target: "es2022",
    define: { "process.env.TEST_SEED": JSON.stringify(String(SEED)) },
    plugins: [{
      name: "bundled",
      setup: ({ onResolve }) =>
        onResolve({ filter: BUNDLED }, () => ({ path: join(folder, "event-engine-whole.min.js") })),
    }],
  });
  return file!.text;
}

/** The system's sockets, where every address is a port of this machine. */
function leadingTo(port: number): Transport {
  const node = new NodeTransport();
  const remote = makeAddress(Family.Ipv4, [127, 0, 0, 1], port);
  const connect: Transport["connect"] = (options, done) => node.connect({ ...options, remote }, done);
  return Object.assign(Object.create(node) as NodeTransport, { connect });
}

let bodies: Page;
inBrowser("chromium", "bundles", (tests, world) => {
  registerFaceBodies(tests, [
    (body) => within(body.name, bodies.evaluate<void>(`runFaceBody(${JSON.stringify(body.name)})`)),
  ]);

  tests("should work in a page without a bundler, with the component beside them", async () => {
    const script = `
      import { EventEngine, PageNetwork, pagePlatform } from "/package/browser/event-engine.min.js";
      import { runProgram } from "/package/browser/components.min.js";
      globalThis.sayHello = async () => {
        const platform = pagePlatform({ network: PageNetwork.shared() });
        const wasm = new Uint8Array(await (await fetch("/package/event-engine.wasm")).arrayBuffer());
        let address = "";
        const listening = new Promise((resolve) => { address = resolve; });
        const echo = runProgram(["echo", "--listen", "127.0.0.1:0"], { platform, wasm, stdout: address });
        const engine = await EventEngine.create();
        const buffer = engine.createSliceBuffer();
        const port = /:(\\d+)\\n$/.exec(await listening)[1];
        const endpoint = await new Promise((resolve) => engine.connect((_, it) => resolve(it), "127.0.0.1:" + port));
        buffer.append("hello");
        await new Promise((resolve) => endpoint.write(resolve, buffer));
        await new Promise((resolve) => endpoint.read(resolve, buffer));
        const text = buffer.toString();
        endpoint.destroy();
        buffer.destroy();
        const refusals = [];
        try { engine.createCompletionQueueForNext(); } catch (error) { refusals.push(error.message); }
        try { engine.stats(); } catch (error) { refusals.push(error.message); }
        await EventEngine.create({ onTurn: () => {} }).catch((error) => refusals.push(error.message));
        await EventEngine.create({ turnBound: 0 }).catch((error) => refusals.push(error.message));
        await engine.close();
        echo.stop();
        return [text, await echo.exitCode, PageNetwork.shared().openCount, ...refusals];
      };`;
    for (const name of NAMES) world.site.put(`/package/browser/${name}.min.js`, read(`${name}.min.js`));
    world.site.put("/package/event-engine.wasm", readFileSync(COMPONENT));
    const page = await world.browser.open(world.site.putPage("/plain.html", "/plain.js", script));
    assert.equal(await within("the echo", page.evaluate("sayHello()")), [
      "hello", 0, 0, ...["completion queues", "statistics", "statistics"].map(
        (what) => `this bundle has no ${what}: load event-engine-whole.min.js`),
      "turnBound: want a whole number from 1 to 1048576",
    ]);
  });

  tests("should carry streams, datagrams and servers through a gateway", async () => {
    const { gateway, url } = await openGateway({ rules: RULES, origins: [world.site.origin] });
    const [script, orders] = [await pageOnBundle("gateway.js"), await pageOnBundle("gateway-endings.js")];
    const first = await world.browser.open(world.site.putPage("/orders.html", "/bundle/page/orders.js", script));
    const second = await world.browser.open(world.site.putPage("/held.html", "/bundle/page/held.js", orders));
    world.site.put("/bundle/event-engine.wasm", readFileSync(COMPONENT));
    const peers = await openPeers();
    const [sent, received] = await callOf(first)<string[]>("echo", { url }, peers.echo, 1 << 20);
    assert.is(received, sent);
    assert.is(await callOf(first)("many", { url }, peers.echo, 50), 50);
    const call = callOf(second);
    await call("hold", { url });
    assert.equal(await call("datagrams", peers.udpEcho, ["one"]), ["one"]);
    assert.match(await call<string>("serve", "127.0.0.1:0"), /^127\.0\.0\.1:\d+$/);
    await call("release");
    peers.close();
    await gateway.close();
  });

  tests("should look names up by HTTPS", async () => {
    const script = `
      import { DohNameserver, EventEngine, pagePlatform } from "/package/browser/event-engine.min.js";
      // A server that knows no name: the question comes back as its own answer, with "no such name" in it.
      const fetch = async (_, { body }) => {
        const message = new Uint8Array(await new Response(body).arrayBuffer());
        message.set([message[2] | 0x80, 0x83], 2);
        return new Response(message, { headers: { "content-type": "application/dns-message" } });
      };
      globalThis.ask = async () => {
        const nameserver = new DohNameserver({ url: "https://doh.test/dns-query", fetch });
        const engine = await EventEngine.create({ platform: pagePlatform({ nameserver }) });
        const resolver = engine.getDNSResolver();
        const status = await new Promise((resolve) => resolver.lookupHostname(resolve, "nowhere.test", "80"));
        resolver.destroy();
        await engine.close();
        return [status.reason, nameserver.openCount];
      };`;
    const page = await world.browser.open(world.site.putPage("/doh.html", "/doh.js", script));
    assert.equal(await within("an answer", page.evaluate("ask()")), ["name-unresolvable", 0]);
  });

  tests("should reach the world from the page in the README", async () => {
    const [, script = ""] = /```html\n<script type="module">\n([^]*?)<\/script>\n```/.exec(readme) ?? [];
    assert.match(script, /\.\/build\/browser\/event-engine\.min\.js/);
    const peer = await listen((socket) => socket.end());
    const gateway = await createGateway({
      rules: ["tcp:192.0.2.7:443"], origins: [world.site.origin], transport: leadingTo(peer.port),
    });
    const { port } = await gateway.listen("127.0.0.1", 0);
    // The page counts as open before the `await` of its module is over.
    const code = `let made;
      const engineMade = new Promise((resolve) => { made = resolve; });
      globalThis.visit = () => engineMade.then((engine) => new Promise((resolve) => {
        engine.connect(async (status, endpoint) => {
          endpoint?.destroy();
          await engine.close();
          resolve(status.message);
        }, "192.0.2.7:443");
      }));
      ${script.replace(/:7000/, `:${port}`)}
      made(engine);`;
    world.site.put("/build/browser/event-engine.min.js", read("event-engine.min.js"));
    const page = await world.browser.open(world.site.putPage("/readme.html", "/readme.js", code));
    assert.is(await within("a connection", page.evaluate("visit()")), "ok");
    peer.close();
    await gateway.close();
  });
}, {
  before: async ({ browser, site }) => {
    const script = await pageOnBundle("face-bodies.js");
    bodies = await browser.open(site.putPage("/bodies.html", "/bundle/page/bodies.js", script));
  },
});
