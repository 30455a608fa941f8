// The interface `endpoints`: bytes.
#include <string.h>

#include "check.h"

static void bytes_pass_both_ways(void) {
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  pass(pair.client, pair.server, queue, "there");
  pass(pair.server, pair.client, queue, "and back");
  drop_pair(pair);
  end_queue(queue);
}

/** Reads until `bytes` are there, and adds them to `all`. */
static void read_all(Endpoint endpoint, Queue queue, Buffer all, uint64_t bytes, uint32_t hint) {
  Buffer got = new_buffer();
  while (length_of(all) < bytes) {
    uint64_t left = bytes - length_of(all);
    int start = start_read(endpoint, queue, 21, got, left < hint ? (uint32_t)left : hint, true);
    if (start == PENDING)
      EXPECT_OK(next(queue), 21);
    else
      EXPECT(start == DONE);
    EXPECT(length_of(got) > 0);
    eei_slices_method_slice_buffer_move_first(buffer_ref(got), length_of(got), buffer_ref(all));
  }
  drop_buffer(got);
}

static bool same(Buffer one, Buffer other) {
  EXPECT(length_of(one) == length_of(other));
  for (uint64_t at = 0; at < length_of(one);) {
    raw_list_u8_t left, right;
    eei_slices_method_slice_buffer_copy_out(buffer_ref(one), at, 1 << 20, &left);
    eei_slices_method_slice_buffer_copy_out(buffer_ref(other), at, 1 << 20, &right);
    if (left.len != right.len || memcmp(left.ptr, right.ptr, left.len) != 0) return false;
    at += left.len;
    raw_list_u8_free(&left);
    raw_list_u8_free(&right);
  }
  return true;
}

static void pass_megabytes(uint32_t frame, uint32_t hint) {
  enum { BYTES = 3000001 };
  Queue reads = next_queue(), writes = next_queue();
  Pair pair = connected_pair(reads);
  Buffer original = new_buffer(), data = new_buffer(), all = new_buffer();
  fill(original, BYTES);
  fill(data, BYTES);
  EXPECT(start_write(pair.client, writes, 1, data, frame, false) == PENDING);
  EXPECT(length_of(data) == 0);
  EXPECT(append(data, "it is the guest's again", 23));
  read_all(pair.server, reads, all, BYTES, hint);
  EXPECT_OK(next(writes), 1);
  EXPECT(same(all, original));
  drop_pair(pair);
  drop_buffer(all);
  drop_buffer(data);
  drop_buffer(original);
  end_queue(reads);
  end_queue(writes);
}

static void megabytes_pass(void) {
  pass_megabytes(0, 0);
  pass_megabytes(777, 100000);
}

static void hints_are_kept(void) {
  Queue reads = next_queue(), writes = next_queue();
  Pair pair = connected_pair(reads);
  Buffer got = buffer_of("a read clears it"), data = buffer_of("0123");
  EXPECT(start_read(pair.server, reads, 1, got, 8, false) == PENDING);
  EXPECT(start_write(pair.client, writes, 2, data, 0, false) == PENDING);
  EXPECT_OK(next(writes), 2);
  EXPECT(next_until(reads, in_ms(5)).type == QUEUE_TIMEOUT); // four bytes are not eight
  EXPECT(append(data, "4567", 4));
  EXPECT(start_write(pair.client, writes, 3, data, 1, false) == PENDING);
  EXPECT_OK(next(reads), 1);
  EXPECT_OK(next(writes), 3);
  EXPECT(holds(got, "01234567"));
  EXPECT(append(data, "89", 2));
  EXPECT(start_read(pair.server, reads, 4, got, 100, false) == PENDING);
  EXPECT(start_write(pair.client, writes, 5, data, 0, false) == PENDING);
  EXPECT_OK(next(writes), 5);
  eei_endpoints_method_endpoint_shutdown_send(endpoint_ref(pair.client));
  EXPECT_OK(next(reads), 4); // the peer ends: fewer than it wished for
  EXPECT(holds(got, "89"));
  drop_pair(pair);
  drop_buffer(data);
  drop_buffer(got);
  end_queue(reads);
  end_queue(writes);
}

static void what_is_done_has_no_event(void) {
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  Buffer data = buffer_of("at once"), got = new_buffer();
  int start = start_write(pair.client, queue, 1, data, 0, true);
  EXPECT(start == DONE && length_of(data) == 0);                     // a fresh connection takes a few bytes
  EXPECT(start_write(pair.client, queue, 2, data, 0, true) == DONE); // and no bytes at all
  expect_nothing(queue);
  EXPECT(live(19) == 0);
  // Once a read saw the bytes come, the next one finds some at once or waits; either way there is one outcome.
  EXPECT(start_read(pair.server, queue, 3, got, 1, false) == PENDING);
  EXPECT_OK(next(queue), 3);
  for (int i = 0; i < 20; i++) {
    EXPECT(append(data, "more", 4));
    EXPECT(start_write(pair.client, queue, 4, data, 0, true) == DONE);
    start = start_read(pair.server, queue, 5, got, 4, true);
    if (start == PENDING)
      EXPECT_OK(next(queue), 5);
    else
      EXPECT(start == DONE);
    EXPECT(holds(got, "more"));
    expect_nothing(queue);
  }
  drop_pair(pair);
  drop_buffer(data);
  drop_buffer(got);
  end_queue(queue);
}

/** Bytes go from one connection to another by handle, and the guest never sees them. */
static void buffers_are_forwarded(void) {
  enum { BYTES = 500000 };
  Queue queue = next_queue(), writes = next_queue(), reads = next_queue();
  Pair in = connected_pair(queue), out = connected_pair(queue);
  Buffer data = new_buffer(), original = new_buffer(), between = new_buffer(), all = new_buffer();
  fill(data, BYTES);
  fill(original, BYTES);
  EXPECT(start_write(in.client, writes, 1, data, 0, false) == PENDING);
  for (uint64_t passed = 0; passed < BYTES;) {
    EXPECT(start_read(in.server, queue, 2, between, 0, false) == PENDING);
    EXPECT_OK(next(queue), 2);
    passed += length_of(between);
    EXPECT(start_write(out.client, queue, 3, between, 0, false) == PENDING);
    read_all(out.server, reads, all, passed, 0);
    EXPECT_OK(next(queue), 3);
  }
  EXPECT(same(all, original));
  drop_endpoint(in.client);
  drop_endpoint(in.server);
  drop_endpoint(out.client);
  drop_endpoint(out.server);
  drop_buffer(data);
  drop_buffer(original);
  drop_buffer(between);
  drop_buffer(all);
  EXPECT_OK(next(writes), 1);
  end_queue(writes);
  end_queue(reads);
  end_queue(queue);
}

static void allocators_pay(void) {
  Quota quota = eei_memory_constructor_memory_quota(1 << 20);
  Allocator allocator = eei_memory_constructor_memory_allocator(quota_ref(quota));
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  Buffer data = new_buffer(), got = new_buffer();
  eei_endpoints_method_endpoint_set_allocator(endpoint_ref(pair.server), allocator_ref(allocator));
  fill(data, 50000);
  EXPECT(start_read(pair.server, queue, 1, got, 50000, false) == PENDING);
  EXPECT(start_write(pair.client, queue, 2, data, 0, true) <= DONE);
  while (next(queue).tag != 1) {}
  EXPECT(length_of(got) == 50000);
  EXPECT(eei_memory_method_memory_allocator_taken(allocator_ref(allocator)) >= 50000);
  // Without the allocator the default quota pays.
  EXPECT(start_read(pair.server, queue, 1, data, 1000, false) == PENDING);
  eei_memory_memory_allocator_drop_own(allocator);
  eei_memory_memory_quota_drop_own(quota);
  Buffer more = new_buffer();
  fill(more, 1000);
  EXPECT(start_write(pair.client, queue, 3, more, 0, false) == PENDING);
  Event one = next(queue), two = next(queue);
  while (one.tag == 2) one = two, two = next(queue);
  EXPECT(one.success && two.success && one.tag + two.tag == 4);
  EXPECT(length_of(data) == 1000);
  drop_endpoint(pair.server);
  drop_endpoint(pair.client);
  drop_buffer(got);
  drop_buffer(data);
  drop_buffer(more);
  end_queue(queue);
}

/** Whose endpoints come and go; a record that is used again is another's. */
static void allocators_forget_endpoints(void) {
  Quota quota = eei_memory_constructor_memory_quota(UINT64_MAX);
  Allocator allocator = eei_memory_constructor_memory_allocator(quota_ref(quota));
  Queue queue = next_queue();
  Pair pairs[3];
  for (int i = 0; i < 3; i++) {
    pairs[i] = connected_pair(queue);
    eei_endpoints_method_endpoint_set_allocator(endpoint_ref(pairs[i].client), allocator_ref(allocator));
    eei_endpoints_method_endpoint_set_allocator(endpoint_ref(pairs[i].server), allocator_ref(allocator));
  }
  for (int i = 2; i > 0; i--) {
    drop_endpoint(pairs[i].server);
    drop_endpoint(pairs[i].client);
    pairs[i] = connected_pair(queue);
  }
  eei_memory_memory_allocator_drop_own(allocator);
  eei_memory_memory_quota_drop_own(quota);
  for (int i = 0; i < 3; i++) {
    pass(pairs[i].client, pairs[i].server, queue, "long enough for a block that somebody pays for");
    drop_endpoint(pairs[i].client);
    drop_endpoint(pairs[i].server);
  }
  end_queue(queue);
}

const Check endpoint_checks[] = {
    {"endpoints: bytes pass both ways", bytes_pass_both_ways},
    {"endpoints: megabytes pass, in frames and for hints of any size", megabytes_pass},
    {"endpoints: a read waits for its hint, or the peer's end", hints_are_kept},
    {"endpoints: what is done at once has no event", what_is_done_has_no_event},
    {"endpoints: a buffer is forwarded by handle", buffers_are_forwarded},
    {"endpoints: an allocator pays for reads until it is dropped", allocators_pay},
    {"endpoints: an allocator forgets those that are dropped", allocators_forget_endpoints},
    {NULL, NULL},
};
