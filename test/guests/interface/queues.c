// Completion queues: attributes, states, the guest's own operations, next, pluck.
#include "check.h"

static bool makes(uint32_t version, uint8_t completion, uint8_t polling, uint64_t shutdown_tag) {
  eei_completion_queues_attributes_t attributes = {version, completion, polling, shutdown_tag};
  eei_completion_queues_own_factory_t factory;
  Status status;
  if (!eei_completion_queues_static_factory_lookup(&attributes, &factory, &status)) {
    EXPECT(status.code == EEI_STATUS_STATUS_CODE_INVALID_ARGUMENT);
    return false;
  }
  eei_completion_queues_borrow_factory_t lent = {factory.__handle};
  Queue one = eei_completion_queues_method_factory_create(lent);
  Queue two = eei_completion_queues_method_factory_create(lent);
  eei_completion_queues_factory_drop_own(factory);
  EXPECT(live(18) == 2);
  drop_queue(one);
  drop_queue(two);
  if (shutdown_tag != 0) {
    eei_completion_queues_list_event_t events;
    eei_completion_queues_callbacks(5, 0, &events);
    EXPECT(events.len == 2);
    EXPECT_OK(events.ptr[0], shutdown_tag);
    EXPECT_OK(events.ptr[1], shutdown_tag);
    eei_completion_queues_list_event_free(&events);
  }
  return true;
}

static void factories_know_their_attributes(void) {
  for (uint8_t completion = BY_NEXT; completion <= BY_CALLBACK; completion++) {
    for (uint8_t polling = DEFAULT_POLLING; polling <= NON_POLLING; polling++) {
      EXPECT(makes(1, completion, polling, 0));
      EXPECT(makes(2, completion, polling, 0));
      EXPECT(!makes(1, completion, polling, 5));
      EXPECT(makes(2, completion, polling, 5) == (completion == BY_CALLBACK));
      EXPECT(!makes(0, completion, polling, 0));
      EXPECT(!makes(3, completion, polling, 0));
      EXPECT(!makes(UINT32_MAX, completion, polling, 0));
    }
  }
}

static void events_come_in_order(void) {
  Queue queue = next_queue();
  for (uint64_t tag = 0; tag < 100; tag++) EXPECT(begin_op(queue, UINT64_MAX - tag % 10));
  for (uint64_t tag = 0; tag < 100; tag++) end_op(queue, UINT64_MAX - tag % 10, tag % 3 == 0);
  for (uint64_t tag = 0; tag < 100; tag++) {
    Event event = next(queue);
    EXPECT(event.type == OP_COMPLETE && event.tag == UINT64_MAX - tag % 10 && event.value == 0);
    EXPECT(event.success == (tag % 3 == 0) && event.success == (event.code == EEI_STATUS_STATUS_CODE_OK));
  }
  expect_nothing(queue);
  end_queue(queue);
}

static void shutdown_waits_for_what_is_outstanding(void) {
  Queue queue = next_queue();
  EXPECT(begin_op(queue, 1));
  shutdown_queue(queue);
  shutdown_queue(queue);
  expect_nothing(queue);
  EXPECT(begin_op(queue, 2)); // as long as one is outstanding
  end_op(queue, 1, true);
  EXPECT(eei_tasks_run(ref(queue), 3) == PENDING);
  EXPECT_OK(next(queue), 1);
  EXPECT_OK(next(queue), 3);
  expect_nothing(queue);
  end_op(queue, 2, true);
  EXPECT(!begin_op(queue, 4) && eei_tasks_run(ref(queue), 4) == REFUSED);
  EXPECT_OK(next(queue), 2);
  for (int i = 0; i < 3; i++) EXPECT(next_until(queue, NEVER).type == QUEUE_SHUTDOWN);
  drop_queue(queue);
}

static void a_dropped_queue_drops_its_own_operations(void) {
  Queue queue = next_queue();
  for (uint64_t tag = 0; tag < 1000; tag++) EXPECT(begin_op(queue, tag / 2));
  EXPECT(live(19) == 1000);
  drop_queue(queue);
  EXPECT(live(19) == 0 && live(18) == 0);
}

static void a_dropped_queue_drops_the_engines_operations(void) {
  Queue queue = next_queue(), other = next_queue();
  Task task;
  EXPECT(eei_tasks_run(ref(queue), 1) == PENDING);
  EXPECT(eei_tasks_run_at(ref(queue), 2, in_ms(5), 0, COMPLETES, &task));
  uint16_t port;
  Listener listener = start_listening(&port);
  EXPECT(start_accept(listener, queue, 3) == PENDING);
  Address address = localhost(port);
  Connect connect;
  EXPECT(start_connect(queue, 4, &address, 1, NEVER, &connect));
  drop_queue(queue);
  EXPECT(live(5) == 1);
  wait_until_gone(other, 5);
  wait_until_gone(other, 19);
  wait_until_gone(other, 2); // what they brought is closed
  eei_listeners_listener_drop_own(listener);
  end_queue(other);
}

static void batches_take_what_is_there(void) {
  Queue queue = next_queue();
  for (uint64_t tag = 1; tag <= 1500; tag++) EXPECT(eei_tasks_run(ref(queue), tag) == PENDING);
  uint64_t expected = 1;
  eei_completion_queues_list_event_t events;
  while (expected <= 1500) {
    eei_completion_queues_method_completion_queue_next_batch(ref(queue), 1024, NEVER, &events);
    EXPECT(events.len >= 1 && events.len <= 1024 && live(6) == 0);
    for (size_t i = 0; i < events.len; i++) EXPECT_OK(events.ptr[i], expected++);
    eei_completion_queues_list_event_free(&events);
  }
  eei_completion_queues_method_completion_queue_next_batch(ref(queue), 1, 0, &events);
  EXPECT(events.len == 1 && events.ptr[0].type == QUEUE_TIMEOUT);
  eei_completion_queues_list_event_free(&events);
  for (uint64_t tag = 1; tag <= 5; tag++) EXPECT(begin_op(queue, tag));
  for (uint64_t tag = 1; tag <= 5; tag++) end_op(queue, tag, true);
  shutdown_queue(queue);
  eei_completion_queues_method_completion_queue_next_batch(ref(queue), 3, 0, &events);
  EXPECT(events.len == 3 && events.ptr[2].tag == 3);
  eei_completion_queues_list_event_free(&events);
  eei_completion_queues_method_completion_queue_next_batch(ref(queue), 1024, 0, &events);
  EXPECT(events.len == 2 && events.ptr[1].tag == 5);
  eei_completion_queues_list_event_free(&events);
  eei_completion_queues_method_completion_queue_next_batch(ref(queue), 1024, 0, &events);
  EXPECT(events.len == 1 && events.ptr[0].type == QUEUE_SHUTDOWN);
  eei_completion_queues_list_event_free(&events);
  drop_queue(queue);
}

static Event pluck(Queue queue, uint64_t tag, uint64_t deadline) {
  Event event;
  eei_completion_queues_method_completion_queue_pluck(ref(queue), tag, deadline, &event);
  return event;
}

static void plucking_takes_a_tag(void) {
  Queue queue = eei_completion_queues_static_completion_queue_create_for_pluck();
  for (uint64_t tag = 0; tag < 300; tag++) EXPECT(begin_op(queue, tag % 100));
  for (uint64_t tag = 0; tag < 300; tag++) end_op(queue, tag % 100, tag < 100);
  EXPECT(pluck(queue, 100, in_ms(1)).type == QUEUE_TIMEOUT);
  EXPECT(pluck(queue, 100, 0).type == QUEUE_TIMEOUT);
  for (int round = 0; round < 3; round++) {
    for (uint64_t i = 100; i-- > 0;) {
      Event event = pluck(queue, i, NEVER);
      EXPECT(event.type == OP_COMPLETE && event.tag == i && event.success == (round == 0));
    }
  }
  Task task;
  EXPECT(eei_tasks_run_at(ref(queue), 7, in_ms(3), 0, SILENT, &task));
  EXPECT_OK(pluck(queue, 7, NEVER), 7);
  shutdown_queue(queue);
  EXPECT(pluck(queue, 7, NEVER).type == QUEUE_SHUTDOWN);
  drop_queue(queue);
}

const Check queue_checks[] = {
    {"queues: a factory knows which attributes there are", factories_know_their_attributes},
    {"queues: events come in the order in which operations ended", events_come_in_order},
    {"queues: a shutdown waits for what is outstanding", shutdown_waits_for_what_is_outstanding},
    {"queues: dropped, the guest's operations end without an event", a_dropped_queue_drops_its_own_operations},
    {"queues: dropped, operations of the engine end without an event", a_dropped_queue_drops_the_engines_operations},
    {"queues: a batch takes what is there", batches_take_what_is_there},
    {"queues: a pluck takes the oldest event of its tag", plucking_takes_a_tag},
    {NULL, NULL},
};
