// Rules about slices and slice buffers.
#include <stdlib.h>

#include "cases.h"

static Buffer lent; // to a read that waits

static Endpoint lend(void) {
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  lent = new_buffer();
  start_read(pair.server, queue, 1, lent, 0, false);
  return pair.client;
}

static void ask_a_lent_buffer(void) {
  lend();
  length_of(lent);
}

static void write_a_lent_buffer(void) {
  Endpoint other = lend();
  start_write(other, next_queue(), 1, lent, 0, true);
}

static void read_into_a_lent_buffer(void) {
  Endpoint other = lend();
  start_read(other, next_queue(), 1, lent, 0, true);
}

static void swap_a_lent_buffer(void) {
  lend();
  eei_slices_method_slice_buffer_swap(buffer_ref(new_buffer()), buffer_ref(lent));
}

static void move_to_a_lent_buffer(void) {
  lend();
  eei_slices_method_slice_buffer_move_first(buffer_ref(new_buffer()), 0, buffer_ref(lent));
}

static void allocate_into_a_lent_buffer(void) {
  lend();
  Quota quota = eei_memory_static_memory_quota_default();
  Allocator allocator = eei_memory_constructor_memory_allocator(quota_ref(quota));
  eei_memory_operation_start_t start;
  Status status;
  eei_memory_method_memory_allocator_allocate(allocator_ref(allocator), ref(next_queue()), 1, 1, buffer_ref(lent),
                                              &start, &status);
}

static Buffer five_bytes(void) {
  Buffer buffer = new_buffer();
  append(buffer, "12345", 5);
  return buffer;
}

static void move_beyond_the_end(void) {
  eei_slices_method_slice_buffer_move_first(buffer_ref(five_bytes()), 6, buffer_ref(new_buffer()));
}

static void move_far_beyond_the_end(void) {
  eei_slices_method_slice_buffer_move_last(buffer_ref(five_bytes()), 1ull << 32, buffer_ref(new_buffer()));
}

static void move_to_itself(void) {
  Buffer buffer = five_bytes();
  eei_slices_method_slice_buffer_move_last(buffer_ref(buffer), 1, buffer_ref(buffer));
}

static void trim_beyond_the_end(void) { eei_slices_method_slice_buffer_trim_end(buffer_ref(five_bytes()), UINT64_MAX); }

static Slice three_bytes(void) {
  raw_list_u8_t list = {(uint8_t *)"abc", 3};
  Slice slice;
  Status status;
  if (!eei_slices_static_slice_copied_from(&list, &slice, &status)) abort();
  return slice;
}

static void part_beyond_the_end(void) { eei_slices_method_slice_sub(slice_ref(three_bytes()), 1, 4); }

static void part_backwards(void) { eei_slices_method_slice_sub(slice_ref(three_bytes()), 2, 1); }

static void more_than_two_gigabytes(void) { fill(new_buffer(), 2048); }

const Case buffer_cases[] = {
    {"ask-a-lent-buffer", ask_a_lent_buffer},
    {"write-a-lent-buffer", write_a_lent_buffer},
    {"read-into-a-lent-buffer", read_into_a_lent_buffer},
    {"swap-a-lent-buffer", swap_a_lent_buffer},
    {"move-to-a-lent-buffer", move_to_a_lent_buffer},
    {"allocate-into-a-lent-buffer", allocate_into_a_lent_buffer},
    {"move-beyond-the-end", move_beyond_the_end},
    {"move-far-beyond-the-end", move_far_beyond_the_end},
    {"move-to-itself", move_to_itself},
    {"trim-beyond-the-end", trim_beyond_the_end},
    {"part-beyond-the-end", part_beyond_the_end},
    {"part-backwards", part_backwards},
    {"more-than-two-gigabytes", more_than_two_gigabytes},
    {NULL, NULL},
};
