// The library on the real engine: library-check prints a line per check, in the form of TAP.
//
// Everything goes over loopback within this program. After each check nothing may be live in the engine.
#include <stdlib.h>
#include <string.h>
#include "checks.h"

#define TAG(number) ((void *)(uintptr_t)(number))
#define MEBIBYTE (1 << 20)

static ee_completion_queue *queue;

static ee_event wait_for(void *tag) { return ee_completion_queue_pluck(queue, tag, ee_deadline_in_ms(SECONDS), NULL); }

static void expect(void *tag, ee_status_code code, ee_reason reason) {
  ee_event event = wait_for(tag);
  CHECK(event.type == EE_OP_COMPLETE && event.tag == tag);
  CHECK(event.success == (code == EE_OK));
  CHECK(event.status.code == code);
  CHECK(event.status.reason == reason);
}

static ee_listener *listen_somewhere(ee_address *address) {
  ee_listener *listener = ee_listener_create(NULL);
  CHECK(ee_address_parse("127.0.0.1:0", address).code == EE_OK);
  CHECK(ee_listener_bind(listener, address, &address->port).code == EE_OK);
  CHECK(ee_listener_start(listener).code == EE_OK);
  CHECK(ee_listener_start(listener).code == EE_FAILED_PRECONDITION);
  return listener;
}

static void connect_pair(ee_endpoint **near, ee_endpoint **far) {
  ee_address address;
  ee_listener *listener = listen_somewhere(&address);
  CHECK(ee_listener_accept(listener, queue, TAG(1), far) == EE_OP_PENDING);
  CHECK(ee_connect(queue, TAG(2), &address, 1, NULL, ee_deadline_in_ms(SECONDS), near, NULL) == EE_OP_PENDING);
  expect(TAG(1), EE_OK, EE_REASON_NONE);
  expect(TAG(2), EE_OK, EE_REASON_NONE);
  CHECK(ee_endpoint_peer_address(*near).port == address.port);
  CHECK(ee_endpoint_local_address(*far).port == address.port);
  CHECK(ee_endpoint_local_address(*near).port == ee_endpoint_peer_address(*far).port);
  ee_listener_destroy(listener);
}

static void begin(void) { queue = ee_completion_queue_create_for_pluck(NULL); }
static void end(void) { ee_completion_queue_destroy(queue); }

// ---- Checks ----

static void bytes_go_through(void) {
  ee_endpoint *near = NULL, *far = NULL;
  connect_pair(&near, &far);
  ee_slice_buffer *out = ee_slice_buffer_create(), *in = ee_slice_buffer_create();
  char *sent = malloc(MEBIBYTE), *got = malloc(MEBIBYTE);
  for (int i = 0; i < MEBIBYTE; i++) sent[i] = (char)(i * 31 + (i >> 8));
  CHECK(ee_slice_buffer_append(out, sent, MEBIBYTE).code == EE_OK);
  CHECK(ee_endpoint_write(near, queue, TAG(1), out, 0, 0) == EE_OP_PENDING);
  CHECK(ee_slice_buffer_length(out) == 0); // It is the program's again.
  CHECK(ee_endpoint_read(far, queue, TAG(2), in, MEBIBYTE, 0) == EE_OP_PENDING);
  expect(TAG(2), EE_OK, EE_REASON_NONE);
  expect(TAG(1), EE_OK, EE_REASON_NONE);
  CHECK(ee_slice_buffer_copy_out(in, 0, got, MEBIBYTE) == MEBIBYTE);
  CHECK(memcmp(sent, got, MEBIBYTE) == 0);
  ee_endpoint_shutdown_send(near);
  CHECK(ee_endpoint_read(far, queue, TAG(3), in, 0, 0) == EE_OP_PENDING);
  expect(TAG(3), EE_INTERNAL, EE_REASON_END_OF_STREAM);
  // The other direction is open still. What was read goes back by handle.
  CHECK(ee_slice_buffer_append(in, sent, 1000).code == EE_OK);
  CHECK(ee_endpoint_write(far, queue, TAG(4), in, 0, 0) == EE_OP_PENDING);
  CHECK(ee_endpoint_read(near, queue, TAG(5), out, 1000, 0) == EE_OP_PENDING);
  expect(TAG(4), EE_OK, EE_REASON_NONE);
  expect(TAG(5), EE_OK, EE_REASON_NONE);
  CHECK(ee_slice_buffer_length(out) == 1000);
  free(sent);
  free(got);
  ee_slice_buffer_destroy(in);
  ee_slice_buffer_destroy(out);
  ee_endpoint_destroy(near);
  ee_endpoint_destroy(far);
}

static void destroyed_under_a_read(void) {
  ee_endpoint *near = NULL, *far = NULL;
  connect_pair(&near, &far);
  ee_slice_buffer *in = ee_slice_buffer_create();
  CHECK(ee_endpoint_read(near, queue, TAG(1), in, 0, EE_MAY_COMPLETE_INLINE) == EE_OP_PENDING);
  ee_slice_buffer_destroy(in);
  ee_endpoint_destroy(near);
  expect(TAG(1), EE_CANCELLED, EE_REASON_ENDPOINT_CLOSED);
  ee_endpoint_destroy(far);
}

static void accepts_without_a_listener(void) {
  ee_address address;
  ee_endpoint *endpoint = NULL;
  ee_listener *listener = listen_somewhere(&address);
  for (uintptr_t i = 1; i <= 3; i++) CHECK(ee_listener_accept(listener, queue, TAG(i), &endpoint) == EE_OP_PENDING);
  CHECK(ee_listener_shutdown(listener, queue, TAG(4)) == EE_OP_PENDING);
  for (uintptr_t i = 1; i <= 3; i++) CHECK(!wait_for(TAG(i)).success);
  expect(TAG(4), EE_OK, EE_REASON_NONE);
  ee_listener_destroy(listener);
  listener = listen_somewhere(&address);
  CHECK(ee_listener_accept(listener, queue, TAG(5), &endpoint) == EE_OP_PENDING);
  ee_listener_destroy(listener);
  CHECK(wait_for(TAG(5)).status.code == EE_CANCELLED);
  CHECK(endpoint == NULL);
}

static void connects_that_fail(void) {
  ee_address address;
  ee_endpoint *endpoint = NULL;
  ee_connection_handle handle;
  ee_listener *listener = listen_somewhere(&address);
  ee_listener_destroy(listener); // Nobody listens there now.
  CHECK(ee_connect(queue, TAG(1), &address, 1, NULL, EE_INF_FUTURE, &endpoint, &handle) == EE_OP_PENDING);
  expect(TAG(1), EE_UNAVAILABLE, EE_REASON_CONNECTION_REFUSED);
  CHECK(!ee_connect_cancel(handle));
  CHECK(ee_connect(queue, TAG(2), &address, 1, NULL, EE_INF_PAST, &endpoint, &handle) == EE_OP_PENDING);
  CHECK(wait_for(TAG(2)).status.code == EE_DEADLINE_EXCEEDED);
  CHECK(ee_connect(queue, TAG(3), &address, 1, NULL, EE_INF_FUTURE, &endpoint, &handle) == EE_OP_PENDING);
  CHECK(ee_connect_cancel(handle));
  CHECK(!ee_connect_cancel(handle));
  CHECK(ee_completion_queue_pluck(queue, TAG(3), EE_INF_PAST, NULL).type == EE_QUEUE_TIMEOUT);
  CHECK(endpoint == NULL);
}

static void orphaned_accepts(void) {
  ee_address address;
  ee_endpoint *near = NULL, *never = NULL;
  ee_listener *listener = listen_somewhere(&address);
  ee_completion_queue *other = ee_completion_queue_create_for_next(NULL);
  CHECK(ee_listener_accept(listener, other, TAG(1), &never) == EE_OP_PENDING);
  ee_completion_queue_destroy(other);
  CHECK(ee_connect(queue, TAG(2), &address, 1, NULL, EE_INF_FUTURE, &near, NULL) == EE_OP_PENDING);
  expect(TAG(2), EE_OK, EE_REASON_NONE);
  // Whom nobody wants any more is let go: the stream ends, in order or not.
  ee_slice_buffer *in = ee_slice_buffer_create();
  CHECK(ee_endpoint_read(near, queue, TAG(3), in, 0, 0) == EE_OP_PENDING);
  CHECK(!wait_for(TAG(3)).success);
  CHECK(never == NULL);
  ee_slice_buffer_destroy(in);
  ee_endpoint_destroy(near);
  ee_listener_destroy(listener);
}

static void tasks(void) {
  ee_task_handle handle;
  CHECK(ee_task_run(queue, TAG(2)) == EE_OP_PENDING);
  CHECK(ee_completion_queue_pluck(queue, TAG(1), EE_INF_PAST, NULL).type == EE_QUEUE_TIMEOUT);
  ee_time due = ee_deadline_in_ms(20);
  CHECK(ee_task_run_at(queue, TAG(1), due, 0, EE_TASK_SILENT, &handle) == EE_OP_PENDING);
  expect(TAG(2), EE_OK, EE_REASON_NONE);
  expect(TAG(1), EE_OK, EE_REASON_NONE);
  CHECK(ee_now() >= due);
  CHECK(!ee_task_cancel(handle));
  CHECK(ee_task_run_at(queue, TAG(3), EE_INF_FUTURE, 0, EE_TASK_COMPLETES, &handle) == EE_OP_PENDING);
  CHECK(ee_task_cancel(handle));
  CHECK(wait_for(TAG(3)).status.code == EE_CANCELLED);
}

static void look_ups(void) {
  ee_dns_resolver_options options = {.servers = "127.0.0.1:9", .cache_bytes = EE_DNS_NO_CACHE};
  ee_dns_resolver *resolver = NULL;
  ee_dns_result *result = NULL, *never = NULL;
  ee_dns_lookup_handle handle;
  CHECK(ee_dns_resolver_create(&(ee_dns_resolver_options){.servers = "here"}, NULL, &resolver, &result).code ==
        EE_INVALID_ARGUMENT);
  CHECK(strstr(ee_dns_result_message(result), "\"here\"") != NULL);
  ee_dns_result_destroy(result);
  CHECK(ee_dns_resolver_create(&options, NULL, &resolver, NULL).code == EE_OK);
  ee_time never_over = EE_INF_FUTURE;
  CHECK(ee_dns_lookup_hostname(resolver, queue, TAG(1), "localhost", "http", never_over, &result, &handle) ==
        EE_OP_PENDING);
  expect(TAG(1), EE_OK, EE_REASON_NONE);
  CHECK(ee_dns_result_count(result) == 2 && !ee_dns_cancel_lookup(handle));
  const ee_address *addresses = ee_dns_result_addresses(result);
  CHECK(addresses[0].family == 6 && addresses[0].bytes[15] == 1 && addresses[0].port == 80);
  CHECK(addresses[1].family == 4 && addresses[1].bytes[0] == 127 && addresses[1].port == 80);
  ee_dns_result_destroy(result);
  CHECK(ee_dns_lookup_srv(resolver, queue, TAG(2), "localhost", never_over, &result, NULL) == EE_OP_PENDING);
  expect(TAG(2), EE_OK, EE_REASON_NONE);
  CHECK(ee_dns_result_count(result) == 0);
  ee_dns_result_destroy(result);
  CHECK(ee_dns_lookup_hostname(resolver, queue, TAG(3), "localhost", NULL, never_over, &result, NULL) == EE_OP_PENDING);
  expect(TAG(3), EE_INVALID_ARGUMENT, EE_REASON_INVALID_ARGUMENT); // There is no port.
  CHECK(strstr(ee_dns_result_message(result), "\"localhost\"") != NULL);
  ee_dns_result_destroy(result);
  CHECK(ee_dns_lookup_txt(resolver, queue, TAG(4), "a.test", never_over, &never, &handle) == EE_OP_PENDING);
  CHECK(ee_dns_cancel_lookup(handle) && !ee_dns_cancel_lookup(handle));
  CHECK(ee_dns_lookup_txt(resolver, queue, TAG(5), "a.test", never_over, &result, &handle) == EE_OP_PENDING);
  ee_dns_try_cancel_lookup(handle);
  expect(TAG(5), EE_CANCELLED, EE_REASON_CANCELLED);
  CHECK(strstr(ee_dns_result_message(result), "a.test") != NULL);
  ee_dns_result_destroy(result);
  CHECK(ee_dns_lookup_txt(resolver, queue, TAG(6), "a.test", never_over, &result, &handle) == EE_OP_PENDING);
  ee_dns_resolver_destroy(resolver);
  expect(TAG(6), EE_CANCELLED, EE_REASON_CANCELLED);
  ee_dns_result_destroy(result);
  CHECK(ee_completion_queue_pluck(queue, TAG(4), EE_INF_PAST, NULL).type == EE_QUEUE_TIMEOUT && never == NULL);
}

typedef struct counting {
  ee_completion_queue_functor functor;
  int runs, ok;
  ee_status status;
} counting;

static void count(ee_completion_queue_functor *functor, int ok) {
  counting *self = (counting *)functor;
  self->runs++;
  self->ok = ok;
  self->status = ee_completion_queue_functor_status();
}

static void functors(void) {
  counting last = {{count, 0}, 0, 0, {0}}, slow = last, quick = {{count, 1}, 0, 0, {0}}, accepted = last;
  ee_endpoint *near = NULL, *far = NULL;
  ee_address address;
  ee_listener *listener = listen_somewhere(&address);
  ee_completion_queue *functors = ee_completion_queue_create_for_callback(&last.functor, NULL);
  CHECK(ee_task_run(functors, &slow) == EE_OP_PENDING);
  CHECK(ee_task_run(functors, &quick) == EE_OP_PENDING);
  CHECK(ee_listener_accept(listener, functors, &accepted, &far) == EE_OP_PENDING);
  CHECK(ee_connect(queue, TAG(1), &address, 1, NULL, EE_INF_FUTURE, &near, NULL) == EE_OP_PENDING);
  expect(TAG(1), EE_OK, EE_REASON_NONE);
  CHECK(quick.runs == 1 && slow.runs == 0); // That wait drove everything.
  while (slow.runs == 0 || accepted.runs == 0) CHECK(ee_run(ee_deadline_in_ms(SECONDS)) > 0);
  CHECK(accepted.ok && far != NULL && slow.runs == 1);
  // What is outstanding on a queue that is destroyed is still told.
  CHECK(ee_listener_accept(listener, functors, &accepted, &far) == EE_OP_PENDING);
  ee_completion_queue_destroy(functors);
  ee_listener_destroy(listener);
  while (last.runs == 0) CHECK(ee_run(ee_deadline_in_ms(SECONDS)) > 0);
  CHECK(accepted.runs == 2 && !accepted.ok && accepted.status.code == EE_CANCELLED && last.ok);
  CHECK(ee_run(EE_INF_PAST) == 0);
  ee_endpoint_destroy(near);
  ee_endpoint_destroy(far);
}

static void pollables(void) {
  ee_completion_queue *other = ee_completion_queue_create_for_next(NULL);
  ee_pollable *both[] = {ee_completion_queue_subscribe(queue), ee_completion_queue_subscribe(other)};
  uint32_t ready[2];
  CHECK(!ee_pollable_ready(both[0]) && !ee_pollable_ready(both[1]));
  CHECK(ee_task_run_at(other, TAG(1), ee_deadline_in_ms(10), 0, EE_TASK_SILENT, NULL) == EE_OP_PENDING);
  CHECK(ee_poll(both, 2, ready) == 1 && ready[0] == 1);
  CHECK(ee_task_run(other, TAG(2)) == EE_OP_PENDING);
  while (!ee_pollable_ready(both[1])) ee_pollable_block(both[1]);
  CHECK(ee_completion_queue_next(other, EE_INF_FUTURE, NULL).tag == TAG(1));
  ee_pollable_block(both[1]);
  CHECK(ee_completion_queue_next(other, EE_INF_FUTURE, NULL).tag == TAG(2));
  CHECK(!ee_pollable_ready(both[1]));
  ee_completion_queue_shutdown(other);
  CHECK(ee_poll(both, 2, ready) == 1 && ready[0] == 1);
  for (int i = 0; i < 2; i++) ee_pollable_destroy(both[i]);
  CHECK(ee_completion_queue_next(other, EE_INF_FUTURE, NULL).type == EE_QUEUE_SHUTDOWN);
  ee_completion_queue_destroy(other);
}

static void memory(void) {
  ee_memory_quota *quota = ee_memory_quota_create(100000);
  ee_memory_allocator *allocator = ee_memory_allocator_create(quota), *needy = ee_memory_allocator_create(quota);
  ee_slice_buffer *buffer = ee_slice_buffer_create();
  ee_reclamation_sweep sweep = {0};
  ee_op_start start;
  CHECK(ee_memory_allocator_allocate(needy, queue, TAG(1), 200000, buffer, &start).code == EE_RESOURCE_EXHAUSTED);
  CHECK(ee_memory_allocator_reserve(allocator, 90000, 90000) == 90000);
  CHECK(ee_memory_allocator_taken(allocator) == 90000);
  CHECK(ee_memory_allocator_post_reclaimer(allocator, queue, TAG(2), EE_PASS_BENIGN, &sweep) == EE_OP_PENDING);
  CHECK(ee_memory_allocator_allocate(needy, queue, TAG(3), 50000, buffer, &start).code == EE_OK);
  CHECK(start == EE_OP_PENDING);
  expect(TAG(2), EE_OK, EE_REASON_NONE); // Somebody needs memory.
  ee_memory_allocator_release(allocator, 90000);
  ee_reclamation_sweep_finish(sweep);
  expect(TAG(3), EE_OK, EE_REASON_NONE);
  CHECK(ee_slice_buffer_length(buffer) == 50000);
  CHECK(ee_memory_allocator_post_reclaimer(allocator, queue, TAG(4), EE_PASS_IDLE, &sweep) == EE_OP_PENDING);
  ee_memory_allocator_destroy(allocator);
  CHECK(wait_for(TAG(4)).status.code == EE_CANCELLED);
  ee_slice_buffer_destroy(buffer);
  ee_memory_allocator_destroy(needy);
  ee_memory_quota_destroy(quota);
}

// ---- The rest ----

static const check checks[] = {
    {"should send bytes both ways, past a half-close", bytes_go_through},
    {"should end a read whose endpoint and buffer are destroyed", destroyed_under_a_read},
    {"should end accepts with their listener", accepts_without_a_listener},
    {"should say why a connect failed, and cancel one", connects_that_fail},
    {"should let go of whom a destroyed queue would have accepted", orphaned_accepts},
    {"should run and cancel tasks", tasks},
    {"should look names up, say why one cannot be, and cancel", look_ups},
    {"should run functors when they may", functors},
    {"should wait for two queues at once", pollables},
    {"should ask for memory back and get it", memory},
};

int main(void) { return run_checks(checks, sizeof checks / sizeof *checks, begin, end); }
