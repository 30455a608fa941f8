// Waiting for queues and for pollables of WASI at once.
#include <stdlib.h>
#include "internal.h"

struct ee_pollable {
  eei_poll_own_pollable_t own;
  ee_completion_queue *queue; // Null for a pollable of WASI.
};

static ee_pollable *create(const char *function, eei_poll_own_pollable_t own, ee_completion_queue *queue) {
  ee_pollable *pollable = malloc(sizeof *pollable);
  if (pollable == NULL) ee_misuse(function, "out of memory");
  *pollable = (ee_pollable){own, queue};
  return pollable;
}

static eei_poll_borrow_pollable_t borrow(const ee_pollable *pollable) {
  return eei_poll_borrow_pollable(pollable->own);
}

// Events and functors that the library holds count as being in the queue.
static bool holds(const ee_pollable *pollable) {
  const ee_completion_queue *queue = pollable->queue;
  if (queue == NULL) return false;
  return queue->held_first < queue->held_count || (queue->completion_type == EE_CQ_CALLBACK && ee_functors_kept());
}

ee_pollable *ee_completion_queue_subscribe(ee_completion_queue *queue) {
  eei_poll_own_pollable_t own = eei_completion_queues_method_completion_queue_subscribe(borrow_queue(queue));
  queue->pollables++;
  return create(__func__, own, queue);
}

ee_pollable *ee_pollable_from_wasi(int32_t handle) {
  return create(__func__, eei_poll_static_pollable_from_wasi((wasi_poll_own_pollable_t){handle}), NULL);
}

void ee_pollable_destroy(ee_pollable *pollable) {
  eei_poll_pollable_drop_own(pollable->own);
  if (pollable->queue != NULL) pollable->queue->pollables--;
  free(pollable);
}

int ee_pollable_ready(ee_pollable *pollable) {
  return holds(pollable) || eei_poll_method_pollable_ready(borrow(pollable));
}

void ee_pollable_block(ee_pollable *pollable) {
  uint32_t index;
  ee_poll(&pollable, 1, &index);
}

// Those that are ready without a wait.
static size_t ready_now(ee_pollable *const *pollables, size_t count, uint32_t *ready) {
  size_t found = 0;
  for (size_t i = 0; i < count; i++)
    if (ee_pollable_ready(pollables[i])) ready[found++] = (uint32_t)i;
  return found;
}

static size_t wait(const char *function, ee_pollable *const *pollables, size_t count, uint32_t *ready) {
  eei_poll_borrow_pollable_t *handles = malloc(count * sizeof *handles);
  if (handles == NULL) ee_misuse(function, "out of memory");
  for (size_t i = 0; i < count; i++) handles[i] = borrow(pollables[i]);
  eei_poll_list_borrow_pollable_t in = {handles, count};
  ee_bindings_list_u32_t out;
  ee_land(ready, count * sizeof *ready);
  eei_poll_poll(&in, &out);
  ee_landed(function, out.ptr, out.len * sizeof *out.ptr);
  free(handles);
  return out.len;
}

size_t ee_poll(ee_pollable *const *pollables, size_t count, uint32_t *ready) {
  DEMAND(count > 0, "at least one pollable must be given");
  for (size_t i = 0; i < count; i++)
    if (holds(pollables[i])) return ready_now(pollables, count, ready);
  ee_application_callback_exec_ctx_enter();
  size_t found = wait(__func__, pollables, count, ready);
  ee_functors_detect_after_wait();
  ee_application_callback_exec_ctx_leave();
  return found;
}
