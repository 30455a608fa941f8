// Names looked up through a gateway whose machine asks BIND, or Unbound.
import { suite } from "uvu";
import { freePort } from "../../support/dns/free-port.js";
import { GATEWAY_BODIES } from "../../support/dns/gateway-bodies.js";
import { bind, unbound } from "../../support/dns/server-kinds.js";
import { startAll } from "../../support/dns/zone-tests.js";
import { nodeDohArm, ORIGIN } from "./doh-node.js";

const behind = await startAll(bind);
if (behind !== undefined) {
  const [first] = behind;
  const servers = await startAll(unbound({ port: first.port, deadPort: await freePort() }));
  if (servers === undefined) await first.stop();
  else {
    const places = [
      { label: "BIND", port: first.port, origin: ORIGIN }, { label: "Unbound", port: servers[0].port, origin: ORIGIN },
    ] as const;
    for (const place of places) {
      const tests = suite(`names by a gateway that asks ${place.label}`);
      if (place === places[1]) tests.after(async () => { for (const each of [...servers, first]) await each.stop(); });
      for (const [title, body] of Object.entries(GATEWAY_BODIES)) tests(title, () => body(nodeDohArm, place));
      tests.run();
    }
  }
}
