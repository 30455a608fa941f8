// The interface `engine`. Its shutdown cannot be taken back, so this comes last.
#include "check.h"

static void kinds_are_counted(void) {
  uint32_t count, kinds = 0;
  while (eei_engine_live(kinds, &count)) EXPECT(count == 0 && ++kinds < 100);
  EXPECT(kinds >= 20 && !eei_engine_live(UINT32_MAX, &count) && !eei_engine_live(1u << 31, &count));
  Queue queue = next_queue();
  EXPECT(begin_op(queue, 1));
  EXPECT(live(18) == 1 && live(19) == 1);
  Quota quota = eei_memory_static_memory_quota_default();
  EXPECT(live(11) == 0); // the engine's own does not count
  eei_memory_memory_quota_drop_own(quota);
  drop_queue(queue);
}

static uint64_t statistic(uint32_t kind) {
  uint64_t value = NEVER;
  EXPECT(eei_engine_statistic(kind, &value) && value != NEVER);
  return value;
}

/** Of a histogram: how many values it has. */
static uint64_t values_of(uint32_t histogram) {
  uint64_t count = 0;
  for (uint32_t bucket = 1; bucket <= 32; bucket++) count += statistic(histogram + bucket);
  return count;
}

/** The kinds are those of docs/statistics.md. */
static void what_happened_is_counted(void) {
  enum { TURNS, TASKS = 4, TURN_LENGTH = 100, LATENESS = 200 };
  Queue queue = next_queue();
  uint64_t none, turns = statistic(TURNS), before[5];
  for (uint32_t priority = LOW; priority <= SYSTEM; priority++) before[priority] = statistic(TASKS + priority);
  for (uint8_t priority = LOW; priority <= SYSTEM; priority++)
    for (uint64_t i = 0; i <= priority; i++) EXPECT(run_function(queue, priority, priority) == PENDING);
  for (int i = 0; i < 15; i++) EXPECT(next(queue).success);
  for (uint32_t priority = LOW; priority <= SYSTEM; priority++)
    EXPECT(statistic(TASKS + priority) == before[priority] + priority + 1);
  EXPECT(statistic(TURNS) > turns);
  uint64_t lengths = values_of(TURN_LENGTH), latenesses = values_of(LATENESS);
  Task alarm;
  EXPECT(set_alarm(queue, 1, in_ms(1), 0, MED, &alarm));
  EXPECT_OK(next(queue), 1);
  EXPECT(values_of(TURN_LENGTH) > lengths && values_of(LATENESS) == latenesses + 1);
  EXPECT(!eei_engine_statistic(99, &none) && !eei_engine_statistic(UINT32_MAX, &none));
  end_queue(queue);
}

static void a_shutdown_ends_tasks(void) {
  Queue queue = next_queue();
  Task silent, completes, late;
  for (uint64_t tag = 1; tag <= 3; tag++) EXPECT(eei_tasks_run_at(ref(queue), tag, NEVER, 0, SILENT, &silent));
  EXPECT(eei_tasks_run_at(ref(queue), 4, in_ms(3600000), 0, COMPLETES, &completes));
  EXPECT(eei_tasks_run(ref(queue), 5) == PENDING);
  EXPECT(eei_engine_shutdown() == 3);
  EXPECT(!eei_tasks_cancel(&silent) && !eei_tasks_cancel(&completes));
  EXPECT_OK(next(queue), 5);
  EXPECT_EVENT(next(queue), 4, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
  EXPECT(live(1) == 0 && live(7) == 0);
  EXPECT(eei_tasks_run_at(ref(queue), 6, in_ms(1), 0, SILENT, &late)); // cancelled as soon as it was made
  EXPECT(!eei_tasks_cancel(&late));
  EXPECT(eei_tasks_run_at(ref(queue), 7, in_ms(1), 0, COMPLETES, &late));
  EXPECT(!eei_tasks_cancel(&late));
  EXPECT_EVENT(next(queue), 7, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
  end_queue(queue);
}

static void all_else_goes_on(void) {
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  pass(pair.client, pair.server, queue, "after the shutdown");
  EXPECT(eei_tasks_run(ref(queue), 1) == PENDING);
  EXPECT_OK(next(queue), 1);
  Buffer got = new_buffer();
  EXPECT(start_read(pair.client, queue, 2, got, 0, false) == PENDING);
  drop_pair(pair);
  EXPECT_EVENT(next(queue), 2, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_ENDPOINT_CLOSED);
  drop_buffer(got);
  end_queue(queue);
}

const Check engine_checks[] = {
    {"engine: live records are counted by kind", kinds_are_counted},
    {"engine: what happened is counted", what_happened_is_counted},
    {"engine: a shutdown ends tasks as they asked for", a_shutdown_ends_tasks},
    {"engine: sockets and queues go on after the shutdown", all_else_goes_on},
    {NULL, NULL},
};
