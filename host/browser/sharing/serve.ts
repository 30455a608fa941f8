// The in-page network for other threads: workers come by a MessagePort, tabs by their own way (tabs.ts). Each is one
// session of the gateway protocol, and what it opened ends with it: whoever is connected to it is told by a reset.

import type { OpenChannel } from "../../gateway/channel.js";
import { GatewayTransport } from "../../gateway/client/transport.js";
import { Goodbye } from "../../gateway/frames.js";
import { messagePortChannel, type MessagePortLike } from "../../gateway/message-port-channel.js";
import { ALLOW_ALL } from "../../gateway/server/policy.js";
import { GatewaySession } from "../../gateway/server/session.js";
import { NO_LIMITS } from "../../gateway/server/session-limits.js";
import type { Transport } from "../../wasi/transport.js";
import { pageClock } from "../clock.js";
import { PageNetwork } from "../network/network.js";

/** One session over a channel; `onEnd` hears once that nothing of it is open any more. */
export function serveChannel(open: OpenChannel, transport: Transport, onEnd?: () => void): GatewaySession {
  const own = onEnd === undefined ? {} : { onEnd };
  return new GatewaySession({
    open, transport, clock: pageClock(), admit: () => ALLOW_ALL, limits: NO_LIMITS, ...own,
  });
}

/**
 * Lets the thread at the other end of the port use the network, by `attachNetwork` there. Call what this answers when
 * that thread is terminated: not every platform tells of it.
 */
export function serveNetwork(port: MessagePortLike, network: Transport = PageNetwork.shared()): () => void {
  const session = serveChannel(messagePortChannel(port), network);
  return () => session.end(Goodbye.ShuttingDown, "it is served no longer");
}

/**
 * The network of the thread that serves the other end of the port, for `pagePlatform({ network })`. Binds answer later
 * there: `reserve` an address first where one is wanted at once. Its owner closes it.
 */
export function attachNetwork(port: MessagePortLike): GatewayTransport {
  return new GatewayTransport({ open: messagePortChannel(port), clock: pageClock(), hasNameserver: false });
}
