// A recursive server: aliases over zones, delegations to servers that know nothing or are not there.
import { ZONE_CASES } from "../support/dns/cases.js";
import { freePort } from "../support/dns/free-port.js";
import { bind, unbound } from "../support/dns/server-kinds.js";
import { startAll, zoneTests } from "../support/dns/zone-tests.js";

const behind = await startAll(bind);
if (behind !== undefined) {
  const servers = await startAll(unbound({ port: behind[0].port, deadPort: await freePort() }));
  if (servers === undefined) await behind[0].stop();
  else zoneTests("Unbound", servers[0], ZONE_CASES, behind);
}
