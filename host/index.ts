// The Node entry: everything platform-neutral, the way into other components, and the Node arms of the seams.

import "./node/defaults.js";

export * from "./api.js";
export { extractCoreModule } from "./component/core-module.js";
export { createJcoImports, jcoAsyncImports, type JcoImports } from "./component/jco.js";
export {
  type AuditLine, createGateway, type Gateway, type GatewayLimits, type GatewayOptions,
} from "./node/gateway/gateway.js";
export { signToken } from "./node/gateway/token.js";
export { nodePlatform } from "./node/platform.js";
export { NodeTransport, type NodeTransportOptions } from "./node/tcp-transport.js";
export * from "./node/duplex.js";
