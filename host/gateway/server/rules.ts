// The rules of a gateway, as they are written:
//
//   tcp:TARGET:PORTS     may connect          TARGET: * | an address | a range (10.0.0.0/8, [fd00::]/8, [fd00::/8])
//   udp:TARGET:PORTS     may send datagrams           | a name (example.com) | the names below one (*.example.com)
//   listen:TARGET:PORTS  may listen           TARGET: an address or a range; port 0: one that the system chooses
//   resolve:NAMES        may look up          NAMES:  * | example.com | *.example.com
//   nameserver           may ask the nameserver of the gateway's machine, by UDP and TCP
//
// PORTS: * | 443 | 80,443 | 8000-8999, or several of these with commas.

import { parseName } from "../../wasi/lookup-name.js";
import { type Cidr, parseCidr } from "./ranges.js";

export type PortRange = readonly [first: number, last: number];

export interface NamePattern {
  readonly name: string;
  /** It stands for the names below it, and not for itself. */
  readonly isSuffix: boolean;
}

export type Target =
  | { readonly kind: "any" }
  | { readonly kind: "range"; readonly cidr: Cidr }
  | { readonly kind: "name"; readonly pattern: NamePattern };

export type Rule = { readonly text: string } & (
  | { readonly kind: "tcp" | "udp" | "listen"; readonly target: Target; readonly ports: readonly PortRange[] }
  /** Null: every name. */
  | { readonly kind: "resolve"; readonly pattern: NamePattern | null }
  | { readonly kind: "nameserver" });

/** A rule that cannot be read; the message says which and why. */
export class RuleError extends Error {
  override readonly name = "RuleError";
}

/** Throws a RuleError. */
export function parseRule(text: string): Rule {
  const fail = (why: string): never => {
    throw new RuleError(`rule ${JSON.stringify(text.slice(0, 200))}: ${why}`);
  };
  const colon = text.indexOf(":");
  const kind = colon < 0 ? text : text.slice(0, colon);
  const rest = colon < 0 ? "" : text.slice(colon + 1);
  switch (kind) {
    case "nameserver": return colon < 0 ? { text, kind } : fail("nameserver takes nothing after it");
    case "resolve": return { text, kind, pattern: rest === "*" ? null : parsePattern(rest, fail) };
    case "tcp":
    case "udp":
    case "listen": {
      const split = /^(\[[^\]]*\](?:\/[^:]*)?|[^:[\]]*):([^:]*)$/.exec(rest);
      if (split === null) return fail(`wants ${kind}:TARGET:PORTS, with brackets around IPv6`);
      const target = parseTarget(split[1] as string, fail);
      if (kind === "listen" && target.kind !== "range") return fail("listen wants an address or a range of them");
      return { text, kind, target, ports: parsePorts(split[2] as string, kind === "listen" ? 0 : 1, fail) };
    }
    default: return fail("begins with none of tcp:, udp:, listen:, resolve:, nameserver");
  }
}

type Fail = (why: string) => never;

function parseTarget(text: string, fail: Fail): Target {
  if (text === "*") return { kind: "any" };
  const isBracketed = text.startsWith("[");
  const looksNumeric = /^[\d./]*$/.test(text) && text !== "";
  if (!isBracketed && !looksNumeric) return { kind: "name", pattern: parsePattern(text, fail) };
  const cidr = parseCidr(text.replace(/[[\]]/g, ""));
  if (typeof cidr === "string") return fail(cidr);
  return { kind: "range", cidr };
}

function parsePattern(text: string, fail: Fail): NamePattern {
  const isSuffix = text.startsWith("*.");
  const name = parseName(isSuffix ? text.slice(2) : text);
  if (text === "" || typeof name !== "string" || name.includes("*")) return fail(`${text || "nothing"} is not a name`);
  const pattern = { name: plainName(name), isSuffix };
  if (pattern.name === "localhost" || pattern.name.endsWith(".localhost")) {
    return fail("write localhost as an address: 127.0.0.1 or [::1]");
  }
  return pattern;
}

function parsePorts(text: string, least: number, fail: Fail): PortRange[] {
  if (text === "*") return [[least, 65_535]];
  return text.split(",").map((piece): PortRange => {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(piece);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (match === null || first < least || last > 65_535 || first > last) {
      return fail(`${piece || "nothing"} is not a port, nor a range of ports from ${least} to 65535`);
    }
    return [first, last];
  });
}

/** A name as rules compare it: without the final dot. It is ASCII and in small letters already. */
export function plainName(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

export function hasPort(ports: readonly PortRange[], port: number): boolean {
  return ports.some(([first, last]) => port >= first && port <= last);
}

/** `name` is plain. */
export function fits(pattern: NamePattern, name: string): boolean {
  return pattern.isSuffix ? name.endsWith(`.${pattern.name}`) : name === pattern.name;
}
