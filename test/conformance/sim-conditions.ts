// What bodies meet in simulations: first no chance at all, then everything varies and nothing breaks.
import { CALM, type Conditions, RAGGED } from "#host/sim/index.js";

/** Bodies send megabytes: segments of a byte each would be millions of events and show nothing that these do not. */
const PIECES = { segmentBytes: [64, 65_536], readBytes: [64, 65_536] } as const;

export const PLAIN: Conditions = {
  ...CALM,
  // A turn takes time, so that an engine that is never idle sees its clock go on.
  soonDelayNs: [1000, 1000],
};
export const ROUGH: Conditions = { ...RAGGED, ...PIECES };
/** Nobody answers there. */
export const HOLE = "10.0.0.9:80";
export const HERE = "10.0.0.1";
/** The nameserver's. */
export const NAMES = "10.0.0.2";
