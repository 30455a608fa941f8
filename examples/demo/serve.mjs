// The demo's server: the page, the package's files, a gateway for the page and a real echo server, in one process.
//
//   node examples/demo/serve.mjs [--port PORT]        first line: open http://127.0.0.1:PORT/
//
// All of it listens on 127.0.0.1 only. The gateway takes a token that is good for a minute, which `/token` gives to
// this server's own page, and lets nothing through but the rules below. SIGINT and SIGTERM end it.

import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createGateway, signToken } from "wasi-event-engine";

const HOST = "127.0.0.1";
const DEFAULT_PORT = 8790;
const TOKEN_SECONDS = 60;
/** Where programs of the page may listen for real, through the gateway. */
const LISTEN_PORTS = "7100-7109";
const DEMO = new URL("./", import.meta.url);
const PACKAGE = new URL("../../", import.meta.url);
const TYPES = {
  ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml", ".wasm": "application/wasm",
};

/** What a path means: a file of the page, of the package's dist/, or the engine. Null for anything else. */
function fileFor(path) {
  if (path === "/") return new URL("index.html", DEMO);
  if (path === "/package/build/event-engine.wasm") return new URL("build/event-engine.wasm", PACKAGE);
  if (/^\/package\/dist(\/[a-z0-9-]+)*\/[a-z0-9.-]+\.js$/.test(path)) return new URL(`.${path.slice(8)}`, PACKAGE);
  if (/^(\/(engine|faults|view))?\/[a-z-]+\.(js|css|svg)$/.test(path)) return new URL(`.${path}`, DEMO);
  return null;
}

/** No script but the page's own files and its import map, no style but its own, no talk but with this server. */
async function policyFor(port) {
  const page = await readFile(new URL("index.html", DEMO), "utf8");
  const [, importMap] = /<script type="importmap">(.*?)<\/script>/s.exec(page);
  const hash = createHash("sha256").update(importMap).digest("base64");
  return [
    "default-src 'none'", `script-src 'self' 'wasm-unsafe-eval' 'sha256-${hash}'`, "style-src 'self'",
    "img-src 'self'", `connect-src 'self' ws://${HOST}:${port}`, "base-uri 'none'", "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

const close = (server) => new Promise((resolve) => {
  server.close(resolve);
  server.closeAllConnections?.();
});

const listen = (server, port) => new Promise((resolve, reject) => {
  server.once("error", reject);
  server.listen(port, HOST, () => resolve(server.address().port));
});

/** Sends every byte back. */
function startEcho() {
  const sockets = new Set();
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    socket.pipe(socket);
  });
  const end = () => {
    for (const socket of sockets) socket.destroy();
    return close(server);
  };
  return { server, end };
}

async function main() {
  const { values } = parseArgs({ options: { port: { type: "string" } } });
  const server = createServer();
  const port = await listen(server, Number(values.port ?? DEFAULT_PORT));
  const echo = startEcho();
  const echoPort = await listen(echo.server, 0);
  const origin = `http://${HOST}:${port}`;
  const secret = randomBytes(32);
  const gateway = await createGateway({
    origins: [origin], secret,
    rules: [`tcp:${HOST}:${echoPort}`, `tcp:${HOST}:${LISTEN_PORTS}`, `listen:${HOST}:${LISTEN_PORTS}`, "resolve:*",
      "nameserver"],
  });
  gateway.attach(server, "/gateway");
  const headers = {
    "content-security-policy": await policyFor(port), "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer", "cache-control": "no-store", "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp", "cross-origin-resource-policy": "same-origin",
  };
  const settings = { gateway: `ws://${HOST}:${port}/gateway`, echoPort, listenPorts: LISTEN_PORTS };

  const answer = async (request) => {
    // A name of somebody else's that leads here is not this server (DNS rebinding).
    if (request.headers.host !== `${HOST}:${port}`) return [421, ".txt", `this is ${origin}\n`];
    const { pathname } = new URL(request.url, origin);
    if (pathname === "/token" && request.method === "POST") {
      if (request.headers.origin !== origin) return [403, ".txt", "for the page of this server only\n"];
      return [200, ".txt", signToken(secret, TOKEN_SECONDS)];
    }
    if (request.method !== "GET" && request.method !== "HEAD") return [405, ".txt", "GET only\n"];
    if (pathname === "/settings.json") return [200, ".json", JSON.stringify(settings)];
    const file = fileFor(pathname);
    if (file === null) return [404, ".txt", "no such file\n"];
    return [200, extname(fileURLToPath(file)), await readFile(file)];
  };
  server.on("request", async (request, response) => {
    const [status, type, body] = await answer(request).catch(() => [404, ".txt", "no such file\n"]);
    response.writeHead(status, { ...headers, "content-type": TYPES[type] ?? "text/plain; charset=utf-8" });
    response.end(request.method === "HEAD" ? undefined : body);
  });

  const end = async () => {
    await gateway.close();
    await Promise.all([close(server), echo.end()]);
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void end());
  console.log(`open ${origin}/`);
}

main().catch((error) => {
  console.error(`demo: ${error.message}`);
  process.exitCode = 1;
});
