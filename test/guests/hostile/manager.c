// Rules about the event manager, its descriptors and the shutdown, and floods
// of what it runs.
#include <stdlib.h>

#include "cases.h"

static Descriptor new_descriptor(Queue queue) { return to_descriptor(connected_pair(queue).server); }

static void notify_twice(void) {
  Queue queue = next_queue();
  Descriptor descriptor = new_descriptor(queue);
  notify(descriptor, queue, 1, READABLE, NEVER);
  notify(descriptor, queue, 2, READABLE, 0);
}

static Descriptor closed_descriptor(Queue queue) {
  Descriptor descriptor = new_descriptor(queue);
  close_descriptor(descriptor);
  return descriptor;
}

static void notify_when_closed(void) {
  Queue queue = next_queue();
  notify(closed_descriptor(queue), queue, 1, READABLE, NEVER);
}

static void read_when_closed(void) { read_now(closed_descriptor(next_queue()), new_buffer(), 1); }

static void write_when_closed(void) { write_now(closed_descriptor(next_queue()), new_buffer()); }

static void end_when_closed(void) { end_output(closed_descriptor(next_queue())); }

static void release_when_closed(void) { to_endpoint(closed_descriptor(next_queue())); }

static void release_wasi(Descriptor descriptor, Buffer rest) {
  eei_descriptors_tuple3_own_tcp_socket_own_input_stream_own_output_stream_t raw;
  eei_descriptors_static_descriptor_release_wasi(descriptor, buffer_ref(rest), &raw);
}

static void release_wasi_when_closed(void) { release_wasi(closed_descriptor(next_queue()), new_buffer()); }

static void register_while_reading(void) {
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  start_read(pair.server, queue, 1, new_buffer(), 0, false);
  to_descriptor(pair.server);
}

static void register_while_writing(void) {
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  Buffer data = new_buffer();
  fill(data, 64);
  start_write(pair.client, queue, 1, data, 0, true);
  to_descriptor(pair.client);
}

/** A buffer that a read has. */
static Buffer lent_buffer(Queue queue) {
  Buffer buffer = new_buffer();
  start_read(connected_pair(queue).client, queue, 1, buffer, 0, false);
  return buffer;
}

static void read_now_into_a_lent_buffer(void) {
  Queue queue = next_queue();
  read_now(new_descriptor(queue), lent_buffer(queue), 1);
}

static void write_a_lent_buffer_now(void) {
  Queue queue = next_queue();
  write_now(new_descriptor(queue), lent_buffer(queue));
}

static void release_into_a_lent_buffer(void) {
  Queue queue = next_queue();
  release_wasi(new_descriptor(queue), lent_buffer(queue));
}

/** Sockets are few here, so the quota is less. */
static void make_descriptors(void) {
  enum { PAIRS = 20 };
  Queue queue = next_queue();
  Pair pairs[PAIRS];
  for (int i = 0; i < PAIRS; i++) pairs[i] = connected_pair(queue);
  set_default_quota(8000);
  for (int i = 0; i < PAIRS; i++) {
    to_descriptor(pairs[i].client);
    to_descriptor(pairs[i].server);
  }
}

/** An error behind bytes that nobody reads, or behind the end, cannot be seen. */
static void wait_for_an_error_behind_bytes(void) {
  Queue queue = next_queue(), sent = next_queue();
  Pair pair = connected_pair(queue);
  Descriptor descriptor = to_descriptor(pair.server);
  Buffer data = new_buffer();
  append(data, "unread", 6);
  start_write(pair.client, sent, 1, data, 0, false);
  notify(descriptor, queue, 2, READABLE, NEVER);
  notify(descriptor, queue, 3, HAS_ERROR, NEVER);
  if (next_until(queue, NEVER).tag == 2) next_until(sent, NEVER);
  next_until(queue, NEVER);
}

static void wait_for_an_error_behind_the_end(void) {
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  Descriptor descriptor = to_descriptor(pair.server);
  eei_endpoints_method_endpoint_shutdown_send(endpoint_ref(pair.client));
  notify(descriptor, queue, 1, HAS_ERROR, NEVER);
  next_until(queue, NEVER);
}

static void wait_for_a_slack_without_end(void) {
  Queue queue = next_queue();
  Task alarm;
  set_alarm(queue, 1, in_ms(3600000), NEVER, MED, &alarm);
  next_until(queue, NEVER);
}

static void unref_without_ref(void) {
  eei_event_manager_shutdown_ref();
  eei_event_manager_shutdown_unref();
  eei_event_manager_shutdown_unref();
}

static void ref_after_the_shutdown(void) {
  eei_engine_shutdown();
  eei_event_manager_shutdown_ref();
}

static void shut_a_held_engine_down_twice(void) {
  eei_event_manager_shutdown_ref();
  eei_engine_shutdown();
  eei_engine_shutdown();
}

static void turns_of_nothing(void) { eei_engine_set_turn_bound(0); }

static void endless_turns(void) { eei_engine_set_turn_bound((1 << 20) + 1); }

const Case manager_cases[] = {
    {"notify-twice", notify_twice},
    {"notify-when-closed", notify_when_closed},
    {"read-when-closed", read_when_closed},
    {"write-when-closed", write_when_closed},
    {"end-when-closed", end_when_closed},
    {"release-when-closed", release_when_closed},
    {"release-wasi-when-closed", release_wasi_when_closed},
    {"register-while-reading", register_while_reading},
    {"register-while-writing", register_while_writing},
    {"read-now-into-a-lent-buffer", read_now_into_a_lent_buffer},
    {"write-a-lent-buffer-now", write_a_lent_buffer_now},
    {"release-into-a-lent-buffer", release_into_a_lent_buffer},
    {"make-descriptors", make_descriptors},
    {"wait-for-an-error-behind-bytes", wait_for_an_error_behind_bytes},
    {"wait-for-an-error-behind-the-end", wait_for_an_error_behind_the_end},
    {"wait-for-a-slack-without-end", wait_for_a_slack_without_end},
    {"unref-without-ref", unref_without_ref},
    {"ref-after-the-shutdown", ref_after_the_shutdown},
    {"shut-a-held-engine-down-twice", shut_a_held_engine_down_twice},
    {"turns-of-nothing", turns_of_nothing},
    {"endless-turns", endless_turns},
    {NULL, NULL},
};

// What the component model forbids.

static void a_registered_endpoint(void) {
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  to_descriptor(pair.client);
  start_read(pair.client, queue, 1, new_buffer(), 0, true);
}

static void a_released_descriptor(void) {
  Descriptor descriptor = new_descriptor(next_queue());
  to_endpoint(descriptor);
  close_descriptor(descriptor);
}

static void a_descriptor_is_no_endpoint(void) { to_descriptor((Endpoint){new_descriptor(next_queue()).__handle}); }

static void a_queue_is_no_socket(void) {
  int32_t queue = next_queue().__handle;
  eei_descriptors_static_descriptor_register_wasi((wasi_tcp_own_tcp_socket_t){queue},
                                                  (wasi_streams_own_input_stream_t){queue},
                                                  (wasi_streams_own_output_stream_t){queue});
}

typedef eei_descriptors_tuple3_own_tcp_socket_own_input_stream_own_output_stream_t Raw;

static Raw raw_socket(Queue queue) {
  Raw raw;
  eei_descriptors_static_descriptor_release_wasi(new_descriptor(queue), buffer_ref(new_buffer()), &raw);
  return raw;
}

/** The engine drops a socket whose streams the guest has still. */
static void streams_of_another_socket(void) {
  Queue queue = next_queue();
  Raw one = raw_socket(queue), other = raw_socket(queue);
  drop_descriptor(eei_descriptors_static_descriptor_register_wasi(one.f0, other.f1, other.f2));
  next_until(queue, in_ms(20000));
}

/** The engine drops a stream that the guest still has a pollable of. */
static void a_stream_with_a_pollable(void) {
  Queue queue = next_queue();
  Raw raw = raw_socket(queue);
  wasi_streams_method_input_stream_subscribe((wasi_streams_borrow_input_stream_t){raw.f1.__handle});
  drop_descriptor(eei_descriptors_static_descriptor_register_wasi(raw.f0, raw.f1, raw.f2));
  next_until(queue, in_ms(20000));
}

static void a_given_socket(void) {
  Raw raw = raw_socket(next_queue());
  eei_descriptors_static_descriptor_register_wasi(raw.f0, raw.f1, raw.f2);
  eei_descriptors_static_descriptor_register_wasi(raw.f0, raw.f1, raw.f2);
}

static void a_condition_that_is_none(void) {
  Queue queue = next_queue();
  notify(new_descriptor(queue), queue, 1, 3, 0);
}

static void a_priority_that_is_none(void) { run_function(next_queue(), 1, SYSTEM + 1); }

static void a_priority_in_a_list_that_is_none(void) {
  Function functions[] = {{1, LOW}, {2, 200}};
  run_functions(next_queue(), functions, 2);
}

const Case manager_handle_cases[] = {
    {"registered-endpoint", a_registered_endpoint},
    {"released-descriptor", a_released_descriptor},
    {"descriptor-is-no-endpoint", a_descriptor_is_no_endpoint},
    {"queue-is-no-socket", a_queue_is_no_socket},
    {"streams-of-another-socket", streams_of_another_socket},
    {"stream-with-a-pollable", a_stream_with_a_pollable},
    {"given-socket", a_given_socket},
    {"condition-that-is-none", a_condition_that_is_none},
    {"priority-that-is-none", a_priority_that_is_none},
    {"priority-in-a-list-that-is-none", a_priority_in_a_list_that_is_none},
    {NULL, NULL},
};

enum { OPERATIONS_MAX = 1 << 20 };

/** With slack each has two places. */
static void a_million_alarms(void) {
  Queue queue = next_queue();
  Task alarm;
  uint32_t count = 0, cancelled = 0;
  while (set_alarm(queue, count, NEVER - 1 - count % 1000, 1 + count % 3, (uint8_t)(count % 5), &alarm)) count++;
  say("alarms", count);
  say("again", cancel_alarm(alarm, NEVER) == count - 1 && set_alarm(queue, 1, NEVER, 1, LOW, &alarm));
  eei_engine_shutdown();
  shutdown_queue(queue);
  for (Event event; (event = next_until(queue, NEVER)).type != QUEUE_SHUTDOWN;) cancelled += !event.success;
  say("cancelled", cancelled);
}

/** As long as a list may be. */
static void a_million_functions(void) {
  Queue queue = next_queue();
  Function *functions = calloc(OPERATIONS_MAX, sizeof *functions);
  for (uint32_t i = 0; i < OPERATIONS_MAX; i++) functions[i].priority = (uint8_t)(i % 5);
  say("first", run_functions(queue, functions, 1000));
  say("rest", run_functions(queue, functions, OPERATIONS_MAX));
  say("refused", run_functions(queue, functions, 10) == 0 && run_function(queue, 1, SYSTEM) == REFUSED);
  uint32_t ran = 0;
  shutdown_queue(queue);
  while (next_until(queue, NEVER).type != QUEUE_SHUTDOWN) ran++;
  say("ran", ran);
}

/** Closures of one descriptor, none of them taken. */
static void a_million_notifications(void) {
  Queue queue = next_queue(), other = next_queue();
  Descriptor descriptor = new_descriptor(queue);
  uint32_t count = 0, told = 0;
  force_status(descriptor, HAS_ERROR);
  while (notify(descriptor, other, count, HAS_ERROR, NEVER) == PENDING) count++;
  say("notifications", count);
  drop_descriptor(descriptor);
  shutdown_queue(other);
  while (next_until(other, NEVER).type != QUEUE_SHUTDOWN) told++;
  say("told", told);
}

/** At least one byte, or the negated reason. */
static int64_t read_or_wait(Descriptor descriptor, Queue queue, Buffer into) {
  int64_t count;
  while ((count = read_now(descriptor, into, UINT32_MAX)) == 0) {
    clear_status(descriptor, READABLE);
    notify(descriptor, queue, 2, READABLE, NEVER);
    next_until(queue, NEVER);
  }
  return count;
}

/** Keeps what a peer sends, and reads on. */
static void hoard_what_is_there(void) {
  set_default_quota(4 << 20);
  Queue queue = next_queue(), ignored = next_queue();
  Pair pair = connected_pair(queue);
  Descriptor descriptor = to_descriptor(pair.server);
  Buffer data = new_buffer(), hoard = new_buffer();
  fill(data, 64);
  start_write(pair.client, ignored, 1, data, 0, true);
  int64_t count;
  while ((count = read_or_wait(descriptor, queue, hoard)) >= 0) {}
  say("refused", count == -EEI_STATUS_REASON_OUT_OF_MEMORY);
  say("bounded", length_of(hoard) < 24 << 20);
  eei_slices_method_slice_buffer_clear(buffer_ref(hoard));
  say("again", read_or_wait(descriptor, queue, hoard) > 0);
}

/** Whoever registers again and again at what is there gets no further than
 * anybody else in a turn. */
static void notify_without_end(void) {
  Queue queue = next_queue();
  Descriptor descriptor = new_descriptor(queue);
  Task alarm;
  uint64_t deadline = in_ms(20);
  bool rang = false;
  set_alarm(queue, 0, deadline, 0, LOW, &alarm);
  set_priority(descriptor, WRITABLE, SYSTEM);
  for (uint64_t tag = 1; !rang; tag++) {
    notify(descriptor, queue, tag, WRITABLE, NEVER);
    rang = next_until(queue, NEVER).tag == 0;
  }
  say("rang", rang);
}

const Case greedy_manager_cases[] = {
    {"a-million-alarms", a_million_alarms},
    {"a-million-functions", a_million_functions},
    {"a-million-notifications", a_million_notifications},
    {"hoard-what-is-there", hoard_what_is_there},
    {"notify-without-end", notify_without_end},
    {NULL, NULL},
};
