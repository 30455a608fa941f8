// The interface `tasks`.
#include "check.h"

static void runs_keep_their_order(void) {
  Queue queue = next_queue(), other = next_queue();
  for (uint64_t tag = 0; tag < 50; tag++) EXPECT(eei_tasks_run(ref(tag % 2 ? queue : other), tag) == PENDING);
  EXPECT(live(7) == 50); // not within the call
  for (uint64_t tag = 0; tag < 50; tag++) EXPECT_OK(next(tag % 2 ? queue : other), tag);
  end_queue(queue);
  end_queue(other);
}

static void deadlines_are_kept(void) {
  Queue queue = next_queue();
  Task task;
  uint64_t start = eei_tasks_now();
  EXPECT(eei_tasks_run_at(ref(queue), 3, start + 6 * MS, 0, SILENT, &task));
  EXPECT(eei_tasks_run_at(ref(queue), 2, start + 3 * MS, 0, COMPLETES, &task));
  EXPECT(eei_tasks_run_at(ref(queue), 1, 0, 0, SILENT, &task));
  EXPECT(eei_tasks_run_at(ref(queue), 4, start + 6 * MS, 2 * MS, SILENT, &task));
  EXPECT_OK(next(queue), 1);
  EXPECT_OK(next(queue), 2);
  EXPECT(eei_tasks_now() >= start + 3 * MS);
  Event event = next(queue);
  EXPECT(event.tag == 3 || event.tag == 4);
  EXPECT(eei_tasks_now() >= start + 6 * MS);
  EXPECT_OK(next(queue), event.tag ^ 7);
  end_queue(queue);
}

static void silent_ones_are_cancelled_without_an_event(void) {
  Queue queue = next_queue();
  Task task, never;
  EXPECT(eei_tasks_run_at(ref(queue), 1, in_ms(2), 0, SILENT, &task));
  EXPECT(eei_tasks_run_at(ref(queue), 2, NEVER, 0, SILENT, &never));
  shutdown_queue(queue);
  EXPECT(eei_tasks_cancel(&task) && !eei_tasks_cancel(&task));
  expect_nothing(queue);
  EXPECT(eei_tasks_cancel(&never)); // it was the last one that was outstanding
  EXPECT(next_until(queue, NEVER).type == QUEUE_SHUTDOWN);
  drop_queue(queue);
}

static void completing_ones_have_their_event(void) {
  Queue queue = next_queue();
  Task task, never;
  EXPECT(eei_tasks_run_at(ref(queue), 1, in_ms(3600000), 0, COMPLETES, &task));
  EXPECT(eei_tasks_run_at(ref(queue), 2, NEVER, 0, COMPLETES, &never));
  EXPECT(eei_tasks_cancel(&never) && eei_tasks_cancel(&task));
  EXPECT(!eei_tasks_cancel(&task) && !eei_tasks_cancel(&never));
  EXPECT_EVENT(next(queue), 2, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
  EXPECT_EVENT(next(queue), 1, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
  EXPECT(!eei_tasks_cancel(&task));
  end_queue(queue);
}

static void what_ran_cannot_be_cancelled(void) {
  Queue queue = next_queue();
  Task old, task;
  EXPECT(eei_tasks_run_at(ref(queue), 1, 0, 0, SILENT, &old));
  EXPECT_OK(next(queue), 1);
  EXPECT(!eei_tasks_cancel(&old));
  for (int i = 0; i < 100; i++) { // slots are used again, names are not
    EXPECT(eei_tasks_run_at(ref(queue), 2, NEVER, 0, SILENT, &task));
    EXPECT(!eei_tasks_cancel(&old));
    old = task;
    EXPECT(eei_tasks_cancel(&task));
  }
  end_queue(queue);
}

static void foreign_handles_name_nothing(void) {
  Queue queue = next_queue();
  Task task;
  EXPECT(eei_tasks_run_at(ref(queue), 1, NEVER, 0, SILENT, &task));
  for (uint32_t i = 0; i < 64; i++) {
    Task other = {task.slot ^ 1u << i % 32, task.generation};
    Task stale = {task.slot, task.generation ^ 1u << i % 32};
    EXPECT(!eei_tasks_cancel(&other) && !eei_tasks_cancel(&stale));
  }
  EXPECT(!eei_tasks_cancel(&(Task){0, 0}) && !eei_tasks_cancel(&(Task){UINT32_MAX, UINT32_MAX}));
  EXPECT(eei_tasks_cancel(&task));
  end_queue(queue);
}

static void many_timers_are_one_queue(void) {
  enum { COUNT = 5000 };
  static Task tasks[COUNT];
  Queue queue = next_queue();
  uint64_t start = eei_tasks_now();
  for (uint64_t i = 0; i < COUNT; i++) {
    uint64_t deadline = start + (i * 7919 % COUNT) * 1000;
    EXPECT(eei_tasks_run_at(ref(queue), i, deadline, 0, i % 2 ? COMPLETES : SILENT, &tasks[i]));
  }
  uint32_t cancelled = 0, came = 0;
  for (uint64_t i = 0; i < COUNT; i += 3) cancelled += eei_tasks_cancel(&tasks[i]) && i % 2 == 0;
  while (came + cancelled < COUNT) {
    Event event = next(queue);
    bool was_cancelled = event.tag % 3 == 0;
    EXPECT(event.success != was_cancelled && (event.success || event.tag % 2 == 1));
    came++;
  }
  EXPECT(cancelled == (COUNT + 5) / 6);
  end_queue(queue);
}

const Check task_checks[] = {
    {"tasks: run in their order, never within the call", runs_keep_their_order},
    {"tasks: run at or after their deadline", deadlines_are_kept},
    {"tasks: a silent one that is cancelled has no event", silent_ones_are_cancelled_without_an_event},
    {"tasks: a completing one that is cancelled has its event", completing_ones_have_their_event},
    {"tasks: what ran cannot be cancelled, nor what has its slot now", what_ran_cannot_be_cancelled},
    {"tasks: foreign handles name nothing", foreign_handles_name_nothing},
    {"tasks: thousands of timers, a third of them cancelled", many_timers_are_one_queue},
    {NULL, NULL},
};
