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

const test_case property_tests[] = {
    {"should return the events of a random run once and in order", next_against_model, NULL},
    {"should run the functors of a random run once and never nested", functors_against_counts, NULL},
    {0},
};
