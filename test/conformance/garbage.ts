// Node's garbage collector, when a test needs it now.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export async function isCollected(reference: WeakRef<object>): Promise<boolean> {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return reference.deref() === undefined;
}
