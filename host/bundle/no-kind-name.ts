// Stands in for wasi/kind-name.ts in the small bundle: messages about handles, which only a defect of the component can
// cause there, give the number of the kind.

import type { Kind } from "../wasi/kind.js";

export const kindName = (kind: Kind): string => `kind ${kind}`;
