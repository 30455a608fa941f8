// Stands in for engine/stats.ts in the small bundle: an engine that tells no statistics.

import { refuse } from "../engine/status.js";
import type { statisticsOf as whole } from "../engine/stats.js";

const none = (): never => refuse("this bundle has no statistics: load event-engine-whole.min.js");

export const statisticsOf: typeof whole = (_core, _turns, _uncaught, onTurn) => onTurn === undefined ? none : none();
