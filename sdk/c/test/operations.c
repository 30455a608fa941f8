// Operations: what they bring and where it goes, cancelling, and objects that only pass through.
#include <stdlib.h>
#include <string.h>
#include "harness.h"

static const ee_address loopback = {.family = 4, .port = 80, .bytes = {127, 0, 0, 1}};

static void accepts(void) {
  ee_completion_queue *queue = ee_completion_queue_create_for_next(NULL);
  ee_listener *listener = ee_listener_create(&(ee_socket_options){.keep_alive = 1, .keep_alive_idle = 5});
  ee_endpoint *endpoints[3] = {NULL, NULL, NULL};
  for (uintptr_t i = 0; i < 3; i++) CHECK(ee_listener_accept(listener, queue, TAG(i), &endpoints[i]) == EE_OP_PENDING);
  stub_end(stub_find(STUB_ACCEPT), EE_OK, 0, stub_ticket());
  stub_end(stub_find(STUB_ACCEPT), EE_CANCELLED, EE_REASON_CANCELLED, 0);
  stub_end(stub_find(STUB_ACCEPT), EE_OK, 0, stub_ticket());
  expect_event(queue, TAG(0), 1);
  CHECK(endpoints[0] != NULL && endpoints[2] == NULL); // The third event is held: not returned yet.
  expect_event(queue, TAG(1), 0);
  expect_event(queue, TAG(2), 1);
  CHECK(endpoints[1] == NULL && endpoints[2] != NULL && endpoints[2] != endpoints[0]);
  ee_endpoint_destroy(endpoints[0]);
  ee_endpoint_destroy(endpoints[2]);
  ee_listener_destroy(listener);
  finish(queue);
}

static void pluck_accepts(void) {
  ee_completion_queue *queue = ee_completion_queue_create_for_pluck(NULL);
  ee_listener *listener = ee_listener_create(NULL);
  ee_endpoint *one = NULL, *other = NULL;
  CHECK(ee_listener_accept(listener, queue, TAG(1), &one) == EE_OP_PENDING);
  CHECK(ee_listener_accept(listener, queue, TAG(2), &other) == EE_OP_PENDING);
  stub_end(stub_find(STUB_ACCEPT), EE_OK, 0, stub_ticket());
  stub_end(stub_find(STUB_ACCEPT), EE_OK, 0, stub_ticket());
  CHECK(ee_completion_queue_pluck(queue, TAG(2), EE_INF_PAST, NULL).tag == TAG(2));
  CHECK(one == NULL && other != NULL);
  CHECK(ee_completion_queue_pluck(queue, TAG(3), EE_INF_PAST, NULL).type == EE_QUEUE_TIMEOUT);
  CHECK(ee_completion_queue_pluck(queue, TAG(1), EE_INF_PAST, NULL).success);
  CHECK(one != NULL);
  ee_endpoint_destroy(one);
  ee_endpoint_destroy(other);
  // The tags are free again, and of a refused accept too.
  stub.refuse = true;
  CHECK(ee_listener_accept(listener, queue, TAG(3), &one) == EE_OP_REFUSED);
  stub.refuse = false;
  for (uintptr_t i = 1; i <= 3; i++) {
    CHECK(ee_cq_begin_op(queue, TAG(i)));
    ee_cq_end_op(queue, TAG(i), 1);
    CHECK(ee_completion_queue_pluck(queue, TAG(i), EE_INF_PAST, NULL).tag == TAG(i));
  }
  ee_listener_destroy(listener);
  ee_completion_queue_destroy(queue);
}

static void connects(void) {
  ee_completion_queue *queue = ee_completion_queue_create_for_next(NULL);
  ee_connection_handle first, second;
  ee_endpoint *endpoint = NULL, *never = NULL;
  CHECK(ee_connect(queue, TAG(1), &loopback, 1, NULL, 77, &endpoint, &first) == EE_OP_PENDING);
  CHECK(stub.deadline == 77);
  CHECK(ee_connect(queue, TAG(2), &loopback, 1, NULL, 78, &never, &second) == EE_OP_PENDING);
  CHECK(ee_connect_cancel(second));
  CHECK(!ee_connect_cancel(second));
  stub_end(stub_find(STUB_CONNECT), EE_OK, 0, stub_ticket());
  CHECK(!ee_connect_cancel(first)); // It has ended, although its event was not taken.
  expect_event(queue, TAG(1), 1);
  CHECK(endpoint != NULL && never == NULL);
  CHECK(!ee_connect_cancel(first));
  ee_endpoint_destroy(endpoint);
  finish(queue);
}

// The record of the connect goes with the queue, and is somebody else's when the connect is cancelled.
static void cancel_behind_queue(void) {
  ee_completion_queue *queue = ee_completion_queue_create_for_next(NULL);
  ee_completion_queue *other = ee_completion_queue_create_for_next(NULL);
  ee_connection_handle handle, kept;
  ee_endpoint *endpoint = NULL;
  CHECK(ee_connect(queue, TAG(1), &loopback, 1, NULL, EE_INF_FUTURE, &endpoint, &handle) == EE_OP_PENDING);
  ee_completion_queue_destroy(queue);
  CHECK(ee_connect(other, TAG(2), &loopback, 1, NULL, EE_INF_FUTURE, &endpoint, &kept) == EE_OP_PENDING);
  CHECK(kept.internal == handle.internal);
  CHECK(ee_connect_cancel(handle));
  stub_end(stub_find(STUB_CONNECT), EE_UNAVAILABLE, EE_REASON_CONNECTION_REFUSED, 0);
  ee_event event = ee_completion_queue_next(other, EE_INF_PAST, NULL);
  CHECK(event.tag == TAG(2) && !event.success && event.status.code == EE_UNAVAILABLE);
  CHECK(event.status.reason == EE_REASON_CONNECTION_REFUSED && endpoint == NULL);
  finish(other);
}

static void queue_destroyed_under_accept(void) {
  ee_completion_queue *queue = ee_completion_queue_create_for_next(NULL);
  ee_listener *listener = ee_listener_create(NULL);
  ee_endpoint *endpoint = NULL;
  for (int i = 0; i < 200; i++) CHECK(ee_listener_accept(listener, queue, TAG(i), &endpoint) == EE_OP_PENDING);
  ee_completion_queue_destroy(queue);
  while (stub_find(STUB_ACCEPT) != NULL) stub_end(stub_find(STUB_ACCEPT), EE_CANCELLED, 0, 0);
  CHECK(endpoint == NULL);
  ee_listener_destroy(listener);
}

static void reclaimers(void) {
  ee_completion_queue *queue = ee_completion_queue_create_for_next(NULL);
  ee_memory_quota *quota = ee_memory_quota_create(1000);
  ee_memory_allocator *allocator = ee_memory_allocator_create(quota);
  ee_reclamation_sweep sweep = {0}, never = {0};
  CHECK(ee_memory_allocator_post_reclaimer(allocator, queue, TAG(1), EE_PASS_BENIGN, &sweep) == EE_OP_PENDING);
  CHECK(ee_memory_allocator_post_reclaimer(allocator, queue, TAG(2), EE_PASS_DESTRUCTIVE, &never) == EE_OP_PENDING);
  stub_end(stub_find(STUB_RECLAIMER), EE_OK, 0, 55);
  stub_end(stub_find(STUB_RECLAIMER), EE_CANCELLED, 0, 0);
  expect_event(queue, TAG(1), 1);
  CHECK(sweep.ticket == 55);
  expect_event(queue, TAG(2), 0);
  CHECK(never.ticket == 0);
  ee_reclamation_sweep_finish(sweep);
  CHECK(stub.sweeps == 1);
  ee_memory_allocator_destroy(allocator);
  ee_memory_quota_destroy(quota);
  finish(queue);
}

static void memory(void) {
  ee_completion_queue *queue = ee_completion_queue_create_for_next(NULL);
  ee_memory_quota *quota = ee_memory_quota_default();
  ee_memory_allocator *allocator = ee_memory_allocator_create(quota);
  ee_slice_buffer *buffer = ee_slice_buffer_create();
  ee_op_start start = EE_OP_REFUSED;
  CHECK(ee_memory_quota_free_bytes(quota) == 100 && ee_memory_quota_pressure(quota) == 0.5);
  ee_memory_quota_set_size(quota, 50);
  CHECK(ee_memory_quota_free_bytes(quota) == 50);
  CHECK(ee_memory_allocator_reserve(allocator, 10, 20) == 10);
  CHECK(ee_memory_allocator_taken(allocator) == 10);
  ee_memory_allocator_release(allocator, 10);
  CHECK(ee_memory_allocator_taken(allocator) == 0);
  CHECK(ee_memory_allocator_allocate(allocator, queue, TAG(1), 100, buffer, &start).code == EE_OK);
  CHECK(start == EE_OP_PENDING);
  stub_end(stub_find(STUB_ALLOCATE), EE_OK, 0, 0);
  expect_event(queue, TAG(1), 1);
  start = EE_OP_DONE;
  CHECK(ee_memory_allocator_allocate(allocator, queue, TAG(1), 1000, buffer, &start).code == EE_RESOURCE_EXHAUSTED);
  CHECK(start == EE_OP_DONE);
  ee_slice_buffer_destroy(buffer);
  ee_memory_allocator_destroy(allocator);
  ee_memory_quota_destroy(quota);
  finish(queue);
}

static void refusals(void) {
  ee_completion_queue *queue = ee_completion_queue_create_for_next(NULL);
  ee_listener *listener = ee_listener_create(NULL);
  ee_endpoint *endpoint = NULL;
  ee_connection_handle connection = {1, 2, NULL};
  ee_task_handle task = {3, 4};
  stub.refuse = true;
  for (int i = 0; i < 100; i++) CHECK(ee_listener_accept(listener, queue, TAG(1), &endpoint) == EE_OP_REFUSED);
  CHECK(ee_listener_shutdown(listener, queue, TAG(1)) == EE_OP_REFUSED);
  CHECK(ee_connect(queue, TAG(1), &loopback, 1, NULL, 0, &endpoint, &connection) == EE_OP_REFUSED);
  CHECK(ee_task_run_at(queue, TAG(1), 5, 0, EE_TASK_SILENT, &task) == EE_OP_REFUSED);
  CHECK(connection.slot == 1 && task.slot == 3);
  CHECK(!ee_cq_begin_op(queue, TAG(1)));
  stub.fail = true;
  CHECK(ee_listener_start(listener).reason == EE_REASON_CONNECTION_REFUSED);
  CHECK(ee_listener_bind(listener, &loopback, NULL).code == EE_UNAVAILABLE);
  ee_listener_destroy(listener);
  finish(queue);
}

static void reads_and_writes(void) {
  ee_completion_queue *queue = ee_completion_queue_create_for_next(NULL);
  ee_slice_buffer *buffer = ee_slice_buffer_create();
  ee_endpoint *endpoint = NULL;
  CHECK(ee_connect(queue, TAG(1), &loopback, 1, NULL, 0, &endpoint, NULL) == EE_OP_PENDING);
  stub_end(stub_find(STUB_CONNECT), EE_OK, 0, stub_ticket());
  expect_event(queue, TAG(1), 1);
  CHECK(ee_endpoint_read(endpoint, queue, TAG(2), buffer, 10, 0) == EE_OP_PENDING);
  CHECK(ee_endpoint_write(endpoint, queue, TAG(3), buffer, 0, 0) == EE_OP_PENDING);
  stub.complete_inline = true;
  stub_end(stub_find(STUB_WRITE), EE_OK, 0, 0);
  stub_end(stub_find(STUB_READ), EE_INTERNAL, EE_REASON_END_OF_STREAM, 0);
  expect_event(queue, TAG(3), 1);
  expect_event(queue, TAG(2), 0);
  CHECK(ee_endpoint_read(endpoint, queue, TAG(2), buffer, 0, EE_MAY_COMPLETE_INLINE) == EE_OP_DONE);
  CHECK(ee_endpoint_write(endpoint, queue, TAG(2), buffer, 9, EE_MAY_COMPLETE_INLINE) == EE_OP_DONE);
  CHECK(ee_endpoint_peer_address(endpoint).port == 80);
  CHECK(memcmp(ee_endpoint_local_address(endpoint).bytes, loopback.bytes, 16) == 0);
  ee_endpoint_shutdown_send(endpoint);
  ee_endpoint_destroy(endpoint);
  ee_slice_buffer_destroy(buffer);
  finish(queue);
}

static void tasks(void) {
  ee_completion_queue *queue = ee_completion_queue_create_for_next(NULL);
  ee_task_handle task;
  CHECK(ee_task_run_at(queue, TAG(1), 500, 10, EE_TASK_SILENT, &task) == EE_OP_PENDING);
  CHECK(ee_task_cancel(task));
  CHECK(!ee_task_cancel(task));
  CHECK(ee_task_run_at(queue, TAG(2), 500, 10, EE_TASK_COMPLETES, NULL) == EE_OP_PENDING);
  stub_end(stub_find(STUB_TASK), EE_OK, 0, 0);
  expect_event(queue, TAG(2), 1);
  CHECK(ee_deadline_in_ms(5) == ee_now() + 5000000);
  CHECK(ee_deadline_in_ms(UINT64_MAX) == EE_INF_FUTURE);
  CHECK(ee_deadline_in_ms(UINT64_MAX / 1000000) == EE_INF_FUTURE);
  uint32_t count = 99;
  CHECK(ee_engine_live(4, &count) && count == 1);
  CHECK(!ee_engine_live(5, &count));
  CHECK(ee_engine_shutdown() == 3);
  finish(queue);
}

static void slices(void) {
  ee_slice_buffer *buffer = ee_slice_buffer_create(), *other = ee_slice_buffer_create();
  ee_slice *slice;
  char text[32] = "";
  CHECK(ee_slice_from_copied_buffer("hello", 5, &slice).code == EE_OK);
  ee_slice *part = ee_slice_sub(slice, 1, 3), *again = ee_slice_ref(part);
  ee_slice_copy_out(again, text);
  CHECK(ee_slice_length(part) == 2 && strcmp(text, "el") == 0);
  CHECK(ee_slice_buffer_append(buffer, " world", 6).code == EE_OK);
  ee_slice_buffer_undo_take(buffer, slice);
  ee_slice_buffer_add(buffer, part);
  CHECK(ee_slice_buffer_length(buffer) == 13 && ee_slice_buffer_count(buffer) == 1);
  CHECK(ee_slice_buffer_copy_out(buffer, 3, text, 6) == 6 && strcmp(text, "lo wor") == 0);
  CHECK(ee_slice_buffer_copy_out(buffer, 12, text, sizeof text) == 1 && text[0] == 'l');
  CHECK(ee_slice_buffer_copy_out(buffer, 13, text, sizeof text) == 0);
  void *elsewhere = cabi_realloc(NULL, 0, 1, 4); // No list is expected now.
  CHECK(elsewhere != text);
  free(elsewhere);
  ee_slice_buffer_trim_end(buffer, 2);
  ee_slice_buffer_move_first(buffer, 6, other);
  ee_slice_buffer_move_last(buffer, 1, other);
  ee_slice_buffer_swap(buffer, other);
  CHECK(ee_slice_buffer_copy_out(buffer, 0, text, sizeof text) == 7 && memcmp(text, "hello d", 7) == 0);
  ee_slice_buffer_clear(buffer);
  CHECK(ee_slice_buffer_take_first(buffer) == NULL);
  slice = ee_slice_buffer_take_first(other);
  CHECK(ee_slice_length(slice) == 4);
  stub.fail = true;
  CHECK(ee_slice_buffer_append(buffer, "x", 1).code == EE_UNAVAILABLE && ee_slice_buffer_length(buffer) == 0);
  CHECK(ee_slice_from_copied_buffer("x", 1, &slice).code == EE_UNAVAILABLE);
  ee_slice_unref(slice);
  ee_slice_unref(again);
  ee_slice_buffer_destroy(buffer);
  ee_slice_buffer_destroy(other);
}

static void addresses(void) {
  static const char *const texts[] = {"127.0.0.1:80", "255.0.1.2:65535", "[::1]:8080", "[2001:db8::ff00:42:8329]:0"};
  char text[EE_ADDRESS_TEXT_MAX];
  ee_address address;
  for (size_t i = 0; i < 8; i++) {
    stub.lists_elsewhere = i >= 4;
    CHECK(ee_address_parse(texts[i % 4], &address).code == EE_OK);
    CHECK(address.family == (i % 4 < 2 ? 4 : 6));
    CHECK(strcmp(ee_address_format(&address, text), texts[i % 4]) == 0);
  }
  CHECK(address.bytes[0] == 0x20 && address.bytes[15] == 0x29);
  CHECK(ee_address_parse("localhost:80", &address).code == EE_INVALID_ARGUMENT);
  CHECK(strcmp(ee_status_code_name(EE_UNAVAILABLE), "UNAVAILABLE") == 0);
  CHECK(strcmp(ee_reason_name(EE_REASON_ALIAS_LOOP), "alias-loop") == 0);
  CHECK(strcmp(ee_reason_name(EE_REASON_NONE), "") == 0);
}

const test_case operation_tests[] = {
    {"should fill in an accepted endpoint when its event is returned", accepts, NULL},
    {"should find the event of an accept by its tag", pluck_accepts, NULL},
    {"should fill in a connected endpoint, and none of a cancelled connect", connects, NULL},
    {"should cancel a connect whose queue is gone", cancel_behind_queue, NULL},
    {"should forget the accepts of a queue that is destroyed", queue_destroyed_under_accept, NULL},
    {"should name the sweep of a reclaimer that was asked", reclaimers, NULL},
    {"should pass memory through", memory, NULL},
    {"should leave nothing behind when an operation is refused", refusals, NULL},
    {"should read and write, inline where that is allowed", reads_and_writes, NULL},
    {"should run tasks, cancel them and tell the time", tasks, NULL},
    {"should pass slices through", slices, NULL},
    {"should read and write addresses", addresses, NULL},
    {0},
};
