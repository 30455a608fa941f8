// The interface `event-manager`: priorities, functions, alarms, and what holds
// the shutdown.
#include "check.h"

static void the_higher_priority_is_first(void) {
  Queue queue = next_queue(), other = next_queue();
  EXPECT(run_function(queue, 1, LOW) == PENDING);
  EXPECT(eei_tasks_run(ref(queue), 2) == PENDING); // names no priority
  EXPECT(run_function(queue, 3, MED) == PENDING);
  EXPECT(run_function(queue, 4, SYSTEM) == PENDING);
  EXPECT(run_function(queue, 5, HIGH) == PENDING);
  EXPECT(run_function(queue, 6, IMMEDIATE) == PENDING);
  EXPECT(run_function(other, 7, SYSTEM) == PENDING);
  EXPECT(run_function(queue, 8, SYSTEM) == PENDING);
  EXPECT(live(7) == 8); // not within the call
  for (const char *tags = "4865231"; *tags != 0; tags++) EXPECT_OK(next(queue), (uint64_t)(*tags - '0'));
  EXPECT_OK(next(other), 7);
  end_queue(queue);
  end_queue(other);
}

static void many_begin_in_one_call(void) {
  enum { COUNT = 600 };
  static Function functions[COUNT];
  Queue queue = next_queue();
  for (uint64_t i = 0; i < COUNT; i++) functions[i] = (Function){i, (uint8_t)(i * 7 % 5)};
  EXPECT(run_functions(queue, functions, 0) == 0);
  expect_nothing(queue);
  EXPECT(run_functions(queue, functions, COUNT) == COUNT && live(7) == COUNT);
  for (uint8_t priority = SYSTEM + 1; priority-- > 0;)
    for (uint64_t i = 0; i < COUNT; i++)
      if (functions[i].priority == priority) EXPECT_OK(next(queue), i);
  end_queue(queue);
}

static void none_begins_on_a_queue_that_is_over(void) {
  Queue queue = next_queue();
  Function functions[] = {{1, LOW}, {2, SYSTEM}};
  Task alarm;
  EXPECT(run_function(queue, 3, LOW) == PENDING);
  shutdown_queue(queue);
  EXPECT(run_functions(queue, functions, 2) == 2); // the first one is outstanding still
  EXPECT_OK(next(queue), 2);
  EXPECT_OK(next(queue), 3);
  EXPECT_OK(next(queue), 1);
  EXPECT(next(queue).type == QUEUE_SHUTDOWN);
  EXPECT(run_functions(queue, functions, 2) == 0 && run_function(queue, 1, HIGH) == REFUSED);
  EXPECT(!set_alarm(queue, 1, 0, 0, MED, &alarm));
  drop_queue(queue);
}

static void a_flood_starves_nobody(void) {
  enum { FLOOD = 5000, BOUND = 64 };
  Queue queue = next_queue();
  uint32_t before_low = 0, last_high = 0, taken = 0;
  eei_engine_set_turn_bound(BOUND);
  for (uint64_t i = 0; i < FLOOD; i++) EXPECT(run_function(queue, 1, SYSTEM) == PENDING);
  for (uint8_t priority = LOW; priority < SYSTEM; priority++) EXPECT(run_function(queue, 2, priority) == PENDING);
  for (Event event; taken < FLOOD + 4; taken++) {
    event = next(queue);
    EXPECT(event.success);
    if (event.tag == 1) last_high = taken;
    if (event.tag == 2) before_low = taken;
  }
  EXPECT(before_low <= BOUND + 4 && last_high == FLOOD + 3);
  eei_engine_set_turn_bound(1 << 20);
  eei_engine_set_turn_bound(1);
  eei_engine_set_turn_bound(1024);
  end_queue(queue);
}

static void alarms_come_in_their_time(void) {
  Queue queue = next_queue();
  Task alarm;
  uint64_t start = eei_tasks_now();
  EXPECT(set_alarm(queue, 4, start + 6 * MS, 0, LOW, &alarm));
  EXPECT(set_alarm(queue, 3, start + 3 * MS, 0, LOW, &alarm));
  EXPECT(set_alarm(queue, 2, 5, 0, MED, &alarm));
  EXPECT(set_alarm(queue, 1, start, 0, HIGH, &alarm)); // due, too
  EXPECT(live(7) == 4);
  EXPECT_OK(next(queue), 1);
  EXPECT_OK(next(queue), 2);
  EXPECT_OK(next(queue), 3);
  EXPECT(eei_tasks_now() >= start + 3 * MS);
  EXPECT_OK(next(queue), 4);
  EXPECT(eei_tasks_now() >= start + 6 * MS);
  EXPECT(cancel_alarm(alarm, 99) == 99);
  end_queue(queue);
}

/** Where the second one can come with the first one, it does: there is one
 * wake-up less. */
static void slack_saves_wake_ups(void) {
  Queue queue = next_queue();
  Task alarm;
  uint64_t start = eei_tasks_now();
  EXPECT(set_alarm(queue, 1, start + 20 * MS, 0, MED, &alarm));
  EXPECT(set_alarm(queue, 2, start + 10 * MS, 3600000 * MS, MED, &alarm));
  EXPECT(set_alarm(queue, 3, start + 3600000 * MS, UINT64_MAX, MED, &alarm));
  EXPECT_OK(next(queue),
            2); // its deadline is over, so it comes with the other, and before it
  EXPECT(eei_tasks_now() >= start + 20 * MS);
  EXPECT_OK(next(queue), 1);
  EXPECT(cancel_alarm(alarm, 99) == 3);
  end_queue(queue);
}

static void a_cancelled_alarm_is_the_cancellers(void) {
  Queue queue = next_queue();
  Task far, never, due;
  EXPECT(set_alarm(queue, UINT64_MAX, in_ms(3600000), 0, SYSTEM, &far));
  EXPECT(set_alarm(queue, 0, NEVER, 0, LOW, &never));
  EXPECT(set_alarm(queue, 7, 0, 0, HIGH, &due));
  shutdown_queue(queue);
  EXPECT(cancel_alarm(far, 99) == UINT64_MAX && cancel_alarm(far, 99) == 99);
  EXPECT(cancel_alarm(due, 99) == 7 && cancel_alarm(due, 99) == 99); // its time has come, but not its turn
  expect_nothing(queue);
  EXPECT(live(19) == 1);
  EXPECT(cancel_alarm(never, 99) == 0); // it was the last one that was outstanding
  EXPECT(next_until(queue, NEVER).type == QUEUE_SHUTDOWN);
  drop_queue(queue);
}

static void a_key_is_for_its_own_kind(void) {
  Queue queue = next_queue();
  Task alarm, silent, completes;
  EXPECT(set_alarm(queue, 1, NEVER, 0, MED, &alarm));
  EXPECT(eei_tasks_run_at(ref(queue), 2, NEVER, 0, SILENT, &silent));
  EXPECT(eei_tasks_run_at(ref(queue), 3, NEVER, 0, COMPLETES, &completes));
  EXPECT(!eei_tasks_cancel(&alarm));
  EXPECT(cancel_alarm(silent, 99) == 99 && cancel_alarm(completes, 99) == 99);
  EXPECT(eei_tasks_cancel(&silent) && cancel_alarm(alarm, 99) == 1 && eei_tasks_cancel(&completes));
  EXPECT(cancel_alarm(completes, 99) == 99);
  EXPECT_EVENT(next(queue), 3, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
  end_queue(queue);
}

static void stale_and_foreign_keys_name_nothing(void) {
  Queue queue = next_queue();
  Task old, alarm;
  EXPECT(set_alarm(queue, 1, 0, 0, MED, &old));
  EXPECT_OK(next(queue), 1);
  EXPECT(cancel_alarm(old, 99) == 99);
  for (uint64_t i = 0; i < 2000; i++) { // slots are used again, names are not
    EXPECT(set_alarm(queue, i, NEVER, 0, LOW, &alarm));
    EXPECT(cancel_alarm(old, 9999) == 9999);
    old = alarm;
    EXPECT(cancel_alarm(alarm, 9999) == i);
  }
  EXPECT(set_alarm(queue, 1, NEVER, 0, LOW, &alarm));
  for (uint32_t i = 0; i < 32; i++) {
    EXPECT(cancel_alarm((Task){alarm.slot ^ 1u << i, alarm.generation}, 99) == 99);
    EXPECT(cancel_alarm((Task){alarm.slot, alarm.generation ^ 1u << i}, 99) == 99);
  }
  EXPECT(cancel_alarm((Task){0, 0}, 99) == 99 && cancel_alarm((Task){UINT32_MAX, UINT32_MAX}, 99) == 99);
  EXPECT(cancel_alarm(alarm, 99) == 1);
  end_queue(queue);
}

static void a_dropped_queue_has_no_alarms(void) {
  Queue queue = next_queue(), other = next_queue();
  Task soon, never;
  EXPECT(set_alarm(queue, 1, in_ms(1), 0, MED, &soon));
  EXPECT(set_alarm(queue, 2, NEVER, 0, MED, &never));
  drop_queue(queue);
  while (live(7) > 1) EXPECT(next_until(other, in_ms(1)).type == QUEUE_TIMEOUT);
  EXPECT(cancel_alarm(soon, 99) == 99 && cancel_alarm(never, 99) == 2); // whoever has the key may still cancel
  end_queue(other);
}

static void references_are_counted(void) {
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 1000; i++) eei_event_manager_shutdown_ref();
    for (int i = 0; i < 1000; i++) eei_event_manager_shutdown_unref();
  }
}

/** The shutdown waits, and all goes on, until the last reference goes. */
void check_held_shutdown(void) {
  Queue queue = next_queue();
  Task silent, alarm, completes;
  EXPECT(eei_tasks_run_at(ref(queue), 1, NEVER, 0, SILENT, &silent));
  EXPECT(set_alarm(queue, 2, NEVER, 0, MED, &alarm));
  eei_event_manager_shutdown_ref();
  eei_event_manager_shutdown_ref();
  EXPECT(eei_engine_shutdown() == 0);
  EXPECT(live(7) == 2);
  EXPECT(eei_tasks_run_at(ref(queue), 3, in_ms(1), 0, COMPLETES,
                          &completes)); // is open, and new work is taken
  EXPECT_OK(next(queue), 3);
  eei_event_manager_shutdown_unref();
  EXPECT(eei_tasks_run_at(ref(queue), 4, NEVER, 0, COMPLETES, &completes));
  eei_event_manager_shutdown_ref();
  eei_event_manager_shutdown_unref();
  expect_nothing(queue);
  EXPECT(set_alarm(queue, 5, 0, 0, SYSTEM, &alarm));
  eei_event_manager_shutdown_unref();
  EXPECT(live(7) == 1 && cancel_alarm(alarm, 99) == 99);
  bool seen[6] = {false};
  for (int i = 0; i < 3; i++) { // each of them once, in whichever order
    Event event = next(queue);
    EXPECT_EVENT(event, event.tag, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
    EXPECT(!seen[event.tag]);
    seen[event.tag] = true;
  }
  EXPECT(seen[2] && seen[4] && seen[5]);
  EXPECT(set_alarm(queue, 6, NEVER, 0, LOW,
                   &alarm)); // cancelled as soon as it was made
  EXPECT(cancel_alarm(alarm, 99) == 99);
  EXPECT_EVENT(next(queue), 6, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
  EXPECT(run_function(queue, 7, HIGH) == PENDING);
  EXPECT_OK(next(queue), 7);
  end_queue(queue);
}

const Check manager_checks[] = {
    {"event manager: a higher priority is first, and the oldest of one "
     "priority",
     the_higher_priority_is_first},
    {"event manager: many functions begin in one call", many_begin_in_one_call},
    {"event manager: none begins on a queue that is over", none_begins_on_a_queue_that_is_over},
    {"event manager: a flood of one priority starves no other", a_flood_starves_nobody},
    {"event manager: alarms come in their time, by priority", alarms_come_in_their_time},
    {"event manager: alarms with slack come with others", slack_saves_wake_ups},
    {"event manager: a cancelled alarm is the canceller's", a_cancelled_alarm_is_the_cancellers},
    {"event manager: a key is for its own kind", a_key_is_for_its_own_kind},
    {"event manager: stale and foreign keys name nothing", stale_and_foreign_keys_name_nothing},
    {"event manager: a dropped queue has no alarms", a_dropped_queue_has_no_alarms},
    {"event manager: references are counted", references_are_counted},
    {NULL, NULL},
};
