// DNS over HTTPS before a recursive server: aliases over zones, delegations that lead nowhere.
import { suite } from "uvu";
import { ZONE_CASES } from "../../support/dns/cases.js";
import { zoneBody } from "../../support/dns/doh-bodies.js";
import { freePort } from "../../support/dns/free-port.js";
import { bind, unbound } from "../../support/dns/server-kinds.js";
import { startAll } from "../../support/dns/zone-tests.js";
import { nodeDohArm } from "./doh-node.js";

const behind = await startAll(bind);
if (behind !== undefined) {
  const servers = await startAll(unbound({ port: behind[0].port, deadPort: await freePort() }));
  if (servers === undefined) await behind[0].stop();
  else {
    const tests = suite("DNS over HTTPS before Unbound");
    tests.after(async () => { for (const each of [...servers, ...behind]) await each.stop(); });
    tests("should look up every name of the zones", () => zoneBody("Unbound", ZONE_CASES)(nodeDohArm, servers[0].port));
    tests.run();
  }
}
