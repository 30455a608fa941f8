// The entry `wasi-event-engine/components` in Node: the same functions, over Node's arms of the seams.

import "./node/defaults.js";

export * from "./browser/components/index.js";
