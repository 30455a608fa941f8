// Faults that do not depend on time, and what a look-up of a name of the zones must come to behind each of them.
import {
  BROKEN, BROKEN_SERVICES, BROKEN_TEXTS, COSTLY, LAX_ALIAS, LONG_ALIAS, MANY_POINTERS, POISON,
} from "./bombs.js";
import { type Fault, honest } from "./fault-proxy.js";
import * as faults from "./faults.js";
import { failure, type Kind, type Outcome, records } from "./outcome.js";
import { answerTo, RCODES, TYPES } from "./wire.js";
import { LONG_TEXTS } from "./zones.js";

export interface FaultCase {
  title: string;
  /** A new one for each run: it may count. */
  fault: () => Fault;
  kind: Kind;
  name: string;
  /** One of these. */
  expected: Outcome[];
  /** What c-ares makes of it, where that is something else. */
  oracle?: { outcome: Outcome; why: string } | undefined;
  /** The queries that the server must have seen by stream at least, when that is what the case is about. */
  streams?: number;
  /** What comes must make the engine ask no more than it did: once by datagram for each family. */
  isIgnored?: boolean;
}

const A = records("192.0.2.1", "192.0.2.11");
const ONE = records("192.0.2.1");
const LARGE = records(LONG_TEXTS.join(""));
const SERVFAIL = failure("server failed");
const REFUSED = failure("server refused");

function onA(title: string, fault: () => Fault, expected: Outcome = A, more: Partial<FaultCase> = {}): FaultCase {
  return { title, fault, kind: "host", name: "a.example.test", expected: [expected], ...more };
}
const large = (title: string, fault: () => Fault, expected: Outcome, more: Partial<FaultCase> = {}): FaultCase => {
  return { title, fault, kind: "txt", name: "large.example.test", expected: [expected], ...more };
};

const NO_MESSAGE = "to c-ares, bytes that are no message are a failure of the server";
/** What c-ares takes for the answer, or for its end. */
const CREDULOUS: Record<string, FaultCase["oracle"]> = {
  echo: { outcome: failure("no records"), why: "c-ares does not look whether a message is a query or a response" },
  oneByte: { outcome: SERVFAIL, why: NO_MESSAGE },
  elevenBytes: { outcome: SERVFAIL, why: NO_MESSAGE },
};

const IGNORED = { isIgnored: true };
const DATAGRAMS: FaultCase[] = [
  onA("no fault", () => honest),
  ...Object.entries(faults.IGNORED).map(([name, mutate]) => {
    return onA(`${name} before the answer`, () => faults.before(mutate), A, {
      oracle: CREDULOUS[name], ...IGNORED,
    });
  }),
  onA("an answer from another port before the right one", () => faults.fromElsewhere, A, IGNORED),
  onA("a thousand wrong ids before the answer", () => faults.spoofFlood(1000), A, IGNORED),
  onA("garbage before the answer", () => faults.garbage(7, 40), A, {
    oracle: { outcome: SERVFAIL, why: NO_MESSAGE }, ...IGNORED,
  }),
  onA("each answer three times", () => faults.duplicated(3), A, IGNORED),
  onA("answers in the reverse order", () => faults.reordered(2), A, IGNORED),
  onA("names in capitals", () => faults.instead(faults.spelled(true))),
  onA("names in small letters", () => faults.instead(faults.spelled(false))),
];

const CODES: FaultCase[] = [
  onA("SERVFAIL", () => faults.rcode(RCODES.SERVFAIL), SERVFAIL),
  onA("REFUSED", () => faults.rcode(RCODES.REFUSED), REFUSED),
  onA("NOTIMP", () => faults.rcode(RCODES.NOTIMP), REFUSED),
  onA("FORMERR", () => faults.rcode(RCODES.FORMERR), REFUSED),
  onA("NXDOMAIN without a SOA", () => faults.rcode(RCODES.NXDOMAIN), failure("no name")),
  onA("nothing, without a SOA", () => faults.rcode(RCODES.NOERROR), failure("no records")),
  onA("FORMERR to EDNS", () => faults.withoutEdns(RCODES.FORMERR)),
  onA("NOTIMP to EDNS", () => faults.withoutEdns(RCODES.NOTIMP)),
  onA("FORMERR to EDNS, as a bare header", () => faults.bareFormerr),
];

const STREAMS: FaultCase[] = [
  large("a text that needs a stream", () => honest, LARGE, { streams: 1 }),
  onA("every datagram truncated", () => faults.truncated, A, { streams: 2 }),
  onA("truncated datagrams with false addresses", () => faults.truncatedAndFalse, A, { streams: 2 }),
  large("a stream of single bytes", () => faults.byteByByte, LARGE, { streams: 1 }),
  onA("SERVFAIL by stream", () => faults.onStreams((asked) => {
    asked.reply(answerTo(asked.bytes, { rcode: RCODES.SERVFAIL }));
  }), SERVFAIL, { streams: 1 }),
  onA("every answer by stream twice", () => faults.onStreams(async (asked) => {
    const truth = await asked.truth();
    asked.reply(truth);
    asked.reply(truth);
  })),
  onA("other answers first, by stream", () => faults.onStreams(async (asked) => {
    const truth = await asked.truth();
    asked.reply(faults.wrongId(truth, asked.bytes));
    asked.reply(faults.wrongQuestion(truth, asked.bytes));
    asked.reply(truth);
  })),
];

const LAX: Record<string, FaultCase["oracle"]> = {
  [LONG_ALIAS]: { outcome: REFUSED, why: "c-ares calls that FORMERR" },
  [LAX_ALIAS]: { outcome: failure("no records"), why: "c-ares reads the name and leaves the rest" },
};

const HOSTILE: FaultCase[] = [
  ...Object.entries(BROKEN).map(([name, make]): FaultCase => {
    return onA(name, () => faults.instead((_answer, asked) => make(asked)), SERVFAIL, { oracle: LAX[name] });
  }),
  ...Object.entries(BROKEN_TEXTS).map(([name, make]): FaultCase => ({
    title: name, fault: () => faults.instead((_answer, asked) => make(asked)), kind: "txt", name: "text.example.test",
    expected: [SERVFAIL],
  })),
  ...Object.entries(BROKEN_SERVICES).map(([name, make]): FaultCase => ({
    title: name, fault: () => faults.instead((_answer, asked) => make(asked)), kind: "srv",
    name: "_one._tcp.example.test", expected: [SERVFAIL],
  })),
  ...Object.entries(COSTLY).map(([name, make]): FaultCase => ({
    ...onA(name, () => faults.onStreams((asked) => asked.reply(make(asked.bytes)))),
    expected: [ONE, records(...Array<string>(MANY_POINTERS).fill("192.0.2.1")), SERVFAIL, failure("alias loop")],
    oracle: name.includes("aliases") ? { outcome: failure("no records"), why: "c-ares follows no chain" } : undefined,
  })),
  onA("an answer that is cut in its last record", () => faults.instead(faults.cut(1)), SERVFAIL),
  onA("an answer that is cut before its last record", () => faults.instead(faults.cut(16)), SERVFAIL),
  onA("records of other names", () => faults.scripted(() => POISON), failure("no records"), {
    oracle: { outcome: records("6.6.6.6"), why: "c-ares takes addresses of whatever name" },
  }),
  onA("records of other types", () => faults.scripted(() => [{ type: TYPES.TXT, data: Buffer.from([1, 0x61]) }]),
    failure("no records")),
  onA("records of another class", () => faults.scripted(() => [
    { type: TYPES.A, class: 3, data: Buffer.from([6, 6, 6, 6]) },
  ]), failure("no records")),
];

export const FAULT_CASES: Record<string, FaultCase[]> = {
  datagrams: DATAGRAMS, codes: CODES, streams: STREAMS, hostile: HOSTILE,
};
