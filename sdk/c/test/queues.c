// NEXT and PLUCK queues: order, batches, deadlines, shutdown.
#include "harness.h"

static void begin_and_end(ee_completion_queue *queue, uintptr_t first, uintptr_t count) {
  for (uintptr_t tag = first; tag < first + count; tag++) {
    CHECK(ee_cq_begin_op(queue, TAG(tag)));
    ee_cq_end_op(queue, TAG(tag), 1);
  }
}

static void events_in_order(void) {
  ee_completion_queue *queue = ee_completion_queue_create_for_next(NULL);
  begin_and_end(queue, 1, 200);
  for (uintptr_t tag = 1; tag <= 200; tag++) expect_event(queue, TAG(tag), 1);
  CHECK(stub.most == 64);
  CHECK(stub.crossings == 4); // 64 + 64 + 64 + 8
  finish(queue);
}

static void events_elsewhere(void) {
  stub.lists_elsewhere = true;
  events_in_order();
}

static void failures(void) {
  ee_completion_queue *queue = ee_completion_queue_create_for_next(NULL);
  CHECK(ee_cq_begin_op(queue, TAG(1)));
  ee_cq_end_op(queue, TAG(1), 0);
  ee_event event = ee_completion_queue_next(queue, EE_INF_PAST, NULL);
  CHECK(event.type == EE_OP_COMPLETE && !event.success && event.status.code == EE_CANCELLED);
  finish(queue);
}

static void timeouts(void) {
  ee_completion_queue *queue = ee_completion_queue_create_for_next(NULL);
  ee_event event = ee_completion_queue_next(queue, 12345, NULL);
  CHECK(event.type == EE_QUEUE_TIMEOUT && event.tag == NULL && event.success == 0);
  CHECK(stub.deadline == 12345);
  begin_and_end(queue, 1, 1);
  expect_event(queue, TAG(1), 1);
  CHECK(ee_completion_queue_next(queue, EE_INF_PAST, NULL).type == EE_QUEUE_TIMEOUT);
  finish(queue);
}

static void batches(void) {
  ee_completion_queue *queue = ee_completion_queue_create_for_next(NULL);
  ee_event events[100];
  begin_and_end(queue, 1, 70);
  CHECK(ee_completion_queue_next_batch(queue, events, 10, EE_INF_PAST, NULL) == 10);
  CHECK(events[0].tag == TAG(1) && events[9].tag == TAG(10));
  CHECK(ee_completion_queue_next_batch(queue, events, 100, EE_INF_PAST, NULL) == 54);
  CHECK(events[53].tag == TAG(64));
  CHECK(ee_completion_queue_next_batch(queue, events, 100, EE_INF_PAST, NULL) == 6);
  CHECK(ee_completion_queue_next_batch(queue, events, 100, EE_INF_PAST, NULL) == 1);
  CHECK(events[0].type == EE_QUEUE_TIMEOUT);
  finish(queue);
}

static void shutdown_drains(void) {
  ee_completion_queue *queue = ee_completion_queue_create_for_next(NULL);
  CHECK(ee_cq_begin_op(queue, TAG(1)));
  ee_completion_queue_shutdown(queue);
  CHECK(ee_cq_begin_op(queue, TAG(2))); // One is outstanding.
  CHECK(ee_completion_queue_next(queue, EE_INF_PAST, NULL).type == EE_QUEUE_TIMEOUT);
  ee_cq_end_op(queue, TAG(1), 1);
  ee_cq_end_op(queue, TAG(2), 1);
  CHECK(!ee_cq_begin_op(queue, TAG(3)));
  CHECK(ee_task_run(queue, TAG(3)) == EE_OP_REFUSED);
  expect_event(queue, TAG(1), 1);
  expect_event(queue, TAG(2), 1);
  for (int i = 0; i < 3; i++) CHECK(ee_completion_queue_next(queue, EE_INF_FUTURE, NULL).type == EE_QUEUE_SHUTDOWN);
  finish(queue);
}

static void plucks(void) {
  ee_completion_queue *queue = ee_completion_queue_create_for_pluck(NULL);
  begin_and_end(queue, 1, 128);
  for (uintptr_t tag = 1; tag <= 128; tag++)
    CHECK(ee_completion_queue_pluck(queue, TAG(tag), EE_INF_PAST, NULL).tag == TAG(tag));
  begin_and_end(queue, 1, 128);
  for (uintptr_t tag = 128; tag >= 1; tag--)
    CHECK(ee_completion_queue_pluck(queue, TAG(tag), EE_INF_PAST, NULL).tag == TAG(tag));
  CHECK(ee_completion_queue_pluck(queue, TAG(1), EE_INF_PAST, NULL).type == EE_QUEUE_TIMEOUT);
  ee_completion_queue_shutdown(queue);
  CHECK(ee_completion_queue_pluck(queue, NULL, EE_INF_FUTURE, NULL).type == EE_QUEUE_SHUTDOWN);
  ee_completion_queue_destroy(queue);
}

static void every_kind(void) {
  for (int version = 1; version <= EE_CQ_CURRENT_VERSION; version++)
    for (int type = EE_CQ_NEXT; type <= EE_CQ_CALLBACK; type++)
      for (int polling = EE_CQ_DEFAULT_POLLING; polling <= EE_CQ_NON_POLLING; polling++) {
        ee_completion_queue_attributes attributes = {version, (ee_cq_completion_type)type, (ee_cq_polling_type)polling,
                                                     NULL};
        const ee_completion_queue_factory *factory = ee_completion_queue_factory_lookup(&attributes);
        ee_completion_queue *queue = ee_completion_queue_create(factory, &attributes, NULL);
        ee_completion_queue_shutdown(queue);
        ee_completion_queue_shutdown(queue);
        ee_completion_queue_destroy(queue);
      }
}

// A version 1 has no shutdown functor, whatever the field holds.
static void old_attributes(void) {
  ee_completion_queue_functor functor = {0};
  ee_completion_queue_attributes attributes = {1, EE_CQ_CALLBACK, EE_CQ_DEFAULT_POLLING, &functor};
  ee_completion_queue_destroy(
      ee_completion_queue_create(ee_completion_queue_factory_lookup(&attributes), &attributes, NULL));
  CHECK(ee_run(EE_INF_PAST) == 0);
}

static void held_events_are_ready(void) {
  ee_completion_queue *queue = ee_completion_queue_create_for_next(NULL);
  ee_pollable *pollables[] = {ee_pollable_from_wasi(2), ee_completion_queue_subscribe(queue), ee_pollable_from_wasi(3)};
  uint32_t ready[3];
  begin_and_end(queue, 1, 3);
  expect_event(queue, TAG(1), 1);
  unsigned crossings = stub.crossings;
  CHECK(ee_pollable_ready(pollables[1]));
  CHECK(ee_poll(pollables, 3, ready) == 2);
  CHECK(ready[0] == 1 && ready[1] == 2);
  ee_pollable_block(pollables[1]);
  CHECK(stub.crossings == crossings);
  expect_event(queue, TAG(2), 1);
  expect_event(queue, TAG(3), 1);
  CHECK(!ee_pollable_ready(pollables[1]));
  CHECK(ee_poll(pollables, 3, ready) == 1 && ready[0] == 2);
  ee_completion_queue_shutdown(queue);
  CHECK(ee_pollable_ready(pollables[1]));
  for (int i = 0; i < 3; i++) ee_pollable_destroy(pollables[i]);
  ee_completion_queue_destroy(queue);
}

const test_case queue_tests[] = {
    {"should return events in their order and fetch up to 64 at once", events_in_order, NULL},
    {"should take lists that arrive in memory of their own", events_elsewhere, NULL},
    {"should say of an event how its operation ended", failures, NULL},
    {"should return a timeout when there is nothing", timeouts, NULL},
    {"should return as many events as asked for and there are", batches, NULL},
    {"should drain before the shutdown, and begin nothing afterwards", shutdown_drains, NULL},
    {"should pluck tags in any order", plucks, NULL},
    {"should create, shut down twice and destroy every kind of queue", every_kind, NULL},
    {"should read no shutdown functor from attributes of version 1", old_attributes, NULL},
    {"should be ready while it holds events of an earlier fetch", held_events_are_ready, NULL},
    {0},
};
