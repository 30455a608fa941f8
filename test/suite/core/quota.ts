// Memory quotas: what is granted under which pressure, who is asked to give back, and what outlives whom.

import * as blocks from "../../../assembly/data/block";
import * as slices from "../../../assembly/data/slice";
import { Slice } from "../../../assembly/data/slice";
import * as tasks from "../../../assembly/exec/tasks";
import * as allocators from "../../../assembly/quota/memory-allocator";
import { MemoryAllocator } from "../../../assembly/quota/memory-allocator";
import * as quotas from "../../../assembly/quota/memory-quota";
import { MemoryQuota } from "../../../assembly/quota/memory-quota";
import * as pressures from "../../../assembly/quota/pressure";
import { BENIGN, DESTRUCTIVE, IDLE } from "../../../assembly/quota/reclamation";
import * as clock from "../../../assembly/time/clock";
import { body, equal, expect, fail, note, noted, sequence } from "./harness";
import { Random } from "./random";

const SECOND_NS: u64 = 1_000_000_000;
const MIB: u32 = 1 << 20;

const slice = changetype<Slice>(memory.data(16, 8));
let quota: MemoryQuota = changetype<MemoryQuota>(0);
let first: MemoryAllocator = changetype<MemoryAllocator>(0);
let second: MemoryAllocator = changetype<MemoryAllocator>(0);
let third: MemoryAllocator = changetype<MemoryAllocator>(0);
let sweeping: bool = false;
let heldSweep: u32 = 0;

export function add(): void {
  addGrants();
  addReclaimers();
  addLives();
}

function begin(sizeBytes: i64): void {
  quota = quotas.create(sizeBytes);
  first = allocators.create(quota);
}

function end(): void {
  allocators.shutdown(first);
  quotas.destroy(quota);
}

function addGrants(): void {
  body("grant-most", "should grant the most, ten thousand times, without pressure")
    .then((): void => {
      begin(quotas.UNLIMITED);
      for (let i = 0; i < 10_000; i++) {
        equal(allocators.reserve(first, 100, 40_000), 40_000, "bytes granted");
        allocators.release(first, 40_000);
      }
      end();
    });

  body("grant-sixteenth", "should recommend no more than a sixteenth of the quota, or the least that is asked for")
    .then((): void => {
      begin(16 * MIB);
      equal(allocators.reserve(first, 10, 3 * MIB), MIB, "bytes of a quota of sixteen times that");
      allocators.release(first, MIB);
      equal(allocators.reserve(first, 2 * MIB, 3 * MIB), 2 * MIB, "bytes when that is the least");
      allocators.release(first, 2 * MIB);
      end();
    });

  body("grant-pressure", "should grant less from a pressure of 0.8 on, and the least at 1")
    .then((): void => {
      begin(16 * MIB);
      const taken = allocators.reserve(first, 16 * MIB, 16 * MIB);
      expect(quotas.pressureOf(quota) == 1.0, "a full quota to report 1");
      equal(allocators.reserve(first, 1000, 201_000), 1000, "bytes at 1");
      allocators.release(first, 1000);
      allocators.release(first, taken);
      fallAndCompare();
      end();
    });

  body("pressure-controller", "should report 0 far below the target and 1 far above, rise at once and fall slowly")
    .then((): void => {
      const pressure = pressures.create();
      expect(pressures.control(pressure, -1) == 0.0, "0 after a round far below");
      expect(pressures.control(pressure, 1) == 1.0, "1 after a round far above");
      let last: f64 = 1;
      for (let i = 0; i < 1000; i++) {
        const next = pressures.control(pressure, -1);
        expect(next <= last && last - next <= 0.003 + 1e-12, "a fall of 0.003 per round at most");
        last = next;
      }
      expect(last < 0.6, "the fall to go on");
      pressures.destroy(pressure);
    });
}

/** The pressure falls round by round; what is granted follows it in a straight line between 0.8 and 1. */
function fallAndCompare(): void {
  let nowNs = clock.now();
  let between = 0;
  for (let round = 0; round < 200; round++) {
    nowNs += SECOND_NS;
    quotas.tick(nowNs);
    const pressure = quotas.pressureOf(quota);
    const part = pressure > 0.8 ? (1 - pressure) / 0.2 : 1;
    const wanted: u32 = 1000 + <u32>(200_000 * part);
    const granted = allocators.reserve(first, 1000, 201_000);
    allocators.release(first, granted);
    if (pressure > 0.81 && pressure < 0.99) between++;
    if (granted + 1 < wanted || granted > wanted + 1) return equal(granted, wanted, "bytes at " + pressure.toString());
  }
  expect(between > 20, "rounds with a pressure in between");
}

/** Notes who was asked, and holds the sweep until a task of a later turn finishes it. */
function reclaim(owner: usize, sweep: u32): void {
  if (!sweep) return note(owner + 100);
  expect(!sweeping, "one reclaimer at a time");
  sweeping = true;
  heldSweep = sweep;
  note(owner);
  tasks.run((who: usize): void => {
    sweeping = false;
    quotas.finishSweep(heldSweep);
  }, owner);
}

/** Gives everything back at once. */
function reclaimAll(owner: usize, sweep: u32): void {
  if (!sweep) return note(owner + 100);
  note(owner);
  allocators.release(first, 8192);
  quotas.finishSweep(sweep);
}

function addReclaimers(): void {
  body("reclaim-order", "should overcommit, and ask benign ones, then idle, then destructive, one at a time")
    .then((): void => {
      begin(4096);
      second = allocators.create(quota);
      third = allocators.create(quota);
      allocators.postReclaimer(third, DESTRUCTIVE, reclaim, 5);
      allocators.postReclaimer(first, IDLE, reclaim, 3);
      allocators.postReclaimer(second, DESTRUCTIVE, reclaim, 6);
      allocators.postReclaimer(first, BENIGN, reclaim, 1);
      allocators.postReclaimer(second, IDLE, reclaim, 4);
      allocators.postReclaimer(second, BENIGN, reclaim, 2);
      equal(allocators.reserve(first, 10_000, 10_000), 10_000, "bytes granted");
      expect(quota.freeBytes < 0, "a quota that is overcommitted");
      equal(noted(), 0, "calls inside the reservation");
    })
    .until((): bool => noted() >= 6)
    .until((): bool => !sweeping)
    .then((): void => {
      sequence([1, 2, 3, 4, 5, 6], "the order of the passes");
      allocators.release(first, 10_000);
      allocators.shutdown(second);
      allocators.shutdown(third);
      end();
    });

  body("reclaim-enough", "should ask nobody any more once enough was given back")
    .then((): void => {
      begin(8192);
      allocators.postReclaimer(first, BENIGN, reclaimAll, 1);
      allocators.postReclaimer(first, DESTRUCTIVE, reclaimAll, 2);
      allocators.reserve(first, 8192, 8192);
      allocators.reserve(first, 1000, 1000);
    })
    .until((): bool => noted() > 0)
    .then((): void => tasks.run((owner: usize): void => tasks.run((inner: usize): void => note(9), 0), 0))
    .until((): bool => noted() > 1)
    .then((): void => {
      sequence([1, 9], "only the benign one");
      allocators.release(first, 1000);
      end();
      sequence([1, 9, 102], "the other one to hear that it is over");
    });

  body("reclaim-cancelled", "should tell a reclaimer that it was replaced, or that its allocator is gone")
    .then((): void => {
      begin(quotas.UNLIMITED);
      second = allocators.create(quota);
      allocators.postReclaimer(first, BENIGN, reclaim, 1);
      allocators.postReclaimer(second, BENIGN, reclaim, 2);
      allocators.postReclaimer(first, BENIGN, reclaim, 3);
      sequence([101], "the replaced one");
      allocators.shutdown(second);
      sequence([101, 102], "the one whose allocator is gone");
      end();
      sequence([101, 102, 103], "the last one");
    });
}

function addLives(): void {
  body("slice-outlives", "should keep a slice whose allocator and quota are gone, and free all three with it")
    .then((): void => {
      begin(MIB);
      const live = quotas.liveQuotas();
      allocators.makeSlice(first, 100, 5000, slice);
      expect(slices.lengthOf(slice) >= 100, "at least the least");
      memory.fill(slices.addressOf(slice), 7, slices.lengthOf(slice));
      end();
      equal(quotas.liveQuotas(), live, "quotas while the slice lives");
      for (let i: u32 = 0; i < slices.lengthOf(slice); i++) {
        if (load<u8>(slices.addressOf(slice) + i) != 7) return fail("expected the slice's bytes to stay");
      }
      slices.clear(slice);
      equal(quotas.liveQuotas(), live - 1, "quotas without it");
    });

  body("slice-charged", "should charge a slice with its header, and give the same back")
    .then((): void => {
      begin(MIB);
      allocators.makeSlice(first, 5000, 5000, slice);
      equal(allocators.outstandingBytes(first), slices.lengthOf(slice) + blocks.HEADER_BYTES, "bytes charged");
      slices.clear(slice);
      equal(allocators.outstandingBytes(first), 0, "bytes charged after it");
      end();
    });

  body("quota-resize", "should count right through a thousand random sizes and reservations")
    .then((): void => {
      begin(MIB);
      const random = Random.seeded();
      let reserved: u32 = 0;
      for (let step = 0; step < 1000; step++) {
        const choice = random.below(3);
        if (choice == 0) {
          quotas.setSize(quota, random.below(8 * MIB));
        } else if (choice == 1 && reserved < 64 * MIB) {
          const most = random.below(MIB) + 1;
          const least = random.below(most) + 1;
          const granted = allocators.reserve(first, least, most);
          expect(granted >= least && granted <= most, "a grant between least and most; " + random.text());
          reserved += granted;
        } else {
          const part = random.below(reserved + 1);
          allocators.release(first, part);
          reserved -= part;
        }
        equal(allocators.outstandingBytes(first), reserved, "bytes outstanding; " + random.text());
        equal(quota.freeBytes, quota.sizeBytes - <i64>first.takenBytes, "bytes free; " + random.text());
      }
      allocators.release(first, reserved);
      end();
    });
}
