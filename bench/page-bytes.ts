// What a page loads for the engine: all that the package's entry for pages has, in one small module, compressed as a
// web server would.
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { ROOT } from "./runtimes.js";

export async function measureScriptBytes(): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [`${ROOT}host/index.browser.ts`], bundle: true, minify: true, format: "esm", target: "es2022",
    conditions: ["browser"], write: false, logLevel: "error",
  });
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(0), { level: 9 }).length;
}
