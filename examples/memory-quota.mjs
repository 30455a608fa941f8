// A memory quota: two users share a bound, and the one that can do without its cache gives it back when asked.
//
//   node examples/memory-quota.mjs
import { EventEngine } from "wasi-event-engine";

const MIB = 1 << 20;
const engine = await EventEngine.create();
const quota = engine.createMemoryQuota({ name: "example", sizeBytes: 8 * MIB });

const cache = quota.createAllocator("cache");
let entries = Array.from({ length: 6 }, () => cache.makeReservation(MIB));
cache.postReclaimer("benign", (sweep) => {
  if (sweep === null) return; // The offer ended, nobody needed it.
  for (const entry of entries) entry.destroy();
  console.log(`the cache gives ${entries.length} MiB back`);
  entries = [];
  sweep.finish();
  engine.run(end);
});

// More than is left: a reservation never fails, but from now on the quota asks for memory.
const work = quota.createAllocator("work");
const reservation = work.makeReservation(4 * MIB);
console.log(`reserved: ${reservation.bytes / MIB} MiB, overcommitted: ${quota.freeBytes < 0}`);

function end() {
  console.log(`overcommitted: ${quota.freeBytes < 0}`);
  reservation.destroy();
  work.shutdown();
  cache.shutdown();
  quota.destroy();
  void engine.close();
}
