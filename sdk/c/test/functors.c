// Functors: when they run, and that they never run inside of one another.
#include <stdlib.h>
#include "harness.h"

static void end(ee_completion_queue *queue, void *functor, int success) {
  CHECK(ee_cq_begin_op(queue, functor));
  ee_cq_end_op(queue, functor, success);
}

static void all_run_once(void) {
  static noting_functor functors[128];
  for (int polling = EE_CQ_DEFAULT_POLLING; polling <= EE_CQ_NON_POLLING; polling++) {
    noting_functor last = noting(0);
    ee_completion_queue_attributes attributes = {2, EE_CQ_CALLBACK, (ee_cq_polling_type)polling, &last.functor};
    ee_completion_queue *queue =
        ee_completion_queue_create(ee_completion_queue_factory_lookup(&attributes), &attributes, NULL);
    for (int i = 0; i < 128; i++) {
      functors[i] = noting(0);
      end(queue, &functors[i], i % 3 != 0);
    }
    functors_run = 0;
    ee_completion_queue_shutdown(queue);
    while (last.runs == 0) CHECK(ee_run(EE_INF_FUTURE) > 0);
    for (unsigned i = 0; i < 128; i++) {
      CHECK(functors[i].runs == 1 && functors[i].order == i);
      CHECK(functors[i].ok == (i % 3 != 0));
      CHECK((functors[i].status.code == EE_OK) == functors[i].ok);
    }
    CHECK(last.runs == 1 && last.ok == 1 && last.order == 128);
    CHECK(ee_run(EE_INF_PAST) == 0);
    ee_completion_queue_destroy(queue);
  }
}

static void inline_at_scope_end(void) {
  ee_completion_queue *queue = ee_completion_queue_create_for_callback(NULL, NULL);
  noting_functor quick = noting(1), slow = noting(0);
  end(queue, &slow, 1);
  CHECK(slow.runs == 0);
  end(queue, &quick, 1);
  CHECK(quick.runs == 1 && slow.runs == 0);
  ee_application_callback_exec_ctx_enter();
  ee_application_callback_exec_ctx_enter();
  end(queue, &quick, 1);
  ee_application_callback_exec_ctx_leave();
  CHECK(quick.runs == 1);
  ee_application_callback_exec_ctx_leave();
  CHECK(quick.runs == 2 && slow.runs == 0);
  CHECK(ee_run(EE_INF_PAST) == 1 && slow.runs == 1);
  CHECK(ee_run(EE_INF_PAST) == 0);
  ee_completion_queue_destroy(queue);
}

typedef struct chained_functor {
  ee_completion_queue_functor functor;
  ee_completion_queue *queue;
  int left, *running, *total;
} chained_functor;

// Ends the operation of a copy of itself, which must not run before it returns; then it is gone.
static void chain(ee_completion_queue_functor *functor, int ok) {
  chained_functor *self = (chained_functor *)functor;
  CHECK(ok && *self->running == 0);
  *self->running = 1;
  ++*self->total;
  if (self->left > 0) {
    chained_functor *next = malloc(sizeof *next);
    *next = *self;
    next->left--;
    end(self->queue, next, 1);
  }
  *self->running = 0;
  free(self);
}

static void functors_do_not_nest(void) {
  for (int inlineable = 0; inlineable <= 1; inlineable++) {
    ee_completion_queue *queue = ee_completion_queue_create_for_callback(NULL, NULL);
    int running = 0, total = 0;
    chained_functor *first = malloc(sizeof *first);
    *first = (chained_functor){{chain, inlineable}, queue, 99, &running, &total};
    end(queue, first, 1);
    CHECK(total == (inlineable ? 100 : 0));
    while (ee_run(EE_INF_PAST) > 0) continue;
    CHECK(total == 100);
    ee_completion_queue_destroy(queue);
  }
}

static ee_completion_queue *ended_queue;
static void *ended_tag;

static void end_in_wait(void) {
  if (stub_find(STUB_TASK) != NULL) stub_end(stub_find(STUB_TASK), 0, 0, 0);
}

static void waits_detect(void) {
  ee_completion_queue *functors = ee_completion_queue_create_for_callback(NULL, NULL);
  for (int polling = EE_CQ_DEFAULT_POLLING; polling <= EE_CQ_NON_POLLING; polling++) {
    ee_completion_queue_attributes attributes = {1, EE_CQ_NEXT, (ee_cq_polling_type)polling, NULL};
    ee_completion_queue *queue =
        ee_completion_queue_create(ee_completion_queue_factory_lookup(&attributes), &attributes, NULL);
    noting_functor quick = noting(1);
    CHECK(ee_task_run(functors, &quick) == EE_OP_PENDING);
    stub.on_wait = end_in_wait;
    CHECK(ee_completion_queue_next(queue, EE_INF_PAST, NULL).type == EE_QUEUE_TIMEOUT);
    stub.on_wait = NULL;
    CHECK(quick.runs == (polling == EE_CQ_DEFAULT_POLLING)); // Looking for functors drives everything.
    CHECK(ee_run(EE_INF_PAST) == (polling != EE_CQ_DEFAULT_POLLING));
    CHECK(quick.runs == 1);
    finish(queue);
  }
  ee_completion_queue_destroy(functors);
}

// A functor that takes from the queue whose wait has found it: the wait has its event by then.
static void take_other(ee_completion_queue_functor *functor, int ok) {
  CHECK(functor == ended_tag && ok);
  CHECK(ee_completion_queue_next(ended_queue, EE_INF_PAST, NULL).tag == TAG(2));
}

static void functor_takes_events(void) {
  ee_completion_queue *functors = ee_completion_queue_create_for_callback(NULL, NULL);
  ee_completion_queue *queue = ended_queue = ee_completion_queue_create_for_next(NULL);
  ee_completion_queue_functor functor = {take_other, 1};
  ended_tag = &functor;
  for (uintptr_t i = 1; i <= 2; i++) CHECK(ee_cq_begin_op(queue, TAG(i)));
  CHECK(ee_task_run(functors, &functor) == EE_OP_PENDING);
  stub_end(stub_find(STUB_TASK), 0, 0, 0);
  for (uintptr_t i = 1; i <= 2; i++) ee_cq_end_op(queue, TAG(i), 1);
  CHECK(ee_completion_queue_next(queue, EE_INF_PAST, NULL).tag == TAG(1));
  CHECK(ee_completion_queue_next(queue, EE_INF_PAST, NULL).type == EE_QUEUE_TIMEOUT);
  finish(queue);
  ee_completion_queue_destroy(functors);
}

// Detection keeps a bounded number of those that only ee_run runs; none is lost and all stay in order.
static void kept_functors(void) {
  static noting_functor slow[1000];
  ee_completion_queue *queue = ee_completion_queue_create_for_callback(NULL, NULL);
  noting_functor quick = noting(1);
  for (int i = 0; i < 1000; i++) {
    slow[i] = noting(0);
    end(queue, &slow[i], 1);
    if (i < 100) end(queue, &quick, 1);
  }
  CHECK(quick.runs == 100);
  end(queue, &quick, 1); // Behind so many that it waits for ee_run.
  for (int i = 0; i < 20; i++) {
    ee_application_callback_exec_ctx_enter();
    end(queue, &quick, 1);
    ee_application_callback_exec_ctx_leave();
  }
  functors_run = 0;
  size_t total = 0;
  for (size_t ran; (ran = ee_run(EE_INF_PAST)) > 0;) total += ran;
  CHECK(total + (size_t)quick.runs >= 1000);
  for (unsigned i = 0; i < 1000; i++) CHECK(slow[i].runs == 1 && (i == 0 || slow[i].order > slow[i - 1].order));
  CHECK(quick.runs == 121);
  ee_completion_queue_destroy(queue);
}

static void functors_outlive_queue(void) {
  noting_functor last = noting(0), accepted = noting(0);
  ee_completion_queue *queue = ee_completion_queue_create_for_callback(&last.functor, NULL);
  ee_listener *listener = ee_listener_create(NULL);
  ee_endpoint *endpoint = NULL;
  CHECK(ee_listener_accept(listener, queue, &accepted, &endpoint) == EE_OP_PENDING);
  ee_completion_queue_destroy(queue);
  stub_end(stub_find(STUB_ACCEPT), 0, 0, stub_ticket());
  CHECK(ee_run(EE_INF_PAST) == 2);
  CHECK(accepted.runs == 1 && accepted.ok && last.runs == 1 && last.order > accepted.order);
  ee_endpoint_destroy(endpoint);
  ee_listener_destroy(listener);
}

const test_case functor_tests[] = {
    {"should run every functor once, in order, and the shutdown functor last", all_run_once, NULL},
    {"should run inlineable functors when the outermost scope ends, others in ee_run", inline_at_scope_end, NULL},
    {"should run no functor inside of another, and let one free itself", functors_do_not_nest, NULL},
    {"should find functors after waits that drive everything only", waits_detect, NULL},
    {"should let a functor take events of the queue whose wait found it", functor_takes_events, NULL},
    {"should keep a bounded number of functors for ee_run and lose none", kept_functors, NULL},
    {"should run the functors of a queue that was destroyed", functors_outlive_queue, NULL},
    {0},
};
