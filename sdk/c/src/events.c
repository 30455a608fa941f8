// Taking events off NEXT and PLUCK queues. Every call is a scope that ends after the caller's events were taken.
#include "internal.h"

ee_event ee_event_of(const raw_event *raw) {
  ee_event event = {.type = (ee_completion_type)raw->type};
  if (event.type != EE_OP_COMPLETE) return event;
  event.success = raw->success;
  event.status = status_of(raw->code, raw->reason);
  if (raw->tag & OUTCOME_TAG)
    ee_outcome_deliver(raw, &event);
  else
    event.tag = (void *)(uintptr_t)raw->tag;
  return event;
}

// Functors are told only by waits that drive everything: looking for them must not drive more than the wait did.
static void waited(const ee_completion_queue *queue) {
  if (queue->polling_type == EE_CQ_DEFAULT_POLLING) ee_functors_detect_after_wait();
}

// Holds what the engine has: at least one event, and a shutdown or a timeout only alone.
static void refill(const char *function, ee_completion_queue *queue, ee_time deadline) {
  eei_completion_queues_list_event_t list;
  ee_land(queue->held, HELD_MAX * sizeof *queue->held);
  eei_completion_queues_method_completion_queue_next_batch(borrow_queue(queue), HELD_MAX, deadline, &list);
  ee_landed(function, list.ptr, list.len * sizeof *list.ptr);
  queue->held_first = 0;
  queue->held_count = (unsigned)list.len;
  while (queue->held_count > 1 && queue->held[queue->held_count - 1].type != EE_OP_COMPLETE) queue->held_count--;
  waited(queue);
}

static size_t take(const char *function, ee_completion_queue *queue, ee_event *events, size_t most, ee_time deadline,
                   const void *reserved) {
  if (reserved != NULL) ee_misuse(function, "reserved must be null");
  if (queue->completion_type != EE_CQ_NEXT) ee_misuse(function, "the completion type of the queue must be NEXT");
  if (most == 0) ee_misuse(function, "at least one event must be asked for");
  size_t count = 0;
  ee_application_callback_exec_ctx_enter();
  if (queue->held_first == queue->held_count) refill(function, queue, deadline);
  while (count < most && queue->held_first < queue->held_count)
    events[count++] = ee_event_of(&queue->held[queue->held_first++]);
  ee_application_callback_exec_ctx_leave();
  return count;
}

ee_event ee_completion_queue_next(ee_completion_queue *queue, ee_time deadline, void *reserved) {
  ee_event event;
  take(__func__, queue, &event, 1, deadline, reserved);
  return event;
}

size_t ee_completion_queue_next_batch(ee_completion_queue *queue, ee_event *events, size_t most, ee_time deadline,
                                      void *reserved) {
  return take(__func__, queue, events, most, deadline, reserved);
}

ee_event ee_completion_queue_pluck(ee_completion_queue *queue, void *tag, ee_time deadline, void *reserved) {
  DEMAND_RESERVED_NULL();
  DEMAND(queue->completion_type == EE_CQ_PLUCK, "the completion type of the queue must be PLUCK");
  ee_application_callback_exec_ctx_enter();
  ee_outcome *outcome = ee_outcome_find(queue, tag);
  uint64_t raw_tag = outcome != NULL ? outcome_tag(outcome) : (uint64_t)(uintptr_t)tag;
  raw_event raw;
  eei_completion_queues_method_completion_queue_pluck(borrow_queue(queue), raw_tag, deadline, &raw);
  ee_event event = ee_event_of(&raw);
  waited(queue);
  ee_application_callback_exec_ctx_leave();
  return event;
}
