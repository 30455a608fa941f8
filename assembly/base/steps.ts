// Steps: what a cooperative runtime counts against us between two yields. The bindings count them, the poller
// yields in time; see poll/poller.ts.

let count: i32 = 0;

/** One operation that the runtime counts: a permit, a write, an accept. */
@inline export function step(): void {
  count++;
}

/** Steps since the latest call. */
export function takeSteps(): i32 {
  const taken = count;
  count = 0;
  return taken;
}
