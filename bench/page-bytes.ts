// What a page loads for the engine: the module that host/bundle makes for pages without a bundler, compressed as a web
// server would.
import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { ROOT } from "./runtimes.js";

/** Undefined where nobody made it. */
export function measureScriptBytes(): number | undefined {
  const path = `${ROOT}build/browser/event-engine.min.js`;
  return existsSync(path) ? gzipSync(readFileSync(path), { level: 9 }).length : undefined;
}
