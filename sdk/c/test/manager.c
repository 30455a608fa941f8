// Functions and alarms: when their closures run, how often, and on whose stack.
#include <stdlib.h>
#include "harness.h"

// The sanitizer's: bytes that were allocated and not freed.
extern size_t __sanitizer_get_current_allocated_bytes(void);

typedef struct note {
  int runs, fired;
  unsigned order; // How many had run before it.
} note;

static unsigned closures_run;

static void note_function(void *arg) {
  note *self = arg;
  self->runs++;
  self->order = closures_run++;
}

static void note_alarm(void *arg, int fired) {
  note_function(arg);
  ((note *)arg)->fired = fired;
}

static void end_all(stub_operation_kind kind, int code) {
  while (stub_find(kind) != NULL) stub_end(stub_find(kind), code, 0, 0);
}

static void run_all(void) {
  while (ee_run(EE_INF_PAST) > 0) continue;
}

static void functions(void) {
  note notes[EE_NUM_PRIORITIES] = {0};
  ee_task_key keys[EE_NUM_PRIORITIES];
  ee_completion_queue *other = ee_completion_queue_create_for_next(NULL);
  for (int i = 0; i < EE_NUM_PRIORITIES; i++) {
    CHECK(ee_run_function(note_function, &notes[i], (ee_priority)i, &keys[i]) == EE_OP_PENDING);
    for (int j = 0; j < i; j++) CHECK(keys[i].serial != keys[j].serial);
  }
  for (int i = 0; i < EE_NUM_PRIORITIES; i++) {
    CHECK(stub_find(STUB_FUNCTION)->object == i);
    stub_end(stub_find(STUB_FUNCTION), 0, 0, 0);
  }
  // Other waits and scopes run none.
  CHECK(ee_completion_queue_next(other, EE_INF_PAST, NULL).type == EE_QUEUE_TIMEOUT);
  ee_application_callback_exec_ctx_enter();
  ee_application_callback_exec_ctx_leave();
  CHECK(closures_run == 0);
  run_all();
  for (unsigned i = 0; i < EE_NUM_PRIORITIES; i++) CHECK(notes[i].runs == 1 && notes[i].order == i);
  stub.refuse = true;
  CHECK(ee_run_function(note_function, &notes[0], EE_PRIORITY_MED, NULL) == EE_OP_REFUSED);
  run_all();
  CHECK(notes[0].runs == 1);
  finish(other);
  ee_event_manager_close();
}

static void many_functions(void) {
  static note notes[200];
  static ee_em_task tasks[200];
  ee_task_key keys[200] = {{0}};
  for (int i = 0; i < 200; i++)
    tasks[i] = (ee_em_task){note_function, &notes[i], (ee_priority)(i % EE_NUM_PRIORITIES), i % 2 ? &keys[i] : NULL};
  CHECK(ee_run_functions(tasks, 0) == 0 && stub.calls == 0);
  for (int round = 0; round < 2; round++) {
    const size_t count = round == 0 ? 64 : 200;
    CHECK(ee_run_functions(tasks, count) == count);
    CHECK(stub.calls == (unsigned)round + 1); // One crossing.
    for (size_t i = 0; i < count; i++) CHECK((keys[i].serial != 0) == (i % 2 != 0));
    end_all(STUB_FUNCTION, 0);
    run_all();
    for (size_t i = 0; i < count; i++) CHECK(notes[i].runs == (i < 64 ? round + 1 : 1));
    for (size_t i = 1; i < count; i++) CHECK(notes[i].order == notes[i - 1].order + 1);
  }
  stub.begin_most = 3;
  keys[3].serial = 0;
  CHECK(ee_run_functions(tasks, 64) == 3 && keys[3].serial == 0);
  end_all(STUB_FUNCTION, 0);
  run_all();
  for (int i = 0; i < 64; i++) CHECK(notes[i].runs == (i < 3 ? 3 : 2));
  ee_event_manager_close();
}

static void too_many_functions(void) {
  enum { COUNT = (1 << 20) + 1 };
  static ee_em_task tasks[COUNT];
  static note notes[2];
  for (int i = 0; i < COUNT; i++) tasks[i] = (ee_em_task){note_function, &notes[i > 1], EE_PRIORITY_MED, NULL};
  stub.begin_most = 2;
  CHECK(ee_run_functions(tasks, COUNT) == 2);
  end_all(STUB_FUNCTION, 0);
  run_all();
  CHECK(notes[0].runs == 2 && notes[1].runs == 0);
  ee_event_manager_close();
}

static void alarms(void) {
  note fired = {0}, shut_down = {0};
  CHECK(ee_schedule_alarm_in(1234, note_alarm, &fired, EE_PRIORITY_HIGH, NULL) == EE_OP_PENDING);
  CHECK(stub.deadline == 1234 && stub.slack == 0 && stub_find(STUB_ALARM)->object == 2);
  end_all(STUB_ALARM, EE_OK);
  CHECK(ee_schedule_alarm_in_with_slack(5678, note_alarm, &shut_down, EE_PRIORITY_MIN, NULL, 99) == EE_OP_PENDING);
  CHECK(stub.deadline == 5678 && stub.slack == 99 && stub_find(STUB_ALARM)->object == 0);
  end_all(STUB_ALARM, EE_CANCELLED);
  CHECK(closures_run == 0);
  run_all();
  CHECK(fired.runs == 1 && fired.fired == 1 && shut_down.runs == 1 && shut_down.fired == 0);
  stub.refuse = true;
  ee_alarm_key key = {0};
  CHECK(ee_schedule_alarm_in(1, note_alarm, &fired, EE_PRIORITY_MED, &key) == EE_OP_REFUSED);
  CHECK(key.serial == 0 && !ee_consistent_cancel(key) && fired.runs == 1);
  ee_event_manager_close();
}

// ---- Cancelling: where the alarm is, and who cancels ----

typedef enum place { WAITING, ENDED, FETCHED, KEPT, RAN, CANCELLED_BEFORE } place;

typedef struct canceller {
  ee_completion_queue_functor functor;
  ee_alarm_key key;
  note *alarm;
  int answer;
} canceller;

// The closure has run with 0 on this stack, or there was nothing to cancel.
static void cancel(void *arg) {
  canceller *self = arg;
  const int before = self->alarm->runs;
  self->answer = ee_consistent_cancel(self->key);
  CHECK(self->alarm->runs == before + self->answer);
  CHECK(!self->answer || self->alarm->fired == 0);
  CHECK(!ee_consistent_cancel(self->key) && !ee_blocking_consistent_cancel(self->key));
}

static void cancel_as_functor(ee_completion_queue_functor *functor, int ok) {
  CHECK(ok);
  cancel(functor);
}

static void cancel_as_alarm(void *arg, int fired) {
  CHECK(!fired);
  cancel(arg);
}

typedef enum whence { OUTSIDE, FROM_FUNCTION, FROM_FUNCTOR, FROM_SCOPE, FROM_CANCELLED_CLOSURE } whence;

static void cancel_from(whence from, canceller *self) {
  ee_completion_queue *queue;
  ee_alarm_key outer;
  switch (from) {
  case OUTSIDE: cancel(self); return;
  case FROM_FUNCTION:
    CHECK(ee_run_function(cancel, self, EE_PRIORITY_MED, NULL) == EE_OP_PENDING);
    end_all(STUB_FUNCTION, 0);
    run_all();
    return;
  case FROM_FUNCTOR:
    queue = ee_completion_queue_create_for_callback(NULL, NULL);
    self->functor = (ee_completion_queue_functor){cancel_as_functor, 1};
    CHECK(ee_cq_begin_op(queue, self));
    ee_cq_end_op(queue, self, 1);
    ee_completion_queue_destroy(queue);
    return;
  case FROM_SCOPE:
    ee_application_callback_exec_ctx_enter();
    cancel(self);
    ee_application_callback_exec_ctx_leave();
    return;
  case FROM_CANCELLED_CLOSURE:
    CHECK(ee_schedule_alarm_in(9, cancel_as_alarm, self, EE_PRIORITY_MED, &outer) == EE_OP_PENDING);
    CHECK(ee_consistent_cancel(outer));
    return;
  }
}

static void put_into(place where, canceller *self) {
  if (where == CANCELLED_BEFORE) CHECK(ee_consistent_cancel(self->key));
  if (where == WAITING || where == CANCELLED_BEFORE) return;
  end_all(STUB_ALARM, EE_OK);
  if (where == RAN) run_all();
  if (where != KEPT) return;
  // Whoever looks for inlineable functors finds it, and keeps it for ee_run.
  ee_completion_queue *queue = ee_completion_queue_create_for_callback(NULL, NULL);
  noting_functor quick = noting(1);
  CHECK(ee_cq_begin_op(queue, &quick));
  ee_cq_end_op(queue, &quick, 1);
  CHECK(quick.runs == 1);
  ee_completion_queue_destroy(queue);
}

static void cancelling(void) {
  for (place where = WAITING; where <= CANCELLED_BEFORE; where++) {
    for (whence from = OUTSIDE; from <= FROM_CANCELLED_CLOSURE; from++) {
      note alarm = {0};
      canceller self = {.alarm = &alarm};
      if (where == FETCHED) { // It comes with the closure that cancels it, behind that.
        if (from != FROM_FUNCTION) continue;
        CHECK(ee_run_function(cancel, &self, EE_PRIORITY_MED, NULL) == EE_OP_PENDING);
        CHECK(ee_schedule_alarm_in(1, note_alarm, &alarm, EE_PRIORITY_MED, &self.key) == EE_OP_PENDING);
        end_all(STUB_FUNCTION, 0);
        end_all(STUB_ALARM, 0);
        CHECK(ee_run(EE_INF_PAST) == 2);
      } else {
        CHECK(ee_schedule_alarm_in(1, note_alarm, &alarm, EE_PRIORITY_MED, &self.key) == EE_OP_PENDING);
        put_into(where, &self);
        cancel_from(from, &self);
      }
      run_all();
      // An event that is ahead of the closure that would cancel it wins.
      const bool too_late = where >= RAN || (from == FROM_FUNCTION && (where == ENDED || where == KEPT));
      CHECK(self.answer == !too_late);
      CHECK(alarm.runs == 1 && alarm.fired == (too_late && where != CANCELLED_BEFORE));
      CHECK(stub_outstanding() == 0);
    }
  }
  ee_event_manager_close();
}

typedef struct own {
  ee_alarm_key key;
  int runs;
} own;

static void cancel_itself(void *arg, int fired) {
  own *self = arg;
  (void)fired;
  self->runs++;
  CHECK(!ee_consistent_cancel(self->key) && !ee_blocking_consistent_cancel(self->key));
}

static void from_within(void) {
  own fired = {0}, cancelled = {0};
  CHECK(ee_schedule_alarm_in(1, cancel_itself, &fired, EE_PRIORITY_MED, &fired.key) == EE_OP_PENDING);
  end_all(STUB_ALARM, 0);
  run_all();
  CHECK(ee_schedule_alarm_in(1, cancel_itself, &cancelled, EE_PRIORITY_MED, &cancelled.key) == EE_OP_PENDING);
  CHECK(ee_blocking_consistent_cancel(cancelled.key));
  CHECK(fired.runs == 1 && cancelled.runs == 1);
  ee_event_manager_close();
}

static void stale_keys(void) {
  note notes[3] = {0};
  ee_alarm_key first, second;
  CHECK(ee_schedule_alarm_in(1, note_alarm, &notes[0], EE_PRIORITY_MED, &first) == EE_OP_PENDING);
  CHECK(ee_consistent_cancel(first));
  CHECK(ee_schedule_alarm_in(1, note_alarm, &notes[1], EE_PRIORITY_MED, &second) == EE_OP_PENDING);
  CHECK(second.internal == first.internal && !ee_consistent_cancel(first)); // The record is another's.
  CHECK(ee_consistent_cancel(second));
  CHECK(ee_run_function(note_function, &notes[2], EE_PRIORITY_MED, NULL) == EE_OP_PENDING);
  CHECK(!ee_consistent_cancel(second) && notes[2].runs == 0);
  end_all(STUB_FUNCTION, 0);
  run_all();
  CHECK(notes[0].runs == 1 && notes[1].runs == 1 && notes[2].runs == 1);
  ee_event_manager_close();
}

// 64 closures of each kind at a time, that run, are cancelled or are refused.
static void schedule_and_end(void) {
  static note notes[64];
  static ee_em_task tasks[64];
  ee_alarm_key keys[64];
  for (int i = 0; i < 64; i++) {
    tasks[i] = (ee_em_task){note_function, &notes[i], EE_PRIORITY_MED, NULL};
    CHECK(ee_schedule_alarm_in(1, note_alarm, &notes[i], EE_PRIORITY_MED, &keys[i]) == EE_OP_PENDING);
  }
  for (int i = 0; i < 64; i += 2) CHECK(ee_consistent_cancel(keys[i]));
  end_all(STUB_ALARM, 0);
  for (int i = 1; i < 64; i += 4) CHECK(ee_consistent_cancel(keys[i])); // Their events are on their way.
  stub.begin_most = 5;
  CHECK(ee_run_functions(tasks, 64) == 5);
  end_all(STUB_FUNCTION, 0);
  run_all();
  stub.refuse = true;
  CHECK(ee_run_functions(tasks, 64) == 0);
  CHECK(ee_run_function(note_function, NULL, EE_PRIORITY_MED, NULL) == EE_OP_REFUSED);
  CHECK(ee_schedule_alarm_in(1, note_alarm, NULL, EE_PRIORITY_MED, NULL) == EE_OP_REFUSED);
  stub.refuse = false;
}

static void bounded(void) {
  schedule_and_end();
  const size_t bytes = __sanitizer_get_current_allocated_bytes();
  for (int round = 0; round < 100; round++) schedule_and_end();
  CHECK(__sanitizer_get_current_allocated_bytes() == bytes);
  ee_event_manager_close();
}

static void shutdown_is_held(void) {
  ee_shutdown_ref();
  ee_shutdown_ref();
  CHECK(stub.holds == 2 && ee_engine_shutdown() == 0);
  ee_shutdown_unref();
  ee_shutdown_unref();
  CHECK(stub.holds == 0 && ee_engine_shutdown() == 3);
  uint64_t value;
  ee_engine_set_turn_bound(1);
  CHECK(ee_engine_statistic(4, &value) && value == 104 && !ee_engine_statistic(5, &value));
}

static void unbalanced(void) { ee_shutdown_unref(); }

static void closing(void) {
  note function = {0}, alarm = {0};
  ee_alarm_key key;
  ee_event_manager_close();
  CHECK(ee_run_function(note_function, &function, EE_PRIORITY_MED, NULL) == EE_OP_PENDING);
  CHECK(ee_schedule_alarm_in(1, note_alarm, &alarm, EE_PRIORITY_MED, &key) == EE_OP_PENDING);
  ee_event_manager_close();
  CHECK(stub_live() == 0 && stub_outstanding() == 2);
  end_all(STUB_FUNCTION, 0);
  run_all();
  CHECK(function.runs == 1 && ee_consistent_cancel(key) && alarm.runs == 1);
  CHECK(ee_run_function(note_function, &function, EE_PRIORITY_MED, NULL) == EE_OP_PENDING);
  end_all(STUB_FUNCTION, 0);
  run_all();
  CHECK(function.runs == 2);
  ee_event_manager_close();
}

static void end_function_in_wait(void) { end_all(STUB_FUNCTION, 0); }

static void polled(void) {
  note first = {0}, second = {0};
  ee_pollable *pollables[] = {ee_run_subscribe(), ee_pollable_from_wasi(2)}; // The second is never ready.
  uint32_t ready[2];
  CHECK(!ee_pollable_ready(pollables[0]));
  CHECK(ee_run_function(note_function, &first, EE_PRIORITY_MED, NULL) == EE_OP_PENDING);
  CHECK(!ee_pollable_ready(pollables[0]));
  stub.on_wait = end_function_in_wait;
  CHECK(ee_poll(pollables, 2, ready) == 1 && ready[0] == 0 && first.runs == 0);
  stub.on_wait = NULL;
  // The library holds it now, which counts, and is enough for another wait.
  CHECK(ee_pollable_ready(pollables[0]));
  CHECK(ee_poll(pollables, 2, ready) == 1 && ready[0] == 0);
  CHECK(ee_run_function(note_function, &second, EE_PRIORITY_MED, NULL) == EE_OP_PENDING);
  end_all(STUB_FUNCTION, 0);
  CHECK(ee_run(EE_INF_PAST) == 1 && first.runs == 1);
  CHECK(ee_pollable_ready(pollables[0]));
  CHECK(ee_run(EE_INF_PAST) == 1 && second.runs == 1);
  CHECK(!ee_pollable_ready(pollables[0]));
  for (int i = 0; i < 2; i++) ee_pollable_destroy(pollables[i]);
  ee_event_manager_close();
}

static void close_before_pollable(void) {
  ee_run_subscribe();
  ee_event_manager_close();
}

static void strange_priority(void) { ee_run_function(note_function, NULL, (ee_priority)5, NULL); }
static void strange_alarm(void) { ee_schedule_alarm_in(1, note_alarm, NULL, (ee_priority)-1, NULL); }

static void strange_list(void) {
  ee_em_task tasks[] = {{note_function, NULL, EE_PRIORITY_MED, NULL}, {note_function, NULL, (ee_priority)5, NULL}};
  stub.refuse = true; // It would be noticed if the first one had been tried.
  ee_run_functions(tasks, 2);
}

const test_case manager_tests[] = {
    {"should run functions once and in order, and from ee_run only", functions, NULL},
    {"should take many functions in one crossing, and give back those that did not begin", many_functions, NULL},
    {"should begin as many of a list as can be outstanding", too_many_functions, NULL},
    {"should run an alarm's closure once: with 1 when it fires, with 0 after a shutdown", alarms, NULL},
    {"should cancel on the canceller's stack, wherever the alarm is and whoever cancels", cancelling, NULL},
    {"should answer 0 to an alarm that cancels itself", from_within, NULL},
    {"should know a key whose record is another's by now", stale_keys, NULL},
    {"should take no more memory than the closures that are outstanding need", bounded, NULL},
    {"should hold the shutdown, and hand on bounds and statistics", shutdown_is_held, NULL},
    {"should run what is outstanding when the library's queue is given back", closing, NULL},
    {"should be ready in a poll while closures are to run", polled, NULL},
    {"should refuse an unref without its ref", unbalanced, "an unref without its ref"},
    {"should refuse to give the queue back before its pollables", close_before_pollable, "every pollable of the queue"},
    {"should refuse a strange priority", strange_priority, "ee_run_function: a priority is 0 to 4"},
    {"should refuse a strange priority of an alarm", strange_alarm, "with_slack: a priority is 0 to 4"},
    {"should refuse a strange priority in a list", strange_list, "ee_run_functions: a priority is 0 to 4"},
    {0},
};
