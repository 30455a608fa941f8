// What descriptors.c and libuv.c share: the descriptor.
#ifndef EE_DESCRIPTOR_H
#define EE_DESCRIPTOR_H

#include "internal.h"

// The condition, as an index, and as the engine has it.
#define READABLE EEI_DESCRIPTORS_CONDITION_READABLE
#define WRITABLE EEI_DESCRIPTORS_CONDITION_WRITABLE
#define HAS_ERROR EEI_DESCRIPTORS_CONDITION_HAS_ERROR
#define CONDITIONS 3

#define DEMAND_OPEN(descriptor) DEMAND(!(descriptor)->closed, "the descriptor is closed")

// The states of a direction in the libuv flavour; the diagram is in libuv.c.
typedef enum ee_direction_state { DIRECTION_IDLE, DIRECTION_ARMED, DIRECTION_RUNNING } ee_direction_state;

typedef struct ee_direction {
  ee_completion_queue_functor functor; // First: it is the tag of the notifications.
  ee_descriptor *descriptor;
  ee_direction_state state;
  bool forced; // To end even if there is nothing to do.
  void *arg;
} ee_direction;

struct ee_descriptor {
  eei_descriptors_own_descriptor_t own; // Not once it is released.
  bool closed, released, deleted;
  unsigned outstanding[CONDITIONS]; // Closures of the epoll flavour.
  void *data;

  ee_direction reading;
  void (*on_read)(void *arg, const ee_read_status *status);
  ee_read_buffer (*alloc_cb)(void *arg, size_t suggested_length);
  ee_read_buffer buffer; // The program's, until an upcall brings it back. Length 0: none.

  ee_direction writing;
  void (*on_write)(void *arg, const ee_write_status *status);
  ee_slice_buffer *unwritten; // Null before the first write.
  uint64_t unwritten_length;
};

static inline eei_descriptors_borrow_descriptor_t borrow_descriptor(const ee_descriptor *descriptor) {
  return (eei_descriptors_borrow_descriptor_t){descriptor->own.__handle};
}

// descriptors.c: registers the functor `tag` for one event.
ee_op_start ee_descriptor_await(ee_descriptor *descriptor, const void *tag, eei_descriptors_condition_t condition,
                                ee_time deadline);
// What both flavours do with the bytes.
ee_status ee_descriptor_read_now(ee_descriptor *descriptor, ee_slice_buffer *into, uint32_t most, size_t *count);
ee_status ee_descriptor_write_now(ee_descriptor *descriptor, ee_slice_buffer *data, size_t *count);
// Frees it once it is deleted and nothing of it is outstanding.
void ee_descriptor_settle(ee_descriptor *descriptor);

// libuv.c
void ee_direction_force(ee_direction *direction);

#endif
