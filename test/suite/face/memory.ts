// Bodies about slices, buffers, quotas and allocators, as TypeScript sees them.
import * as assert from "uvu/assert";
import type { EventEngine } from "#host/engine/interfaces.js";
import { StatusError } from "#host/engine/status.js";
import { Random } from "../../support/bytes.js";
import { body, type FaceBody, Heard } from "./body.js";
import { pair, read, write } from "./network.js";

const isRefusal = (error: unknown): boolean => error instanceof StatusError;
const MIB = 1 << 20;

const slices: FaceBody[] = [
  body("buffer-bytes", "should keep bytes in order through everything a buffer can do", async ({ makeEngine }) => {
    const engine = await makeEngine();
    const [one, other] = [engine.createSliceBuffer(), engine.createSliceBuffer()];
    one.append("hello ");
    one.append(new TextEncoder().encode("wide "));
    one.append("world");
    assert.equal([one.length, one.toString()], [16, "hello wide world"]);
    one.moveFirst(6, other);
    assert.equal([one.toString(), other.toString()], ["wide world", "hello "]);
    one.moveLast(5, other);
    one.trimEnd(1);
    assert.equal([one.toString(), other.toString()], ["wide", "hello world"]);
    one.prepend("very ");
    one.swap(other);
    assert.equal([one.toString(), other.toString()], ["hello world", "very wide"]);
    const first = other.takeFirst();
    assert.is(first.toString() + other.toString(), "very wide");
    const target = new Uint8Array(5);
    assert.is(one.copyTo(target, 6), 5);
    assert.is(new TextDecoder().decode(target), "world");
    other.clear();
    assert.equal([other.length, other.count], [0, 0]);
    assert.throws(() => other.takeFirst(), isRefusal);
    assert.throws(() => one.moveFirst(12, other), isRefusal);
    assert.throws(() => one.trimEnd(12), isRefusal);
    for (const object of [one, other, first]) object.destroy();
  }),

  body("slice-shared", "should share bytes between slices, and copy them before one is written", async (world) => {
    const engine = await world.makeEngine();
    const buffer = engine.createSliceBuffer();
    buffer.append("x".repeat(100));
    const slice = buffer.takeFirst();
    const part = slice.sub(10, 90);
    buffer.append(slice);
    buffer.mutableAt(0).fill(121);
    assert.equal([slice.toString(), part.toString()], ["x".repeat(100), "x".repeat(80)]);
    assert.is(buffer.toString(), "y".repeat(100));
    slice.destroy();
    buffer.destroy();
    assert.is(part.toString(), "x".repeat(80), "a part outlives the whole");
    part.destroy();
    part.destroy();
  }),
];

const quotas: FaceBody[] = [
  body("quota-grants", "should grant the most without pressure, less under it, and never fail", async (world) => {
    const engine = await world.makeEngine();
    const quota = engine.createMemoryQuota({ sizeBytes: 16 * MIB });
    const allocator = quota.createAllocator("grants");
    assert.is(allocator.reserve({ min: 10, max: 1000 }), 1000);
    assert.is(allocator.reserve({ min: 10, max: 3 * MIB }), MIB, "a sixteenth");
    allocator.reserve(20 * MIB);
    assert.ok(quota.freeBytes < 0);
    assert.is(quota.pressure, 1);
    assert.is(allocator.reserve({ min: 10, max: 1000 }), 10);
    quota.sizeBytes = 64 * MIB;
    assert.ok(quota.freeBytes > 0, "room again");
    allocator.release(1000 + MIB + 20 * MIB + 10);
    assert.throws(() => allocator.release(1), isRefusal, "more than is reserved");
    assert.throws(() => allocator.reserve({ min: 5, max: 4 }), isRefusal);
    allocator.shutdown();
    assert.not(allocator.isValid);
    assert.throws(() => allocator.reserve(1), isRefusal);
    quota.destroy();
  }),

  body("quota-reclaims", "should ask benign, idle, then destructive reclaimers, one at a time", async (world) => {
    const engine = await world.makeEngine();
    const quota = engine.createMemoryQuota({ sizeBytes: 4096 });
    const allocator = quota.createAllocator("reclaims");
    const seen: string[] = [];
    const end = new Heard<void>();
    for (const pass of ["destructive", "idle", "benign"] as const) {
      allocator.postReclaimer(pass, (sweep) => {
        seen.push(`${pass} ${sweep === null ? "over" : "begins"}`);
        engine.runAfter(2, () => {
          seen.push(`${pass} ends`);
          sweep?.finish();
          if (pass === "destructive") end.hear();
        });
      });
    }
    allocator.reserve(10_000);
    assert.is(seen.length, 0, "not inside the call");
    await end.first;
    assert.equal(seen, ["benign", "idle", "destructive"].flatMap((pass) => [`${pass} begins`, `${pass} ends`]));
    allocator.release(10_000);
    allocator.shutdown();
    quota.destroy();
  }),

  body("quota-reclaimer-over", "should tell a reclaimer that it was replaced or is over", async (world) => {
    const engine = await world.makeEngine();
    const quota = engine.createMemoryQuota();
    const allocator = quota.createAllocator("over");
    const seen: string[] = [];
    const end = new Heard<void>();
    allocator.postReclaimer("benign", (sweep) => seen.push(`first ${sweep}`));
    allocator.postReclaimer("benign", (sweep) => {
      seen.push(`second ${sweep}`);
      end.hear();
    });
    allocator.shutdown();
    assert.is(seen.length, 0, "not inside the call");
    await end.first;
    assert.equal(seen, ["first null", "second null"]);
    quota.destroy();
  }),

  body("quota-owned", "should charge reservations, values, vectors and slices as long as they live", ownedThings),

  body("read-charged", "should charge what is read to the endpoint's allocator, until it is given back", readCharged),
];

async function ownedThings({ makeEngine }: { makeEngine(): Promise<EventEngine> }): Promise<void> {
  const engine = await makeEngine();
  const quota = engine.createMemoryQuota({ sizeBytes: 64 * MIB });
  const allocator = quota.createAllocator("owned");
  const random = new Random();
  const all = quota.freeBytes;
  const reservation = allocator.makeReservation(2 * MIB);
  assert.is(reservation.bytes, 2 * MIB);
  const owned = allocator.makeUnique(2 * MIB, () => ({ made: random.next() }));
  assert.type(owned.value.made, "number");
  const vector = allocator.vector<number>(8);
  for (let index = 0; index < 300_000; index++) vector.push(index);
  assert.equal([vector.length, vector.at(299_999), vector.pop()], [300_000, 299_999, 299_999]);
  const slice = allocator.makeSlice({ min: 100, max: MIB });
  assert.ok(slice.length >= 100 && slice.length <= MIB);
  assert.ok(all - quota.freeBytes >= 4 * MIB + 300_000 * 8 + slice.length);
  for (const each of [reservation, owned, vector]) each.destroy();
  allocator.shutdown();
  assert.is(slice.view().length, slice.length, "a slice outlives its allocator");
  slice.destroy();
  quota.destroy();
}

async function readCharged({ makeEngine }: { makeEngine(): Promise<EventEngine> }): Promise<void> {
  const engine = await makeEngine();
  engine.memoryQuota.sizeBytes = 256 * MIB;
  const { client, server } = await pair(engine);
  const before = engine.memoryQuota.freeBytes;
  const buffers = [];
  let received = 0;
  const sending = write(engine, client, new Uint8Array(4 * MIB));
  while (received < 4 * MIB) {
    const buffer = engine.createSliceBuffer();
    await read(server, buffer);
    received += buffer.length;
    buffers.push(buffer);
  }
  await sending;
  const taken = before - engine.memoryQuota.freeBytes;
  assert.ok(taken >= 3 * MIB, `${taken} bytes charged for ${received}`);
  for (const each of [client, server, ...buffers]) each.destroy();
}

export const memoryBodies: readonly FaceBody[] = [...slices, ...quotas];
