// What the benchmarked pages load: a server on a loopback port with two empty pages, one script for each, and the
// engine's file. The scripts are bundled and made small as for use, so that a page does what a user's page does.
import { createServer } from "node:http";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { build } from "esbuild";
import { artifactPath, ROOT } from "./runtimes.js";

/** Told before anything of the script runs; the script of the start-up reads it. */
const BEGAN = "globalThis.scriptBeganAt = performance.now();";

/** Bundles one entry of bench/page as a module. */
async function bundle(entry: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [`${ROOT}bench/page/${entry}.ts`], bundle: true, minify: true, format: "esm", target: "es2022",
    conditions: ["browser"], banner: { js: BEGAN }, write: false, logLevel: "error",
  });
  return outputFiles[0]?.contents ?? new Uint8Array(0);
}

function html(script: string): string {
  return `<!doctype html><title>${script}</title><script type="module" src="/${script}.js"></script>`;
}

export interface PageSite {
  readonly origin: string;
  close(): Promise<void>;
}

export async function startPageSite(): Promise<PageSite> {
  const files = new Map<string, readonly [type: string, body: string | Uint8Array]>();
  for (const entry of ["main", "start-up"]) {
    files.set(`/${entry}.html`, ["text/html", html(entry)]);
    files.set(`/${entry}.js`, ["text/javascript", await bundle(entry)]);
  }
  files.set("/event-engine.wasm", ["application/wasm", readFileSync(artifactPath())]);
  const server = createServer((request, response) => {
    const file = files.get(request.url ?? "");
    if (file === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": file[0], "cache-control": "no-store" }).end(file[1]);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
