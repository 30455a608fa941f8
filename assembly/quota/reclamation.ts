// Reclamation: who can give memory up, and asking them one at a time.
//
//             short                  a reclaimer's turn
//   RESTING ---------> DUE ---------------------------> SWEEPING
//    ^   ^              |  nobody to ask,                   |
//    |   +--------------+  or no longer short               |  finish(sweep), at once
//    +------------------------------------------------------+  or much later
//
// Benign reclaimers (that cost nobody anything) are asked first, then idle ones, then destructive ones; within one
// pass in the order in which they were posted. A reclaimer is asked once; it may post itself again. One that is
// cancelled is taken out at once, wherever it stands, so the dead do not gather.

import { Pool } from "../base/pool";
import * as due from "./due";
import { DueItem } from "./due";

export const BENIGN: u32 = 0;
export const IDLE: u32 = 1;
export const DESTRUCTIVE: u32 = 2;
export const PASSES: u32 = 3;

@unmanaged
export class Reclaimer {
  /** The list that it is on, and its neighbours there. */
  reclamation: Reclamation;
  previous: usize;
  next: usize;
  pass: u32;
  /** Address of the poster's word that holds this reclaimer; zeroed when it leaves the list. */
  home: usize;
  /** Table index of a `(owner: usize, sweep: u32) => void`. */
  run: u32;
  owner: usize;
}

@unmanaged
export class Reclamation extends DueItem {
  /** First and last reclaimer of each pass. */
  firstBenign: usize;
  lastBenign: usize;
  firstIdle: usize;
  lastIdle: usize;
  firstDestructive: usize;
  lastDestructive: usize;
  /** The sweep that is not finished, 0 without one. */
  sweep: u32;
  /** Memory is short. */
  wanted: bool;
  /** Table index of a `(owner: usize) => bool`: asked right before a sweep whether memory is still short. */
  isShort: u32;
  owner: usize;
  /** On the list of those with a sweep. */
  nextSweeping: usize;
}

const reclamations = new Pool(offsetof<Reclamation>(), 4);
const reclaimers = new Pool(offsetof<Reclaimer>());
let firstSweeping: usize = 0;
let latestSweep: u32 = 0;

/**
 * `isShort(owner)` says whether somebody must be asked now. It may free memory itself that costs nobody anything, and
 * say no because it is not done with that; then it makes the reclamation due again.
 */
export function create(isShort: (owner: usize) => bool, owner: usize): Reclamation {
  const reclamation = changetype<Reclamation>(reclamations.take());
  reclamation.whenDue = sweepNext.index;
  reclamation.isShort = isShort.index;
  reclamation.owner = owner;
  return reclamation;
}

/** No reclaimer and no sweep may be left. */
export function destroy(reclamation: Reclamation): void {
  assert(!hasReclaimer(reclamation) && reclamation.sweep == 0);
  due.remove(reclamation);
  reclamations.give(changetype<usize>(reclamation));
}

/** Reclaimers that are queued. */
export function liveReclaimers(): i32 {
  return reclaimers.live;
}

/** Says whether memory is short; a sweep follows when it is. */
export function setWanted(reclamation: Reclamation, wanted: bool): void {
  reclamation.wanted = wanted;
  if (wanted) proceed(reclamation);
}

/**
 * Queues a reclaimer. `run(owner, sweep)` is called once: with a sweep when it is asked, from `runDue` and never
 * inside of another call; with 0 when it is cancelled. What it was asked is over when `finish(sweep)` is called.
 * The reclaimer is kept in the word at `home` until then. One that is there already is cancelled, last of all.
 */
export function post(
  reclamation: Reclamation, pass: u32, home: usize, run: (owner: usize, sweep: u32) => void, owner: usize,
): void {
  const before = load<usize>(home);
  const runBefore = before ? changetype<Reclaimer>(before).run : 0;
  const ownerBefore = before ? changetype<Reclaimer>(before).owner : 0;
  if (before) takeOut(changetype<Reclaimer>(before));
  const reclaimer = changetype<Reclaimer>(reclaimers.take());
  reclaimer.reclamation = reclamation;
  reclaimer.pass = pass;
  reclaimer.home = home;
  reclaimer.run = run.index;
  reclaimer.owner = owner;
  const ends = endsOf(reclamation, pass);
  const last = load<usize>(ends, 4);
  reclaimer.previous = last;
  if (last) changetype<Reclaimer>(last).next = changetype<usize>(reclaimer);
  else store<usize>(ends, changetype<usize>(reclaimer));
  store<usize>(ends, changetype<usize>(reclaimer), 4);
  store<usize>(home, changetype<usize>(reclaimer));
  proceed(reclamation);
  if (before) call_indirect<void>(runBefore, ownerBefore, 0);
}

/** Takes the reclaimer out and calls it with 0, before this returns. */
export function cancel(reclaimer: Reclaimer): void {
  takeOutAndRun(reclaimer, 0);
}

/** Ends the sweep, once; the next reclaimer is asked, a little later, if memory is short still. */
export function finish(sweep: u32): void {
  let link: usize = 0;
  let at = firstSweeping;
  while (at && changetype<Reclamation>(at).sweep != sweep) {
    link = at;
    at = changetype<Reclamation>(at).nextSweeping;
  }
  assert(at != 0, "no such sweep, or finished before");
  const reclamation = changetype<Reclamation>(at);
  if (link) changetype<Reclamation>(link).nextSweeping = reclamation.nextSweeping;
  else firstSweeping = reclamation.nextSweeping;
  reclamation.sweep = 0;
  proceed(reclamation);
}

function proceed(reclamation: Reclamation): void {
  if (reclamation.wanted && reclamation.sweep == 0) due.add(reclamation);
}

function sweepNext(item: usize): void {
  const reclamation = changetype<Reclamation>(item);
  if (reclamation.sweep != 0 || !reclamation.wanted) return;
  if (!call_indirect<bool>(reclamation.isShort, reclamation.owner)) return;
  if (!hasReclaimer(reclamation)) return; // `post` makes it due again
  const next = reclamation.firstBenign || reclamation.firstIdle || reclamation.firstDestructive;
  latestSweep++;
  if (latestSweep == 0) latestSweep = 1;
  reclamation.sweep = latestSweep;
  reclamation.nextSweeping = firstSweeping;
  firstSweeping = item;
  takeOutAndRun(changetype<Reclaimer>(next), latestSweep);
}

function takeOutAndRun(reclaimer: Reclaimer, sweep: u32): void {
  const run = reclaimer.run;
  const owner = reclaimer.owner;
  takeOut(reclaimer);
  call_indirect<void>(run, owner, sweep);
}

function takeOut(reclaimer: Reclaimer): void {
  const ends = endsOf(reclaimer.reclamation, reclaimer.pass);
  if (reclaimer.previous) changetype<Reclaimer>(reclaimer.previous).next = reclaimer.next;
  else store<usize>(ends, reclaimer.next);
  if (reclaimer.next) changetype<Reclaimer>(reclaimer.next).previous = reclaimer.previous;
  else store<usize>(ends, reclaimer.previous, 4);
  store<usize>(reclaimer.home, 0);
  reclaimers.give(changetype<usize>(reclaimer));
}

@inline function hasReclaimer(reclamation: Reclamation): bool {
  return (reclamation.firstBenign | reclamation.firstIdle | reclamation.firstDestructive) != 0;
}

/** Address of the two words that hold the first and the last reclaimer of a pass. */
@inline function endsOf(reclamation: Reclamation, pass: u32): usize {
  return changetype<usize>(reclamation) + offsetof<Reclamation>("firstBenign") + (<usize>pass << 3);
}
