// A callback after the call that asks for it, unless it is cancelled first.

import type { Request } from "../../wasi/transport.js";

export function soon(callback: () => void): Request {
  let isCancelled = false;
  queueMicrotask(() => { if (!isCancelled) callback(); });
  return { cancel: () => { isCancelled = true; } };
}
