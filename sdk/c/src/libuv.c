// The libuv flavour of descriptors: reads and writes that tell after they were done. Each direction is one machine.
//
//   IDLE -- notify_after_... --> ARMED -- readable or writable --> RUNNING
//    ^                            ^ ^                               |   |
//    |                            | +-- nothing was there ----------+   |
//    |                            +---- upcall, re-armed: more comes ---+
//    +--------------------------------- upcall, over -------------------+
//
// RUNNING is the library's attempt, alloc_cb and the upcall. What closes the descriptor meanwhile is seen on the way
// out: an upcall that said `rearmed` is followed by one that is over, at once when nothing can be registered any more.
#include "descriptor.h"

#define SUGGESTED_LENGTH 65536
#define READ_MAX (1u << 20) // What leaves a slice buffer in one call.

// Bytes on their way from the engine to the program's buffers; empty otherwise, and null at first.
static ee_slice_buffer *landing_buffer;

void ee_landing_buffer_destroy(void) {
  if (landing_buffer != NULL) ee_slice_buffer_destroy(landing_buffer);
  landing_buffer = NULL;
}

void ee_direction_force(ee_direction *direction) { direction->forced = direction->state != DIRECTION_IDLE; }

static bool take_forced(ee_direction *direction) {
  const bool forced = direction->forced;
  direction->forced = false;
  return forced;
}

static bool arm(ee_direction *direction, eei_descriptors_condition_t condition) {
  ee_descriptor *descriptor = direction->descriptor;
  if (descriptor->closed) return false;
  if (ee_descriptor_await(descriptor, direction, condition, EE_INF_FUTURE) != EE_OP_PENDING) return false;
  direction->state = DIRECTION_ARMED;
  return true;
}

static ee_status why_over(const ee_descriptor *descriptor) {
  if (descriptor->released) return (ee_status){EE_CANCELLED, EE_REASON_CANCELLED};
  if (descriptor->closed) return (ee_status){EE_CANCELLED, EE_REASON_ENDPOINT_CLOSED};
  return (ee_status){EE_RESOURCE_EXHAUSTED, EE_REASON_OUT_OF_MEMORY};
}

static ee_op_start begin(const char *function, ee_descriptor *descriptor, ee_direction *direction,
                         eei_descriptors_condition_t condition, ee_functor_run *run, void *arg) {
  if (descriptor->closed) ee_misuse(function, "the descriptor is closed");
  if (direction->state != DIRECTION_IDLE) ee_misuse(function, "the one before is not over");
  if (descriptor->outstanding[condition] > 0)
    ee_misuse(function, "a direction has one flavour at a time, and this one has a notification outstanding");
  direction->functor = (ee_completion_queue_functor){run, 0};
  direction->forced = false;
  direction->arg = arg;
  return arm(direction, condition) ? EE_OP_PENDING : EE_OP_REFUSED;
}

static void over(ee_direction *direction) {
  direction->state = DIRECTION_IDLE;
  ee_descriptor_settle(direction->descriptor);
}

// ---- Reads ----

// The buffer is the program's again.
static ee_read_status read_with(ee_descriptor *descriptor, ee_status status, size_t length, bool rearmed) {
  const ee_read_status result = {status, descriptor->buffer.base, length, rearmed};
  descriptor->buffer = (ee_read_buffer){NULL, 0};
  return result;
}

static bool tells_of_read(const ee_read_status *status) { return status->status.code != EE_OK || status->length > 0; }

// Nothing to tell: nothing was there, and the buffer is kept for the next attempt.
static ee_read_status try_read(ee_descriptor *descriptor) {
  if (!descriptor->closed && descriptor->buffer.length == 0)
    descriptor->buffer = descriptor->alloc_cb(descriptor->reading.arg, SUGGESTED_LENGTH);
  if (descriptor->buffer.base == NULL) descriptor->buffer.length = 0;
  const bool forced = take_forced(&descriptor->reading);
  if (descriptor->closed || descriptor->buffer.length == 0)
    return read_with(descriptor, why_over(descriptor), 0, false);
  const size_t room = descriptor->buffer.length < READ_MAX ? descriptor->buffer.length : READ_MAX;
  size_t length;
  if (landing_buffer == NULL) landing_buffer = ee_slice_buffer_create();
  ee_descriptor_clear_readable(descriptor);
  const ee_status status = ee_descriptor_read_now(descriptor, landing_buffer, (uint32_t)room, &length);
  if (status.code != EE_OK) return read_with(descriptor, status, 0, false);
  if (length == 0 && forced) return read_with(descriptor, (ee_status){EE_CANCELLED, EE_REASON_CANCELLED}, 0, false);
  if (length == 0) return (ee_read_status){0};
  ee_slice_buffer_copy_out(landing_buffer, 0, descriptor->buffer.base, length);
  ee_slice_buffer_clear(landing_buffer);
  return read_with(descriptor, status, length, length == room);
}

static void on_readable(ee_completion_queue_functor *functor, int ok) {
  (void)ok;
  ee_direction *self = (ee_direction *)functor;
  ee_descriptor *descriptor = self->descriptor;
  self->state = DIRECTION_RUNNING;
  ee_read_status status = try_read(descriptor);
  const bool tells = tells_of_read(&status);
  if (tells) descriptor->on_read(self->arg, &status);
  if (!tells || status.rearmed) {
    if (arm(self, READABLE)) return;
    status = read_with(descriptor, why_over(descriptor), 0, false);
    descriptor->on_read(self->arg, &status);
  }
  over(self);
}

ee_op_start ee_descriptor_notify_after_read(ee_descriptor *descriptor,
                                            void (*upcall)(void *arg, const ee_read_status *status),
                                            ee_read_buffer (*alloc_cb)(void *arg, size_t suggested_length), void *arg) {
  const ee_op_start start = begin(__func__, descriptor, &descriptor->reading, READABLE, on_readable, arg);
  descriptor->on_read = upcall;
  descriptor->alloc_cb = alloc_cb;
  return start;
}

// ---- Writes ----

static ee_write_status write_failed(ee_descriptor *descriptor, ee_status status) {
  const ee_write_status result = {status, 0, descriptor->unwritten_length, 0};
  descriptor->unwritten_length = 0;
  ee_slice_buffer_clear(descriptor->unwritten);
  return result;
}

static ee_write_status try_write(ee_descriptor *descriptor) {
  const bool forced = take_forced(&descriptor->writing);
  if (descriptor->closed) return write_failed(descriptor, why_over(descriptor));
  size_t written;
  ee_descriptor_clear_writable(descriptor);
  const ee_status status = ee_descriptor_write_now(descriptor, descriptor->unwritten, &written);
  if (status.code != EE_OK) return write_failed(descriptor, status);
  descriptor->unwritten_length -= written;
  const uint64_t left = descriptor->unwritten_length;
  if (written == 0 && left > 0 && forced)
    return write_failed(descriptor, (ee_status){EE_CANCELLED, EE_REASON_CANCELLED});
  return (ee_write_status){status, written, left, left > 0};
}

static void on_writable(ee_completion_queue_functor *functor, int ok) {
  (void)ok;
  ee_direction *self = (ee_direction *)functor;
  ee_descriptor *descriptor = self->descriptor;
  self->state = DIRECTION_RUNNING;
  ee_write_status status = try_write(descriptor);
  if (status.written > 0 || !status.rearmed) descriptor->on_write(self->arg, &status);
  if (status.rearmed) {
    if (arm(self, WRITABLE)) return;
    status = write_failed(descriptor, why_over(descriptor));
    descriptor->on_write(self->arg, &status);
  }
  over(self);
}

ee_op_start ee_descriptor_notify_after_write(ee_descriptor *descriptor,
                                             void (*upcall)(void *arg, const ee_write_status *status), void *arg,
                                             ee_slice_buffer *data) {
  const ee_op_start start = begin(__func__, descriptor, &descriptor->writing, WRITABLE, on_writable, arg);
  if (start != EE_OP_PENDING) return start;
  if (descriptor->unwritten == NULL) descriptor->unwritten = ee_slice_buffer_create();
  ee_slice_buffer_swap(data, descriptor->unwritten);
  descriptor->on_write = upcall;
  descriptor->unwritten_length = ee_slice_buffer_length(descriptor->unwritten);
  return start;
}
