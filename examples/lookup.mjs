// Looking names up: addresses, a deadline, a look-up that is cancelled, and a connection to a name.
//
//   node examples/lookup.mjs [HOST:PORT]
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, EventEngine, listen, lookupHostname, StatusCode } from "wasi-event-engine";

const [target = "localhost:443"] = process.argv.slice(2);
const engine = await EventEngine.create();

// Without servers of its own a resolver asks the system, as every program here does.
const resolver = engine.getDNSResolver();
console.log(`${target}: ${(await lookupHostname(resolver, target, 443)).join(", ")}`);

// This server never answers, so there is time to lose patience.
const silent = createSocket("udp4").bind(0, "127.0.0.1");
await once(silent, "listening");
const patient = engine.getDNSResolver({ dnsServer: `127.0.0.1:${silent.address().port}` });
const late = new Promise((resolve) => {
  patient.lookupHostname(resolve, "late.example.test", 443, { timeoutMs: 50 });
});
const handle = patient.lookupTXT(() => console.log("never: it is cancelled"), "cancelled.example.test");
console.log(`cancelled: ${patient.cancelLookup(handle)}, cancelled again: ${patient.cancelLookup(handle)}`);
console.log(`late.example.test: ${StatusCode[(await late).code]}`);
silent.close();

// What was found is tried in its order: [::1], where nobody listens, and then 127.0.0.1.
const listener = listen(engine, "127.0.0.1:0");
const client = await connect(engine, await lookupHostname(resolver, "localhost", listener.port));
console.log(`connected to ${client.peerAddress.address}`);

client.destroy();
await engine.close(); // ends the resolvers, too
