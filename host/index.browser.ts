// The entry for pages and workers: everything platform-neutral, and the page's arms of the seams.

import "./browser/defaults.js";

export * from "./api.js";
export { PageClock } from "./browser/clock.js";
export { DohNameserver, type DohOptions } from "./browser/doh/nameserver.js";
export { gateway } from "./browser/gateway.js";
export { PageNetwork } from "./browser/network/network.js";
export { type PageRoutes, PageTransport } from "./browser/page-transport.js";
export { pagePlatform, type PagePlatformOptions } from "./browser/platform.js";
export { attachNetwork, serveNetwork } from "./browser/sharing/serve.js";
export { shareWithTabs, type TabLocks, type TabNetwork } from "./browser/sharing/tabs.js";
export { pageStreams, type StreamOptions, type TextSink } from "./browser/standard-streams.js";
export type { Channel, ChannelEvents, OpenChannel } from "./gateway/channel.js";
export {
  type GatewayOptions, type GatewayState, GatewayTransport, type Reservation,
} from "./gateway/client/transport.js";
export { webSocketChannel, type WebSocketOptions } from "./gateway/client/web-socket-channel.js";
export { messagePortChannel } from "./gateway/message-port-channel.js";
