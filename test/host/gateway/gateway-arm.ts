// The gateway as an arm of the transport seam, for tests: a client and a session in one process, with a real channel
// between them and real sockets behind it.
import { GatewayTransport } from "#host/gateway/client/transport.js";
import { messagePortChannel } from "#host/gateway/message-port-channel.js";
import { ALLOW_ALL } from "#host/gateway/server/policy.js";
import { NO_LIMITS } from "#host/gateway/server/session-limits.js";
import { GatewaySession } from "#host/gateway/server/session.js";
import { NodeClock } from "#host/node/clock.js";
import { NodeTransport } from "#host/node/tcp-transport.js";

export class GatewayArm extends GatewayTransport {
  private readonly behind: NodeTransport;

  constructor() {
    const clock = new NodeClock();
    const behind = new NodeTransport();
    super({
      clock,
      open: (events) => {
        const { port1, port2 } = new MessageChannel();
        const channel = messagePortChannel(port1)(events);
        new GatewaySession({
          open: messagePortChannel(port2), transport: behind, clock, admit: () => ALLOW_ALL, limits: NO_LIMITS,
        });
        // Whoever waits for something holds the process; the arm does not.
        for (const port of [port1, port2]) port.unref();
        return channel;
      },
    });
    this.behind = behind;
  }

  /** On both sides. */
  override get openCount(): number {
    return super.openCount + (this.behind?.openCount ?? 0);
  }
}
