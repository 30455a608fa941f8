// The interface `descriptors`: conditions, reading and writing, the end.
#include "fixture.h"

enum { END = EEI_STATUS_REASON_END_OF_STREAM };

#define EXPECT_LATE(event, tag)                                                                                        \
  EXPECT_EVENT(event, tag, EEI_STATUS_STATUS_CODE_DEADLINE_EXCEEDED, EEI_STATUS_REASON_DEADLINE_EXCEEDED)

static void who_waits_is_told_of_bytes(void) {
  Fixture it = set_up();
  EXPECT(read_now(it.descriptor, it.got, 10) == 0);
  EXPECT(notify(it.descriptor, it.queue, 1, READABLE, NEVER) == PENDING);
  expect_nothing(it.queue);
  send(&it, "some bytes");
  EXPECT_OK(next(it.queue), 1);
  EXPECT(read_now(it.descriptor, it.got, 0) == 0 && read_now(it.descriptor, it.got, 4) == 4 && holds(it.got, "some"));
  receive(&it, "some bytes");
  EXPECT(read_now(it.descriptor, it.got, 1000) == 0);
  tear_down(&it);
}

static void a_status_stays_until_it_is_cleared(void) {
  Fixture it = set_up();
  send(&it, "here");
  EXPECT(notify(it.descriptor, it.queue, 1, READABLE, NEVER) == PENDING);
  EXPECT_OK(next(it.queue), 1);
  receive(&it, "here");
  clear_status(it.descriptor, READABLE);
  send(&it, "there");
  EXPECT(notify(it.descriptor, it.queue, 2, READABLE, NEVER) == PENDING);
  EXPECT_OK(next(it.queue), 2);
  for (uint64_t tag = 3; tag < 6; tag++) { // it is set: one event each, and all at once
    EXPECT(notify(it.descriptor, it.queue, tag, READABLE, 0) == PENDING);
    EXPECT(live(30) == tag - 2); // not within the call
  }
  for (uint64_t tag = 3; tag < 6; tag++) EXPECT_OK(next(it.queue), tag);
  clear_status(it.descriptor, READABLE); // what was not read yet counts as new
  EXPECT(notify(it.descriptor, it.queue, 6, READABLE, NEVER) == PENDING);
  EXPECT_OK(next(it.queue), 6);
  receive(&it, "there");
  clear_status(it.descriptor, READABLE);
  EXPECT(notify(it.descriptor, it.queue, 7, READABLE, NEVER) == PENDING);
  expect_nothing(it.queue);
  close_descriptor(it.descriptor);
  EXPECT_OK(next(it.queue), 7);
  tear_down(&it);
}

static void who_waits_is_told_of_room(void) {
  Fixture it = set_up();
  Buffer data = new_buffer(), read = new_buffer();
  fill(data, 32 << 20); // more than any system takes
  uint64_t length = length_of(data), taken = 0, passed = 0;
  EXPECT(notify(it.descriptor, it.queue, 1, WRITABLE, NEVER) == PENDING);
  EXPECT_OK(next(it.queue), 1);
  for (int64_t count; (count = write_now(it.descriptor, data)) > 0;) taken += (uint64_t)count;
  EXPECT(taken > 0 && taken < length && length_of(data) == length - taken);
  clear_status(it.descriptor, WRITABLE);
  EXPECT(notify(it.descriptor, it.queue, 2, WRITABLE, NEVER) == PENDING);
  bool told = false;
  while (passed < taken) { // the peer makes room
    EXPECT(start_read(it.peer, it.queue, 3, read, 1, false) == PENDING);
    Event event = next(it.queue);
    if (event.tag == 2) {
      EXPECT_OK(event, 2);
      told = true;
      event = next(it.queue);
    }
    EXPECT_OK(event, 3);
    passed += length_of(read);
  }
  if (!told) EXPECT_OK(next(it.queue), 2);
  EXPECT(write_now(it.descriptor, data) > 0);
  drop_buffer(data);
  drop_buffer(read);
  tear_down(&it);
}

static void what_comes_first_wins(void) {
  Fixture it = set_up();
  uint64_t start = eei_tasks_now();
  EXPECT(notify(it.descriptor, it.queue, 1, READABLE, start + 3 * MS) == PENDING);
  EXPECT(notify(it.descriptor, it.queue, 2, HAS_ERROR, start + 6 * MS) == PENDING);
  EXPECT_LATE(next(it.queue), 1);
  EXPECT(eei_tasks_now() >= start + 3 * MS);
  EXPECT_LATE(next(it.queue), 2);
  EXPECT(notify(it.descriptor, it.queue, 3, READABLE, 0) == PENDING); // it is not set by that
  EXPECT_LATE(next(it.queue), 3);
  EXPECT(notify(it.descriptor, it.queue, 4, WRITABLE, 0) == PENDING); // it is so: the deadline comes too late
  EXPECT_OK(next(it.queue), 4);
  EXPECT(notify(it.descriptor, it.queue, 5, READABLE, in_ms(3600000)) == PENDING);
  send(&it, "in time");
  EXPECT_OK(next(it.queue), 5);
  EXPECT(live(1) == 0);
  receive(&it, "in time");
  tear_down(&it);
}

static void force_is_an_event(void) {
  Fixture it = set_up();
  for (uint8_t condition = READABLE; condition <= HAS_ERROR; condition++) {
    EXPECT(notify(it.descriptor, it.queue, condition, condition, NEVER) == PENDING);
    force_status(it.descriptor, condition);
    EXPECT_OK(next(it.queue), condition);
    EXPECT(notify(it.descriptor, it.queue, condition, condition, NEVER) == PENDING);
    EXPECT_OK(next(it.queue), condition); // still set
    clear_status(it.descriptor, condition);
    force_status(it.descriptor, condition); // for nobody, and kept
    EXPECT(notify(it.descriptor, it.queue, condition, condition, 0) == PENDING);
    clear_status(it.descriptor, condition); // what is queued stays
    EXPECT_OK(next(it.queue), condition);
  }
  EXPECT(notify(it.descriptor, it.queue, 7, READABLE, NEVER) == PENDING);
  expect_nothing(it.queue);
  drop_descriptor(it.descriptor);
  EXPECT_OK(next(it.queue), 7);
  drop_endpoint(it.peer);
  drop_buffer(it.got);
  end_queue(it.queue);
}

static void an_end_is_no_error(void) {
  Fixture it = set_up();
  send(&it, "bye");
  eei_endpoints_method_endpoint_shutdown_send(endpoint_ref(it.peer));
  receive(&it, "bye");
  int64_t count;
  while ((count = read_now(it.descriptor, it.got, 10)) == 0) {
    clear_status(it.descriptor, READABLE);
    EXPECT(notify(it.descriptor, it.queue, 1, READABLE, NEVER) == PENDING);
    EXPECT_OK(next(it.queue), 1);
  }
  EXPECT(count == -END && read_now(it.descriptor, it.got, 10) == -END && read_now(it.descriptor, it.got, 0) == -END);
  clear_status(it.descriptor, READABLE);
  EXPECT(notify(it.descriptor, it.queue, 2, READABLE, NEVER) == PENDING); // the end stays
  EXPECT_OK(next(it.queue), 2);
  EXPECT(notify(it.descriptor, it.queue, 3, HAS_ERROR, in_ms(2)) == PENDING);
  EXPECT_LATE(next(it.queue), 3);
  Buffer data = buffer_of("answer");
  write_all(&it, data);
  end_output(it.descriptor);
  EXPECT(append(data, "late", 4));
  EXPECT(write_now(it.descriptor, data) == -EEI_STATUS_REASON_INVALID_STATE && holds(data, "late"));
  EXPECT(start_read(it.peer, it.queue, 4, it.got, 6, false) == PENDING);
  EXPECT_OK(next(it.queue), 4);
  EXPECT(holds(it.got, "answer"));
  drop_buffer(data);
  tear_down(&it);
}

/** The peer leaves with bytes unread, or is written to when it has left: either
 * breaks the connection. */
static void an_error_is_found_by_who_waits_for_it(void) {
  Fixture it = set_up();
  Buffer data = buffer_of("unread");
  EXPECT(notify(it.descriptor, it.queue, 1, HAS_ERROR, NEVER) == PENDING);
  write_all(&it, data);
  Descriptor peer = to_descriptor(it.peer);
  EXPECT(notify(peer, it.queue, 2, READABLE, NEVER) == PENDING);
  EXPECT_OK(next(it.queue), 2);
  drop_descriptor(peer);
  Event event;
  for (uint64_t deadline = in_ms(10000); (event = next_until(it.queue, in_ms(1))).type == QUEUE_TIMEOUT;) {
    EXPECT(eei_tasks_now() < deadline);
    if (length_of(data) == 0) EXPECT(append(data, "for nobody", 10));
    write_now(it.descriptor, data);
  }
  EXPECT_OK(event, 1);
  EXPECT(read_now(it.descriptor, it.got, 10) < 0 && length_of(it.got) == 0);
  for (uint8_t condition = READABLE; condition <= HAS_ERROR; condition++) {
    clear_status(it.descriptor, condition);
    EXPECT(notify(it.descriptor, it.queue, condition, condition, NEVER) == PENDING); // it is so, and stays so
    EXPECT_OK(next(it.queue), condition);
  }
  drop_buffer(data);
  drop_buffer(it.got);
  drop_descriptor(it.descriptor);
  end_queue(it.queue);
}

static void closing_runs_what_is_registered(void) {
  Fixture it = set_up();
  Buffer data = buffer_of("last words");
  EXPECT(!is_closed(it.descriptor));
  write_all(&it, data);
  for (uint8_t condition = READABLE; condition <= HAS_ERROR; condition += 2)
    EXPECT(notify(it.descriptor, it.queue, condition, condition, in_ms(3600000)) == PENDING);
  for (int i = 0; i < 3; i++) {
    close_descriptor(it.descriptor);
    EXPECT(is_closed(it.descriptor));
  }
  for (uint8_t condition = READABLE; condition <= HAS_ERROR; condition += 2) EXPECT_OK(next(it.queue), condition);
  for (uint8_t condition = READABLE; condition <= HAS_ERROR; condition++) { // nothing to tell, and no rule is broken
    force_status(it.descriptor, condition);
    clear_status(it.descriptor, condition);
    set_priority(it.descriptor, condition, SYSTEM);
  }
  expect_nothing(it.queue);
  EXPECT(start_read(it.peer, it.queue, 4, it.got, 10, false) == PENDING);
  EXPECT_OK(next(it.queue), 4);
  EXPECT(holds(it.got, "last words"));
  drop_buffer(data);
  tear_down(&it);
}

/** Some hosts learn of the room of a connection by an event after its accept. */
static void room_may_come_later(void) {
  uint16_t port;
  Queue queue = next_queue();
  Listener listener = start_listening(&port);
  connect_to(queue, 1, port);
  Endpoint client = claim(next(queue));
  EXPECT(start_accept(listener, queue, 2) == PENDING);
  Fixture it = {queue, client, to_descriptor(claim(next(queue))), new_buffer()};
  Buffer data = buffer_of("when there is room");
  write_all(&it, data);
  EXPECT(start_read(it.peer, it.queue, 3, it.got, 18, false) == PENDING);
  EXPECT_OK(next(it.queue), 3);
  EXPECT(holds(it.got, "when there is room"));
  drop_buffer(data);
  eei_listeners_listener_drop_own(listener);
  tear_down(&it);
}

static void priorities_order_notifications(void) {
  Fixture it = set_up();
  static const uint8_t PRIORITIES[] = {MED, SYSTEM, LOW};
  for (uint8_t condition = READABLE; condition <= HAS_ERROR; condition++) {
    set_priority(it.descriptor, condition, PRIORITIES[condition]);
    force_status(it.descriptor, condition);
    EXPECT(notify(it.descriptor, it.queue, condition, condition, NEVER) == PENDING);
  }
  EXPECT(run_function(it.queue, 5, HIGH) == PENDING);
  set_priority(it.descriptor, HAS_ERROR, SYSTEM); // too late for what is queued
  EXPECT(notify(it.descriptor, it.queue, 6, HAS_ERROR, NEVER) == PENDING);
  static const uint64_t TAGS[] = {WRITABLE, 6, 5, READABLE, HAS_ERROR};
  for (size_t i = 0; i < 5; i++) EXPECT_OK(next(it.queue), TAGS[i]);
  tear_down(&it);
}

static void queues_may_be_over(void) {
  Fixture it = set_up();
  Queue gone = next_queue(), over = next_queue();
  shutdown_queue(over);
  EXPECT(notify(it.descriptor, over, 1, READABLE, NEVER) == REFUSED);
  EXPECT(next(over).type == QUEUE_SHUTDOWN);
  drop_queue(over);
  EXPECT(notify(it.descriptor, gone, 2, READABLE, NEVER) == PENDING); // the refused one is not registered
  drop_queue(gone);
  EXPECT(live(30) == 1);
  force_status(it.descriptor, READABLE);
  wait_until_gone(it.queue, 30); // without an event
  EXPECT(notify(it.descriptor, it.queue, 3, READABLE, NEVER) == PENDING);
  EXPECT_OK(next(it.queue), 3);
  tear_down(&it);
}

const Check descriptor_checks[] = {
    {"descriptors: who waits is told of bytes, and reads them", who_waits_is_told_of_bytes},
    {"descriptors: a status stays until it is cleared", a_status_stays_until_it_is_cleared},
    {"descriptors: who waits is told of room, and writes", who_waits_is_told_of_room},
    {"descriptors: an event or its deadline, what comes first", what_comes_first_wins},
    {"descriptors: force is an event like any other", force_is_an_event},
    {"descriptors: the end of input is no error", an_end_is_no_error},
    {"descriptors: a broken connection is found by who waits for it", an_error_is_found_by_who_waits_for_it},
    {"descriptors: to close runs what is registered", closing_runs_what_is_registered},
    {"descriptors: a new connection may have no room yet", room_may_come_later},
    {"descriptors: priorities order their notifications", priorities_order_notifications},
    {"descriptors: their queues may be over", queues_may_be_over},
    {NULL, NULL},
};
