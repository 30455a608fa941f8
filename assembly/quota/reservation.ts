// A reservation: bytes of an allocator that are given back when the reservation is destroyed.

import { Pool } from "../base/pool";
import * as allocators from "./memory-allocator";
import { MemoryAllocator } from "./memory-allocator";

@unmanaged
export class Reservation {
  allocator: MemoryAllocator;
  /** Bytes that were granted. */
  bytes: u32;
}

const pool = new Pool(offsetof<Reservation>());

/** Reserves `least` to `most` bytes; see `reserve`. The caller owns the reservation until `destroy`. */
export function create(allocator: MemoryAllocator, least: u32, most: u32): Reservation {
  const bytes = allocators.reserve(allocator, least, most);
  const reservation = changetype<Reservation>(pool.take());
  reservation.allocator = allocator;
  reservation.bytes = bytes;
  return reservation;
}

/** Gives the bytes back; also after the allocator was shut down. */
export function destroy(reservation: Reservation): void {
  const allocator = reservation.allocator;
  const bytes = reservation.bytes;
  pool.give(changetype<usize>(reservation));
  allocators.release(allocator, bytes);
}

/** Reservations that were not destroyed. */
export function liveReservations(): i32 {
  return pool.live;
}
