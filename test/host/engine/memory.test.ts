// Slices, buffers, quotas and allocators as objects: views and copies, what is charged, what is refused. The rules of
// the core itself are tested below test/assembly.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { EventEngine } from "#host/engine/event-engine.js";
import type { MemoryAllocator, MemoryQuota, ReclamationSweep } from "#host/engine/interfaces.js";
import { Random, SEED } from "../../support/bytes.js";
import { drivenEngine, onEngine } from "./driven-engine.js";

const buffers = suite("slice buffers");

buffers("should hold what bytes, text and slices bring, and give copies that last", onEngine(({ engine }) => {
  const buffer = engine.createSliceBuffer();
  buffer.append("grün ");
  buffer.append(Uint8Array.of(0x61, 0x62));
  buffer.append("");
  buffer.append(new Uint8Array(0));
  buffer.prepend(Buffer.from("<"));
  assert.is(buffer.toString(), "<grün ab");
  assert.is(buffer.length, 9);
  const copy = buffer.toUint8Array();
  const first = buffer.takeFirst();
  const copyOfFirst = first.toUint8Array();
  buffer.append(first);
  buffer.prepend(first);
  first.destroy();
  buffer.clear();
  engine.createSliceBuffer().destroy();
  assert.is(Buffer.from(copy).toString(), "<grün ab");
  assert.is(Buffer.from(copyOfFirst).toString(), "<");
  buffer.destroy();
  buffer.destroy();
}));

buffers("should give views in place, and share bytes until one of the sharers writes", onEngine(({ engine }) => {
  const buffer = engine.createSliceBuffer();
  buffer.appendSpace(100).fill(1);
  const slice = buffer.takeFirst();
  buffer.append(slice);
  buffer.mutableAt(0).fill(2);
  assert.ok(slice.view().every((byte) => byte === 1));
  assert.ok(buffer.at(0).every((byte) => byte === 2));
  const other = slice.ref();
  const part = slice.sub(10, 60);
  slice.destroy();
  assert.throws(() => slice.length, /use of a destroyed slice/);
  assert.equal([other.length, part.length, part.toString()], [100, 50, "\u0001".repeat(50)]);
  other.destroy();
  part[Symbol.dispose]();
  buffer.destroy();
}));

buffers("should copy a view of the engine's memory although that grows for the copy", onEngine(({ engine }) => {
  const [source, target] = [engine.createSliceBuffer(), engine.createSliceBuffer()];
  source.append(new Uint8Array(100_000).fill(7));
  for (const buffer of [target, source]) {
    for (const add of ["append", "prepend"] as const) {
      const before = engine.memoryBytes;
      while (engine.memoryBytes === before) {
        const { length } = buffer;
        const view = source.at(0);
        const { buffer: memory, byteOffset } = view;
        buffer[add](add === "append" ? view : Buffer.from(memory, byteOffset, view.length)); // whose slices are views
        assert.is(buffer.length, length + 100_000);
      }
    }
  }
  for (const buffer of [target, source]) {
    for (let index = 0; index < buffer.count; index++) assert.ok(buffer.at(index).every((byte) => byte === 7));
    buffer.destroy();
  }
}));

buffers("should survive growth of the memory between the calls", onEngine(({ engine }) => {
  const buffer = engine.createSliceBuffer();
  const before = engine.memoryBytes;
  const expected: number[] = [];
  for (let i = 0; i < 64; i++) {
    buffer.append(new Uint8Array(100_000).fill(i));
    expected.push(i);
  }
  assert.ok(engine.memoryBytes > before);
  const bytes = buffer.toUint8Array();
  assert.equal(expected.map((_, i) => bytes[i * 100_000 + 99_999]), expected);
  buffer.destroy();
}));

buffers("should agree with plain arrays, whatever is moved where", onEngine(({ engine }) => {
  for (let seed = SEED; seed < SEED + 10; seed++) agreeWithArrays(engine, seed);
}));

function agreeWithArrays(engine: EventEngine, seed: number): void {
  const random = new Random(seed);
  const made = [0, 1, 2].map(() => engine.createSliceBuffer());
  const models: number[][] = [[], [], []];
  for (let step = 0; step < 300; step++) {
    const from = random.below(3);
    const to = (from + 1 + random.below(2)) % 3;
    const [buffer, model] = [made[from]!, models[from]!];
    const n = random.below(model.length + 1);
    switch (random.below(7)) {
      case 0:
      case 1: {
        const bytes = Array.from({ length: random.below(40) }, () => random.below(256));
        buffer.append(Uint8Array.from(bytes));
        model.push(...bytes);
        break;
      }
      case 2: {
        const bytes = Array.from({ length: random.below(40) }, () => random.below(256));
        buffer.prepend(Uint8Array.from(bytes));
        model.unshift(...bytes);
        break;
      }
      case 3:
        buffer.moveFirst(n, made[to]!);
        models[to]!.push(...model.splice(0, n));
        break;
      case 4:
        buffer.moveLast(n, made[to]!);
        models[to]!.push(...model.splice(model.length - n));
        break;
      case 5:
        buffer.trimEnd(n);
        model.splice(model.length - n);
        break;
      default:
        buffer.swap(made[to]!);
        [models[from], models[to]] = [models[to]!, models[from]!];
    }
    for (const [index, each] of made.entries()) {
      assert.equal([...each.toUint8Array()], models[index], `seed ${seed}, step ${step}, buffer ${index}`);
    }
    const target = new Uint8Array(random.below(30));
    const start = random.below(models[from]!.length + 1);
    const copied = made[from]!.copyTo(target, start);
    assert.equal([...target.subarray(0, copied)], models[from]!.slice(start, start + target.length), `seed ${seed}`);
  }
  for (const buffer of made) buffer.destroy();
}

buffers("should refuse what cannot be meant, by name", onEngine(async ({ engine }) => {
  const other = await drivenEngine();
  const foreign = other.engine.createSliceBuffer();
  const buffer = engine.createSliceBuffer();
  buffer.append("twelve bytes");
  const slice = buffer.takeFirst();
  buffer.append(slice);
  const bad: [() => unknown, RegExp][] = [
    [() => buffer.at(1), /slice 1 of a slice buffer of 1 slices/],
    [() => buffer.at(-1), /slice -1/], [() => buffer.mutableAt(0.5), /slice 0.5/],
    [() => buffer.moveFirst(13, foreign), /moveFirst\(13\) of a slice buffer of 12 bytes/],
    [() => buffer.moveFirst(1, buffer), /moved into itself/], [() => buffer.moveLast(-1, foreign), /moveLast\(-1\)/],
    [() => buffer.moveLast(1, foreign), /of another event engine/], [() => buffer.trimEnd(NaN), /trimEnd\(NaN\)/],
    [() => buffer.swap(foreign), /of another event engine/], [() => foreign.append(slice), /of another event engine/],
    [() => buffer.append(7 as never), /want bytes, text or a slice/],
    [() => buffer.appendSpace(-1), /appendSpace\(-1\)/],
    [() => buffer.appendSpace(2 ** 30 + 1), /1073741825 bytes at once: at most 1073741824/],
    [() => buffer.copyTo(new Uint8Array(1), 13), /copyTo from 13/],
    [() => slice.sub(5, 4), /sub\(5, 4\) of a slice of 12 bytes/], [() => slice.sub(0, 13), /sub\(0, 13\)/],
    [() => foreign.takeFirst(), /takeFirst of an empty slice buffer/],
  ];
  for (const [call, message] of bad) assert.throws(call, message);
  assert.is(buffer.toString(), "twelve bytes");
  slice.destroy();
  buffer.destroy();
  assert.throws(() => buffer.append("x"), /use of a destroyed slice buffer/);
  foreign.destroy();
  await other.close();
}));

buffers.run();

// ---

interface Memory {
  engine: EventEngine;
  quota: MemoryQuota;
  allocator: MemoryAllocator;
  settle(): void;
}

function withQuota(sizeBytes: number, body: (memory: Memory) => void | Promise<void>): () => Promise<void> {
  return onEngine(async ({ engine, settle }) => {
    const quota = engine.createMemoryQuota({ name: "test", sizeBytes });
    const allocator = quota.createAllocator("one");
    await body({ engine, quota, allocator, settle });
    allocator.shutdown();
    quota.destroy();
    settle();
  });
}

const charges = suite("quotas and allocators");

charges("should charge what is reserved, and give it back", withQuota(1 << 20, ({ quota, allocator }) => {
  const before = quota.freeBytes;
  assert.is(allocator.reserve({ min: 100, max: 2000 }), 2000);
  assert.ok(quota.freeBytes <= before - 2000);
  allocator.release(2000);
  const reservation = allocator.makeReservation(5000);
  assert.is(reservation.bytes, 5000);
  reservation.destroy();
  reservation.destroy();
  assert.throws(() => allocator.release(1), /release of 1 bytes where 0 are reserved/);
}));

charges("should charge buffers and slices that it pays for", withQuota(1 << 20, ({ engine, quota, allocator }) => {
  const before = quota.freeBytes;
  const buffer = engine.createSliceBuffer(allocator);
  buffer.append(new Uint8Array(300_000));
  assert.ok(quota.freeBytes <= before - 300_000);
  const slice = allocator.makeSlice({ min: 1, max: 50_000 });
  assert.ok(slice.length >= 1 && slice.length <= 50_000);
  allocator.shutdown();
  buffer.destroy();
  assert.ok(slice.view().length > 0, "a slice outlives its allocator");
  slice.destroy();
}));

charges("should charge values and vectors as long as they live", withQuota(1 << 20, ({ engine, allocator }) => {
  let disposals = 0;
  const owned = allocator.makeUnique(100, () => ({ [Symbol.dispose]: () => { disposals++; } }));
  assert.ok(owned.value);
  owned.destroy();
  owned[Symbol.dispose]();
  assert.is(disposals, 1);
  assert.throws(() => owned.value, /use of a destroyed value/);
  assert.throws(() => allocator.makeUnique(100, () => { throw new Error("not made"); }), /not made/);
  const container = allocator.container(8);
  container.allocate(10);
  container.deallocate(10);
  const vector = allocator.vector<number>(8);
  for (let i = 0; i < 100; i++) vector.push(i);
  assert.equal([vector.length, vector.capacity, vector.at(-1)], [100, 128, 99]);
  assert.equal([vector.pop(), [...vector].length], [99, 99]);
  vector.destroy();
  vector.destroy();
  assert.throws(() => vector.push(1), /use of a destroyed vector/);
  assert.is(engine.live().reservations, 0);
}));

charges("should call reclaimers when memory is short, gentle ones first", withQuota(10_000, (memory) => {
  const { allocator, quota, settle } = memory;
  const seen: string[] = [];
  const sweeps: ReclamationSweep[] = [];
  const post = (pass: "benign" | "idle" | "destructive"): void => {
    allocator.postReclaimer(pass, (sweep) => {
      seen.push(`${pass} ${sweep !== null}`);
      if (sweep !== null) sweeps.push(sweep);
    });
  };
  for (const pass of ["destructive", "idle", "benign"] as const) post(pass);
  post("idle");
  settle();
  assert.equal(seen, ["idle false"], "the first one was replaced");
  allocator.reserve(20_000);
  assert.equal(seen.length, 1, "not inside the call");
  settle();
  assert.equal(seen.slice(1), ["benign true"]);
  sweeps[0]!.finish();
  sweeps[0]!.finish();
  settle();
  assert.equal(seen.slice(2), ["idle true"]);
  allocator.release(20_000);
  sweeps[1]![Symbol.dispose]();
  settle();
  assert.equal(seen.slice(3), [], "there is enough again");
  assert.ok(quota.freeBytes > 0);
  allocator.shutdown();
  settle();
  assert.equal(seen.slice(3), ["destructive false"]);
}));

charges("should be resized at any time", withQuota(1000, ({ quota, allocator }) => {
  allocator.reserve(5000);
  assert.ok(quota.freeBytes < 0);
  quota.sizeBytes = 1_000_000;
  assert.ok(quota.freeBytes > 900_000);
  quota.sizeBytes = Infinity;
  assert.equal([quota.freeBytes, quota.sizeBytes], [Infinity, Infinity]);
  quota.sizeBytes = 0;
  assert.is(quota.pressure, 1);
  allocator.release(5000);
}));

charges("should refuse what cannot be meant, by name", withQuota(1000, ({ engine, quota, allocator }) => {
  const bad: [() => unknown, RegExp][] = [
    [() => allocator.reserve(-1), /a request of -1 to -1 bytes/],
    [() => allocator.reserve({ min: 2, max: 1 }), /a request of 2 to 1 bytes/],
    [() => allocator.reserve(2 ** 30 + 1), /want whole numbers from 0 to 1073741824/],
    [() => allocator.reserve(NaN), /a request of NaN/], [() => allocator.release(-5), /release of -5 bytes/],
    [() => allocator.makeSlice(2 ** 30), /a request of/], [() => allocator.container(0), /elements of 0 bytes/],
    [() => allocator.vector(1.5), /elements of 1.5 bytes/],
    [() => allocator.postReclaimer("soft" as never, () => {}), /'soft' is not a reclamation pass/],
    [() => allocator.postReclaimer("idle", null as never), /a reclaimer must be a function/],
    [() => { quota.sizeBytes = -1; }, /a memory quota of -1 bytes/],
    [() => engine.createMemoryQuota({ sizeBytes: NaN }), /a memory quota of NaN bytes/],
    [() => engine.createSliceBuffer({} as never), /want a memory allocator of this event engine/],
    [() => engine.memoryQuota.destroy(), /it ends with the engine/],
  ];
  for (const [call, message] of bad) assert.throws(call, message);
  allocator.shutdown();
  allocator.shutdown();
  assert.not(allocator.isValid);
  assert.throws(() => allocator.reserve(1), /use of the memory allocator 'one' after its shutdown/);
  quota.destroy();
  assert.throws(() => quota.createAllocator("late"), /use of the destroyed memory quota 'test'/);
}));

charges.run();
