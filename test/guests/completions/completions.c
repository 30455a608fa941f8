// Completions per second as a guest sees them, across the boundary between components: a workload of the benchmarks.
//
// Arguments: completions SIZE REPETITIONS OPERATIONS, as bench/assembly/main.ts. Operations come in batches of SIZE;
// with SIZE 1 `next` takes them, otherwise `next-batch`. Prints nanoseconds per operation as one JSON line.
//
//   pass   the guest begins and ends them itself, so begin-op and end-op are in it
//   loop   the engine ends them: tasks
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

/** Nanoseconds per operation. */
static double measure(Queue queue, uint32_t size, uint32_t operations, bool is_own) {
  uint64_t started = eei_tasks_now();
  uint32_t done = 0;
  for (; done < operations; done += size) {
    for (uint32_t tag = 0; tag < size; tag++) {
      if (is_own) {
        if (!begin_op(queue, tag)) abort();
        end_op(queue, tag, true);
      } else if (eei_tasks_run(ref(queue), tag) != PENDING) {
        abort();
      }
    }
    take(queue, size);
  }
  return (double)(eei_tasks_now() - started) / done;
}

static void print(Queue queue, const char *name, uint32_t size, uint32_t repetitions, uint32_t operations) {
  bool is_own = strcmp(name, "pass") == 0;
  measure(queue, size, operations, is_own);
  printf("\"%s\":[", name);
  for (uint32_t i = 0; i < repetitions; i++) {
    printf("%s%f", i == 0 ? "" : ",", measure(queue, size, operations, is_own));
  }
  printf("]");
}

int main(int count, char **words) {
  if (count != 5 || strcmp(words[1], "completions") != 0) {
    fprintf(stderr, "usage: completions SIZE REPETITIONS OPERATIONS\n");
    return 1;
  }
  uint32_t numbers[3];
  for (int i = 0; i < 3; i++) numbers[i] = (uint32_t)strtoul(words[i + 2], NULL, 10);
  Queue queue = next_queue();
  printf("{");
  print(queue, "pass", numbers[0], numbers[1], numbers[2]);
  printf(",");
  print(queue, "loop", numbers[0], numbers[1], numbers[2]);
  printf("}\n");
  drop_queue(queue);
  return 0;
}
