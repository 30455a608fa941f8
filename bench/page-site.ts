// The two pages of the benchmarks, each with one script, which is bundled and made small, as a user would do for a
// page.
import { build } from "esbuild";
import { openSite, type Site } from "../test/support/browser/site.js";
import { ROOT } from "./runtimes.js";

/** Runs before anything else of a script; the one of the start-up reads it. */
const BEGAN = "globalThis.scriptBeganAt = performance.now();";

export const PAGES = { echo: "main", startUp: "start-up" } as const;

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${ROOT}bench/page/${entry}.ts`], bundle: true, minify: true, platform: "browser", format: "esm",
    target: "es2022", banner: { js: BEGAN }, write: false, logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

/** Its pages lie at `/main.html` and `/start-up.html`. */
export async function openPages(): Promise<Site> {
  const site = await openSite();
  for (const entry of Object.values(PAGES)) {
    site.putPage(`/${entry}.html`, `/bundle/page/${entry}.js`, await bundle(entry));
  }
  return site;
}
