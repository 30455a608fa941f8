// Random sequences against a model, with a seed that is printed.
#include <stdlib.h>
#include "harness.h"

#define STEPS 20000
#define BEGUN_MAX 300

// A NEXT queue against a list: whatever is mixed, events come once and in the order in which they ended.
static void next_against_model(void) {
  ee_completion_queue *queue = ee_completion_queue_create_for_next(NULL);
  static uintptr_t begun[BEGUN_MAX], ended[STEPS];
  size_t begun_count = 0, first = 0, last = 0;
  uintptr_t serial = 1;
  ee_event events[100];
  for (int step = 0; step < STEPS || first < last || begun_count > 0; step++) {
    uint32_t choice = test_random(8);
    if (choice < 3 && step < STEPS && begun_count < BEGUN_MAX) {
      CHECK(ee_cq_begin_op(queue, TAG(serial)));
      begun[begun_count++] = serial++;
    } else if (choice < 6 && begun_count > 0) {
      size_t at = test_random((uint32_t)begun_count);
      ee_cq_end_op(queue, TAG(begun[at]), 1);
      ended[last++] = begun[at];
      begun[at] = begun[--begun_count];
    } else {
      size_t count = ee_completion_queue_next_batch(queue, events, 1 + test_random(100), EE_INF_PAST, NULL);
      if (first == last)
        CHECK(count == 1 && events[0].type == EE_QUEUE_TIMEOUT);
      else
        for (size_t i = 0; i < count; i++)
          CHECK(events[i].type == EE_OP_COMPLETE && events[i].tag == TAG(ended[first++]));
    }
    CHECK(first <= last);
  }
  CHECK(first == last);
  finish(queue);
}

typedef struct counted_functor {
  ee_completion_queue_functor functor;
  int begun, ended;
} counted_functor;

static ee_completion_queue *random_queue;
static counted_functor counted[64];
static int running, scopes, in_run;

static void random_steps(int count);

static void run_counted(ee_completion_queue_functor *functor, int ok) {
  counted_functor *self = (counted_functor *)functor;
  CHECK(!running);                        // Never inside of another,
  CHECK(scopes == 0);                     // nor between enter and leave,
  CHECK(in_run || functor->inlineable);   // and only ee_run runs the others.
  CHECK(ok && self->ended < self->begun); // Once per operation.
  self->ended++;
  running = 1;
  if (test_random(3) == 0) random_steps(2);
  running = 0;
}

// Functors start more, in scopes and outside of them; scopes are closed again.
static void random_steps(int count) {
  for (int i = 0; i < count; i++) {
    counted_functor *functor = &counted[test_random(64)];
    uint32_t choice = test_random(4);
    bool scope = choice == 0;
    if (scope) ee_application_callback_exec_ctx_enter();
    int outer = scopes;
    if (scope && !running) scopes++;
    CHECK(ee_cq_begin_op(random_queue, functor));
    functor->begun++;
    ee_cq_end_op(random_queue, functor, 1);
    scopes = outer;
    if (scope) ee_application_callback_exec_ctx_leave();
    if (choice == 1 && !running) {
      in_run = 1;
      ee_run(EE_INF_PAST);
      in_run = 0;
    }
  }
}

static void functors_against_counts(void) {
  random_queue = ee_completion_queue_create_for_callback(NULL, NULL);
  for (int i = 0; i < 64; i++) counted[i] = (counted_functor){{run_counted, (int)test_random(2)}, 0, 0};
  random_steps(STEPS);
  in_run = 1;
  while (ee_run(EE_INF_PAST) > 0) continue;
  for (int i = 0; i < 64; i++) CHECK(counted[i].begun == counted[i].ended && counted[i].begun > 0);
  ee_completion_queue_destroy(random_queue);
}

typedef struct random_closure {
  ee_alarm_key key;
  int scheduled, runs, fired; // Whether it is outstanding, and what it was told last.
} random_closure;

static random_closure closures[100];

static void random_closures(int count);

static void run_function(void *arg) {
  random_closure *self = arg;
  CHECK(self->scheduled);
  self->scheduled = 0;
  self->runs++;
  if (test_random(3) == 0) random_closures(1);
}

static void run_alarm(void *arg, int fired) {
  ((random_closure *)arg)->fired = fired;
  run_function(arg);
}

static void cancel_randomly(random_closure *closure) {
  const int before = closure->runs, scheduled = closure->scheduled && closure->key.serial != 0;
  const ee_alarm_key key = closure->key;
  CHECK(ee_consistent_cancel(key) == scheduled); // Wherever it is, unless it has begun.
  if (scheduled) CHECK(closure->runs > before && (closure->runs > before + 1 || closure->fired == 0));
  CHECK(!ee_consistent_cancel(key));
}

// Functions and alarms that end, are cancelled and run at random, from within one another.
static void random_closures(int count) {
  for (int i = 0; i < count; i++) {
    random_closure *closure = &closures[test_random(100)];
    const ee_priority priority = (ee_priority)test_random(EE_NUM_PRIORITIES);
    const uint32_t choice = test_random(8);
    if (choice < 4 && !closure->scheduled) {
      closure->scheduled = 1;
      closure->key = (ee_alarm_key){0};
      if (choice < 2)
        CHECK(ee_schedule_alarm_in(1, run_alarm, closure, priority, &closure->key) == EE_OP_PENDING);
      else
        CHECK(ee_run_function(run_function, closure, priority, NULL) == EE_OP_PENDING);
    } else if (choice == 4) {
      cancel_randomly(closure);
    } else if (choice < 7) {
      stub_operation *operation = stub_find(choice == 5 ? STUB_ALARM : STUB_FUNCTION);
      if (operation != NULL) stub_end(operation, 0, 0, 0);
    } else if (count > 1) {
      ee_run(EE_INF_PAST);
    }
  }
}

static void closures_against_model(void) {
  random_closures(STEPS);
  while (stub_find(STUB_ALARM) != NULL || stub_find(STUB_FUNCTION) != NULL || ee_run(EE_INF_PAST) > 0) {
    while (stub_find(STUB_ALARM) != NULL) stub_end(stub_find(STUB_ALARM), EE_CANCELLED, 0, 0);
    while (stub_find(STUB_FUNCTION) != NULL) stub_end(stub_find(STUB_FUNCTION), 0, 0, 0);
  }
  for (int i = 0; i < 100; i++) CHECK(!closures[i].scheduled && closures[i].runs > 0);
  ee_event_manager_close();
}

const test_case property_tests[] = {
    {"should return the events of a random run once and in order", next_against_model, NULL},
    {"should run the functors of a random run once and never nested", functors_against_counts, NULL},
    {"should run every closure of a random run once, and cancel what has not begun", closures_against_model, NULL},
    {0},
};
