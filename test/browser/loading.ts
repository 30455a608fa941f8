// The ways to get the engine into a page: modules as they are, a bundler, a worker; and that it is the same file.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { build } from "esbuild";
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { COMPONENT, ROOT } from "../support/arms.js";
import { bundlePage } from "../support/browser/bundle.js";
import type { BrowserWorld } from "../support/browser/browser.js";

/** Says hello to itself, over an engine that it made by `create`. */
const greeting = (create: string): string => `
  globalThis.greeting = (async () => {
    const engine = await EventEngine.create(${create});
    const listener = listen(engine, "127.0.0.1:0");
    const [client, server] = await Promise.all([
      connect(engine, listener.boundAddresses[0]), listener.accept(),
    ]);
    await client.write("hello");
    const text = new TextDecoder().decode(await server.read());
    await Promise.all([client.close(), server.close(), listener.close()]);
    await engine.close();
    return text;
  })();
`;

const NAMES = `import { connect, EventEngine, listen } from "wasi-event-engine";`;

/** Keeps what the page fetches, from before its modules run. */
const FETCHES = `<script>
  globalThis.fetched = [];
  const real = fetch;
  globalThis.fetch = async (...words) => {
    const response = await real(...words);
    fetched.push(response.clone().arrayBuffer());
    return response;
  };
</script>`;

const IMPORT_MAP = `<script type=importmap>{ "imports": { "wasi-event-engine": "/dist/index.browser.js" } }</script>`;

const DIGESTS = `Promise.all(fetched.map(async (bytes) => {
  return [...new Uint8Array(await crypto.subtle.digest("SHA-256", await bytes))];
}))`;

/** A program as a user bundles it: by the package's name, the artifact along with it. Gives its files. */
async function bundleAsUser(): Promise<{ name: string; contents: Uint8Array }[]> {
  const folder = mkdtempSync(join(tmpdir(), "bundled-"));
  try {
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(ROOT, join(folder, "node_modules/wasi-event-engine"));
    const artifact = `import artifact from "wasi-event-engine/event-engine.wasm";`;
    const { outputFiles } = await build({
      stdin: {
        contents: `${NAMES}${artifact}${greeting("{ wasm: new URL(artifact, location.href) }")}`, resolveDir: folder,
      },
      bundle: true, write: false, format: "esm", conditions: ["browser"], outdir: folder, entryNames: "main",
      loader: { ".wasm": "file" }, logLevel: "silent",
    });
    return outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function registerLoading(tests: Test, world: BrowserWorld): void {
  tests("should run as modules without a bundler, and load the artifact as it is", async () => {
    const { site, browser } = world;
    const already = site.requests.length;
    const script = `<script type=module>${NAMES}${greeting("")}</script>`;
    const page = await browser.open(site.put("/plain.html", `<!doctype html>${FETCHES}${IMPORT_MAP}${script}`));
    assert.is(await page.evaluate("greeting"), "hello");
    const paths = site.requests.slice(already);
    assert.equal(paths.filter((path) => path.endsWith(".wasm")), ["/build/event-engine.wasm"]);
    assert.equal(paths.filter((path) => /^\/dist\/(node|sim)\//.test(path)), []);
    const digest = createHash("sha256").update(readFileSync(COMPONENT)).digest();
    assert.equal(await page.evaluate(DIGESTS), [[...digest]]);
    await page.close();
  });

  tests("should run from a bundle that has it by the package's name", async () => {
    const { site, browser } = world;
    const files = await bundleAsUser();
    for (const { name, contents } of files) site.put(`/app/${name}`, contents);
    assert.ok(files.some(({ name, contents }) => name.endsWith(".wasm") && readFileSync(COMPONENT).equals(contents)));
    const page = await browser.open(site.putPage("/app/index.html", "/app/main.js"));
    assert.is(await page.evaluate("greeting"), "hello");
    await page.close();
  });

  tests("should run in a dedicated worker, as a module of it or from a bundle", async () => {
    const { site, browser } = world;
    site.put("/bundle/page/worker.js", await bundlePage("browser/pages/worker.js"));
    site.put("/plain-worker.js", `
      import { connect, EventEngine, listen } from "/dist/index.browser.js";
      ${greeting("")}
      onmessage = async () => postMessage({ value: await greeting });
    `);
    const page = await browser.open(site.url("/"));
    for (const [script, expected] of [["/bundle/page/worker.js", "hello worker"], ["/plain-worker.js", "hello"]]) {
      const answer = await page.evaluate(`new Promise((resolve) => {
        const worker = new Worker("${script}", { type: "module" });
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => resolve({ error: message });
        worker.postMessage({ name: "greet", words: ["worker"] });
      })`);
      assert.equal(answer, { value: expected });
    }
    await page.close();
  });
}
