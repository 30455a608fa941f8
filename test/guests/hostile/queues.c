// Rules about completion queues, waits, polls, tasks and the engine.
#include <stdlib.h>

#include "cases.h"

static Queue pluck_queue(void) { return eei_completion_queues_static_completion_queue_create_for_pluck(); }

static void pluck(Queue queue) {
  Event event;
  eei_completion_queues_method_completion_queue_pluck(ref(queue), 1, 0, &event);
}

static void next_on_pluck(void) { next_until(pluck_queue(), 0); }

static void next_on_callback(void) { next_until(queue_of(BY_CALLBACK, DEFAULT_POLLING, 0), 0); }

static void pluck_on_next(void) { pluck(next_queue()); }

static void end_without_begin(void) {
  Queue queue = next_queue();
  begin_op(queue, 1);
  end_op(queue, 2, true);
}

static void end_twice(void) {
  Queue queue = next_queue();
  begin_op(queue, 1);
  end_op(queue, 1, true);
  end_op(queue, 1, true);
}

static void end_the_engines_operation(void) {
  Queue queue = next_queue();
  eei_tasks_run(ref(queue), 1);
  end_op(queue, 1, true);
}

static void drop_with_events(void) {
  Queue queue = next_queue();
  begin_op(queue, 1);
  end_op(queue, 1, true);
  drop_queue(queue);
}

static Pollable of_queue(Queue queue) { return eei_completion_queues_method_completion_queue_subscribe(ref(queue)); }

static void drop_before_the_pollable(void) {
  Queue queue = next_queue();
  of_queue(queue);
  drop_queue(queue);
}

static void wait_for_nothing(void) { next_until(next_queue(), NEVER); }

static void wait_for_nothing_without_polling(void) {
  uint16_t port;
  Listener listener = start_listening(&port);
  start_accept(listener, next_queue(), 1);
  next_until(queue_of(BY_NEXT, NON_POLLING, 0), NEVER);
}

static void call_back_for_nothing(void) {
  eei_completion_queues_list_event_t events;
  eei_completion_queues_callbacks(1, NEVER, &events);
}

static void block_for_nothing(void) { eei_poll_method_pollable_block(pollable_ref(of_queue(next_queue()))); }

static void batch(uint32_t most) {
  eei_completion_queues_list_event_t events;
  eei_completion_queues_method_completion_queue_next_batch(ref(next_queue()), most, 0, &events);
}

static void batch_of_none(void) { batch(0); }

static void batch_of_1025(void) { batch(1025); }

static void callbacks_of_all(void) {
  eei_completion_queues_list_event_t events;
  eei_completion_queues_callbacks(UINT32_MAX, 0, &events);
}

static void poll_of_nothing(void) {
  eei_poll_list_borrow_pollable_t list = {NULL, 0};
  raw_list_u32_t ready;
  eei_poll_poll(&list, &ready);
}

static void shut_the_engine_down_twice(void) {
  eei_engine_shutdown();
  eei_engine_shutdown();
}

const Case queue_cases[] = {
    {"next-on-pluck", next_on_pluck},
    {"next-on-callback", next_on_callback},
    {"pluck-on-next", pluck_on_next},
    {"end-without-begin", end_without_begin},
    {"end-twice", end_twice},
    {"end-the-engines-operation", end_the_engines_operation},
    {"drop-with-events", drop_with_events},
    {"drop-before-the-pollable", drop_before_the_pollable},
    {"wait-for-nothing", wait_for_nothing},
    {"wait-for-nothing-without-polling", wait_for_nothing_without_polling},
    {"call-back-for-nothing", call_back_for_nothing},
    {"block-for-nothing", block_for_nothing},
    {"batch-of-none", batch_of_none},
    {"batch-of-1025", batch_of_1025},
    {"callbacks-of-all", callbacks_of_all},
    {"poll-of-nothing", poll_of_nothing},
    {"shut-the-engine-down-twice", shut_the_engine_down_twice},
    {NULL, NULL},
};
