// The engine under test, through its TypeScript face.
import * as assert from "uvu/assert";
import { type DNSResolver, EventEngine, type ResolverOptions, type Status, StatusCode } from "#host/index.js";
import { within } from "../guard.js";
import { type Failure, failure, type Kind, type Outcome, records, service } from "./outcome.js";

/** Each way for a look-up to fail: the reason in the status, and the code that goes with it. */
const FAILURES: Record<string, [Failure, StatusCode]> = {
  "name-unresolvable": ["no name", StatusCode.NOT_FOUND],
  "no-records": ["no records", StatusCode.NOT_FOUND],
  "alias-loop": ["alias loop", StatusCode.FAILED_PRECONDITION],
  "temporary-resolver-failure": ["server failed", StatusCode.UNAVAILABLE],
  "permanent-resolver-failure": ["server refused", StatusCode.UNKNOWN],
  "timeout": ["no answer", StatusCode.UNAVAILABLE],
  "connection-refused": ["not reached", StatusCode.UNAVAILABLE],
  "remote-unreachable": ["not reached", StatusCode.UNAVAILABLE],
  "connection-reset": ["not reached", StatusCode.UNAVAILABLE],
  "stream-failed": ["not reached", StatusCode.UNAVAILABLE],
  "invalid-argument": ["bad name", StatusCode.INVALID_ARGUMENT],
  "deadline-exceeded": ["past its deadline", StatusCode.DEADLINE_EXCEEDED],
  "cancelled": ["cancelled", StatusCode.CANCELLED],
};

export interface LookedUp {
  outcome: Outcome;
  status: Status;
  /** Addresses, services or texts, in the order in which they came. */
  list: string[];
}

/** Looks up once; no port is needed. */
export function lookUp(resolver: DNSResolver, kind: Kind, name: string, timeoutMs?: number): Promise<LookedUp> {
  const options = timeoutMs === undefined ? {} : { timeoutMs };
  const looked = new Promise<LookedUp>((resolve) => {
    const end = (status: Status, list: string[] | undefined): void => {
      resolve({ status, list: list ?? [], outcome: list === undefined ? failureOf(status) : records(...list) });
    };
    if (kind === "host") {
      resolver.lookupHostname((status, all) => end(status, all?.map(({ address }) => address)), name, 443, options);
    } else if (kind === "srv") {
      resolver.lookupSRV((status, all) => end(status, all?.map((each) => {
        return service(each.priority, each.weight, each.port, each.host);
      })), name, options);
    } else {
      resolver.lookupTXT((status, all) => end(status, all?.slice()), name, options);
    }
  });
  return within(`the look-up of ${kind} ${name}`, looked);
}

/** What a status of failure says. */
export function failureOf(status: Pick<Status, "code" | "reason">): Outcome {
  const found = FAILURES[status.reason];
  if (found === undefined) throw new Error(`a look-up ended with ${JSON.stringify(status)}`);
  assert.is(status.code, found[1], `the code of ${status.reason}`);
  return failure(found[0]);
}

/** The face reads texts as UTF-8; what tests compare are bytes, one per character. */
export function asFaceReads(kind: Kind, expected: Outcome): Outcome {
  if (kind !== "txt" || !("records" in expected)) return expected;
  return records(...expected.records.map((text) => Buffer.from(text, "latin1").toString("utf8")));
}

/** A first try waits so long that none is repeated because the machine is busy. */
const PATIENCE_MS = 10_000;

/** An engine with resolvers for the length of a test file. */
export class Face {
  /** What the engine has made for itself and keeps until it is closed: its quota. */
  #kept: Record<string, number> = {};

  private constructor(readonly engine: EventEngine) {}

  static async create(): Promise<Face> {
    const face = new Face(await EventEngine.create());
    face.engine.getDNSResolver().destroy();
    face.#kept = face.engine.live();
    const kinds = Object.keys(face.#kept).filter((kind) => face.#kept[kind] !== 0);
    assert.equal(kinds, ["quotas", "core.quotas"], "what an engine keeps");
    return face;
  }

  /** A resolver for one test: nothing of it may be left behind. It keeps no answers and is patient. */
  async withResolver<T>(options: ResolverOptions, body: (resolver: DNSResolver) => Promise<T>): Promise<T> {
    const resolver = this.engine.getDNSResolver({ cacheSizeBytes: 0, attemptTimeoutMs: PATIENCE_MS, ...options });
    try {
      return await body(resolver);
    } finally {
      resolver.destroy();
    }
  }

  ask(servers: string[], kind: Kind, name: string, options: ResolverOptions = {}): Promise<LookedUp> {
    return this.withResolver({ dnsServer: servers, ...options }, (resolver) => lookUp(resolver, kind, name));
  }

  /** The leak law. Sockets close in turns of their own, so it waits for a moment. */
  async nothingIsLeft(): Promise<void> {
    const left = (): Record<string, number> => {
      const counts = Object.entries(this.engine.live());
      return Object.fromEntries(counts.filter(([kind, count]) => count !== this.#kept[kind]));
    };
    for (let turn = 0; turn < 200 && Object.keys(left()).length > 0; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal(left(), {}, "what is left");
  }

  async close(): Promise<void> {
    this.engine.close();
    for (const kind of Object.keys(this.#kept)) this.#kept[kind] = 0;
    await this.nothingIsLeft();
  }
}
