// Rules about memory, and what happens when the default quota is used up.
#include "cases.h"

static Allocator new_allocator(void) {
  Quota quota = eei_memory_constructor_memory_quota(UINT64_MAX);
  return eei_memory_constructor_memory_allocator(quota_ref(quota));
}

static void release(Allocator allocator, uint32_t bytes) {
  eei_memory_method_memory_allocator_release(allocator_ref(allocator), bytes);
}

static void release_too_much(void) {
  Allocator allocator = new_allocator();
  eei_memory_method_memory_allocator_reserve(allocator_ref(allocator), 10, 10);
  release(allocator, 11);
}

static bool allocate(Allocator allocator, Queue queue, uint32_t bytes, Buffer into) {
  eei_memory_operation_start_t start;
  Status status;
  return eei_memory_method_memory_allocator_allocate(allocator_ref(allocator), ref(queue), 1, bytes, buffer_ref(into),
                                                     &start, &status);
}

/** Those belong to the slices. */
static void release_bytes_of_slices(void) {
  Queue queue = next_queue();
  Allocator allocator = new_allocator();
  allocate(allocator, queue, 1000, new_buffer());
  next_until(queue, NEVER);
  release(allocator, 10);
}

static void reserve(uint32_t least, uint32_t most) {
  eei_memory_method_memory_allocator_reserve(allocator_ref(new_allocator()), least, most);
}

static void reserve_more_than_a_gigabyte(void) { reserve(1, (1 << 30) + 1); }

static void reserve_most_below_least(void) { reserve(2, 1); }

static void allocate_more_than_a_gigabyte(void) { allocate(new_allocator(), next_queue(), UINT32_MAX, new_buffer()); }

static void finish_a_sweep_that_is_none(void) { eei_memory_finish_sweep(0); }

static void finish_a_sweep_beyond_all(void) { eei_memory_finish_sweep(1ull << 32 | 1); }

static void finish_a_sweep_twice(void) {
  Queue queue = next_queue();
  Quota quota = eei_memory_constructor_memory_quota(1000);
  Allocator allocator = eei_memory_constructor_memory_allocator(quota_ref(quota));
  eei_memory_method_memory_allocator_post_reclaimer(allocator_ref(allocator), ref(queue), 1, BENIGN);
  eei_memory_method_memory_allocator_reserve(allocator_ref(allocator), 5000, 5000);
  Event event = next_until(queue, NEVER);
  eei_memory_finish_sweep(event.value);
  eei_memory_finish_sweep(event.value);
}

static void make_buffers(void) {
  set_default_quota(1 << 20);
  for (;;) new_buffer();
}

static void make_queues(void) {
  set_default_quota(1 << 20);
  for (;;) next_queue();
}

static void make_slices(void) {
  set_default_quota(1 << 20);
  raw_list_u8_t list = {(uint8_t *)"a", 1};
  Slice slice;
  Status status;
  if (!eei_slices_static_slice_copied_from(&list, &slice, &status)) return;
  for (;;) eei_slices_method_slice_clone(slice_ref(slice));
}

static void make_allocators(void) {
  set_default_quota(1 << 20);
  for (;;) new_allocator();
}

static void make_listeners(void) {
  set_default_quota(1 << 20);
  Options options = {0};
  for (;;) eei_listeners_constructor_listener(&options);
}

static void make_pollables(void) {
  set_default_quota(1 << 20);
  Queue queue = next_queue();
  for (;;) eei_completion_queues_method_completion_queue_subscribe(ref(queue));
}

/** A buffer's table of slices has to be paid for, too. */
static void hoard_small_slices(void) {
  set_default_quota(4 << 20);
  uint8_t bytes[12] = {0};
  raw_list_u8_t list = {bytes, sizeof bytes};
  Slice slice;
  Status status;
  if (!eei_slices_static_slice_copied_from(&list, &slice, &status)) return;
  Buffer hoard = new_buffer();
  for (;;) {
    Slice clone = eei_slices_method_slice_clone(slice_ref(slice));
    eei_slices_method_slice_buffer_append_slice(buffer_ref(hoard), clone);
  }
}

const Case memory_cases[] = {
    {"release-too-much", release_too_much},
    {"release-bytes-of-slices", release_bytes_of_slices},
    {"reserve-more-than-a-gigabyte", reserve_more_than_a_gigabyte},
    {"reserve-most-below-least", reserve_most_below_least},
    {"allocate-more-than-a-gigabyte", allocate_more_than_a_gigabyte},
    {"finish-a-sweep-that-is-none", finish_a_sweep_that_is_none},
    {"finish-a-sweep-beyond-all", finish_a_sweep_beyond_all},
    {"finish-a-sweep-twice", finish_a_sweep_twice},
    {"make-buffers", make_buffers},
    {"make-queues", make_queues},
    {"make-slices", make_slices},
    {"make-allocators", make_allocators},
    {"make-listeners", make_listeners},
    {"make-pollables", make_pollables},
    {"hoard-small-slices", hoard_small_slices},
    {NULL, NULL},
};
