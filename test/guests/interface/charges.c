// The default quota, made short. These run last: its pressure falls slowly, and
// an endpoint's reads bring less until then.
#include <stdlib.h>

#include "check.h"

enum { ROUNDS = 6000, SMALL_QUOTA = 1 << 18, QUOTA = 256 << 20 };

static void a_used_up_quota_refuses_bytes(void) {
  Buffer buffer = new_buffer();
  fill(buffer, 4096);
  Quota quota = eei_memory_static_memory_quota_default();
  set_default_quota(1 << 20);
  uint8_t *bytes = calloc(1 << 20, 1);
  raw_list_u8_t list = {bytes, 1 << 20};
  Status status;
  EXPECT(!eei_slices_method_slice_buffer_append(buffer_ref(buffer), &list, &status));
  EXPECT(status.code == EEI_STATUS_STATUS_CODE_RESOURCE_EXHAUSTED && status.reason == EEI_STATUS_REASON_OUT_OF_MEMORY);
  EXPECT(length_of(buffer) == 4096);
  Slice slice;
  EXPECT(!eei_slices_static_slice_copied_from(&list, &slice, &status));
  EXPECT(status.code == EEI_STATUS_STATUS_CODE_RESOURCE_EXHAUSTED);
  EXPECT(live(6) == 0 && live(10) == 0);
  list.len = 500000;
  EXPECT(eei_slices_method_slice_buffer_append(buffer_ref(buffer), &list, &status));
  EXPECT(!eei_slices_static_slice_copied_from(&(raw_list_u8_t){bytes, 600000}, &slice, &status));
  eei_slices_method_slice_buffer_clear(buffer_ref(buffer)); // and there is room again
  EXPECT(eei_slices_static_slice_copied_from(&(raw_list_u8_t){bytes, 600000}, &slice, &status));
  eei_slices_slice_drop_own(slice);
  free(bytes);
  drop_buffer(buffer);
  set_default_quota(QUOTA);
  EXPECT(eei_memory_method_memory_quota_free(quota_ref(quota)) <= QUOTA);
  eei_memory_memory_quota_drop_own(quota);
}

/** What is made and dropped is given back: if the smallest of these were not, the quota would be used up. */
static void charges_come_back(void) {
  set_default_quota(SMALL_QUOTA);
  for (int i = 0; i < ROUNDS; i++) {
    Buffer buffer = buffer_of("something that is long enough for a block of its own");
    Slice slice = first_slice(buffer);
    eei_slices_method_slice_buffer_append_slice(buffer_ref(buffer), eei_slices_method_slice_clone(slice_ref(slice)));
    eei_slices_slice_drop_own(slice);
    drop_buffer(buffer);
    Queue queue = i % 2 ? next_queue() : queue_of(BY_CALLBACK, DEFAULT_POLLING, 0);
    Pollable pollable = eei_completion_queues_method_completion_queue_subscribe(ref(queue));
    eei_poll_pollable_drop_own(pollable);
    drop_queue(queue);
  }
  set_default_quota(QUOTA);
}

static void charges_of_the_others_come_back(void) {
  set_default_quota(SMALL_QUOTA);
  Queue queue = next_queue();
  Address address = localhost(1);
  Options options = {0};
  Connect connect;
  for (int i = 0; i < ROUNDS; i++) {
    EXPECT(start_connect(queue, 1, &address, 1, NEVER, &connect));
    if (i % 3) EXPECT(eei_connections_cancel_connect(&connect));
    eei_listeners_listener_drop_own(eei_listeners_constructor_listener(&options));
    Quota other = eei_memory_constructor_memory_quota(1000);
    Allocator allocator = eei_memory_constructor_memory_allocator(quota_ref(other));
    eei_memory_memory_quota_drop_own(other);
    eei_memory_memory_allocator_drop_own(allocator);
    if (i % 3 == 0)
      EXPECT_EVENT(next(queue), 1, EEI_STATUS_STATUS_CODE_UNAVAILABLE, EEI_STATUS_REASON_CONNECTION_REFUSED);
  }
  end_queue(queue);
  set_default_quota(QUOTA);
}

/** Reads never fail for want of memory: they bring less at a time. */
static void reads_go_on_without_memory(void) {
  enum { BYTES = 100000 };
  Queue queue = next_queue(), writes = next_queue();
  Pair pair = connected_pair(queue);
  Buffer data = new_buffer(), got = new_buffer();
  fill(data, BYTES);
  EXPECT(start_write(pair.client, writes, 1, data, 0, false) == PENDING);
  set_default_quota(0);
  uint64_t passed = 0;
  for (int reads = 0; passed < BYTES; reads++) {
    EXPECT(reads < BYTES / 100);
    EXPECT(start_read(pair.server, queue, 2, got, BYTES, false) == PENDING);
    EXPECT_OK(next(queue), 2);
    EXPECT(length_of(got) > 0 && length_of(got) < BYTES); // its hint is not kept
    passed += length_of(got);
  }
  EXPECT(passed == BYTES);
  set_default_quota(QUOTA);
  EXPECT_OK(next(writes), 1);
  drop_pair(pair);
  drop_buffer(data);
  drop_buffer(got);
  end_queue(writes);
  end_queue(queue);
}

const Check charge_checks[] = {
    {"slice buffers: a quota that is used up refuses bytes until there is room", a_used_up_quota_refuses_bytes},
    {"slice buffers: what is dropped is paid back", charges_come_back},
    {"memory: connects, listeners, quotas and allocators are paid back", charges_of_the_others_come_back},
    {"endpoints: reads go on without memory, and bring less", reads_go_on_without_memory},
    {NULL, NULL},
};
