// A gateway of the test's own, in the test's process.
import * as assert from "uvu/assert";
import { type AuditLine, createGateway, type Gateway, type GatewayOptions } from "#host/node/gateway/gateway.js";
import { ORIGIN } from "./gateway-client.js";
import { until, within } from "./guard.js";

/** Everything on this machine. */
export const LOOPBACK = ["tcp:127.0.0.1:*", "udp:127.0.0.1:*"];

export interface Running {
  readonly gateway: Gateway;
  readonly port: number;
  readonly log: AuditLine[];
}

/** A gateway for the length of one test, at the end of which nothing may be left. */
export async function withGateway(
  options: Partial<GatewayOptions>, body: (running: Running) => Promise<void>,
): Promise<void> {
  const log: AuditLine[] = [];
  const gateway = await createGateway({
    rules: LOOPBACK, origins: [ORIGIN], audit: (line) => { log.push(line); }, ...options,
  });
  try {
    const { port } = await gateway.listen("127.0.0.1", 0);
    await body({ gateway, port, log });
  } finally {
    await within("the gateway to close", gateway.close());
    assert.is(gateway.sessionCount, 0);
    await until(() => `${gateway.openCount} sockets are left`, () => gateway.openCount === 0);
  }
}
