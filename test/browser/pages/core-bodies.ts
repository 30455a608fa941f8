// In a page: runs the suite's command.
import { runCoreInPage } from "../../conformance/page-core.js";

const suite = fetch("/conformance.wasm").then((response) => response.arrayBuffer());

Object.assign(globalThis, {
  runCoreBody: async (words: readonly string[]) => runCoreInPage(new Uint8Array(await suite), words),
});
