// What may go wrong between a page and a server of DNS over HTTPS, and what a look-up must come to behind it.
import { MESSAGE_BYTES_MAX } from "#host/browser/doh/limits.js";
import type { DohFault } from "./doh-server.js";
import { honestly } from "./doh-server.js";
import { failure, type Kind, type Outcome, records } from "./outcome.js";
import { answerTo, HEADER, questionEnd, RCODES } from "./wire.js";
import { LONG_TEXTS } from "./zones.js";

export interface DohFaultCase {
  title: string;
  fault: DohFault;
  kind: Kind;
  name: string;
  expected: Outcome;
  /** How often the server was asked; at least so often by browsers, which repeat some requests themselves. */
  asked: number;
  isRepeated?: boolean;
  /** What the nameserver says of its latest failure. */
  lastFailure?: RegExp;
}

const TYPE = { "content-type": "application/dns-message" };
const A = records("192.0.2.1", "192.0.2.11");
const FAILED = failure("server failed");
const REFUSED = failure("server refused");
const NOT_REACHED = failure("not reached");
/** Each of A and AAAA is asked for once when the server says no, and three times when it is not reached. */
const ONCE = 2;
const THRICE = 6;

const host = (
  title: string, fault: DohFault, expected: Outcome, asked: number, lastFailure?: RegExp,
): DohFaultCase => {
  return { title, fault, kind: "host", name: "a.example.test", expected, asked, ...(lastFailure && { lastFailure }) };
};
const large = (title: string, fault: DohFault, expected: Outcome, asked: number): DohFaultCase => {
  return { title, fault, kind: "txt", name: "large.example.test", expected, asked };
};

/** The answer with the name in other letters. */
const inLowerCase: DohFault = async ({ truth, reply }) => {
  const message = await truth();
  const end = questionEnd(message) - 4;
  message.write(message.toString("latin1", HEADER, end).toLowerCase(), HEADER, "latin1");
  reply(message);
};

const truncated: DohFault = ({ bytes, reply }) => reply(answerTo(bytes, { truncated: true }));

export const DOH_FAULTS: DohFaultCase[] = [
  host("no fault", honestly, A, ONCE),
  large("no fault, and an answer that is too large for a datagram", honestly, records(LONG_TEXTS.join("")), 1),
  host("a slow server", async (asked) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    await honestly(asked);
  }, A, ONCE),
  host("an answer in single bytes", async ({ truth, response }) => {
    response.writeHead(200, TYPE);
    for (const byte of await truth()) {
      response.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    response.end();
  }, A, ONCE),
  host("a status of failure", ({ response }) => {
    response.writeHead(500, TYPE).end("no");
  }, FAILED, ONCE, /^status 500$/),
  host("too many questions, it says", ({ response }) => {
    response.writeHead(429).end();
  }, FAILED, ONCE, /^status 429$/),
  host("a page in place of an answer", async ({ truth, response }) => {
    response.writeHead(200, { "content-type": "text/html" }).end(await truth());
  }, FAILED, ONCE, /^type text\/html$/),
  host("more than a message", async ({ truth, response }) => {
    response.writeHead(200, TYPE).write(await truth());
    response.end(Buffer.alloc(MESSAGE_BYTES_MAX));
  }, FAILED, ONCE, /^too long$/),
  host("an empty answer", ({ response }) => void response.writeHead(200, TYPE).end(), FAILED, ONCE, /^no answer$/),
  host("another identifier", async ({ truth, reply }) => {
    const message = await truth();
    message.writeUInt16BE(7, 0);
    reply(message);
  }, FAILED, ONCE, /^no answer$/),
  host("SERVFAIL", ({ bytes, reply }) => reply(answerTo(bytes, { rcode: RCODES.SERVFAIL })), FAILED, ONCE),
  host("REFUSED", ({ bytes, reply }) => reply(answerTo(bytes, { rcode: RCODES.REFUSED })), REFUSED, ONCE),
  large("an answer that is cut off, and whole by TCP", (asked) => {
    return asked.index === 0 ? truncated(asked) : honestly(asked);
  }, records(LONG_TEXTS.join("")), 2),
  large("answers that are always cut off", truncated, FAILED, 2),
  large("a name in letters of another case, which TCP decides about", inLowerCase, records(LONG_TEXTS.join("")), 2),
  host("a redirection", ({ response }) => {
    response.writeHead(307, { location: "/elsewhere" }).end();
  }, NOT_REACHED, THRICE),
  host("an answer that breaks off", async ({ truth, response, request }) => {
    const message = await truth();
    response.writeHead(200, { ...TYPE, "content-length": message.length }).write(message.subarray(0, 20), () => {
      request.socket.destroy();
    });
  }, NOT_REACHED, THRICE),
  {
    ...host("no answer but a closed connection", ({ request }) => void request.socket.destroy(), NOT_REACHED, THRICE),
    isRepeated: true,
  },
];
