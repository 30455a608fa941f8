// The contracts of slices, buffers, quotas and allocators.
//
// Their bytes lie in the engine's linear memory, which no garbage collector looks after: whoever makes one of these
// objects destroys it (`destroy()`, `shutdown()` or `using`). `EventEngine.live()` counts what was forgotten. Objects
// of one engine are refused by another one.

/** Immutable bytes with a reference count; a slice object holds one reference. */
export interface Slice extends Disposable {
  readonly length: number;
  /** The bytes in place. The view is valid until the next call into the engine: read it, do not keep it. */
  view(): Uint8Array;
  /** A copy of the bytes, the caller's for good. */
  toUint8Array(): Uint8Array;
  toString(): string;
  /** Bytes `begin` to `end` as a slice of its own, which shares them. */
  sub(begin: number, end: number): Slice;
  /** Another slice object for the same bytes. */
  ref(): Slice;
  /** Drops the reference; the bytes go with the last one. Idempotent. */
  destroy(): void;
}

/** What can be put into a buffer. Bytes and text (as UTF-8) are copied; of a slice a further reference is taken. */
export type SliceSource = Uint8Array | string | Slice;

/** A sequence of slices: what endpoints read into and write from. May be reused, and should be. */
export interface SliceBuffer extends Disposable {
  /** Bytes in all slices. */
  readonly length: number;
  /** Number of slices. */
  readonly count: number;
  append(data: SliceSource): void;
  prepend(data: SliceSource): void;
  /** Takes the first slice out; the caller destroys it. Refused when there is none. */
  takeFirst(): Slice;
  /** Moves the first `n` bytes to the end of `target`, without copying whole slices. Refused beyond `length`. */
  moveFirst(n: number, target: SliceBuffer): void;
  /** Moves the last `n` bytes to the end of `target`, in order. Refused beyond `length`. */
  moveLast(n: number, target: SliceBuffer): void;
  /** Drops the last `n` bytes. Refused beyond `length`. */
  trimEnd(n: number): void;
  clear(): void;
  swap(other: SliceBuffer): void;
  /**
   * The bytes of slice `index` in place. The view is valid until the next call into the engine (memory that grows
   * detaches it, and other slices may move in): read it, do not keep it.
   */
  at(index: number): Uint8Array;
  /** As `at`, to be written to: a slice that others share is copied first. */
  mutableAt(index: number): Uint8Array;
  /** `n` bytes appended, uninitialized, to be filled at once: saves the copy that `append` makes. */
  appendSpace(n: number): Uint8Array;
  /** Copies bytes from offset `from` on into `target`; answers how many. The buffer keeps them. */
  copyTo(target: Uint8Array, from?: number): number;
  /** A copy of all bytes, the caller's for good. */
  toUint8Array(): Uint8Array;
  /** All bytes read as UTF-8. */
  toString(): string;
  /** Gives the slices back. Idempotent; refused while an outstanding read or write uses the buffer. */
  destroy(): void;
}

/** Bytes wanted: exactly, or between two bounds. At most 1 GiB. */
export type MemoryRequest = number | { readonly min: number; readonly max: number };

/** Which reclaimers are asked first when memory runs out: all benign ones, then idle, then destructive. */
export type ReclamationPass = "benign" | "idle" | "destructive";

/** One turn of giving memory back; no other reclaimer of the quota runs before `finish`. */
export interface ReclamationSweep extends Disposable {
  /** Says that what can be given back has been. Idempotent. */
  finish(): void;
}

/** A bound on memory that allocators share. It may be exceeded; then reclaimers are asked to give back. */
export interface MemoryQuota extends Disposable {
  readonly name: string;
  /** Bytes; may be set at any time, also below what is taken. `Infinity`, the default, is no bound. */
  sizeBytes: number;
  /** Bytes not taken; below zero when overcommitted. */
  readonly freeBytes: number;
  /** 0 (plenty) to 1 (exhausted), smoothed over time. */
  readonly pressure: number;
  createAllocator(name: string): MemoryAllocator;
  /**
   * No more allocators; those that there are live on, and share it until the last one ends. Idempotent. Refused for
   * the engine's own quota, which ends with the engine.
   */
  destroy(): void;
}

/** Bytes reserved until `destroy`. */
export interface Reservation extends Disposable {
  readonly bytes: number;
  destroy(): void;
}

/** A value whose bytes are reserved as long as it lives. */
export interface Owned<T> extends Disposable {
  readonly value: T;
  /** Releases the bytes; disposes of the value when it is disposable. Idempotent. */
  destroy(): void;
}

/** Accounts for the elements of a collection that somebody else stores. */
export interface ContainerAllocator {
  readonly elementBytes: number;
  allocate(count: number): void;
  deallocate(count: number): void;
}

/** A growable array whose capacity is charged to an allocator. */
export interface MemoryVector<T> extends Disposable, Iterable<T> {
  readonly length: number;
  readonly capacity: number;
  push(value: T): void;
  pop(): T | undefined;
  at(index: number): T | undefined;
  /** Drops the elements and releases what they were charged. Idempotent. */
  destroy(): void;
}

/**
 * Takes memory from a quota on behalf of one user of it, for example one connection (2022 text: MemoryAllocator).
 * Reservations never fail and never wait. After `shutdown` only `release` is allowed: what was reserved before may
 * outlive the allocator.
 */
export interface MemoryAllocator extends Disposable {
  readonly name: string;
  /** False after `shutdown`. */
  readonly isValid: boolean;
  /** Answers how many bytes were reserved: between min and max, fewer under pressure. */
  reserve(request: MemoryRequest): number;
  /** Gives `bytes` back. More than is reserved is refused. */
  release(bytes: number): void;
  makeReservation(request: MemoryRequest): Reservation;
  /** A slice of as many bytes as are granted. Its memory is released when the last reference goes. */
  makeSlice(request: MemoryRequest): Slice;
  /** Reserves `bytes`, then makes the value (2022 text: New, MakeUnique). */
  makeUnique<T>(bytes: number, make: () => T): Owned<T>;
  container(elementBytes: number): ContainerAllocator;
  vector<T>(elementBytes: number): MemoryVector<T>;
  /**
   * Offers to give memory back. `reclaim` runs exactly once, never inline: with a sweep when memory is short, with
   * null when the offer ended (shut down, or replaced by another one for the same pass).
   */
  postReclaimer(pass: ReclamationPass, reclaim: (sweep: ReclamationSweep | null) => void): void;
  /**
   * Ends it: reclaimers are called with null. Idempotent. What a connection is charged to really ends with that
   * connection, and then in any case.
   */
  shutdown(): void;
}

/** Makes the allocator of each accepted connection. `name` is the peer's address as text. */
export interface MemoryAllocatorFactory {
  createMemoryAllocator(name: string): MemoryAllocator;
}

export interface MemoryQuotaOptions {
  readonly name?: string;
  readonly sizeBytes?: number;
}
