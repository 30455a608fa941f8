// Answers that do not fit into a datagram, and streams that bring them oddly.
import { FAULT_CASES } from "../support/dns/fault-cases.js";
import { faultTests } from "../support/dns/fault-tests.js";
import { bind } from "../support/dns/server-kinds.js";
import { startAll } from "../support/dns/zone-tests.js";

const servers = await startAll(bind);
if (servers !== undefined) faultTests("streams", servers[0], FAULT_CASES.streams ?? []);
