// Answers that match their question and are made to break whoever reads them.
import { answerTo, HEADER, nameBytes, questionEnd, type ResourceRecord, TYPES } from "./wire.js";

const pointer = (to: number): Buffer => Buffer.from([0xc0 | (to >> 8), to & 255]);
const V4 = Buffer.from([192, 0, 2, 1]);
const record = (more: Partial<ResourceRecord>): ResourceRecord => ({ type: TYPES.A, data: V4, ...more });
/** Where the first record of an answer begins. */
const first = (asked: Buffer): number => questionEnd(asked);
/** Where the data of a record with a name of that many bytes begin. */
const dataAt = (at: number, nameLength: number): number => at + nameLength + 10;

/** A name of pointers, each to the one before it; the last of them is the name. */
function staircase(asked: Buffer, steps: number): ResourceRecord[] {
  const at = dataAt(first(asked), 2);
  const pointers = Array.from({ length: steps }, (_, index) => pointer(index === 0 ? HEADER : at + 2 * (index - 1)));
  const stairs = record({ type: 65280, data: Buffer.concat(pointers) });
  return [stairs, record({ name: pointer(at + 2 * (steps - 1)) })];
}

/** Labels in a record's data and pointers to them that add up to more than 255 bytes. */
function tooLong(asked: Buffer): ResourceRecord[] {
  const at = dataAt(first(asked), 2);
  const label = Buffer.concat([Buffer.from([63]), Buffer.alloc(63, 0x61)]);
  const labels = Buffer.concat([label, label, label, label, label, Buffer.from([0])]);
  return [record({ type: 65280, data: labels }), record({ type: TYPES.CNAME, data: pointer(at) })];
}

type Bomb = (asked: Buffer) => Buffer;
const withRecords = (make: (asked: Buffer) => ResourceRecord[]): Bomb => {
  return (asked) => answerTo(asked, { answers: make(asked) });
};

/** c-ares is laxer about these. */
export const LAX_ALIAS = "an alias with bytes behind it";
export const LONG_ALIAS = "an alias that is too long";

/** What breaks the rules: the answer as a whole is worth nothing. */
export const BROKEN: Record<string, Bomb> = {
  "a name that points to itself": withRecords((asked) => [record({ name: pointer(first(asked)) })]),
  "two names that point to each other": withRecords((asked) => [
    record({ name: pointer(first(asked) + 16) }), record({ name: pointer(first(asked)) }),
  ]),
  "a name that points forward": withRecords((asked) => [record({ name: pointer(first(asked) + 4) })]),
  "a name that points out of the message": withRecords(() => [record({ name: pointer(0x3fff) })]),
  "an alias that points to itself": withRecords((asked) => [
    record({ type: TYPES.CNAME, data: pointer(dataAt(first(asked), 2)) }),
  ]),
  [LONG_ALIAS]: withRecords(tooLong),
  [LAX_ALIAS]: withRecords(() => [
    record({ type: TYPES.CNAME, data: Buffer.concat([nameBytes("x.test"), Buffer.from([1])]) }),
  ]),
  "an alias without an end": withRecords(() => [record({ type: TYPES.CNAME, data: Buffer.from([3, 0x61]) })]),
  "a label of a kind that is none": withRecords(() => [record({ name: Buffer.from([0x41, 0x61, 0]) })]),
  "an address of three bytes": withRecords(() => [record({ data: V4.subarray(1) })]),
  "data beyond the end": (asked) => answerTo(asked, { answers: [record({})] }).subarray(0, -1),
  "more records than there are": (asked) => {
    const answer = answerTo(asked, { answers: [record({})] });
    answer.writeUInt16BE(2, 6);
    return answer;
  },
  "65,535 records that are not there": (asked) => {
    const answer = answerTo(asked);
    answer.writeUInt16BE(0xffff, 6);
    return answer;
  },
};

/** The same for texts and services, which only these have. */
export const BROKEN_TEXTS: Record<string, Bomb> = {
  "a text that is longer than its record": withRecords(() => [{ type: TYPES.TXT, data: Buffer.from([5, 0x61]) }]),
  "a text without a string": withRecords(() => [{ type: TYPES.TXT, data: Buffer.alloc(0) }]),
};
export const BROKEN_SERVICES: Record<string, Bomb> = {
  "a service without a host": withRecords(() => [{ type: TYPES.SRV, data: Buffer.alloc(6) }]),
  "a service of five bytes": withRecords(() => [{ type: TYPES.SRV, data: Buffer.alloc(5) }]),
  "a service whose host points forward": withRecords((asked) => [
    { type: TYPES.SRV, data: Buffer.concat([Buffer.alloc(6), pointer(dataAt(first(asked), 2) + 7)]) },
  ]),
};

/** How many records the third of COSTLY has. */
export const MANY_POINTERS = 2001;

/** What costs much and breaks no rule: a bound on the work may refuse it all the same. */
export const COSTLY: Record<string, Bomb> = {
  "a name of 100 pointers": withRecords((asked) => staircase(asked, 100)),
  "a name of 8,000 pointers": withRecords((asked) => staircase(asked, 8000)),
  "2,001 records with names of 126 pointers": withRecords((asked) => {
    const stairs = staircase(asked, 126);
    return [...stairs, ...Array.from({ length: MANY_POINTERS - 1 }, () => stairs[1] as ResourceRecord)];
  }),
  "as many aliases as a message holds": withRecords((asked) => {
    const at = first(asked);
    const alias = (index: number): ResourceRecord => ({
      name: index === 0 ? pointer(HEADER) : pointer(dataAt(at, 2) + 15 * (index - 1)),
      type: TYPES.CNAME, data: Buffer.from([1, index & 63, 0]),
    });
    return Array.from({ length: 1000 }, (_, index) => alias(index));
  }),
};

/** Records about names that nobody asked for: they are not believed, whatever section they are in. */
export const POISON: ResourceRecord[] = [
  { name: nameBytes("b.example.test"), type: TYPES.A, data: Buffer.from([6, 6, 6, 6]) },
  { name: nameBytes("example.test"), type: TYPES.CNAME, data: nameBytes("evil.test") },
];
