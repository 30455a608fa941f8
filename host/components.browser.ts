// The entry `wasi-event-engine/components` in a page.

export * from "./browser/components/index.js";
