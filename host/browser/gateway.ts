// The way from a page to a gateway.

import { type GatewayOptions, GatewayTransport } from "../gateway/client/transport.js";
import { webSocketChannel, type WebSocketOptions } from "../gateway/client/web-socket-channel.js";
import { pageClock } from "./clock.js";

/** For `pagePlatform({ gateway: gateway("wss://…", { token }) })`; what it opens is its own, whoever uses it. */
export function gateway(
  url: string, options: Omit<GatewayOptions, "open" | "clock"> & WebSocketOptions = {},
): GatewayTransport {
  return new GatewayTransport({ ...options, open: webSocketChannel(url, options), clock: pageClock() });
}
