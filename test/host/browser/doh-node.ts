// The code of the page for DNS, in Node.
import { readFileSync } from "node:fs";
import { DnsPage, type DnsPageOptions } from "../../browser/pages/dns.js";
import { COMPONENT } from "../../support/arms.js";
import type { DohArm } from "../../support/dns/doh-bodies.js";
import { within } from "../../support/guard.js";

const wasm = readFileSync(COMPONENT);

export const nodeDohArm: DohArm = {
  isBrowser: false,
  open: async (options: DnsPageOptions) => {
    const page = await DnsPage.open(options, { wasm });
    return {
      lookUp: (kind, name, more) => within(`${kind} ${name}`, page.lookUp(kind, name, more)),
      lookUpAll: (kind, names) => within("all", Promise.all(names.map((name) => page.lookUp(kind, name)))),
      begin: async (kind, name) => page.begin(kind, name),
      cancel: async () => page.cancel(),
      left: () => page.left(),
      close: () => page.close(),
    };
  },
};
