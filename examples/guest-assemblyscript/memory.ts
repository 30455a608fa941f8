// What the canonical ABI asks of a guest's memory: an allocator for what comes back, and a place for results.
//
// There is no tool that writes these bindings for AssemblyScript, and none is needed. An imported function takes
// numbers: a resource is an i32, a string or a list a pointer and a length, a record its fields one after the other.
// What does not fit into one number is written where the last parameter points.

/** Results are written here and read at once. The largest has 40 bytes. */
export const results: usize = memory.data(64, 8);

/** Lists and strings that come back are put where this says; whoever reads them frees them. */
export function cabi_realloc(old: usize, _oldSize: usize, _align: usize, size: usize): usize {
  return old ? heap.realloc(old, size) : heap.alloc(size);
}

/** The string that is at `results` plus `offset`, as pointer and length. It is freed. */
export function takeString(at: usize): string {
  const bytes = load<usize>(at);
  const text = String.UTF8.decodeUnsafe(bytes, load<usize>(at, 4));
  heap.free(bytes);
  return text;
}

/** A failed assertion: the program ends. */
export function abort(_message: string | null, _file: string | null, _line: u32, _column: u32): void {
  unreachable();
}
