// The probe of the lowest layers: word-vector, pool and the arena. Objects cross as their addresses.

import * as arena from "../../../assembly/abi/arena";
import { ARENA_BYTES } from "../../../assembly/base/limits";
import { Pool } from "../../../assembly/base/pool";
import { Slots } from "../../../assembly/base/slots";
import { WordVector } from "../../../assembly/base/word-vector";
import "../../../assembly/wasi/abort";

export function vectorCreate(capacity: i32): WordVector {
  return new WordVector(capacity);
}

export function vectorLength(vector: WordVector): i32 {
  return vector.length;
}

export function vectorStart(vector: WordVector): usize {
  return vector.start;
}

export function vectorGet(vector: WordVector, index: i32): u32 {
  return vector.get(index);
}

export function vectorSet(vector: WordVector, index: i32, word: u32): void {
  vector.set(index, word);
}

export function vectorPush(vector: WordVector, word: u32): void {
  vector.push(word);
}

export function vectorPop(vector: WordVector): u32 {
  return vector.pop();
}

export function vectorExtend(vector: WordVector, length: i32): void {
  vector.extend(length);
}

export function poolCreate(recordBytes: usize, chunkRecords: usize): Pool {
  return new Pool(recordBytes, chunkRecords);
}

export function poolTake(pool: Pool): usize {
  return pool.take();
}

export function poolGive(pool: Pool, record: usize): void {
  pool.give(record);
}

export function poolLive(pool: Pool): i32 {
  return pool.live;
}

export function slotsCreate(): Slots {
  return new Slots();
}

export function slotsTake(slots: Slots, record: usize): u32 {
  return slots.take(record);
}

export function slotsGeneration(slots: Slots): u32 {
  return slots.generation;
}

export function slotsForget(slots: Slots, slot: u32): void {
  slots.forget(slot);
}

export function slotsFind(slots: Slots, slot: u32, generation: u32): usize {
  return slots.find(slot, generation);
}

export function arenaBytes(): i32 {
  return ARENA_BYTES;
}

export function mark(): usize {
  return arena.mark();
}

export function release(position: usize): void {
  arena.release(position);
}

export function realloc(old: usize, oldSize: usize, align: usize, size: usize): usize {
  return arena.realloc(old, oldSize, align, size);
}

export function redirect(address: usize, capacity: usize): void {
  arena.redirect(address, capacity);
}

export function usedBytes(): i32 {
  return arena.usedBytes();
}
