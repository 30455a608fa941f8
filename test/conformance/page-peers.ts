// Whom bodies meet on a network within a page: a listener with a full queue, and a nameserver.
import * as assert from "uvu/assert";
import { parseAddress } from "#host/sim/host.js";
import { SimRandom } from "#host/sim/random.js";
import { OK } from "#host/wasi/error-code.js";
import type { Binding } from "#host/wasi/transport.js";
import type { Platform } from "#host/wasi/wasi-host.js";
import { SEED } from "../support/bytes.js";
import { type OpenNameserver, seamNameserver } from "./seam-nameserver.js";

const HOLE_HOST = "127.0.0.9";
const HOLE_PORT = 80;
/** Nobody answers there, when it is open. */
export const PAGE_HOLE = `${HOLE_HOST}:${HOLE_PORT}`;
/** The nameserver's, when it is open. */
export const PAGE_NAMES = "127.0.0.2";

/** A listener whose queue has no place: connects to it wait. */
export function openPageHole({ transport }: Platform): Binding {
  const found: Binding[] = [];
  const address = { ...parseAddress(HOLE_HOST), port: HOLE_PORT };
  transport.bind({ address, backlog: 0 }, (result) => {
    if (typeof result !== "number") found.push(result);
  });
  const [binding] = found;
  if (binding === undefined) throw new Error(`cannot bind ${PAGE_HOLE}`);
  binding.listen({ connectionArrived: () => assert.unreachable("nobody gets in") }, 0, (outcome) => {
    assert.is(outcome, OK);
  });
  return binding;
}

export function openPageNameserver({ transport, clock }: Platform): OpenNameserver {
  return seamNameserver({ transport, clock, random: new SimRandom(SEED) }, PAGE_NAMES);
}
