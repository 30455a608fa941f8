// The Node entry: everything platform-neutral, plus the Node arms of the seams.

import "./node/defaults.js";

export * from "./index.browser.js";
export { nodePlatform } from "./node/platform.js";
export { NodeTransport, type NodeTransportOptions } from "./node/tcp-transport.js";
export * from "./node/duplex.js";
