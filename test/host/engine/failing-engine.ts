// Ways in which an engine of the tests fails, and what it has then.
import * as assert from "uvu/assert";
import type { Endpoint } from "#host/engine/interfaces.js";
import type { DrivenEngine } from "./driven-engine.js";

/** What the engine asks of its loop is refused: `thrown` is thrown, so that the engine fails in this call. */
export function failWith({ engine, platform: { clock } }: DrivenEngine, thrown: unknown): void {
  while (clock.runSoon() > 0); // turns that were asked for
  Object.assign(clock, { soon: () => { throw thrown; } });
  engine.run(() => {});
  assert.ok(engine.isClosed);
}

export const fail = (driven: DrivenEngine): void => failWith(driven, new Error("the loop is gone"));

export function connect({ engine, settle }: DrivenEngine): Endpoint {
  const endpoints: Endpoint[] = [];
  engine.connect((_, endpoint) => endpoints.push(endpoint!), "192.0.2.1:80");
  settle();
  return endpoints[0]!;
}
