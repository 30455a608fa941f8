// What one client of a gateway may do: nothing but what a rule allows. Every answer says why.
//
// An address is judged in all of its forms (ranges.ts): each must be allowed by a rule for itself. A form in a special
// range, such as loopback or a private network, is allowed only by a rule that names an address or a range inside of
// it: neither `*` nor a name reaches there. Rules with names stand for the addresses that a look-up of this client
// gave for them (known-names.ts); nobody looks a name up again.

import { isUnicast, type SocketAddress } from "../../wasi/ip-address.js";
import { canonical } from "../../wasi/lookup-name.js";
import { isNameserver } from "../../wasi/virtual-nameserver.js";
import { contains, formsOf, liesInside, type SpecialRange, specialRangeOf } from "./ranges.js";
import { fits, hasPort, parseRule, type Rule, type Target } from "./rules.js";

export interface Decision {
  readonly allowed: boolean;
  /** For the audit log. */
  readonly reason: string;
}

export interface AddressDecision extends Decision {
  /** The address that was judged, in its one spelling: the only one that may be used. */
  readonly target: SocketAddress;
}

/** The plain names that an address is known by. */
export type NamesOf = (address: SocketAddress) => readonly string[];

export interface Rights {
  readonly tcp: boolean;
  readonly udp: boolean;
  readonly resolve: boolean;
  readonly nameserver: boolean;
  readonly listen: boolean;
}

export interface Policy {
  readonly rights: Rights;
  /** Whether a TCP connection, or a datagram, may go there. */
  connect(use: "tcp" | "udp", address: SocketAddress, namesOf: NamesOf): AddressDecision;
  /** Whether connections may be accepted there; port 0 stands for one that the system chooses. */
  listen(address: SocketAddress): AddressDecision;
  /** Whether a plain name may be looked up. */
  resolve(name: string): Decision;
  /** Whether an address that a look-up gave may be told to the client. */
  tell(address: SocketAddress): Decision;
}

const allow = (reason: string): Decision => ({ allowed: true, reason });
const deny = (reason: string): Decision => ({ allowed: false, reason });
const NO_RULE = deny("no rule allows it");

type TargetRule = Extract<Rule, { target: Target }>;

export class RulePolicy implements Policy {
  readonly rights: Rights;

  constructor(private readonly rules: readonly Rule[]) {
    const has = (...kinds: Rule["kind"][]): boolean => rules.some(({ kind }) => kinds.includes(kind));
    this.rights = {
      tcp: has("tcp", "nameserver"),
      udp: has("udp", "nameserver"),
      resolve: has("resolve") || rules.some((rule) => "target" in rule && rule.target.kind === "name"),
      nameserver: has("nameserver"),
      listen: has("listen"),
    };
  }

  /** Throws a RuleError. */
  static parse(texts: readonly string[]): RulePolicy {
    return new RulePolicy(texts.map(parseRule));
  }

  connect(use: "tcp" | "udp", address: SocketAddress, namesOf: NamesOf): AddressDecision {
    const forms = formsOf(address);
    const target = forms[0] as SocketAddress;
    if (isNameserver(target)) {
      return { target, ...(this.rights.nameserver ? allow("rule nameserver") : NO_RULE) };
    }
    if (!forms.every(isUnicast)) return { target, ...deny("neither multicast nor broadcast") };
    const names = namesOf(target);
    const decisions = forms.map((form) => this.judge(this.targetRules(use), form, names));
    return { target, ...(decisions.find(({ allowed }) => !allowed) ?? decisions[0] as Decision) };
  }

  listen(address: SocketAddress): AddressDecision {
    const target = canonical(address);
    const rule = this.targetRules("listen").find((one) =>
      one.target.kind === "range" && hasPort(one.ports, target.port) && contains(one.target.cidr, target));
    return { target, ...(rule === undefined ? NO_RULE : allow(`rule ${rule.text}`)) };
  }

  resolve(name: string): Decision {
    const rule = this.rules.find((one) => {
      if (one.kind === "resolve") return one.pattern === null || fits(one.pattern, name);
      return "target" in one && one.target.kind === "name" && fits(one.target.pattern, name);
    });
    return rule === undefined ? NO_RULE : allow(`rule ${rule.text}`);
  }

  tell(address: SocketAddress): Decision {
    const hidden = formsOf(address).find((form) => {
      return specialRangeOf(form) !== null && ![...this.targetRules("tcp"), ...this.targetRules("udp")]
        .some(({ target }) => target.kind === "range" && reaches(target, form, []));
    });
    return hidden === undefined ? allow("may be known") : deny(`${specialRangeOf(hidden)?.name} address`);
  }

  private judge(rules: readonly TargetRule[], form: SocketAddress, names: readonly string[]): Decision {
    const rule = rules.find(({ ports, target }) => hasPort(ports, form.port) && reaches(target, form, names));
    if (rule !== undefined) return allow(`rule ${rule.text}`);
    const special = specialRangeOf(form);
    return special === null ? NO_RULE : deny(`no rule names this ${special.name} address or a range of such`);
  }

  private targetRules(kind: TargetRule["kind"]): TargetRule[] {
    return this.rules.filter((rule): rule is TargetRule => rule.kind === kind);
  }
}

/** Whether the target of a rule stands for this form of an address that has these names. */
function reaches(target: Target, form: SocketAddress, names: readonly string[]): boolean {
  const special = (): SpecialRange | null => specialRangeOf(form); // costs most: asked for last
  switch (target.kind) {
    case "any": return special() === null;
    case "name": return names.some((name) => fits(target.pattern, name)) && special() === null;
    case "range": {
      if (!contains(target.cidr, form)) return false;
      const around = special();
      return around === null || liesInside(target.cidr, around.cidr);
    }
  }
}

/** What both of two policies allow: a token that says less than the gateway does. */
export class NarrowedPolicy implements Policy {
  readonly rights: Rights;

  constructor(private readonly wide: Policy, private readonly narrow: Policy) {
    const names = Object.keys(wide.rights) as (keyof Rights)[];
    const both = names.map((name) => [name, wide.rights[name] && narrow.rights[name]] as const);
    this.rights = Object.fromEntries(both) as Record<keyof Rights, boolean>;
  }

  connect(use: "tcp" | "udp", address: SocketAddress, namesOf: NamesOf): AddressDecision {
    return this.both((policy) => policy.connect(use, address, namesOf));
  }

  listen(address: SocketAddress): AddressDecision {
    return this.both((policy) => policy.listen(address));
  }

  resolve(name: string): Decision {
    return this.both((policy) => policy.resolve(name));
  }

  tell(address: SocketAddress): Decision {
    return this.both((policy) => policy.tell(address));
  }

  private both<D extends Decision>(ask: (policy: Policy) => D): D {
    const first = ask(this.wide);
    return first.allowed ? ask(this.narrow) : first;
  }
}

/** For clients that are as trusted as oneself: other threads and tabs of one program. */
export const ALLOW_ALL: Policy = {
  rights: { tcp: true, udp: true, resolve: true, nameserver: true, listen: true },
  connect: (_use, target) => ({ target, ...allow("everything is allowed") }),
  listen: (target) => ({ target, ...allow("everything is allowed") }),
  resolve: () => allow("everything is allowed"),
  tell: () => allow("everything is allowed"),
};
