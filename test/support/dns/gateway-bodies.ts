// The bodies about names that a page looks up through a gateway, for Node and browsers: SRV and TXT by the virtual
// nameserver there, addresses by the gateway's own look-up.
import { Resolver } from "node:dns/promises";
import * as assert from "uvu/assert";
import { createGateway, ErrorCode, type Gateway, type Request, type SocketAddress } from "#host/index.js";
import { addressFrom } from "#host/node/addresses.js";
import { NodeTransport } from "#host/node/tcp-transport.js";
import type { DnsPageOptions } from "../../browser/pages/dns.js";
import { until } from "../guard.js";
import { expectedAt, type ServerName, titleOf, ZONE_CASES } from "./cases.js";
import { type DohArm, outcomeOf, type RemotePage } from "./doh-bodies.js";
import { asFaceReads } from "./face.js";
import { failure, type Outcome, records, same } from "./outcome.js";

/** A machine whose nameserver is the one with this port, for everything that looks names up on it. */
class ZoneTransport extends NodeTransport {
  private readonly resolver = new Resolver();

  constructor(port: number) {
    const servers = [`127.0.0.1:${port}`];
    super({ nameservers: () => servers });
    this.resolver.setServers(servers);
  }

  override lookup(name: string, done: (result: SocketAddress[] | ErrorCode) => void): Request {
    let isCancelled = false;
    const halves = [this.resolver.resolve6(name), this.resolver.resolve4(name)];
    void Promise.allSettled(halves).then((ends) => {
      if (isCancelled) return;
      const found = ends.flatMap((end) => end.status === "fulfilled" ? end.value : []);
      const isFailure = ends.some((end) => end.status === "rejected" && !/ENOTFOUND|ENODATA/.test(`${end.reason}`));
      if (found.length > 0) done(found.flatMap((text) => addressFrom(text, 0) ?? []));
      else done(isFailure ? ErrorCode.TemporaryResolverFailure : ErrorCode.NameUnresolvable);
    });
    return { cancel: () => { isCancelled = true; } };
  }
}

/** Where a body runs: which nameserver the gateway's machine has, and which pages may come. */
export interface GatewayPlace {
  label: ServerName;
  port: number;
  origin: string;
}

export type GatewayBody = (arm: DohArm, place: GatewayPlace) => Promise<void>;

/** Addresses for documentation, which the zones have, are told only to those who may go there. */
const REACHABLE = ["tcp:192.0.2.0/24:443", "tcp:[2001:db8::/32]:443"];
const ALL = ["resolve:*", "nameserver", ...REACHABLE];

/** Runs `body` with a page and a gateway; nothing may be left of either. */
async function withGateway(
  arm: DohArm, { port, origin }: GatewayPlace, rules: string[],
  body: (page: RemotePage, gateway: Gateway) => Promise<void>, options: Partial<DnsPageOptions> = {},
): Promise<void> {
  const gateway = await createGateway({ rules, origins: [origin], transport: new ZoneTransport(port) });
  try {
    const { port: at } = await gateway.listen("127.0.0.1", 0);
    const page = await arm.open({ gateway: `ws://127.0.0.1:${at}/`, ...options });
    try {
      await body(page, gateway);
      assert.equal(await page.left(), {}, "what is left");
      await until(() => `${gateway.openCount} sockets are open`, () => gateway.openCount === 0);
    } finally {
      await page.close();
    }
  } finally {
    await gateway.close();
  }
}

/** What the system of the gateway says of names. */
const BY_SYSTEM: [name: string, Outcome][] = [
  ["a", records("192.0.2.1", "192.0.2.11")], ["both", records("192.0.2.2", "2001:db8::2", "2001:db8::22")],
  ["aaaa", records("2001:db8::1")], ["chain-5", records("192.0.2.1", "192.0.2.11")],
  ["nowhere", failure("no name")], ["text", failure("no name")],
];

export const GATEWAY_BODIES: Readonly<Record<string, GatewayBody>> = {
  "should look up every service and text of the zones": (arm, place) => withGateway(arm, place, ALL, async (page) => {
    for (const each of ZONE_CASES.filter(({ kind }) => kind !== "host")) {
      const asked = await page.lookUp(each.kind, each.name);
      const wanted = asFaceReads(each.kind, expectedAt(place.label, each));
      same(outcomeOf(asked), wanted, `${titleOf(each)}: ${asked.status.message}`);
    }
  }),
  "should look addresses up as the machine of the gateway does": (arm, place) =>
    withGateway(arm, place, ALL, async (page) => {
      for (const [name, outcome] of BY_SYSTEM) {
        const asked = await page.lookUp("host", `${name}.example.test`);
        same(outcomeOf(asked), outcome, `${name}: ${asked.status.message}`);
      }
    }),
  "should look up every name of the zones at the virtual nameserver, when that is the one to ask": (arm, place) =>
    withGateway(arm, place, ["nameserver"], async (page) => {
      for (const each of ZONE_CASES) {
        const asked = await page.lookUp(each.kind, each.name, { servers: ["192.0.2.53"] });
        const wanted = asFaceReads(each.kind, expectedAt(place.label, each));
        same(outcomeOf(asked), wanted, `${titleOf(each)}: ${asked.status.message}`);
      }
    }),
  "should answer hundreds at once": (arm, place) => withGateway(arm, place, ALL, async (page) => {
    const all = await page.lookUpAll("txt", Array.from({ length: 200 }, () => "text.example.test"));
    for (const asked of all) same(outcomeOf(asked), records("one string", "a second record"), asked.status.message);
    const hosts = await page.lookUpAll("host", Array.from({ length: 60 }, () => "both.example.test"));
    for (const asked of hosts) same(outcomeOf(asked), BY_SYSTEM[1]![1], asked.status.message);
  }),
  "should be told soon what the gateway does not allow": (arm, place) => withGateway(arm, place, [
    "resolve:*.example.test", ...REACHABLE,
  ], async (page) => {
    const text = await page.lookUp("txt", "text.example.test");
    assert.is(text.list, null);
    assert.match(text.status.reason, /^(access-denied|remote-unreachable|connection-refused)$/);
    const other = await page.lookUp("host", "far.other.test");
    assert.is(other.list, null);
    assert.match(other.status.reason, /^(access-denied|permanent-resolver-failure|name-unresolvable)$/);
    same(outcomeOf(await page.lookUp("host", "a.example.test")), BY_SYSTEM[0]![1], "what it allows");
  }),
  "should not be told of addresses that it may not go to, whatever their name says": (arm, place) =>
    withGateway(arm, place, ["resolve:*", "tcp:[2001:db8::/32]:443"], async (page) => {
      same(outcomeOf(await page.lookUp("host", "a.example.test")), failure("no name"), "IPv4");
      const both = await page.lookUp("host", "both.example.test");
      same(outcomeOf(both), records("2001:db8::2", "2001:db8::22"), both.status.message);
    }),
  "should end when the gateway goes": (arm, place) =>
    withGateway(arm, place, ALL, async (page, gateway) => {
      same(outcomeOf(await page.lookUp("host", "a.example.test")), BY_SYSTEM[0]![1], "before");
      await gateway.close();
      for (const kind of ["host", "txt"] as const) {
        const asked = await page.lookUp(kind, "a.example.test");
        assert.is(asked.list, null, asked.status.message);
      }
    }),
};
