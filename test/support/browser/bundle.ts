// Bundles compiled test modules for pages; `#host/…` and `wasi-event-engine` resolve as they do for users.
import { resolve } from "node:path";
import { build } from "esbuild";
import { ROOT } from "../arms.js";
import { SEED } from "../bytes.js";

/** Gives the text of a bundle of `entry`: a compiled module below build/test, such as "browser/pages/echo.js". */
export async function bundlePage(entry: string): Promise<string> {
  const { outputFiles: [file] } = await build({
    entryPoints: [resolve(ROOT, "build/test", entry)],
    bundle: true, write: false, platform: "browser", format: "esm", target: "es2022", keepNames: true,
    logLevel: "silent", // What is wrong is thrown.
    ignoreAnnotations: true, // The package says "sideEffects" of its own modules, and tests are within the package.
    define: { "process.env.TEST_SEED": JSON.stringify(String(SEED)) }, // One seed for the page and for us.
  });
  if (file === undefined) throw new Error(`${entry} gave no bundle`);
  return file.text;
}
