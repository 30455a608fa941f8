// Every name of the zones at Knot, which is authoritative and gives 5 aliases at a time.
import { ZONE_CASES } from "../support/dns/cases.js";
import { knot } from "../support/dns/server-kinds.js";
import { startAll, zoneTests } from "../support/dns/zone-tests.js";

const servers = await startAll(knot);
if (servers !== undefined) zoneTests("Knot", servers[0], ZONE_CASES);
