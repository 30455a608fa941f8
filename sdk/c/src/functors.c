// Functors of CALLBACK queues, and the application callback execution context.
//
//   depth 0 -- enter --> 1 -- enter --> 2 ...     ee_run: fetches with a deadline, runs everything at depth 1
//      ^                 |
//      +---- leave ------+  before that, at depth 1: as long as something was detected, fetches what has ended, runs
//                           the inlineable ones and keeps the others for ee_run
//
// Functors run at depth 1 or more, so whatever they call nests, and no functor runs inside of another. They may detect
// more, which the same loop finds.
#include "internal.h"

#define FETCHED_MAX 64
#define KEPT_MAX 256

static struct {
  unsigned depth;
  int queues;                     // CALLBACK queues that exist.
  bool detected;                  // Something may have ended.
  const ee_status *status;        // Of the functor that runs.
  raw_event fetched[FETCHED_MAX]; // Worked off at once, at depth 1.
  raw_event kept[KEPT_MAX];       // A ring: of functors that are not inlineable, for ee_run.
  unsigned kept_first, kept_count;
} context;

void ee_functors_count_queue(int difference) { context.queues += difference; }

bool ee_functors_kept(void) { return context.kept_count > 0; }

void ee_functors_detect_after_wait(void) {
  if (context.queues > 0) context.detected = true;
}

void ee_functors_detect_one(void) { context.detected = true; }

static void run(const raw_event *raw) {
  const ee_event event = ee_event_of(raw);
  ee_completion_queue_functor *functor = event.tag;
  context.status = &event.status;
  functor->functor_run(functor, event.success);
  context.status = NULL;
}

static size_t fetch(const char *function, ee_time deadline) {
  eei_completion_queues_list_event_t list;
  ee_land(context.fetched, sizeof context.fetched);
  eei_completion_queues_callbacks(FETCHED_MAX, deadline, &list);
  ee_landed(function, list.ptr, list.len * sizeof *list.ptr);
  return list.len;
}

static bool inlineable(const raw_event *raw) {
  const void *tag = (const void *)(uintptr_t)raw->tag;
  if (raw->tag & OUTCOME_TAG) tag = ((const ee_outcome *)(uintptr_t)(raw->tag & ~OUTCOME_TAG))->tag;
  return ((const ee_completion_queue_functor *)tag)->inlineable != 0;
}

void ee_application_callback_exec_ctx_enter(void) { context.depth++; }

void ee_application_callback_exec_ctx_leave(void) {
  DEMAND(context.depth > 0, "enter comes before leave");
  while (context.depth == 1 && context.detected) {
    context.detected = false;
    if (context.kept_count > KEPT_MAX - FETCHED_MAX) break; // ee_run has work enough; the engine keeps the rest.
    const size_t count = fetch(__func__, EE_INF_PAST);
    for (size_t i = 0; i < count; i++) {
      if (inlineable(&context.fetched[i]))
        run(&context.fetched[i]);
      else
        context.kept[(context.kept_first + context.kept_count++) % KEPT_MAX] = context.fetched[i];
    }
  }
  context.depth--;
}

size_t ee_run(ee_time deadline) {
  DEMAND(context.depth == 0, "functors and scopes must not call it");
  ee_application_callback_exec_ctx_enter();
  size_t count = context.kept_count;
  for (size_t i = 0; i < count; i++) {
    const raw_event raw = context.kept[context.kept_first];
    context.kept_first = (context.kept_first + 1) % KEPT_MAX;
    context.kept_count--;
    run(&raw);
  }
  if (count == 0) {
    count = fetch(__func__, deadline);
    for (size_t i = 0; i < count; i++) run(&context.fetched[i]);
  }
  ee_application_callback_exec_ctx_leave();
  return count;
}

ee_status ee_completion_queue_functor_status(void) {
  DEMAND(context.status != NULL, "no functor runs");
  return *context.status;
}
