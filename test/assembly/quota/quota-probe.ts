// The quota probe with its law: size = free + what every living allocator took, checked after every step.
import * as assert from "uvu/assert";
import { compileProbe, Probe } from "../../support/probe.js";

const module = await compileProbe("quota");

export const UNLIMITED = (1n << 63n) - 1n;
export const [BENIGN, IDLE, DESTRUCTIVE] = [0, 1, 2];
export const [OK, CANCELLED, RESOURCE_EXHAUSTED] = [0, 1, 8];
export const MIB = 1 << 20;
export const SECOND = 1_000_000_000n;

const LIVE = [
  "liveQuotas", "liveAllocators", "liveReclaimers", "liveReservations", "liveRecords", "liveRequests",
  "liveFactories", "liveThreadQuotas", "liveStreamQuotas", "liveConnectionQuotas",
  "liveBlocks", "liveBuffers", "liveSlices", "liveChunks", "dueCount",
];

export class Quotas {
  /** Calls of reclaimers, in order. */
  readonly reclaims: { owner: number; sweep: number }[] = [];
  /** What a reclaimer does when it is called; without an entry it finishes its sweep at once. */
  readonly onReclaim = new Map<number, (sweep: number) => void>();
  /** Calls of `done` of the slice allocator, in order. */
  readonly allocated: { owner: number; status: number }[] = [];
  readonly onAllocated = new Map<number, (status: number) => void>();
  wakes = 0;
  make: (owner: number, peer: number) => number = () => 0;
  /** Living allocator records by quota, as the test sees them. */
  readonly #allocators = new Map<number, Set<number>>();

  private constructor(readonly probe: Probe) {}

  static async create(): Promise<Quotas> {
    let quotas: Quotas | undefined;
    const probe = await Probe.create(module, {
      "test/wake": () => void quotas!.wakes++,
      "test/reclaim": (owner: number, sweep: number) => quotas!.#reclaim(owner, sweep >>> 0),
      "test/allocated": (owner: number, status: number) => {
        quotas!.allocated.push({ owner, status });
        quotas!.onAllocated.get(owner)?.(status);
      },
      "test/make": (owner: number, peer: number) => quotas!.make(owner, peer),
    });
    quotas = new Quotas(probe);
    return quotas;
  }

  get call(): Probe["call"] {
    return this.probe.call;
  }

  quota(size: number | bigint): number {
    const quota = this.call.quotaCreate(BigInt(size));
    this.#allocators.set(quota, new Set());
    return quota;
  }

  allocator(quota: number): number {
    const allocator = this.call.allocatorCreate(quota);
    this.#allocators.get(quota)!.add(allocator);
    return allocator;
  }

  /** The test knows that the allocator's record is freed by now. */
  gone(allocator: number): void {
    for (const set of this.#allocators.values()) set.delete(allocator);
  }

  free(quota: number): number {
    return Number(this.probe.callLong.freeBytes(quota));
  }

  taken(allocator: number): number {
    return Number(this.probe.callLong.takenBytes(allocator));
  }

  outstanding(allocator: number): number {
    return Number(this.probe.callLong.outstandingBytes(allocator));
  }

  /** The law of the file's head, and that nothing is cached that the quota does not know of. */
  assertBalanced(): void {
    for (const [quota, allocators] of this.#allocators) {
      let sum = this.probe.callLong.freeBytes(quota);
      for (const allocator of allocators) sum += this.probe.callLong.takenBytes(allocator);
      assert.is(sum, this.probe.callLong.sizeBytes(quota), "size = free + taken");
    }
  }

  /** Lets everything happen that is due, in as many runs as it takes. */
  settle(): void {
    for (let run = 0; this.call.dueCount() > 0; run++) {
      assert.ok(run < 1000, "comes to rest");
      this.call.runDue();
      this.assertBalanced();
    }
  }

  /** Shuts down, destroys and asserts the leak law. */
  end(held: { allocators?: number[]; quotas?: number[] }): void {
    for (const allocator of held.allocators ?? []) {
      this.call.shutdown(allocator);
      this.gone(allocator);
    }
    this.settle();
    for (const quota of held.quotas ?? []) {
      this.#allocators.delete(quota);
      this.call.quotaDestroy(quota);
    }
    for (const name of LIVE) assert.is(this.call[name]!(), 0, name);
  }

  #reclaim(owner: number, sweep: number): void {
    this.reclaims.push({ owner, sweep });
    const run = this.onReclaim.get(owner);
    if (run !== undefined) run(sweep);
    else if (sweep !== 0) this.call.finishSweep(sweep);
  }
}
