// Functions and alarms with priorities, and what holds the engine's shutdown.
#include <stdlib.h>
#include "internal.h"

#define TASKS_AT_HAND 64
#define TASKS_MAX 1048576 // As many as can be outstanding; a longer list is no argument for the engine, either.

static uint64_t last_serial; // Of keys.

// ---- Functions ----

static void run_function(ee_completion_queue_functor *functor, int ok) {
  (void)ok;
  const ee_closure closure = *(ee_closure *)functor;
  ee_closure_destroy((ee_closure *)functor);
  closure.run.function(closure.arg);
}

static ee_closure *closure_of_function(void (*handler)(void *arg), void *arg) {
  ee_closure *closure = ee_closure_create(run_function, arg);
  closure->run.function = handler;
  return closure;
}

ee_op_start ee_run_function(void (*handler)(void *arg), void *arg, ee_priority priority, ee_task_key *key) {
  DEMAND_PRIORITY(priority);
  ee_closure *closure = closure_of_function(handler, arg);
  eei_event_manager_operation_start_t start = eei_event_manager_run_function(
      borrow_queue(ee_closure_queue()), closure_tag(closure), (eei_event_manager_priority_t)priority);
  if (start != EEI_COMPLETION_QUEUES_OPERATION_START_PENDING) {
    ee_closure_destroy(closure);
    return EE_OP_REFUSED;
  }
  if (key != NULL) key->serial = ++last_serial;
  return EE_OP_PENDING;
}

// `raw` has room for `count` tasks.
static size_t run_functions(const ee_em_task *tasks, size_t count, eei_event_manager_task_t *raw) {
  for (size_t i = 0; i < count; i++) {
    const ee_closure *closure = closure_of_function(tasks[i].handler, tasks[i].arg);
    raw[i] = (eei_event_manager_task_t){closure_tag(closure), (eei_event_manager_priority_t)tasks[i].priority};
  }
  eei_event_manager_list_task_t list = {raw, count};
  const size_t begun = eei_event_manager_run_functions(borrow_queue(ee_closure_queue()), &list);
  for (size_t i = 0; i < begun; i++)
    if (tasks[i].key != NULL) tasks[i].key->serial = ++last_serial;
  for (size_t i = begun; i < count; i++) ee_closure_destroy((ee_closure *)(uintptr_t)raw[i].tag);
  return begun;
}

size_t ee_run_functions(const ee_em_task *tasks, size_t count) {
  for (size_t i = 0; i < count; i++) DEMAND_PRIORITY(tasks[i].priority);
  if (count == 0) return 0;
  if (count > TASKS_MAX) count = TASKS_MAX;
  eei_event_manager_task_t at_hand[TASKS_AT_HAND];
  if (count <= TASKS_AT_HAND) return run_functions(tasks, count, at_hand);
  eei_event_manager_task_t *raw = malloc(count * sizeof *raw);
  DEMAND(raw != NULL, "out of memory");
  const size_t begun = run_functions(tasks, count, raw);
  free(raw);
  return begun;
}

// ---- Alarms ----

static void run_alarm(ee_completion_queue_functor *functor, int ok) {
  const ee_closure closure = *(ee_closure *)functor;
  ee_closure_destroy((ee_closure *)functor);
  closure.run.alarm(closure.arg, ok);
}

static void run_nothing(ee_completion_queue_functor *functor, int ok) {
  (void)ok;
  ee_closure_destroy((ee_closure *)functor);
}

ee_op_start ee_schedule_alarm_in(ee_time deadline, void (*closure)(void *arg, int fired), void *arg,
                                 ee_priority priority, ee_alarm_key *key) {
  return ee_schedule_alarm_in_with_slack(deadline, closure, arg, priority, key, 0);
}

ee_op_start ee_schedule_alarm_in_with_slack(ee_time deadline, void (*closure)(void *arg, int fired), void *arg,
                                            ee_priority priority, ee_alarm_key *key, uint64_t slack) {
  DEMAND_PRIORITY(priority);
  ee_closure *record = ee_closure_create(run_alarm, arg);
  eei_event_manager_task_handle_t handle;
  if (!eei_event_manager_schedule_alarm(borrow_queue(ee_closure_queue()), closure_tag(record), deadline, slack,
                                        (eei_event_manager_priority_t)priority, &handle)) {
    ee_closure_destroy(record);
    return EE_OP_REFUSED;
  }
  record->run.alarm = closure;
  record->serial = ++last_serial;
  record->of.alarm = handle;
  if (key != NULL) *key = (ee_alarm_key){record->serial, record};
  return EE_OP_PENDING;
}

int ee_consistent_cancel(ee_alarm_key key) {
  ee_closure *record = key.internal;
  if (key.serial == 0 || record->serial != key.serial) return 0;
  const ee_closure closure = *record;
  eei_event_manager_task_handle_t handle = closure.of.alarm;
  uint64_t tag;
  if (eei_event_manager_consistent_cancel(&handle, &tag)) {
    ee_closure_destroy(record);
  } else { // Its event is on its way.
    record->functor.functor_run = run_nothing;
    record->serial = 0;
  }
  closure.run.alarm(closure.arg, 0);
  return 1;
}

int ee_blocking_consistent_cancel(ee_alarm_key key) { return ee_consistent_cancel(key); }

// ---- Shutdown ----

void ee_shutdown_ref(void) { eei_event_manager_shutdown_ref(); }

void ee_shutdown_unref(void) { eei_event_manager_shutdown_unref(); }
