// Answers that match their question and are made to break their reader.
import { FAULT_CASES } from "../support/dns/fault-cases.js";
import { faultTests } from "../support/dns/fault-tests.js";
import { bind } from "../support/dns/server-kinds.js";
import { startAll } from "../support/dns/zone-tests.js";

const servers = await startAll(bind);
if (servers !== undefined) faultTests("hostile", servers[0], FAULT_CASES.hostile ?? []);
