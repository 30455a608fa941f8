// The same question behind one fault after the other, by c-ares and by the engine.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { asFaceReads, Face } from "./face.js";
import type { FaultCase } from "./fault-cases.js";
import { type Fault, FaultProxy } from "./fault-proxy.js";
import type { NameServer } from "./name-server.js";
import { ask } from "./oracle.js";
import { type Outcome, same } from "./outcome.js";

/** Long enough for every answer that comes at all, also on a busy machine. */
const PATIENCE_MS = 10_000;

/** A proxy for the length of one test; what its fault threw fails the test. */
export async function behind(
  server: NameServer, fault: Fault, body: (proxy: FaultProxy) => Promise<void>,
): Promise<void> {
  const proxy = await FaultProxy.start(server.port, fault);
  try {
    await body(proxy);
  } catch (error) {
    await proxy.stop().catch(() => {}); // What came first tells more.
    throw error;
  }
  await proxy.stop();
}

function isOneOf(actual: Outcome, expected: Outcome[]): void {
  const found = expected.find((each) => JSON.stringify(each) === JSON.stringify(actual));
  same(actual, found ?? (expected[0] as Outcome), "the outcome");
}

export function faultTests(label: string, server: NameServer, cases: FaultCase[]): void {
  const faults = suite(`behind a fault: ${label}`);
  let face: Face;

  faults.before(async () => {
    face = await Face.create();
  });
  faults.after(async () => {
    await face.close();
    await server.stop();
  });

  for (const { title, fault, kind, name, expected, oracle, streams = 0, isIgnored = false } of cases) {
    const reading = oracle === undefined ? expected : [oracle.outcome];
    const note = oracle === undefined ? "" : ` (${oracle.why})`;
    faults(`should be seen by c-ares: ${title}${note}`, () => behind(server, fault(), async (proxy) => {
      isOneOf(await ask([proxy.address], kind, name, { timeoutMs: PATIENCE_MS, tries: 2 }), reading);
      assert.ok(proxy.streams.length >= streams, `${proxy.streams.length} queries by stream`);
    }));

    faults(`should be seen by the engine: ${title}`, () => behind(server, fault(), async (proxy) => {
      const options = { attemptTimeoutMs: PATIENCE_MS, attempts: 2 };
      const { outcome } = await face.ask([proxy.address], kind, name, options);
      isOneOf(outcome, expected.map((each) => asFaceReads(kind, each)));
      assert.ok(proxy.streams.length >= streams, `${proxy.streams.length} queries by stream`);
      if (isIgnored) assert.equal([proxy.datagrams.length, proxy.streams.length], [2, 0], "queries");
      await face.nothingIsLeft();
    }));
  }
  faults.run();
}
