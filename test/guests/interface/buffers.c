// The resource `slice-buffer`, and who pays for what a guest makes.
#include <stdlib.h>
#include <string.h>

#include "check.h"

static eei_slices_own_slice_t taken(Buffer buffer) {
  Slice slice;
  EXPECT(eei_slices_method_slice_buffer_take_first(buffer_ref(buffer), &slice));
  return slice;
}

static uint32_t count_of(Buffer buffer) { return eei_slices_method_slice_buffer_count(buffer_ref(buffer)); }

static void bytes_and_slices_join(void) {
  Buffer buffer = new_buffer();
  EXPECT(length_of(buffer) == 0 && count_of(buffer) == 0);
  EXPECT(append(buffer, "", 0) && count_of(buffer) == 0);
  EXPECT(append(buffer, "middle ", 7) && live(6) == 0);
  Buffer other = buffer_of("end ");
  eei_slices_method_slice_buffer_append_slice(buffer_ref(buffer), taken(other));
  EXPECT(append(other, "start ", 6));
  eei_slices_method_slice_buffer_prepend_slice(buffer_ref(buffer), taken(other));
  EXPECT(holds(buffer, "start middle end "));
  EXPECT(live(10) == 0); // the buffer took the slices over
  Slice slice;
  EXPECT(!eei_slices_method_slice_buffer_take_first(buffer_ref(other), &slice));
  drop_buffer(other);
  drop_buffer(buffer);
}

static void moves_keep_order(void) {
  Buffer from = buffer_of("0123456789"), to = buffer_of("abc");
  eei_slices_method_slice_buffer_move_first(buffer_ref(from), 3, buffer_ref(to));
  EXPECT(holds(to, "abc012") && holds(from, "3456789"));
  eei_slices_method_slice_buffer_move_last(buffer_ref(from), 2, buffer_ref(to));
  EXPECT(holds(to, "abc01289") && holds(from, "34567"));
  eei_slices_method_slice_buffer_move_first(buffer_ref(from), 0, buffer_ref(to));
  eei_slices_method_slice_buffer_trim_end(buffer_ref(from), 2);
  EXPECT(holds(from, "345"));
  eei_slices_method_slice_buffer_swap(buffer_ref(from), buffer_ref(to));
  EXPECT(holds(from, "abc01289") && holds(to, "345"));
  eei_slices_method_slice_buffer_swap(buffer_ref(to), buffer_ref(to));
  EXPECT(holds(to, "345"));
  eei_slices_method_slice_buffer_clear(buffer_ref(to));
  EXPECT(length_of(to) == 0 && count_of(to) == 0);
  eei_slices_method_slice_buffer_move_last(buffer_ref(from), 8, buffer_ref(to));
  EXPECT(holds(to, "abc01289") && length_of(from) == 0);
  drop_buffer(from);
  drop_buffer(to);
}

static void copies_are_pieces(void) {
  Buffer buffer = new_buffer();
  fill(buffer, 1500000);
  raw_list_u8_t bytes;
  eei_slices_method_slice_buffer_copy_out(buffer_ref(buffer), 0, UINT32_MAX, &bytes);
  EXPECT(bytes.len == 1 << 20); // at most so much in one call
  EXPECT(live(6) == 0);
  raw_list_u8_free(&bytes);
  eei_slices_method_slice_buffer_copy_out(buffer_ref(buffer), 1499990, 100, &bytes);
  EXPECT(bytes.len == 10);
  raw_list_u8_free(&bytes);
  eei_slices_method_slice_buffer_copy_out(buffer_ref(buffer), UINT64_MAX, 100, &bytes);
  EXPECT(bytes.len == 0);
  raw_list_u8_free(&bytes);
  EXPECT(length_of(buffer) == 1500000);
  drop_buffer(buffer);
}

static void set_default(uint64_t bytes) {
  Quota quota = eei_memory_static_memory_quota_default();
  eei_memory_method_memory_quota_set_size(quota_ref(quota), bytes);
  eei_memory_memory_quota_drop_own(quota); // it lives on
}

static void a_used_up_quota_refuses_bytes(void) {
  Buffer buffer = new_buffer();
  fill(buffer, 4096);
  Quota quota = eei_memory_static_memory_quota_default();
  uint64_t before = 256ull << 20;
  set_default(1 << 20);
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
  set_default(before);
  EXPECT(eei_memory_method_memory_quota_free(quota_ref(quota)) <= (int64_t)before);
  eei_memory_memory_quota_drop_own(quota);
}

enum { ROUNDS = 6000, SMALL_QUOTA = 1 << 18, QUOTA = 256 << 20 };

/** What is made and dropped is given back: if the smallest of these were not, the quota would be used up. */
static void charges_come_back(void) {
  set_default(SMALL_QUOTA);
  for (int i = 0; i < ROUNDS; i++) {
    Buffer buffer = buffer_of("something that is long enough for a block of its own");
    Slice slice = taken(buffer);
    eei_slices_method_slice_buffer_append_slice(buffer_ref(buffer), eei_slices_method_slice_clone(slice_ref(slice)));
    eei_slices_slice_drop_own(slice);
    drop_buffer(buffer);
    Queue queue = i % 2 ? next_queue() : queue_of(BY_CALLBACK, DEFAULT_POLLING, 0);
    Pollable pollable = eei_completion_queues_method_completion_queue_subscribe(ref(queue));
    eei_poll_pollable_drop_own(pollable);
    drop_queue(queue);
  }
  set_default(QUOTA);
}

static void charges_of_the_others_come_back(void) {
  set_default(SMALL_QUOTA);
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
  set_default(QUOTA);
}

/** A buffer's own table of slices is memory, too. */
static void many_slices_are_paid_for(void) {
  Quota quota = eei_memory_static_memory_quota_default();
  int64_t before = eei_memory_method_memory_quota_free(quota_ref(quota));
  Buffer source = buffer_of("twelve bytes"), buffer = new_buffer();
  Slice slice = taken(source);
  for (int i = 0; i < 1 << 18; i++) {
    Slice clone = eei_slices_method_slice_clone(slice_ref(slice));
    eei_slices_method_slice_buffer_append_slice(buffer_ref(buffer), clone);
  }
  EXPECT(length_of(buffer) == (uint64_t)12 << 18);
  // Each takes 16 bytes; up to a megabyte may come from what is kept for the next requests.
  EXPECT(before - eei_memory_method_memory_quota_free(quota_ref(quota)) >= (16 << 18) - (1 << 20));
  drop_buffer(buffer);
  drop_buffer(source);
  eei_slices_slice_drop_own(slice);
  EXPECT(before - eei_memory_method_memory_quota_free(quota_ref(quota)) <= 1 << 20);
  eei_memory_memory_quota_drop_own(quota);
}

const Check buffer_checks[] = {
    {"slice buffers: bytes and slices join at both ends", bytes_and_slices_join},
    {"slice buffers: moves keep the order", moves_keep_order},
    {"slice buffers: are copied out in pieces of a megabyte", copies_are_pieces},
    {"slice buffers: a quota that is used up refuses bytes until there is room", a_used_up_quota_refuses_bytes},
    {"slice buffers: what is dropped is paid back", charges_come_back},
    {"memory: connects, listeners, quotas and allocators are paid back", charges_of_the_others_come_back},
    {"slice buffers: many small slices are paid for", many_slices_are_paid_for},
    {NULL, NULL},
};
