// Completions per second as a guest sees them, across the boundary between components: a workload of the benchmarks.
//
// Arguments: WORKLOAD SIZE REPETITIONS OPERATIONS, as bench/assembly/main.ts. Operations come in batches of SIZE; with
// SIZE 1 `next` takes them, otherwise `next-batch`. Prints nanoseconds per operation as one JSON line, by WORKLOAD:
//
//   completions: pass             the guest begins and ends them itself, so begin-op and end-op are in it
//                loop             the engine ends them: tasks
//   functions:   run              as loop
//                function         the same by run-function, each a call of its own
//                functions        by run-functions: a call per batch
//                function-system  as function, with the highest priority
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "raw-names.h"

static void take(Queue queue, uint32_t size) {
  for (uint32_t taken = 0; taken < size;) {
    if (size == 1) {
      if (next_until(queue, NEVER).type != OP_COMPLETE) abort();
      taken++;
      continue;
    }
    eei_completion_queues_list_event_t events;
    eei_completion_queues_method_completion_queue_next_batch(ref(queue), size - taken, NEVER, &events);
    for (size_t i = 0; i < events.len; i++) {
      if (events.ptr[i].type != OP_COMPLETE) abort();
    }
    taken += (uint32_t)events.len;
    eei_completion_queues_list_event_free(&events);
  }
}

static void pass(Queue queue, uint32_t size) {
  for (uint32_t tag = 0; tag < size; tag++) {
    if (!begin_op(queue, tag)) abort();
    end_op(queue, tag, true);
  }
}

static void loop(Queue queue, uint32_t size) {
  for (uint32_t tag = 0; tag < size; tag++) {
    if (eei_tasks_run(ref(queue), tag) != PENDING) abort();
  }
}

static void function(Queue queue, uint32_t size) {
  for (uint32_t tag = 0; tag < size; tag++) {
    if (eei_event_manager_run_function(ref(queue), tag, MED) != PENDING) abort();
  }
}

static void function_system(Queue queue, uint32_t size) {
  for (uint32_t tag = 0; tag < size; tag++) {
    if (eei_event_manager_run_function(ref(queue), tag, SYSTEM) != PENDING) abort();
  }
}

#define LIST_MAX 1024

static void functions(Queue queue, uint32_t size) {
  static Function list[LIST_MAX];
  for (uint32_t tag = 0; tag < size; tag++) list[tag] = (Function){tag, MED};
  eei_event_manager_list_task_t tasks = {list, size};
  if (eei_event_manager_run_functions(ref(queue), &tasks) != size) abort();
}

typedef struct Workload {
  const char *name;
  void (*start)(Queue queue, uint32_t size);
} Workload;

static const Workload of_completions[] = {{"pass", pass}, {"loop", loop}, {NULL, NULL}};

static const Workload of_functions[] = {
    {"run", loop}, {"function", function}, {"functions", functions}, {"function-system", function_system}, {NULL, NULL},
};

/** Nanoseconds per operation. */
static double measure(Queue queue, void (*start)(Queue queue, uint32_t size), uint32_t size, uint32_t operations) {
  uint64_t started = eei_tasks_now();
  uint32_t done = 0;
  for (; done < operations; done += size) {
    start(queue, size);
    take(queue, size);
  }
  return (double)(eei_tasks_now() - started) / done;
}

int main(int count, char **words) {
  bool is_functions = count > 1 && strcmp(words[1], "functions") == 0;
  if (count != 5 || !(is_functions || strcmp(words[1], "completions") == 0)) {
    fprintf(stderr, "usage: completions|functions SIZE REPETITIONS OPERATIONS\n");
    return 1;
  }
  uint32_t numbers[3];
  for (int i = 0; i < 3; i++) numbers[i] = (uint32_t)strtoul(words[i + 2], NULL, 10);
  Queue queue = next_queue();
  const uint32_t size = numbers[0], repetitions = numbers[1], operations = numbers[2];
  if (size == 0 || size > LIST_MAX) return 1;
  const Workload *workloads = is_functions ? of_functions : of_completions;
  for (const Workload *workload = workloads; workload->name != NULL; workload++) {
    measure(queue, workload->start, size, operations);
    printf("%s\"%s\":[", workload == workloads ? "{" : ",", workload->name);
    for (uint32_t j = 0; j < repetitions; j++) {
      printf("%s%f", j == 0 ? "" : ",", measure(queue, workload->start, size, operations));
    }
    printf("]");
  }
  printf("}\n");
  drop_queue(queue);
  return 0;
}
