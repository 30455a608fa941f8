// The resource `slice-buffer`.
#include <string.h>

#include "check.h"

static uint32_t count_of(Buffer buffer) { return eei_slices_method_slice_buffer_count(buffer_ref(buffer)); }

static void bytes_and_slices_join(void) {
  Buffer buffer = new_buffer();
  EXPECT(length_of(buffer) == 0 && count_of(buffer) == 0);
  EXPECT(append(buffer, "", 0) && count_of(buffer) == 0);
  EXPECT(append(buffer, "middle ", 7) && live(6) == 0);
  Buffer other = buffer_of("end ");
  eei_slices_method_slice_buffer_append_slice(buffer_ref(buffer), first_slice(other));
  EXPECT(append(other, "start ", 6));
  eei_slices_method_slice_buffer_prepend_slice(buffer_ref(buffer), first_slice(other));
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

/** A buffer's own table of slices is memory, too. */
static void many_slices_are_paid_for(void) {
  Quota quota = eei_memory_static_memory_quota_default();
  int64_t before = eei_memory_method_memory_quota_free(quota_ref(quota));
  Buffer source = buffer_of("twelve bytes"), buffer = new_buffer();
  Slice slice = first_slice(source);
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
    {"slice buffers: many small slices are paid for", many_slices_are_paid_for},
    {NULL, NULL},
};
