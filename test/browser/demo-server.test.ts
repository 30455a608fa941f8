// The demo's server: whom it answers, what it gives, and how it ends. No browser is needed for it.
import { request } from "node:http";
import { connect } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type DemoServer, startDemo } from "../support/browser/demo-server.js";

const tests = suite("demo server");

interface Answer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  text: string;
}

/** By hand, because `fetch` corrects paths and sets Host by itself. */
function ask(server: DemoServer, path: string, method = "GET", headers: Record<string, string> = {}): Promise<Answer> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => { text += chunk; });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.on("error", reject).end();
  });
}

const isRefused = (port: number): Promise<boolean> => new Promise((resolve) => {
  const socket = connect(port, "127.0.0.1");
  socket.on("connect", () => resolve(false)).on("error", () => resolve(true));
  socket.on("connect", () => socket.destroy());
});

let server: DemoServer;

tests.before(async () => {
  server = await startDemo("--port", "0");
});

tests("should give the page under a policy without inline scripts, and only its own files", async () => {
  const page = await ask(server, "/");
  assert.is(page.status, 200);
  const policy = String(page.headers["content-security-policy"]);
  assert.match(policy, /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'sha256-[^';]+'; style-src 'self';/);
  assert.not.match(policy, /unsafe-inline|\*/);
  for (const path of ["/main.js", "/view/charts.js", "/package/dist/index.browser.js",
    "/package/build/event-engine.wasm"]) {
    assert.is((await ask(server, path)).status, 200, path);
  }
  for (const path of ["/serve.mjs", "/package/package.json", "/view/../serve.mjs", "/package/dist/../package.json",
    "/package/dist/%2e%2e/package.json", "/..%2fserve.mjs", "//etc/passwd", "/package/dist/index.browser.d.ts"]) {
    assert.is((await ask(server, path)).status, 404, path);
  }
});

tests("should answer nobody who came by another name, and give tokens to its own page only", async () => {
  const origin = server.url.slice(0, -1);
  assert.is((await ask(server, "/", "GET", { host: "rebound.example" })).status, 421);
  assert.is((await ask(server, "/token", "POST", { origin: "http://elsewhere.example" })).status, 403);
  assert.is((await ask(server, "/token", "POST")).status, 403, "without an origin");
  assert.is((await ask(server, "/token", "GET", { origin })).status, 404);
  assert.is((await ask(server, "/settings.json", "DELETE")).status, 405);
  const token = await ask(server, "/token", "POST", { origin });
  assert.is(token.status, 200);
  assert.ok(token.text.length > 20);
});

tests("should say in one line when its port is taken", async () => {
  const { port } = new URL(server.url);
  const second = await startDemo("--port", port).catch(String);
  assert.match(String(second), /the demo did not say where it is: {2}demo: listen EADDRINUSE[^\n]*\n$/);
});

tests("should end on SIGTERM, with connections open, and leave no port behind", async () => {
  const { echoPort } = JSON.parse((await ask(server, "/settings.json")).text) as { echoPort: number };
  const port = Number(new URL(server.url).port);
  const sockets = [port, echoPort].map((each) => connect(each, "127.0.0.1").on("error", () => {}));
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
  assert.is(await server.stop(), 0);
  assert.ok(await isRefused(port) && await isRefused(echoPort));
  assert.is(server.stderr(), "");
  for (const socket of sockets) socket.destroy();
});

tests.run();
