// Reclaimers: who is asked, when, and in which order.
#include "check.h"

typedef struct {
  Quota quota;
  Allocator allocator;
  Queue queue;
} Shortage;

static Shortage begin(void) {
  Quota quota = eei_memory_constructor_memory_quota(100000);
  return (Shortage){quota, eei_memory_constructor_memory_allocator(quota_ref(quota)), next_queue()};
}

static void end(Shortage *shortage) {
  eei_memory_memory_quota_drop_own(shortage->quota);
  end_queue(shortage->queue);
}

static int post(Allocator allocator, Queue queue, uint64_t tag, uint8_t pass) {
  return eei_memory_method_memory_allocator_post_reclaimer(allocator_ref(allocator), ref(queue), tag, pass);
}
static void take(Shortage *shortage, uint32_t bytes) {
  EXPECT(eei_memory_method_memory_allocator_reserve(allocator_ref(shortage->allocator), bytes, bytes) == bytes);
}
static void give(Shortage *shortage, uint32_t bytes) {
  eei_memory_method_memory_allocator_release(allocator_ref(shortage->allocator), bytes);
}

static void passes_are_asked_in_order(void) {
  Shortage shortage = begin();
  Queue queue = shortage.queue;
  EXPECT(post(shortage.allocator, queue, 3, DESTRUCTIVE) == PENDING);
  EXPECT(post(shortage.allocator, queue, 2, IDLE) == PENDING);
  EXPECT(post(shortage.allocator, queue, 1, BENIGN) == PENDING);
  expect_nothing(queue);
  take(&shortage, 150000);
  for (uint64_t tag = 1; tag <= 3; tag++) {
    Event event = next(queue);
    EXPECT_OK(event, tag);
    EXPECT(event.value != 0);
    expect_nothing(queue); // one at a time
    if (tag == 2) {        // that is enough
      give(&shortage, 100000);
      eei_memory_finish_sweep(event.value);
      expect_nothing(queue);
      take(&shortage, 100000);
    } else {
      eei_memory_finish_sweep(event.value);
    }
  }
  give(&shortage, 150000);
  eei_memory_memory_allocator_drop_own(shortage.allocator);
  end(&shortage);
}

static void the_next_of_a_pass_replaces(void) {
  Shortage shortage = begin();
  Queue queue = shortage.queue;
  EXPECT(post(shortage.allocator, queue, 1, IDLE) == PENDING);
  EXPECT(post(shortage.allocator, queue, 2, IDLE) == PENDING);
  EXPECT_EVENT(next(queue), 1, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
  EXPECT(post(shortage.allocator, queue, 3, BENIGN) == PENDING);
  EXPECT(live(13) == 2);
  eei_memory_memory_allocator_drop_own(shortage.allocator);
  EXPECT_EVENT(next(queue), 3, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
  EXPECT_EVENT(next(queue), 2, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
  end(&shortage);
}

static void a_sweep_may_end_late(void) {
  Shortage shortage = begin();
  Queue queue = shortage.queue;
  EXPECT(post(shortage.allocator, queue, 1, BENIGN) == PENDING);
  take(&shortage, 200000);
  Event event = next(queue);
  EXPECT_OK(event, 1);
  EXPECT(post(shortage.allocator, queue, 2, BENIGN) == PENDING); // the reclaimer posts itself again
  give(&shortage, 200000);
  eei_memory_memory_allocator_drop_own(shortage.allocator);
  EXPECT_EVENT(next(queue), 2, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
  end(&shortage);
  EXPECT(live(11) == 1); // the quota waits for the sweep
  eei_memory_finish_sweep(event.value);
}

/** Nobody will finish a sweep that nobody hears of: the next one is asked. */
static void a_dropped_queue_finishes_its_sweeps(void) {
  Shortage shortage = begin();
  Queue gone = next_queue();
  Allocator other = eei_memory_constructor_memory_allocator(quota_ref(shortage.quota));
  EXPECT(post(shortage.allocator, gone, 1, BENIGN) == PENDING);
  EXPECT(post(other, shortage.queue, 2, BENIGN) == PENDING);
  drop_queue(gone);
  take(&shortage, 200000);
  Event event = next(shortage.queue);
  EXPECT_OK(event, 2);
  eei_memory_finish_sweep(event.value);
  give(&shortage, 200000);
  eei_memory_memory_allocator_drop_own(other);
  eei_memory_memory_allocator_drop_own(shortage.allocator);
  end(&shortage);
}

/** Who waits makes the quota short, too. */
static void waiting_requests_ask(void) {
  Shortage shortage = begin();
  Buffer buffer = new_buffer();
  take(&shortage, 90000);
  EXPECT(post(shortage.allocator, shortage.queue, 1, DESTRUCTIVE) == PENDING);
  eei_memory_operation_start_t start;
  Status status;
  EXPECT(eei_memory_method_memory_allocator_allocate(allocator_ref(shortage.allocator), ref(shortage.queue), 2, 50000,
                                                     buffer_ref(buffer), &start, &status));
  Event event = next(shortage.queue);
  EXPECT_OK(event, 1);
  give(&shortage, 90000);
  eei_memory_finish_sweep(event.value);
  EXPECT_OK(next(shortage.queue), 2);
  EXPECT(length_of(buffer) == 50000);
  drop_buffer(buffer);
  eei_memory_memory_allocator_drop_own(shortage.allocator);
  end(&shortage);
}

const Check reclaimer_checks[] = {
    {"reclaimers: benign ones are asked first, destructive ones last, one at a time", passes_are_asked_in_order},
    {"reclaimers: another of the same pass replaces one, and the allocator's end cancels", the_next_of_a_pass_replaces},
    {"reclaimers: a sweep may end after its allocator and its quota", a_sweep_may_end_late},
    {"reclaimers: of a dropped queue finish at once", a_dropped_queue_finishes_its_sweeps},
    {"reclaimers: are asked for requests that wait", waiting_requests_ask},
    {NULL, NULL},
};
