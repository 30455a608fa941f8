// The interface `memory`: quotas, allocators, requests that wait.
#include "check.h"

static int64_t free_of(Quota quota) { return eei_memory_method_memory_quota_free(quota_ref(quota)); }
static Allocator allocator_of(Quota quota) { return eei_memory_constructor_memory_allocator(quota_ref(quota)); }
static uint64_t taken(Allocator allocator) {
  return eei_memory_method_memory_allocator_taken(allocator_ref(allocator));
}
static uint32_t reserve(Allocator allocator, uint32_t least, uint32_t most) {
  return eei_memory_method_memory_allocator_reserve(allocator_ref(allocator), least, most);
}
static void release(Allocator allocator, uint32_t bytes) {
  eei_memory_method_memory_allocator_release(allocator_ref(allocator), bytes);
}
static void drop_quota(Quota quota) { eei_memory_memory_quota_drop_own(quota); }
static void drop_allocator(Allocator allocator) { eei_memory_memory_allocator_drop_own(allocator); }

/** REFUSED + 1 stands for `resource-exhausted`. */
static int allocate(Allocator allocator, Queue queue, uint64_t tag, uint32_t bytes, Buffer into) {
  eei_memory_operation_start_t start;
  Status status;
  if (eei_memory_method_memory_allocator_allocate(allocator_ref(allocator), ref(queue), tag, bytes, buffer_ref(into),
                                                  &start, &status)) {
    return start;
  }
  EXPECT(status.code == EEI_STATUS_STATUS_CODE_RESOURCE_EXHAUSTED && status.reason == EEI_STATUS_REASON_OUT_OF_MEMORY);
  return REFUSED + 1;
}

static void quotas_have_a_size(void) {
  Quota quota = eei_memory_constructor_memory_quota(100000), endless = eei_memory_constructor_memory_quota(UINT64_MAX);
  EXPECT(free_of(quota) == 100000 && free_of(endless) == INT64_MAX);
  EXPECT(eei_memory_method_memory_quota_pressure(quota_ref(quota)) == 0);
  eei_memory_method_memory_quota_set_size(quota_ref(quota), 5000);
  EXPECT(free_of(quota) == 5000);
  eei_memory_method_memory_quota_set_size(quota_ref(quota), 0);
  EXPECT(free_of(quota) == 0 && eei_memory_method_memory_quota_pressure(quota_ref(quota)) == 1);
  eei_memory_method_memory_quota_set_size(quota_ref(endless), 77);
  EXPECT(free_of(endless) == 77);
  eei_memory_method_memory_quota_set_size(quota_ref(endless), UINT64_MAX);
  EXPECT(free_of(endless) == INT64_MAX);
  EXPECT(live(11) == 2);
  drop_quota(quota);
  drop_quota(endless);
}

static void reservations_may_overcommit(void) {
  Quota quota = eei_memory_constructor_memory_quota(100000);
  Allocator allocator = allocator_of(quota);
  EXPECT(reserve(allocator, 1000, 1000) == 1000 && taken(allocator) == 1000);
  uint32_t some = reserve(allocator, 10, 50000);
  EXPECT(some >= 10 && some <= 50000 && taken(allocator) == 1000 + some);
  EXPECT(reserve(allocator, 1 << 30, 1 << 30) == 1 << 30);
  EXPECT(free_of(quota) < 0);
  EXPECT(eei_memory_method_memory_quota_pressure(quota_ref(quota)) == 1);
  EXPECT(reserve(allocator, 5, 5000) == 5); // under pressure nobody gets more than the least
  release(allocator, 1 << 30);
  release(allocator, some);
  release(allocator, 1005);
  EXPECT(taken(allocator) == 0 && free_of(quota) > 0);
  drop_allocator(allocator);
  EXPECT(free_of(quota) == 100000);
  drop_quota(quota);
}

static void owners_may_go_first(void) {
  Quota quota = eei_memory_constructor_memory_quota(1 << 20);
  Allocator one = allocator_of(quota), two = allocator_of(quota);
  Queue queue = next_queue();
  Buffer buffer = new_buffer();
  EXPECT(allocate(one, queue, 1, 70000, buffer) == PENDING);
  EXPECT_OK(next(queue), 1);
  drop_quota(quota);
  EXPECT(reserve(two, 10, 10) == 10); // the quota lives on
  drop_allocator(one);
  EXPECT(length_of(buffer) == 70000); // and so does the memory
  EXPECT(live(11) == 1 && live(12) == 2);
  release(two, 10);
  drop_allocator(two);
  drop_buffer(buffer);
  EXPECT(live(11) == 0 && live(12) == 0);
  end_queue(queue);
}

static void requests_wait_in_line(void) {
  Quota quota = eei_memory_constructor_memory_quota(200000);
  Allocator allocator = allocator_of(quota);
  Queue queue = next_queue();
  Buffer first = new_buffer(), second = new_buffer(), third = buffer_of("and ");
  EXPECT(allocate(allocator, queue, 1, 200000, first) == REFUSED + 1); // more than there will ever be
  EXPECT(length_of(first) == 0);                                       // and the buffer is the guest's again
  EXPECT(allocate(allocator, queue, 1, 150000, first) == PENDING);
  EXPECT_OK(next(queue), 1);
  EXPECT(length_of(first) == 150000);
  EXPECT(allocate(allocator, queue, 2, 100000, second) == PENDING);
  EXPECT(allocate(allocator, queue, 3, 0, third) == PENDING); // does not overtake
  expect_nothing(queue);
  drop_buffer(first);
  EXPECT_OK(next(queue), 2);
  EXPECT_OK(next(queue), 3);
  EXPECT(length_of(second) == 100000 && length_of(third) == 4);
  drop_buffer(second);
  drop_buffer(third);
  drop_allocator(allocator);
  drop_quota(quota);
  end_queue(queue);
}

static void requests_are_cancelled_by_the_allocators_end(void) {
  Quota quota = eei_memory_constructor_memory_quota(200000);
  Allocator allocator = allocator_of(quota), other = allocator_of(quota);
  Queue queue = next_queue();
  Buffer kept = new_buffer(), dropped = new_buffer();
  EXPECT(reserve(other, 199000, 199000) == 199000);
  EXPECT(allocate(allocator, queue, 1, 100000, kept) == PENDING);
  EXPECT(allocate(allocator, queue, 2, 100000, dropped) == PENDING);
  drop_buffer(dropped); // while a request has it
  expect_nothing(queue);
  drop_allocator(allocator);
  EXPECT_EVENT(next(queue), 1, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
  EXPECT_EVENT(next(queue), 2, EEI_STATUS_STATUS_CODE_CANCELLED, EEI_STATUS_REASON_CANCELLED);
  EXPECT(length_of(kept) == 0 && live(9) == 1);
  drop_buffer(kept);
  release(other, 199000);
  drop_allocator(other);
  drop_quota(quota);
  end_queue(queue);
}

static void a_granted_buffer_may_be_gone(void) {
  Quota quota = eei_memory_constructor_memory_quota(UINT64_MAX);
  Allocator allocator = allocator_of(quota);
  Queue queue = next_queue();
  Buffer buffer = new_buffer();
  EXPECT(allocate(allocator, queue, 1, 300000, buffer) == PENDING);
  drop_buffer(buffer);
  EXPECT_OK(next(queue), 1);
  EXPECT(live(8) == 0 && live(9) == 0 && taken(allocator) == 0);
  drop_allocator(allocator);
  drop_quota(quota);
  end_queue(queue);
}

static void requests_of_a_dropped_queue_end(void) {
  Quota quota = eei_memory_constructor_memory_quota(200000);
  Allocator allocator = allocator_of(quota);
  Queue queue = next_queue();
  Buffer buffer = new_buffer();
  EXPECT(reserve(allocator, 150000, 150000) == 150000);
  EXPECT(allocate(allocator, queue, 1, 100000, buffer) == PENDING);
  drop_queue(queue);
  EXPECT(live(14) == 1);
  release(allocator, 150000);
  drop_buffer(buffer);
  drop_allocator(allocator);
  drop_quota(quota);
}

const Check memory_checks[] = {
    {"memory: a quota has a size, or none", quotas_have_a_size},
    {"memory: reservations never fail, and overcommit", reservations_may_overcommit},
    {"memory: quotas and allocators live on for what they gave out", owners_may_go_first},
    {"memory: requests wait in line until there is room", requests_wait_in_line},
    {"memory: requests are cancelled when their allocator ends", requests_are_cancelled_by_the_allocators_end},
    {"memory: a buffer that was dropped meanwhile is given back", a_granted_buffer_may_be_gone},
    {"memory: requests of a dropped queue end without an event", requests_of_a_dropped_queue_end},
    {NULL, NULL},
};
