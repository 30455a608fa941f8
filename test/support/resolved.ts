// A network probe whose address list is filled: the state from which look-ups end and connectors start.
import * as assert from "uvu/assert";
import type { Address } from "./canonical-abi.js";
import { NetProbe } from "./net-probe.js";

export const V4: Address = { family: 0, port: 0, parts: [192, 0, 2, 1] };
export const V6: Address = { family: 1, port: 0, parts: [0x2001, 0xdb8, 0, 0, 0, 0, 0, 7] };

export const numbered = (index: number): Address => ({ family: 0, port: 0, parts: [10, 0, 0, index] });

/** Resolves a name to these addresses and forgets the events of that. */
export async function resolved(...addresses: Address[]): Promise<NetProbe> {
  const net = await NetProbe.create();
  net.host.resolved = [...addresses];
  net.call.lookupStart(net.put("name.example"), 7000, 1);
  net.settle();
  assert.equal(net.takeEvents(), ["resolved 1"]);
  assert.is(net.call.lookupStatus(), 0);
  net.host.calls.length = 0;
  return net;
}
