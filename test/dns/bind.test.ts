// Every name of the zones at BIND, which is authoritative and follows up to 11 aliases.
import { ZONE_CASES } from "../support/dns/cases.js";
import { bind } from "../support/dns/server-kinds.js";
import { startAll, zoneTests } from "../support/dns/zone-tests.js";

const servers = await startAll(bind);
if (servers !== undefined) zoneTests("BIND", servers[0], ZONE_CASES);
