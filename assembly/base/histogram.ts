// A histogram of times on raw memory: how many there were by power of two, and their sum.
//
//   | sum | bucket 0 | bucket 1 | … | bucket 31 |      64 bits each
//
// Bucket 0 counts times of 0 ns, bucket b those from 2^(b-1) to 2^b - 1 ns, and the last one all from 2^30 ns on.

export const BUCKETS: u32 = 32;
export const HISTOGRAM_BYTES: i32 = 8 * (1 + 32);

@inline export function record(histogram: usize, timeNs: u64): void {
  const bucket = histogram + (min<usize>(64 - <usize>clz(timeNs), BUCKETS - 1) << 3);
  store<u64>(bucket, load<u64>(bucket, 8) + 1, 8);
  store<u64>(histogram, load<u64>(histogram) + timeNs);
}

/** Nanoseconds of all times together. */
@inline export function sum(histogram: usize): u64 {
  return load<u64>(histogram);
}

@inline export function bucketAt(histogram: usize, bucket: u32): u64 {
  return load<u64>(histogram + (<usize>bucket << 3), 8);
}

export function count(histogram: usize): u64 {
  let total: u64 = 0;
  for (let bucket: u32 = 0; bucket < BUCKETS; bucket++) total += bucketAt(histogram, bucket);
  return total;
}

/**
 * Nanoseconds that `share` thousandths of the times are below: the end of the bucket where that many are reached. 0 for
 * none, and for those that took no time.
 */
export function below(histogram: usize, share: u64): u64 {
  const wanted = (count(histogram) * share + 999) / 1000;
  let found = bucketAt(histogram, 0);
  let bucket: u32 = 0;
  while (found < wanted) found += bucketAt(histogram, ++bucket);
  return bucket ? <u64>1 << bucket : 0;
}
