// Quotas, allocators and reclaimers.
#include "internal.h"

ee_memory_quota *ee_memory_quota_create(uint64_t size) {
  return POINTER(ee_memory_quota, eei_memory_constructor_memory_quota(size));
}

ee_memory_quota *ee_memory_quota_default(void) {
  return POINTER(ee_memory_quota, eei_memory_static_memory_quota_default());
}

void ee_memory_quota_destroy(ee_memory_quota *quota) {
  eei_memory_memory_quota_drop_own((eei_memory_own_memory_quota_t){HANDLE(quota)});
}

void ee_memory_quota_set_size(ee_memory_quota *quota, uint64_t size) {
  eei_memory_method_memory_quota_set_size(BORROW_QUOTA(quota), size);
}

int64_t ee_memory_quota_free_bytes(ee_memory_quota *quota) {
  return eei_memory_method_memory_quota_free(BORROW_QUOTA(quota));
}

double ee_memory_quota_pressure(ee_memory_quota *quota) {
  return eei_memory_method_memory_quota_pressure(BORROW_QUOTA(quota));
}

ee_memory_allocator *ee_memory_allocator_create(ee_memory_quota *quota) {
  return POINTER(ee_memory_allocator, eei_memory_constructor_memory_allocator(BORROW_QUOTA(quota)));
}

void ee_memory_allocator_destroy(ee_memory_allocator *allocator) {
  eei_memory_memory_allocator_drop_own((eei_memory_own_memory_allocator_t){HANDLE(allocator)});
}

uint32_t ee_memory_allocator_reserve(ee_memory_allocator *allocator, uint32_t least, uint32_t most) {
  return eei_memory_method_memory_allocator_reserve(BORROW_ALLOCATOR(allocator), least, most);
}

void ee_memory_allocator_release(ee_memory_allocator *allocator, uint32_t bytes) {
  eei_memory_method_memory_allocator_release(BORROW_ALLOCATOR(allocator), bytes);
}

uint64_t ee_memory_allocator_taken(ee_memory_allocator *allocator) {
  return eei_memory_method_memory_allocator_taken(BORROW_ALLOCATOR(allocator));
}

ee_status ee_memory_allocator_allocate(ee_memory_allocator *allocator, ee_completion_queue *queue, void *tag,
                                       uint32_t bytes, ee_slice_buffer *into, ee_op_start *start) {
  eei_memory_operation_start_t raw;
  eei_status_status_t status;
  bool accepted = eei_memory_method_memory_allocator_allocate(
      BORROW_ALLOCATOR(allocator), borrow_queue(queue), TAG(queue, tag), bytes, BORROW_BUFFER(into), &raw, &status);
  if (accepted) *start = (ee_op_start)raw;
  return status_unless(accepted, &status);
}

ee_op_start ee_memory_allocator_post_reclaimer(ee_memory_allocator *allocator, ee_completion_queue *queue, void *tag,
                                               ee_reclamation_pass pass, ee_reclamation_sweep *sweep) {
  (void)TAG(queue, tag);
  ee_outcome *outcome = ee_outcome_create(queue, tag, OUTCOME_SWEEP, sweep);
  ee_op_start start = (ee_op_start)eei_memory_method_memory_allocator_post_reclaimer(
      BORROW_ALLOCATOR(allocator), borrow_queue(queue), outcome_tag(outcome), (eei_memory_reclamation_pass_t)pass);
  if (start != EE_OP_PENDING) ee_outcome_destroy(outcome);
  return start;
}

void ee_reclamation_sweep_finish(ee_reclamation_sweep sweep) { eei_memory_finish_sweep(sweep.ticket); }
