// How operations of endpoints end otherwise: the peer's end, drops, dropped buffers and queues.
#include "check.h"

static void the_end_of_input_stays(void) {
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  Buffer data = buffer_of("last words"), got = new_buffer();
  EXPECT(start_write(pair.client, queue, 1, data, 0, false) == PENDING);
  eei_endpoints_method_endpoint_shutdown_send(endpoint_ref(pair.client));
  eei_endpoints_method_endpoint_shutdown_send(endpoint_ref(pair.client));
  EXPECT_OK(next(queue), 1);
  EXPECT(start_read(pair.server, queue, 2, got, 10, false) == PENDING);
  EXPECT_OK(next(queue), 2);
  EXPECT(holds(got, "last words"));
  for (uint64_t tag = 3; tag < 6; tag++) {
    EXPECT(start_read(pair.server, queue, tag, got, 0, tag == 4) == PENDING);
    EXPECT_EVENT(next(queue), tag, EEI_STATUS_STATUS_CODE_INTERNAL, EEI_STATUS_REASON_END_OF_STREAM);
    EXPECT(length_of(got) == 0);
  }
  EXPECT(append(data, "too late", 8)); // no write may follow
  EXPECT(start_write(pair.client, queue, 6, data, 0, true) == PENDING);
  EXPECT_EVENT(next(queue), 6, EEI_STATUS_STATUS_CODE_FAILED_PRECONDITION, EEI_STATUS_REASON_INVALID_STATE);
  EXPECT(length_of(data) == 0);
  pass(pair.server, pair.client, queue, "the other direction goes on");
  drop_pair(pair);
  drop_buffer(data);
  drop_buffer(got);
  end_queue(queue);
}

static void a_dropped_endpoint_ends_its_operations(void) {
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  Buffer data = new_buffer(), got = buffer_of("old");
  fill(data, 64 << 20); // more than any system takes
  EXPECT(start_write(pair.client, queue, 1, data, 0, true) == PENDING);
  EXPECT(start_read(pair.client, queue, 2, got, 5, true) == PENDING);
  expect_nothing(queue);
  drop_endpoint(pair.client);
  Event one = next(queue), two = next(queue);
  EXPECT(one.tag + two.tag == 3);
  EXPECT_EVENT(one, one.tag, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_ENDPOINT_CLOSED);
  EXPECT_EVENT(two, two.tag, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_ENDPOINT_CLOSED);
  EXPECT(length_of(got) == 0 && length_of(data) == 0);
  drop_endpoint(pair.server);
  drop_buffer(data);
  drop_buffer(got);
  end_queue(queue);
}

static void written_bytes_leave_before_the_end(void) {
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  Buffer data = new_buffer(), got = new_buffer();
  fill(data, 30000);
  EXPECT(start_write(pair.client, queue, 1, data, 0, true) == DONE);
  drop_endpoint(pair.client);
  EXPECT(start_read(pair.server, queue, 2, got, 30000, false) == PENDING);
  EXPECT_OK(next(queue), 2);
  EXPECT(length_of(got) == 30000);
  EXPECT(start_read(pair.server, queue, 3, got, 1, false) == PENDING);
  EXPECT_EVENT(next(queue), 3, EEI_STATUS_STATUS_CODE_INTERNAL, EEI_STATUS_REASON_END_OF_STREAM);
  drop_endpoint(pair.server);
  drop_buffer(data);
  drop_buffer(got);
  end_queue(queue);
}

static void a_buffer_may_be_dropped_while_it_is_read_into(void) {
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  Buffer got = new_buffer(), data = buffer_of("for nobody");
  EXPECT(start_read(pair.server, queue, 1, got, 10, false) == PENDING);
  drop_buffer(got);
  EXPECT(live(9) == 2);
  EXPECT(start_write(pair.client, queue, 2, data, 0, false) == PENDING);
  Event one = next(queue), two = next(queue);
  EXPECT(one.success && two.success && one.tag + two.tag == 3);
  EXPECT(live(9) == 1);
  got = new_buffer(); // and the same when the endpoint goes
  EXPECT(start_read(pair.server, queue, 3, got, 10, false) == PENDING);
  drop_buffer(got);
  drop_endpoint(pair.server);
  EXPECT_EVENT(next(queue), 3, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_ENDPOINT_CLOSED);
  drop_endpoint(pair.client);
  drop_buffer(data);
  end_queue(queue);
}

static void a_queue_may_be_dropped_meanwhile(void) {
  Queue queue = next_queue(), gone = next_queue();
  Pair pair = connected_pair(queue);
  Buffer got = new_buffer(), data = buffer_of("unheard");
  EXPECT(start_read(pair.server, gone, 1, got, 7, false) == PENDING);
  drop_queue(gone);
  EXPECT(start_write(pair.client, queue, 2, data, 0, false) == PENDING);
  EXPECT_OK(next(queue), 2);
  wait_until_gone(queue, 19);
  EXPECT(holds(got, "unheard")); // the buffer is the guest's again
  pass(pair.server, pair.client, queue, "and so is the endpoint");
  drop_pair(pair);
  drop_buffer(got);
  drop_buffer(data);
  end_queue(queue);
}

static void operations_are_refused_after_a_shutdown(void) {
  Queue queue = next_queue(), closed = next_queue();
  Pair pair = connected_pair(queue);
  Buffer buffer = buffer_of("stays");
  uint16_t port;
  Listener listener = start_listening(&port);
  shutdown_queue(closed);
  EXPECT(start_read(pair.client, closed, 1, buffer, 0, false) == REFUSED);
  EXPECT(start_write(pair.client, closed, 2, buffer, 0, true) == REFUSED);
  EXPECT(start_accept(listener, closed, 3) == REFUSED);
  EXPECT(eei_listeners_method_listener_shutdown(listener_ref(listener), ref(closed), 4) == REFUSED);
  Task task;
  EXPECT(!eei_tasks_run_at(ref(closed), 5, 0, 0, COMPLETES, &task));
  EXPECT(holds(buffer, "stays"));
  EXPECT(next(closed).type == QUEUE_SHUTDOWN);
  drop_queue(closed);
  EXPECT(start_accept(listener, queue, 6) == PENDING); // it was not shut down
  eei_listeners_listener_drop_own(listener);
  EXPECT_EVENT(next(queue), 6, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
  pass(pair.client, pair.server, queue, "nothing was outstanding");
  drop_pair(pair);
  drop_buffer(buffer);
  end_queue(queue);
}

static void callbacks_tell_of_reads_and_writes(void) {
  Queue queue = next_queue(), calls = queue_of(BY_CALLBACK, DEFAULT_POLLING, 0);
  Pair pair = connected_pair(queue);
  Buffer got = new_buffer(), data = buffer_of("called");
  EXPECT(start_read(pair.server, calls, 1, got, 6, false) == PENDING);
  EXPECT(start_write(pair.client, calls, 2, data, 0, false) == PENDING);
  for (uint64_t sum = 0; sum < 3;) {
    eei_completion_queues_list_event_t events;
    eei_completion_queues_callbacks(8, NEVER, &events);
    for (size_t i = 0; i < events.len; i++) {
      EXPECT_OK(events.ptr[i], events.ptr[i].tag);
      sum += events.ptr[i].tag;
    }
    eei_completion_queues_list_event_free(&events);
  }
  EXPECT(holds(got, "called"));
  drop_pair(pair);
  drop_buffer(got);
  drop_buffer(data);
  drop_queue(calls);
  end_queue(queue);
}

const Check ending_checks[] = {
    {"endpoints: the end of input comes after every byte, and stays", the_end_of_input_stays},
    {"endpoints: dropped, their read and write end with endpoint-closed", a_dropped_endpoint_ends_its_operations},
    {"endpoints: what was written leaves before the end", written_bytes_leave_before_the_end},
    {"endpoints: a buffer may be dropped while it is read into", a_buffer_may_be_dropped_while_it_is_read_into},
    {"endpoints: a queue may be dropped while operations are outstanding", a_queue_may_be_dropped_meanwhile},
    {"endpoints: a queue that is shut down refuses operations, which changes nothing",
     operations_are_refused_after_a_shutdown},
    {"endpoints: callback queues tell of reads and writes", callbacks_tell_of_reads_and_writes},
    {NULL, NULL},
};
