// What became of a look-up, in one form for whoever looked it up: records as a sorted list of texts, or a failure.
import * as assert from "uvu/assert";

/** Addresses of both families, services, or texts. */
export type Kind = "host" | "srv" | "txt";

export type Failure =
  | "no name" | "no records" | "alias loop" | "server failed" | "server refused" | "no answer" | "not reached"
  | "bad name" | "past its deadline" | "cancelled";

export type Outcome = { records: string[] } | { failure: Failure };

export const records = (...texts: string[]): Outcome => ({ records: texts.sort() });
export const failure = (name: Failure): Outcome => ({ failure: name });

/** One service: an empty host is the root, which means that the service is not there. */
export function service(priority: number, weight: number, port: number, host: string): string {
  return `${priority} ${weight} ${port} ${host}`;
}

/** Says what is different; long lists by what is missing and what is too much. */
export function same(actual: Outcome, expected: Outcome, what: string): void {
  if ("records" in actual && "records" in expected && expected.records.length > 4) {
    const missing = expected.records.filter((text) => !actual.records.includes(text));
    const unexpected = actual.records.filter((text) => !expected.records.includes(text));
    const counts = `${actual.records.length} records of ${expected.records.length}`;
    assert.equal({ missing, unexpected, counts }, { missing: [], unexpected: [], counts }, what);
    assert.is(actual.records.length, expected.records.length, what);
  } else {
    assert.equal(actual, expected, what);
  }
}
