// What the resolvers of a simulation are asked, and what the zone says about it.

import type { DNSResolver, LookupHandle, LookupOptions, Status } from "../../engine/interfaces.js";
import type { ServiceValue, ZoneRecord } from "../peers/nameserver-zone.js";

export const ORIGIN = "example.test";
const PORT = 443;
const MANY = 120;
const ALIASES = 9;

const at = (name: string): string => `${name}.${ORIGIN}`;
const manyAddresses = Array.from({ length: MANY }, (_, index) => `192.0.2.${index}`);
const services: readonly ServiceValue[] = [[10, 5, 443, at("a")], [10, 95, 444, at("b")], [20, 0, 445, at("c")]];
const longText = ["x".repeat(255), "y".repeat(255), "z".repeat(200)];
const chain: readonly ZoneRecord[] = Array.from({ length: ALIASES }, (_, index) =>
  [at(`link${index}`), "CNAME", at(index + 1 < ALIASES ? `link${index + 1}` : "both"), 5]);

export const RECORDS: readonly ZoneRecord[] = [
  [at("one"), "A", "192.0.2.1", 2],
  [at("six"), "AAAA", "fd00::6", 2],
  [at("both"), "A", "192.0.2.7"], [at("both"), "A", "192.0.2.8"], [at("both"), "AAAA", "fd00::7"],
  ...manyAddresses.map((address): ZoneRecord => [at("many"), "A", address, 30]),
  ...services.map((service): ZoneRecord => [at("_grpclb._tcp"), "SRV", service, 3]),
  [at("text"), "TXT", ["one ", "two"]], [at("text"), "TXT", [""]],
  [at("long"), "TXT", [...longText, ...longText]],
  [at("brief"), "TXT", ["gone in no time"], 0],
  ...chain,
  [at("served"), "CNAME", at("_grpclb._tcp")],
  [at("ring"), "CNAME", at("round")], [at("round"), "CNAME", at("ring")],
  [at("dangling"), "CNAME", at("nothing.there")],
];

export type Told = (status: Status, value: readonly unknown[] | null) => void;

export interface Question {
  readonly name: string;
  /** The records as sorted texts, or the reason of the failure. */
  readonly wanted: readonly string[] | string;
  ask(resolver: DNSResolver, name: string, told: Told, options: LookupOptions): LookupHandle;
}

function hostname(name: string, wanted: readonly string[] | string): Question {
  return {
    name: at(name), wanted: typeof wanted === "string" ? wanted : wanted.map(withPort).sort(),
    ask: (resolver, text, told, options) => resolver.lookupHostname((status, addresses) => {
      told(status, addresses?.map(String) ?? null);
    }, text, PORT, options),
  };
}

function srv(name: string, wanted: readonly ServiceValue[] | string): Question {
  const texts = typeof wanted === "string" ? wanted
    : wanted.map(([priority, weight, port, host]) => serviceText({ priority, weight, port, host })).sort();
  return {
    name: at(name), wanted: texts,
    ask: (resolver, text, told, options) => resolver.lookupSRV((status, records) => {
      told(status, records?.map(serviceText) ?? null);
    }, text, options),
  };
}

function txt(name: string, wanted: readonly string[] | string): Question {
  return {
    name: at(name), wanted: typeof wanted === "string" ? wanted : [...wanted].sort(),
    ask: (resolver, text, told, options) => resolver.lookupTXT(told, text, options),
  };
}

interface Service {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly host: string;
}

function serviceText({ priority, weight, port, host }: Service): string {
  return `${priority} ${weight} ${port} ${host}`;
}

function withPort(address: string): string {
  return address.includes(":") ? `[${address}]:${PORT}` : `${address}:${PORT}`;
}

const both = ["192.0.2.7", "192.0.2.8", "fd00::7"];
const longest = longText.join("").repeat(2);

export const QUESTIONS: readonly Question[] = [
  hostname("one", ["192.0.2.1"]), hostname("six", ["fd00::6"]), hostname("both", both),
  hostname("many", manyAddresses), hostname("link0", both), hostname("link5", both),
  hostname("text", "no-records"), hostname("nowhere", "name-unresolvable"), hostname("ring", "alias-loop"),
  hostname("dangling", "name-unresolvable"), hostname("nothing.there", "name-unresolvable"),
  srv("_grpclb._tcp", services), srv("served", services), srv("one", "no-records"), srv("_tcp", "no-records"),
  srv("_grpclb._udp", "name-unresolvable"),
  txt("text", ["one two", ""]), txt("long", [longest]), txt("brief", ["gone in no time"]), txt("both", "no-records"),
  txt("round", "alias-loop"),
];
