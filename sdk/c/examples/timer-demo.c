// Timers on a PLUCK queue, where every event is waited for by its tag: timer-demo [TICKS]
//
// Prints TICKS ticks, 50 ms apart without drift, while a slower alarm is under way; then shows what cancelling does,
// and what a wait that is too short looks like.
#include <stdio.h>
#include <stdlib.h>
#include "event_engine.h"

#define PERIOD_MS 50
#define NS_PER_MS 1000000

// Tags: only their addresses count.
static char tick, alarm_clock, never;

static void demand(int condition, const char *what) {
  if (condition) return;
  fprintf(stderr, "timer-demo: %s\n", what);
  exit(1);
}

static void start(ee_completion_queue *queue, void *tag, ee_time deadline, ee_task_cancellation cancellation,
                  ee_task_handle *handle) {
  ee_op_start result = ee_task_run_at(queue, tag, deadline, 0, cancellation, handle);
  demand(result == EE_OP_PENDING, "a task was refused");
}

static ee_event wait_for(ee_completion_queue *queue, void *tag) {
  ee_event event = ee_completion_queue_pluck(queue, tag, EE_INF_FUTURE, NULL);
  demand(event.type == EE_OP_COMPLETE && event.tag == tag, "not the event that was waited for");
  return event;
}

static void show_ticks(ee_completion_queue *queue, int ticks) {
  ee_time begin = ee_now(), due = begin;
  start(queue, &alarm_clock, begin + PERIOD_MS / 2 * NS_PER_MS, EE_TASK_COMPLETES, NULL);
  for (int i = 1; i <= ticks; i++) {
    due += PERIOD_MS * NS_PER_MS;
    start(queue, &tick, due, EE_TASK_COMPLETES, NULL);
    wait_for(queue, &tick);
    printf("tick %d after %d ms\n", i, (int)((ee_now() - begin) / NS_PER_MS));
  }
  // It was over long ago, and its event has waited.
  wait_for(queue, &alarm_clock);
  printf("the alarm rang\n");
}

static void show_cancelling(ee_completion_queue *queue) {
  ee_task_handle handle;
  start(queue, &never, EE_INF_FUTURE, EE_TASK_COMPLETES, &handle);
  demand(ee_task_cancel(handle), "an alarm that never rings was not cancelled");
  demand(!ee_task_cancel(handle), "it was cancelled twice");
  ee_event event = wait_for(queue, &never);
  printf("cancelled: %s\n", ee_status_code_name(event.status.code));

  start(queue, &never, EE_INF_FUTURE, EE_TASK_SILENT, &handle);
  demand(ee_task_cancel(handle), "a silent task was not cancelled");
  event = ee_completion_queue_pluck(queue, &never, EE_INF_PAST, NULL);
  printf("cancelled silently: %s\n", event.type == EE_QUEUE_TIMEOUT ? "no event" : "an event");
}

static void show_timeout(ee_completion_queue *queue) {
  ee_task_handle handle;
  start(queue, &never, EE_INF_FUTURE, EE_TASK_SILENT, &handle);
  ee_event event = ee_completion_queue_pluck(queue, &never, ee_deadline_in_ms(10), NULL);
  printf("10 ms are over: %s\n", event.type == EE_QUEUE_TIMEOUT ? "a timeout" : "an event");
  demand(ee_task_cancel(handle), "a task that outlives a wait was not cancelled");
}

int main(int argc, char **argv) {
  int ticks = argc > 1 ? atoi(argv[1]) : 5;
  ee_completion_queue *queue = ee_completion_queue_create_for_pluck(NULL);
  show_ticks(queue, ticks);
  show_cancelling(queue);
  show_timeout(queue);
  ee_completion_queue_shutdown(queue);
  ee_event event = ee_completion_queue_pluck(queue, &never, EE_INF_FUTURE, NULL);
  demand(event.type == EE_QUEUE_SHUTDOWN, "the queue has something left");
  ee_completion_queue_destroy(queue);
  return 0;
}
