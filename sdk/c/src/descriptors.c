// Descriptors and their epoll flavour. The engine has the state of the conditions (wit/descriptors.wit); here are the
// closures, and what a descriptor is beyond its handle:
//
//   register --> OPEN -- close, release --> CLOSED -- delete --> gone as soon as the last of its closures has run
//                 |                                                ^
//                 +------ delete: closes it -----------------------+
#include <stdio.h>
#include <stdlib.h>
#include "descriptor.h"

static ee_descriptor *create(const char *function, eei_descriptors_own_descriptor_t own) {
  ee_descriptor *descriptor = malloc(sizeof *descriptor);
  if (descriptor == NULL) ee_misuse(function, "out of memory");
  *descriptor = (ee_descriptor){.own = own};
  descriptor->reading.descriptor = descriptor->writing.descriptor = descriptor;
  return descriptor;
}

ee_descriptor *ee_descriptor_register(ee_endpoint *endpoint) {
  eei_descriptors_own_endpoint_t own = {HANDLE(endpoint)};
  return create(__func__, eei_descriptors_static_descriptor_register(own));
}

ee_descriptor *ee_descriptor_register_wasi(int32_t socket, int32_t input, int32_t output) {
  return create(__func__, eei_descriptors_static_descriptor_register_wasi(
                              (eei_descriptors_own_tcp_socket_t){socket}, (eei_descriptors_own_input_stream_t){input},
                              (eei_descriptors_own_output_stream_t){output}));
}

void ee_descriptor_settle(ee_descriptor *descriptor) {
  if (!descriptor->deleted) return;
  for (int i = 0; i < CONDITIONS; i++)
    if (descriptor->outstanding[i] > 0) return;
  if (descriptor->reading.state != DIRECTION_IDLE || descriptor->writing.state != DIRECTION_IDLE) return;
  if (descriptor->unwritten != NULL) ee_slice_buffer_destroy(descriptor->unwritten);
  free(descriptor);
}

void ee_descriptor_delete(ee_descriptor *descriptor) {
  DEMAND(!descriptor->deleted, "the descriptor was deleted before");
  if (!descriptor->released) eei_descriptors_descriptor_drop_own(descriptor->own);
  descriptor->closed = descriptor->deleted = true;
  ee_descriptor_settle(descriptor);
}

void ee_descriptor_close(ee_descriptor *descriptor) {
  if (descriptor->closed) return;
  descriptor->closed = true;
  eei_descriptors_method_descriptor_close(borrow_descriptor(descriptor));
}

int ee_descriptor_is_closed(ee_descriptor *descriptor) { return descriptor->closed; }

ee_endpoint *ee_descriptor_release(ee_descriptor *descriptor) {
  DEMAND_OPEN(descriptor);
  descriptor->closed = descriptor->released = true;
  return POINTER(ee_endpoint, eei_descriptors_static_descriptor_release(descriptor->own));
}

ee_wasi_connection ee_descriptor_release_wasi(ee_descriptor *descriptor, ee_slice_buffer *rest) {
  DEMAND_OPEN(descriptor);
  descriptor->closed = descriptor->released = true;
  eei_descriptors_tuple3_own_tcp_socket_own_input_stream_own_output_stream_t raw;
  eei_descriptors_static_descriptor_release_wasi(descriptor->own, BORROW_BUFFER(rest), &raw);
  return (ee_wasi_connection){raw.f0.__handle, raw.f1.__handle, raw.f2.__handle};
}

void *ee_descriptor_data(const ee_descriptor *descriptor) { return descriptor->data; }

void ee_descriptor_set_data(ee_descriptor *descriptor, void *data) { descriptor->data = data; }

char *ee_descriptor_to_string(const ee_descriptor *descriptor, char text[EE_DESCRIPTOR_TEXT_MAX]) {
  static const char *const states[] = {"idle", "armed", "running"};
  const unsigned *outstanding = descriptor->outstanding;
  snprintf(text, EE_DESCRIPTOR_TEXT_MAX,
           "descriptor %d, %s; closures: readable %u, writable %u, has error %u; read %s, write %s",
           (int)descriptor->own.__handle,
           descriptor->released ? "released"
           : descriptor->closed ? "closed"
                                : "open",
           outstanding[READABLE], outstanding[WRITABLE], outstanding[HAS_ERROR], states[descriptor->reading.state],
           states[descriptor->writing.state]);
  return text;
}

void ee_descriptor_shutdown_send(ee_descriptor *descriptor) {
  DEMAND_OPEN(descriptor);
  DEMAND(descriptor->unwritten_length == 0, "the write before must have written everything");
  eei_descriptors_method_descriptor_shutdown_send(borrow_descriptor(descriptor));
}

// ---- Priorities ----

static void set_priority(ee_descriptor *descriptor, eei_descriptors_condition_t condition, ee_priority priority) {
  if (!descriptor->closed)
    eei_descriptors_method_descriptor_set_priority(borrow_descriptor(descriptor), condition,
                                                   (eei_descriptors_priority_t)priority);
}

void ee_descriptor_set_read_priority(ee_descriptor *descriptor, ee_priority priority) {
  DEMAND_PRIORITY(priority);
  set_priority(descriptor, READABLE, priority);
}

void ee_descriptor_set_write_priority(ee_descriptor *descriptor, ee_priority priority) {
  DEMAND_PRIORITY(priority);
  set_priority(descriptor, WRITABLE, priority);
}

void ee_descriptor_set_error_priority(ee_descriptor *descriptor, ee_priority priority) {
  DEMAND_PRIORITY(priority);
  set_priority(descriptor, HAS_ERROR, priority);
}

// ---- Notifications ----

ee_op_start ee_descriptor_await(ee_descriptor *descriptor, const void *tag, eei_descriptors_condition_t condition,
                                ee_time deadline) {
  return (ee_op_start)eei_descriptors_method_descriptor_notify_when(
      borrow_descriptor(descriptor), borrow_queue(ee_closure_queue()), (uint64_t)(uintptr_t)tag, condition, deadline);
}

// What is left of the record when it was given back. The descriptor may be gone then.
static ee_closure ended(ee_completion_queue_functor *functor) {
  const ee_closure closure = *(ee_closure *)functor;
  ee_descriptor *descriptor = closure.of.notified.descriptor;
  ee_closure_destroy((ee_closure *)functor);
  descriptor->outstanding[closure.of.notified.condition]--;
  ee_descriptor_settle(descriptor);
  return closure;
}

static void run_notified(ee_completion_queue_functor *functor, int ok) {
  (void)ok;
  const ee_closure closure = ended(functor);
  closure.run.function(closure.arg);
}

static void run_notified_or_timed_out(ee_completion_queue_functor *functor, int ok) {
  const ee_closure closure = ended(functor);
  closure.run.notification(closure.arg, ok ? EE_NOTIFY_FD_BECAME_READY : EE_NOTIFY_TIMED_OUT);
}

static ee_op_start notify(const char *function, ee_descriptor *descriptor, eei_descriptors_condition_t condition,
                          ee_closure *closure, ee_time deadline) {
  if (descriptor->closed) ee_misuse(function, "the descriptor is closed");
  const ee_direction *direction = condition == READABLE ? &descriptor->reading : &descriptor->writing;
  if (condition != HAS_ERROR && direction->state != DIRECTION_IDLE)
    ee_misuse(function, "a direction has one flavour at a time, and this one reads or writes by itself");
  closure->of.notified.descriptor = descriptor;
  closure->of.notified.condition = condition;
  const ee_op_start start = ee_descriptor_await(descriptor, closure, condition, deadline);
  if (start == EE_OP_PENDING)
    descriptor->outstanding[condition]++;
  else
    ee_closure_destroy(closure);
  return start;
}

static ee_closure *closure_of(void (*upcall)(void *arg), void *arg) {
  ee_closure *closure = ee_closure_create(run_notified, arg);
  closure->run.function = upcall;
  return closure;
}

static ee_closure *closure_with_outcome(void (*upcall)(void *arg, ee_notification_outcome outcome), void *arg) {
  ee_closure *closure = ee_closure_create(run_notified_or_timed_out, arg);
  closure->run.notification = upcall;
  return closure;
}

ee_op_start ee_descriptor_notify_when_readable(ee_descriptor *descriptor, void (*upcall)(void *arg), void *arg) {
  return notify(__func__, descriptor, READABLE, closure_of(upcall, arg), EE_INF_FUTURE);
}

ee_op_start ee_descriptor_notify_when_writable(ee_descriptor *descriptor, void (*upcall)(void *arg), void *arg) {
  return notify(__func__, descriptor, WRITABLE, closure_of(upcall, arg), EE_INF_FUTURE);
}

ee_op_start ee_descriptor_notify_when_has_error(ee_descriptor *descriptor, void (*upcall)(void *arg), void *arg) {
  return notify(__func__, descriptor, HAS_ERROR, closure_of(upcall, arg), EE_INF_FUTURE);
}

ee_op_start ee_descriptor_notify_when_readable_or_timeout(ee_descriptor *descriptor,
                                                          void (*upcall)(void *arg, ee_notification_outcome outcome),
                                                          void *arg, ee_time deadline) {
  return notify(__func__, descriptor, READABLE, closure_with_outcome(upcall, arg), deadline);
}

ee_op_start ee_descriptor_notify_when_writable_or_timeout(ee_descriptor *descriptor,
                                                          void (*upcall)(void *arg, ee_notification_outcome outcome),
                                                          void *arg, ee_time deadline) {
  return notify(__func__, descriptor, WRITABLE, closure_with_outcome(upcall, arg), deadline);
}

// ---- Status: of a closed descriptor it means nothing any more ----

static void clear(ee_descriptor *descriptor, eei_descriptors_condition_t condition) {
  if (!descriptor->closed) eei_descriptors_method_descriptor_clear(borrow_descriptor(descriptor), condition);
}

static void force(ee_descriptor *descriptor, eei_descriptors_condition_t condition) {
  if (!descriptor->closed) eei_descriptors_method_descriptor_force(borrow_descriptor(descriptor), condition);
}

void ee_descriptor_clear_readable(ee_descriptor *descriptor) { clear(descriptor, READABLE); }

void ee_descriptor_clear_writable(ee_descriptor *descriptor) { clear(descriptor, WRITABLE); }

void ee_descriptor_clear_has_error(ee_descriptor *descriptor) { clear(descriptor, HAS_ERROR); }

void ee_descriptor_force_readable(ee_descriptor *descriptor) {
  ee_direction_force(&descriptor->reading);
  force(descriptor, READABLE);
}

void ee_descriptor_force_writable(ee_descriptor *descriptor) {
  ee_direction_force(&descriptor->writing);
  force(descriptor, WRITABLE);
}

void ee_descriptor_force_has_error(ee_descriptor *descriptor) { force(descriptor, HAS_ERROR); }

// ---- Bytes ----

ee_status ee_descriptor_read_now(ee_descriptor *descriptor, ee_slice_buffer *into, uint32_t most, size_t *count) {
  uint32_t bytes = 0;
  eei_status_status_t status;
  const bool succeeded =
      eei_descriptors_method_descriptor_read(borrow_descriptor(descriptor), BORROW_BUFFER(into), most, &bytes, &status);
  *count = bytes;
  return status_unless(succeeded, &status);
}

ee_status ee_descriptor_write_now(ee_descriptor *descriptor, ee_slice_buffer *data, size_t *count) {
  uint32_t bytes = 0;
  eei_status_status_t status;
  const bool succeeded =
      eei_descriptors_method_descriptor_write(borrow_descriptor(descriptor), BORROW_BUFFER(data), &bytes, &status);
  *count = bytes;
  return status_unless(succeeded, &status);
}

ee_status ee_descriptor_read(ee_descriptor *descriptor, ee_slice_buffer *into, uint32_t most, size_t *count) {
  DEMAND_OPEN(descriptor);
  DEMAND(descriptor->reading.state == DIRECTION_IDLE, "a notify_after_read is not over");
  return ee_descriptor_read_now(descriptor, into, most, count);
}

ee_status ee_descriptor_write(ee_descriptor *descriptor, ee_slice_buffer *data, size_t *count) {
  DEMAND_OPEN(descriptor);
  DEMAND(descriptor->writing.state == DIRECTION_IDLE, "a notify_after_write is not over");
  return ee_descriptor_write_now(descriptor, data, count);
}
