// The code of the page for DNS, in Node, as a page of some origin.
import { readFileSync } from "node:fs";
import { WebSocket } from "ws";
import { DnsPage, type DnsPageOptions } from "../../browser/pages/dns.js";
import { COMPONENT } from "../../support/arms.js";
import type { DohArm } from "../../support/dns/doh-bodies.js";
import { within } from "../../support/guard.js";

export const ORIGIN = "http://page.test";
const wasm = readFileSync(COMPONENT);

/** Browsers say where their pages are from. */
class PageWebSocket extends WebSocket {
  constructor(url: string) {
    super(url, { origin: ORIGIN });
  }
}

export const nodeDohArm: DohArm = {
  isBrowser: false,
  open: async (options: DnsPageOptions) => {
    const page = await DnsPage.open(options, { wasm, WebSocket: PageWebSocket });
    return {
      lookUp: (kind, name, more) => within(`${kind} ${name}`, page.lookUp(kind, name, more)),
      lookUpAll: (kind, names) => within("all", Promise.all(names.map((name) => page.lookUp(kind, name)))),
      runResolve: (words) => within("resolve", page.runResolve(words)),
      begin: async (kind, name) => page.begin(kind, name),
      cancel: async () => page.cancel(),
      left: () => page.left(),
      close: () => page.close(),
    };
  },
};
