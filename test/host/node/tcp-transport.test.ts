// The Node transport on real sockets, with the short cuts into node:net and without them.
import { NodeTransport } from "#host/node/tcp-transport.js";
import { connectCases, endCases, lookupCases } from "../support/transport-cases.js";

for (const useHandles of [true, false]) {
  const how = useHandles ? "with short cuts" : "without short cuts";
  const transport = new NodeTransport({ useHandles });
  endCases(how, transport);
  connectCases(how, transport, useHandles);
  lookupCases(how, transport);
}
