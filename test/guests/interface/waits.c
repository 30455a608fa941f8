// Waits on completion queues: deadlines, polling types, callbacks.
#include "check.h"

static void deadlines_hold(void) {
  Queue queue = next_queue();
  uint64_t start = eei_tasks_now();
  EXPECT(next_until(queue, 0).type == QUEUE_TIMEOUT);
  EXPECT(next_until(queue, start - 1).type == QUEUE_TIMEOUT);
  EXPECT(next_until(queue, start + 5 * MS).type == QUEUE_TIMEOUT);
  EXPECT(eei_tasks_now() >= start + 5 * MS);
  // One turn is made although the deadline is over.
  EXPECT(eei_tasks_run(ref(queue), 1) == PENDING);
  EXPECT_OK(next_until(queue, 0), 1);
  end_queue(queue);
}

static void timers_and_tasks_run_without_polling(void) {
  Queue queue = queue_of(BY_NEXT, NON_POLLING, 0);
  Task task;
  EXPECT(eei_tasks_run_at(ref(queue), 1, in_ms(4), 0, SILENT, &task));
  EXPECT(eei_tasks_run(ref(queue), 2) == PENDING);
  EXPECT_OK(next_until(queue, NEVER), 2);
  EXPECT_OK(next_until(queue, NEVER), 1);
  EXPECT(next_until(queue, in_ms(3)).type == QUEUE_TIMEOUT);
  end_queue(queue);
}

static void only_default_polling_lets_in(void) {
  Queue queue = next_queue(), other = queue_of(BY_NEXT, NON_LISTENING, 0);
  uint16_t port;
  Listener listener = start_listening(&port);
  EXPECT(start_accept(listener, queue, 1) == PENDING);
  Address address = localhost(port);
  Connect connect;
  EXPECT(start_connect(other, 2, &address, 1, NEVER, &connect));
  Event event = next(other); // the system says that it is connected, but nobody let it in
  Endpoint client = claim(event);
  EXPECT_OK(event, 2);
  EXPECT(next_until(other, in_ms(5)).type == QUEUE_TIMEOUT);
  event = next(queue);
  EXPECT_OK(event, 1);
  Endpoint server = claim(event);
  pass(client, server, other, "by the other queue");
  drop_endpoint(client);
  drop_endpoint(server);
  eei_listeners_listener_drop_own(listener);
  end_queue(queue);
  end_queue(other);
}

static size_t callbacks(uint32_t most, uint64_t deadline, Event *events) {
  eei_completion_queues_list_event_t list;
  eei_completion_queues_callbacks(most, deadline, &list);
  EXPECT(list.len <= most && live(6) == 0);
  for (size_t i = 0; i < list.len; i++) events[i] = list.ptr[i];
  size_t count = list.len;
  eei_completion_queues_list_event_free(&list);
  return count;
}

static void callbacks_of_all_queues_come_in_order(void) {
  Event events[4];
  Queue one = eei_completion_queues_static_completion_queue_create_for_callback(100);
  Queue two = queue_of(BY_CALLBACK, DEFAULT_POLLING, 0);
  EXPECT(callbacks(4, 0, events) == 0);
  EXPECT(begin_op(one, 1) && begin_op(two, 2) && begin_op(one, 3));
  end_op(two, 2, false);
  end_op(one, 3, true);
  EXPECT(callbacks(1, NEVER, events) == 1);
  EXPECT(events[0].tag == 2 && !events[0].success);
  EXPECT(eei_tasks_run(ref(two), 4) == PENDING);
  EXPECT(callbacks(4, NEVER, events) == 1);
  EXPECT_OK(events[0], 3);
  EXPECT(callbacks(4, NEVER, events) == 1);
  EXPECT_OK(events[0], 4);
  shutdown_queue(one);
  EXPECT(callbacks(4, 0, events) == 0);
  end_op(one, 1, true);
  EXPECT(callbacks(4, NEVER, events) == 2);
  EXPECT_OK(events[0], 1);
  EXPECT_OK(events[1], 100); // the last of its queue
  drop_queue(one);
  drop_queue(two);
  EXPECT(callbacks(4, in_ms(2), events) == 0);
}

static void functors_outlive_their_queue(void) {
  Event events[4];
  Queue queue = eei_completion_queues_static_completion_queue_create_for_callback(100);
  EXPECT(eei_tasks_run(ref(queue), 1) == PENDING);
  drop_queue(queue);
  EXPECT(callbacks(4, NEVER, events) == 2);
  EXPECT_OK(events[0], 1);
  EXPECT_OK(events[1], 100);
}

const Check wait_checks[] = {
    {"waits: end at their deadline, and drive the engine once even if it is over", deadlines_hold},
    {"waits: a queue without polling drives timers and tasks", timers_and_tasks_run_without_polling},
    {"waits: only default polling lets connections in", only_default_polling_lets_in},
    {"callbacks: come in their order from all queues, the shutdown tag last", callbacks_of_all_queues_come_in_order},
    {"callbacks: of a dropped queue still come", functors_outlive_their_queue},
    {NULL, NULL},
};
