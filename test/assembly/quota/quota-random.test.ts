// Random operations on several quotas against a model that knows who holds what. After every step: size = free +
// taken, every allocator's outstanding bytes, order of waiters, one sweep at a time, callbacks exactly once.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { MIB, OK, Quotas, SECOND } from "./quota-probe.js";

console.log(`TEST_SEED=${SEED}`);

const STEPS = 1500;

interface Holding {
  bytes: number;
  drop: () => void;
}

interface Allocator {
  address: number;
  quota: number;
  isOpen: boolean;
  reserved: number;
  holdings: Holding[];
  /** Keys of requests that wait or are about to be answered. */
  requests: Set<number>;
  /** Keys of the posted reclaimers, by pass. */
  posted: Map<number, number>;
}

/** The model, and the steps that are made on it and on the probe alike. */
class Play {
  readonly allocators: Allocator[] = [];
  readonly quotaSizes = new Map<number, number>();
  readonly #buffers = new Map<number, number>();
  readonly #answered = new Set<number>();
  readonly #called = new Set<number>();
  /** Sweeps that were not finished, by quota. */
  readonly #sweeps = new Map<number, number>();
  #nextKey = 1;
  #now = SECOND;

  constructor(readonly quotas: Quotas, readonly random: Random) {}

  size(): number {
    return this.random.below(20) === 0 ? 1 + this.random.below(2 * MIB) : 1 + this.random.below(60_000);
  }

  open(quota: number): void {
    const address = this.quotas.allocator(quota);
    this.allocators.push({
      address, quota, isOpen: true, reserved: 0, holdings: [], requests: new Set(), posted: new Map(),
    });
  }

  reserve(allocator: Allocator): void {
    const [least, extra] = [this.size(), this.random.below(10) === 0 ? this.size() : 0];
    const granted = this.quotas.call.reserve(allocator.address, least, least + extra);
    assert.ok(granted >= least && granted <= least + extra);
    const cap = Math.floor(this.quotaSizes.get(allocator.quota)! / 16);
    assert.ok(granted === least || granted <= cap, "no more than recommended");
    allocator.reserved += granted;
  }

  release(allocator: Allocator, everything = this.random.below(3) === 0): void {
    const bytes = everything ? allocator.reserved : this.random.below(allocator.reserved + 1);
    allocator.reserved -= bytes;
    this.quotas.call.release(allocator.address, bytes);
    this.#forgetIfFreed(allocator);
  }

  slice(allocator: Allocator): void {
    const { call } = this.quotas;
    const [slice, size] = [call.sliceCreate(), this.size()];
    call.makeSlice(allocator.address, size, size, slice);
    allocator.holdings.push({ bytes: size + 16, drop: () => void call.sliceDestroy(slice) });
  }

  record(allocator: Allocator): void {
    const { call } = this.quotas;
    const size = this.size();
    const record = call.createBytes(allocator.address, size);
    allocator.holdings.push({ bytes: size + 16, drop: () => void call.recordDestroy(record) });
  }

  drop(allocator: Allocator): void {
    const [holding] = allocator.holdings.splice(this.random.below(allocator.holdings.length), 1);
    holding?.drop();
    this.#forgetIfFreed(allocator);
  }

  request(allocator: Allocator): void {
    const { call } = this.quotas;
    const [key, size, buffer] = [this.#nextKey++, this.size(), call.bufferCreate()];
    const bytes = size + 16 * Math.ceil(size / 65_536);
    const status = call.sliceAllocate(allocator.address, size, buffer, key);
    const fits = bytes <= this.quotaSizes.get(allocator.quota)! - call.recordBytes();
    assert.is(status === OK, fits);
    if (!fits) return void call.bufferDestroy(buffer);
    allocator.requests.add(key);
    this.#buffers.set(key, buffer);
    this.quotas.onAllocated.set(key, (answer) => {
      assert.not(this.#answered.has(key), "exactly once");
      this.#answered.add(key);
      allocator.requests.delete(key);
      assert.is(call.bufferLength(buffer), answer === OK ? size : 0);
      if (this.random.below(4) === 0) this.meddle();
      assert.ok(answer === OK || !allocator.isOpen, "cancelled by a shutdown alone");
      if (answer !== OK) return void call.bufferDestroy(buffer);
      allocator.holdings.push({ bytes, drop: () => void call.bufferDestroy(buffer) });
    });
  }

  post(allocator: Allocator): void {
    const { call } = this.quotas;
    const [key, pass] = [this.#nextKey++, this.random.below(3)];
    const before = allocator.posted.get(pass);
    allocator.posted.set(pass, key);
    const finishesLater = this.random.below(3) === 0;
    this.quotas.onReclaim.set(key, (sweep) => {
      assert.not(this.#called.has(key), "exactly once");
      this.#called.add(key);
      if (allocator.posted.get(pass) === key) allocator.posted.delete(pass);
      if (sweep === 0) return void (this.random.below(2) === 0 && this.meddle());
      assert.not(this.#sweeps.has(allocator.quota), "one at a time");
      assert.is(call.isShort(allocator.quota), 1);
      assert.not(this.#hasEarlier(allocator.quota, pass), "the gentlest first");
      if (finishesLater) return void this.#sweeps.set(allocator.quota, sweep);
      if (allocator.reserved > 0) this.release(allocator);
      if (this.random.below(2) === 0) this.meddle();
      call.finishSweep(sweep);
      if (this.random.below(2) === 0) this.meddle();
    });
    call.postReclaimer(allocator.address, pass, key);
    if (before !== undefined) assert.ok(this.#called.has(before), "the replaced one is cancelled at once");
  }

  /** Does to any allocator what a callback may do, in the middle of whatever calls it. */
  meddle(): void {
    const allocator = this.allocators[this.random.below(this.allocators.length)];
    if (allocator === undefined) return;
    const choice = this.random.below(8);
    if (choice < 2) return this.drop(allocator);
    if (choice < 3) return this.release(allocator);
    if (!allocator.isOpen) return;
    if (choice < 4) this.shutdown(allocator);
    else if (choice < 5) this.reserve(allocator);
    else if (choice < 6) this.request(allocator);
    else this.post(allocator);
  }

  finishSweep(quota: number): void {
    const sweep = this.#sweeps.get(quota);
    if (sweep === undefined) return;
    this.#sweeps.delete(quota);
    this.quotas.call.finishSweep(sweep);
  }

  resize(quota: number): void {
    const size = this.random.below(8) * MIB + this.random.below(MIB);
    this.quotaSizes.set(quota, size);
    this.quotas.call.setSize(quota, BigInt(size));
  }

  shutdown(allocator: Allocator): void {
    const posted = [...allocator.posted.values()];
    allocator.isOpen = false;
    this.quotas.call.shutdown(allocator.address);
    for (const key of posted) assert.ok(this.#called.has(key), "cancelled at once");
    this.#forgetIfFreed(allocator);
  }

  later(): void {
    this.#now += BigInt(this.random.below(3_000_000_000));
    this.quotas.call.tick(this.#now);
  }

  check(): void {
    this.quotas.assertBalanced();
    for (const { address, reserved, holdings, requests } of this.allocators) {
      const held = holdings.reduce((sum, { bytes }) => sum + bytes, reserved);
      const outstanding = this.quotas.outstanding(address);
      // Requests that were granted but not answered are outstanding already.
      assert.ok(requests.size > 0 ? outstanding >= held : outstanding === held, `${outstanding} for ${held}`);
    }
  }

  /** A record lives on while anything of it is out; a granted request is, a cancelled one is not. */
  #forgetIfFreed(allocator: Allocator): void {
    if (allocator.isOpen || allocator.reserved > 0 || allocator.holdings.length > 0) return;
    const before = this.quotas.call.liveAllocators();
    if (before === this.allocators.length) return; // a granted request keeps it
    this.allocators.splice(this.allocators.indexOf(allocator), 1);
    this.quotas.gone(allocator.address);
  }

  #hasEarlier(quota: number, pass: number): boolean {
    return this.allocators.some((other) => {
      return other.quota === quota && [...other.posted.keys()].some((posted) => posted < pass);
    });
  }
}

function step(play: Play, quotas: number[]): void {
  const { random } = play;
  const quota = quotas[random.below(quotas.length)]!;
  const allocator = play.allocators[random.below(play.allocators.length)];
  const choice = random.below(100);
  if (choice < 8) play.later();
  else if (choice < 22) play.quotas.call.runDue();
  else if (choice < 24) play.resize(quota);
  else if (choice < 28) play.finishSweep(quota);
  else if (allocator === undefined || (choice < 32 && play.allocators.length < 12)) play.open(quota);
  else if (choice < 52) allocator.holdings.length > 0 ? play.drop(allocator) : play.release(allocator);
  else if (choice < 62) play.release(allocator);
  else if (!allocator.isOpen) return;
  else if (choice < 72) play.reserve(allocator);
  else if (choice < 79) play.slice(allocator);
  else if (choice < 84) play.record(allocator);
  else if (choice < 91) play.request(allocator);
  else if (choice < 98) play.post(allocator);
  else play.shutdown(allocator);
}

const random = suite("quota, random");

for (let run = 0; run < 8; run++) {
  random(`should account for every byte after every step (${run})`, async () => {
    const quotas = await Quotas.create();
    const play = new Play(quotas, new Random(SEED + run));
    const held = Array.from({ length: 1 + run % 3 }, () => quotas.quota(3 * MIB));
    for (const quota of held) play.quotaSizes.set(quota, 3 * MIB);
    for (let count = 0; count < STEPS; count++) {
      step(play, held);
      play.check();
    }
    // Everything is given back: then the leak law holds.
    for (const quota of held) play.finishSweep(quota);
    for (const allocator of [...play.allocators]) if (allocator.isOpen) play.shutdown(allocator);
    for (let round = 0; play.allocators.length > 0; round++) {
      assert.ok(round < 100, "comes to an end");
      while (quotas.call.dueCount() > 0) quotas.call.runDue();
      for (const quota of held) play.finishSweep(quota);
      for (const allocator of [...play.allocators]) {
        while (allocator.holdings.length > 0) play.drop(allocator);
        if (allocator.reserved > 0 || play.allocators.includes(allocator)) play.release(allocator, true);
      }
    }
    quotas.end({ quotas: held });
  });
}

random.run();
