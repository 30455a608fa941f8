// Cheap random numbers, the same sequence as in the native rivals (xorshift), so that all arms do the same work.

let state: u32 = 0x9e3779b9;

export function word(): u32 {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

export function below(end: u32): u32 {
  return <u32>((<u64>word() * <u64>end) >> 32);
}

/** Addresses of `count` words that hold 0 to `count` - 1 in random order. The caller frees it. */
export function shuffled(count: u32): usize {
  const order = heap.alloc(<usize>count << 2);
  for (let i: u32 = 0; i < count; i++) {
    const other = below(i + 1);
    store<u32>(order + (<usize>i << 2), load<u32>(order + (<usize>other << 2)));
    store<u32>(order + (<usize>other << 2), i);
  }
  return order;
}
