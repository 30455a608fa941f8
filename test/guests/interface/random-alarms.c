// Random functions and alarms against a model.
//
// Bursts: what is queued before a turn begins runs in it, so its order is
// known: by priority, then functions in their order, then alarms in their order
// (all have been due for long), unless they were cancelled before.
//
// Between bursts: alarms of any deadline and slack. Each has its event exactly
// once and not too early, or was cancelled and has none.
#include <stdio.h>

#include "check.h"

enum { SLOTS = 256, BURST_MAX = 400 };

/** What is expected. */
typedef struct {
  uint64_t tag, deadline;
  uint32_t order;
  uint8_t priority;
  bool is_alarm, is_cancelled;
  Task key;
} Entry;

static Queue queue;
static uint64_t tags;
static uint32_t state;
static Entry slots[SLOTS]; // tag 0: free
static uint32_t outstanding;

static uint32_t below(uint32_t limit) {
  state = state * 1664525 + 1013904223;
  return (uint32_t)((uint64_t)(state ^ state >> 15) * limit >> 32);
}

static bool is_before(const Entry *one, const Entry *other) {
  if (one->priority != other->priority) return one->priority > other->priority;
  if (one->is_alarm != other->is_alarm) return other->is_alarm;
  return one->order < other->order;
}

static void free_slot(uint32_t which) {
  slots[which].tag = 0;
  outstanding--;
}

/** An event of an alarm that was set between bursts. */
static void take(Event event) {
  uint32_t which = (uint32_t)(event.tag % SLOTS);
  EXPECT_OK(event, slots[which].tag);
  EXPECT(eei_tasks_now() >= slots[which].deadline);
  EXPECT(cancel_alarm(slots[which].key, 0) == 0);
  free_slot(which);
}

/** Either nobody hears of it any more, or its event is on the queue. */
static void cancel(uint32_t which) {
  Entry *slot = &slots[which];
  uint64_t tag = cancel_alarm(slot->key, 0);
  EXPECT(cancel_alarm(slot->key, 0) == 0);
  if (tag == 0) {
    EXPECT(eei_tasks_now() >= slot->deadline);
    return;
  }
  EXPECT(tag == slot->tag);
  free_slot(which);
}

static void take_what_is_due(uint64_t deadline) {
  for (Event event; (event = next_until(queue, deadline)).type != QUEUE_TIMEOUT;) {
    take(event);
    if (deadline > 0 && below(2)) return;
  }
}

static void set_one(void) {
  uint32_t which = below(SLOTS);
  Entry *slot = &slots[which];
  if (slot->tag != 0) {
    cancel(which);
    return;
  }
  slot->tag = (tags += SLOTS) + which;
  slot->deadline = below(8) ? eei_tasks_now() + below(4 * MS) : NEVER;
  uint64_t slack = below(2) ? 0 : below(4) ? below(4 * MS) : NEVER;
  EXPECT(set_alarm(queue, slot->tag, slot->deadline, slack, (uint8_t)below(5), &slot->key));
  outstanding++;
}

static void take_burst(Entry *burst, uint32_t left) {
  Entry *last = NULL;
  for (; left > 0; left--) {
    Event event = next(queue);
    Entry *entry = NULL;
    for (uint32_t i = 0; entry == NULL; i++)
      if (burst[i].tag == event.tag) entry = &burst[i];
    EXPECT_OK(event, entry->tag);
    EXPECT(!entry->is_cancelled && (last == NULL || is_before(last, entry)));
    last = entry;
  }
}

/** Alone on its queue, so that nothing but the burst has events. */
static void burst(void) {
  static Entry entries[BURST_MAX];
  static Function functions[BURST_MAX];
  uint32_t count = 1 + below(BURST_MAX), cancelled = 0;
  Queue outer = queue;
  queue = next_queue();
  for (uint32_t i = 0; i < count; i++) {
    Entry *entry = &entries[i];
    *entry = (Entry){.tag = i, .order = i, .priority = (uint8_t)below(5), .is_alarm = below(3) == 0};
    if (entry->is_alarm) {
      entry->deadline = below(50);
      EXPECT(set_alarm(queue, i, entry->deadline, below(2) ? 0 : below(MS), entry->priority, &entry->key));
      continue;
    }
    functions[0] = (Function){i, entry->priority};
    uint32_t together = 1;
    for (; below(3) && i + 1 < count; together++) { // the next ones in the same call
      i++;
      entries[i] = (Entry){.tag = i, .order = i, .priority = (uint8_t)below(5)};
      functions[together] = (Function){i, entries[i].priority};
    }
    if (together == 1 && below(2))
      EXPECT(run_function(queue, i, entry->priority) == PENDING);
    else
      EXPECT(run_functions(queue, functions, together) == together);
  }
  for (uint32_t i = 0; i < count; i++) {
    if (!entries[i].is_alarm || below(4)) continue;
    EXPECT(cancel_alarm(entries[i].key, NEVER) == i);
    entries[i].is_cancelled = true;
    cancelled++;
  }
  take_burst(entries, count - cancelled);
  expect_nothing(queue);
  end_queue(queue);
  queue = outer;
}

void check_alarms_at_random(uint32_t seed, uint32_t steps) {
  state = seed;
  queue = next_queue();
  Task first; // what is due before it, from here on, is due at the same time
  EXPECT(set_alarm(queue, 0, in_ms(1), 0, MED, &first));
  EXPECT_OK(next(queue), 0);
  for (uint32_t i = 0; i < steps; i++) {
    uint32_t what = below(40);
    if (what == 0)
      burst();
    else if (what < 30)
      set_one();
    else
      take_what_is_due(below(3) ? 0 : eei_tasks_now() + below(MS));
    EXPECT(live(7) <= outstanding);
  }
  take_what_is_due(0);
  for (uint32_t which = 0; which < SLOTS; which++)
    if (slots[which].tag != 0) cancel(which);
  EXPECT(outstanding == 0);
  end_queue(queue);
  printf("%llu alarms\n", (unsigned long long)(tags / SLOTS));
}
