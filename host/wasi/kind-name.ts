// What messages call a kind of resource.

import { Kind } from "./kind.js";

/** The WIT name. */
export function kindName(kind: Kind): string {
  return Kind[kind].replace(/(?<!^)([A-Z])/g, "-$1").toLowerCase();
}
