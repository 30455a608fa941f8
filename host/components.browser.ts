// The entry `wasi-event-engine/components` in a page.

import "./browser/defaults.js";

export * from "./browser/components/index.js";
