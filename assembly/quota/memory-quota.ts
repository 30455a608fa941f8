// A memory quota: how many bytes its allocators may use together.
//
//   size = free + what every allocator took            after every step; free may be negative: overcommitted
//
// Taking never fails. When more is taken than there is, or when somebody waits for more than is free, the quota is
// short: caches are collected first, then reclaimers are asked (reclamation.ts) until it is not.
//
//   create --> living -- destroy() --> closing: allocators and a sweep still use it --> freed

import { Pool } from "../base/pool";
import * as due from "./due";
import { DueItem } from "./due";
import * as pressures from "./pressure";
import { Pressure } from "./pressure";
import * as reclamation from "./reclamation";
import { Reclamation } from "./reclamation";

/** The size of a quota without a limit. */
export const UNLIMITED: i64 = i64.MAX_VALUE;
/** Far beyond what any accounting can mean; a quota that gets there has a bug. */
const OVERCOMMIT_MAX: i64 = 1 << 62;
/** Allocators whose caches one run looks at; the rest of a large quota's is looked at by the next ones. */
const CACHES_PER_RUN_MAX: u32 = 4096;

@unmanaged
export class MemoryQuota {
  sizeBytes: i64;
  /** Negative when overcommitted. */
  freeBytes: i64;
  /** What the first waiter waits for, 0 without one. */
  waitingBytes: i64;
  pressure: Pressure;
  reclamation: Reclamation;
  /** A ring of accounts; the first is the one whose cache is collected next. */
  firstAccount: usize;
  firstWaiter: usize;
  lastWaiter: usize;
  previous: usize;
  next: usize;
  accounts: u32;
  /** Accounts that the present lap for caches has not come to. */
  lapLeft: u32;
  closing: bool;
}

/** What a quota knows of an allocator. */
@unmanaged
export class Account {
  quota: MemoryQuota;
  /** Bytes kept for the next requests: taken, and in use by nobody. */
  cachedBytes: u32;
  /** Bytes taken from the quota. */
  takenBytes: i64;
  previous: usize;
  next: usize;
  /** Waiters of this account that are in the quota's line. */
  waiters: u32;
}

/** What a quota knows of somebody who waits for bytes. It becomes due when it was given them or was cancelled. */
@unmanaged
export class Waiter extends DueItem {
  account: Account;
  bytes: i64;
  previous: usize;
  next: usize;
  isCancelled: bool;
}

const pool = new Pool(offsetof<MemoryQuota>(), 8);
let firstQuota: usize = 0;

/** The time that the engine told us last; this layer reads no clock. */
export let latestNs: u64 = 0;
let nextRoundNs: u64 = 0;

/** A quota of `sizeBytes` (0 or more; UNLIMITED for no limit). The caller owns it until `destroy`. */
export function create(sizeBytes: i64): MemoryQuota {
  assert(sizeBytes >= 0, "a negative size");
  const quota = changetype<MemoryQuota>(pool.take());
  quota.sizeBytes = sizeBytes;
  quota.freeBytes = sizeBytes;
  quota.pressure = pressures.create();
  quota.reclamation = reclamation.create(collectCaches, changetype<usize>(quota));
  quota.next = firstQuota;
  if (firstQuota) changetype<MemoryQuota>(firstQuota).previous = changetype<usize>(quota);
  firstQuota = changetype<usize>(quota);
  return quota;
}

/** Gives the quota up. It lives on for the allocators that use it, which work as before. */
export function destroy(quota: MemoryQuota): void {
  assert(!quota.closing, "the quota is destroyed");
  quota.closing = true;
  freeIfUnused(quota);
}

/** Quotas that are not freed, those that live on for their allocators included. */
export function liveQuotas(): i32 {
  return pool.live;
}

/** Makes the quota larger or smaller. Made smaller than what is in use, it is overcommitted and reclaims. */
export function setSize(quota: MemoryQuota, sizeBytes: i64): void {
  assert(sizeBytes >= 0, "a negative size");
  const grown = sizeBytes - quota.sizeBytes;
  quota.sizeBytes = sizeBytes;
  if (grown < 0) take(quota, -grown);
  else giveBack(quota, grown);
}

/** Reported pressure, 0 to 1; a new sample is taken on the way. */
export function pressureOf(quota: MemoryQuota): f64 {
  return pressures.sample(quota.pressure, usedPart(quota));
}

/** Bytes in use / size, at this moment: 0 to 1. */
export function usedPart(quota: MemoryQuota): f64 {
  if (quota.sizeBytes < 1 || quota.freeBytes <= 0) return 1;
  return <f64>(quota.sizeBytes - quota.freeBytes) / <f64>quota.sizeBytes;
}

/** Largest request that the quota recommends: one part in 16 of its size. */
@inline export function recommendedMax(quota: MemoryQuota): i64 {
  return quota.sizeBytes >> 4;
}

/** Tells all quotas the time, once per turn; it costs a comparison. Pressure moves in rounds of a second. */
export function tick(nowNs: u64): void {
  latestNs = nowNs;
  if (nowNs < nextRoundNs) return;
  nextRoundNs = nowNs + pressures.ROUND_NS;
  for (let at = firstQuota; at; at = changetype<MemoryQuota>(at).next) {
    const quota = changetype<MemoryQuota>(at);
    pressures.update(quota.pressure, nowNs, usedPart(quota));
    nextRoundNs = min(nextRoundNs, quota.pressure.roundEndNs);
  }
}

/** More is taken than there is, or somebody waits for more than is free. */
@inline export function isShort(quota: MemoryQuota): bool {
  return quota.freeBytes < quota.waitingBytes;
}

/** Bytes that may be taken without making anybody wait longer. */
@inline export function availableBytes(quota: MemoryQuota): i64 {
  return quota.waitingBytes ? 0 : quota.freeBytes;
}

/** Takes bytes, whether they are there or not. */
export function take(quota: MemoryQuota, bytes: i64): void {
  quota.freeBytes -= bytes;
  assert(quota.freeBytes > -OVERCOMMIT_MAX, "overcommitted without bound");
  if (isShort(quota)) reclamation.setWanted(quota.reclamation, true);
}

/** Gives bytes back, to those who wait for some first. */
export function giveBack(quota: MemoryQuota, bytes: i64): void {
  quota.freeBytes += bytes;
  serve(quota);
}

/** From here on `account` takes from `quota`, which lives on at least until `leave`. */
export function join(quota: MemoryQuota, account: Account): void {
  assert(!quota.closing, "the quota is destroyed");
  account.quota = quota;
  const self = changetype<usize>(account);
  if (quota.firstAccount) {
    const first = changetype<Account>(quota.firstAccount);
    account.next = quota.firstAccount;
    account.previous = first.previous;
    changetype<Account>(first.previous).next = self;
    first.previous = self;
  } else {
    account.next = self;
    account.previous = self;
    quota.firstAccount = self;
  }
  quota.accounts++;
}

/** The account has given everything back. */
export function leave(account: Account): void {
  assert(account.takenBytes == 0);
  const quota = account.quota;
  const self = changetype<usize>(account);
  if (account.next == self) {
    quota.firstAccount = 0;
  } else {
    changetype<Account>(account.next).previous = account.previous;
    changetype<Account>(account.previous).next = account.next;
    if (quota.firstAccount == self) quota.firstAccount = account.next;
  }
  quota.accounts--;
  freeIfUnused(quota);
}

/** Puts the waiter at the end of the line. It becomes due when its account has taken the bytes, or cancelled. */
export function wait(waiter: Waiter): void {
  const account = waiter.account;
  const quota = account.quota;
  const self = changetype<usize>(waiter);
  account.waiters++;
  waiter.next = 0;
  waiter.previous = quota.lastWaiter;
  if (quota.lastWaiter) changetype<Waiter>(quota.lastWaiter).next = self;
  else quota.firstWaiter = self;
  quota.lastWaiter = self;
  serve(quota);
}

/** Takes every waiter of the account out of the line: they are due, cancelled, and were given nothing. */
export function cancelWaiters(account: Account): void {
  const quota = account.quota;
  let at = quota.firstWaiter;
  while (account.waiters != 0) {
    const waiter = changetype<Waiter>(at);
    at = waiter.next;
    if (waiter.account != account) continue;
    takeOutOfLine(quota, waiter);
    waiter.isCancelled = true;
    due.add(waiter);
  }
  serve(quota);
}

/** Ends a sweep that a reclaimer was called with. */
export function finishSweep(sweep: u32): void {
  reclamation.finish(sweep);
  // A quota that was destroyed meanwhile is freed now; which one it was only the list knows.
  for (let at = firstQuota; at;) {
    const quota = changetype<MemoryQuota>(at);
    at = quota.next;
    freeIfUnused(quota);
  }
}

/** Gives bytes to those who wait, in their order, as long as there are some; then says whether it is short. */
function serve(quota: MemoryQuota): void {
  while (quota.firstWaiter) {
    const waiter = changetype<Waiter>(quota.firstWaiter);
    if (quota.freeBytes < waiter.bytes) break;
    takeOutOfLine(quota, waiter);
    quota.freeBytes -= waiter.bytes;
    waiter.account.takenBytes += waiter.bytes;
    due.add(waiter);
  }
  quota.waitingBytes = quota.firstWaiter ? changetype<Waiter>(quota.firstWaiter).bytes : 0;
  reclamation.setWanted(quota.reclamation, isShort(quota));
}

function takeOutOfLine(quota: MemoryQuota, waiter: Waiter): void {
  waiter.account.waiters--;
  if (waiter.previous) changetype<Waiter>(waiter.previous).next = waiter.next;
  else quota.firstWaiter = waiter.next;
  if (waiter.next) changetype<Waiter>(waiter.next).previous = waiter.previous;
  else quota.lastWaiter = waiter.previous;
}

/**
 * Before anybody is asked to give something up: bytes that are only kept come back, in one lap over all accounts.
 * True when the lap is over and the quota is short still.
 */
function collectCaches(owner: usize): bool {
  const quota = changetype<MemoryQuota>(owner);
  if (quota.lapLeft == 0) quota.lapLeft = quota.accounts;
  for (let left = min(quota.lapLeft, CACHES_PER_RUN_MAX); left > 0 && isShort(quota); left--) {
    const account = changetype<Account>(quota.firstAccount);
    quota.firstAccount = account.next;
    quota.lapLeft--;
    const bytes = account.cachedBytes;
    if (bytes == 0) continue;
    account.cachedBytes = 0;
    account.takenBytes -= bytes;
    giveBack(quota, bytes);
  }
  if (!isShort(quota)) quota.lapLeft = 0;
  if (quota.lapLeft == 0) return isShort(quota);
  due.add(quota.reclamation);
  return false;
}

function freeIfUnused(quota: MemoryQuota): void {
  if (!quota.closing || quota.accounts != 0 || quota.reclamation.sweep != 0) return;
  reclamation.destroy(quota.reclamation);
  pressures.destroy(quota.pressure);
  if (quota.previous) changetype<MemoryQuota>(quota.previous).next = quota.next;
  else firstQuota = quota.next;
  if (quota.next) changetype<MemoryQuota>(quota.next).previous = quota.previous;
  pool.give(changetype<usize>(quota));
}
