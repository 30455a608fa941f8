// A thread that writes numbered frames into a ring as fast as there is room.
import { workerData } from "node:worker_threads";
import { RingMemory, RingWriter } from "#host/node/worker/ring.js";

const { buffer, capacity, count } = workerData as { buffer: SharedArrayBuffer; capacity: number; count: number };
const writer = new RingWriter(new RingMemory(buffer, 0, capacity));
const payload = new Uint8Array(4000);

for (let index = 0; index < count; index++) {
  const size = (index * 7919) % 4000;
  payload.fill(index & 255, 0, size);
  while (!writer.write(1 + (index % 9), index, ~index, payload, 0, size)) {
    // The reader is slower: ask again.
  }
}
