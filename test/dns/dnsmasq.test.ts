// Names at dnsmasq, whose negative answers have no SOA, as those of many small routers.
import { DNSMASQ_CASES } from "../support/dns/cases.js";
import { dnsmasq } from "../support/dns/server-kinds.js";
import { startAll, zoneTests } from "../support/dns/zone-tests.js";

const servers = await startAll(dnsmasq);
if (servers !== undefined) zoneTests("dnsmasq", servers[0], DNSMASQ_CASES);
