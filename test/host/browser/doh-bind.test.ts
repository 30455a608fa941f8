// DNS over HTTPS before BIND: every name of the zones, and every fault between a page and its server.
import { suite } from "uvu";
import { ZONE_CASES } from "../../support/dns/cases.js";
import { DOH_BODIES, zoneBody } from "../../support/dns/doh-bodies.js";
import { bind } from "../../support/dns/server-kinds.js";
import { startAll } from "../../support/dns/zone-tests.js";
import { nodeDohArm } from "./doh-node.js";

const servers = await startAll(bind);
if (servers !== undefined) {
  const [{ port, stop }] = servers;
  const tests = suite("DNS over HTTPS before BIND");
  tests.after(stop);
  tests("should look up every name of the zones", () => zoneBody("BIND", ZONE_CASES)(nodeDohArm, port));
  for (const [title, body] of Object.entries(DOH_BODIES)) tests(title, () => body(nodeDohArm, port));
  tests.run();
}
