// Time and tasks.
#include "internal.h"

ee_time ee_now(void) { return eei_tasks_now(); }

ee_time ee_deadline_in_ms(uint64_t milliseconds) {
  ee_time now = ee_now();
  return milliseconds > (EE_INF_FUTURE - now) / 1000000 ? EE_INF_FUTURE : now + milliseconds * 1000000;
}

ee_op_start ee_task_run(ee_completion_queue *queue, void *tag) {
  return (ee_op_start)eei_tasks_run(borrow_queue(queue), TAG(queue, tag));
}

ee_op_start ee_task_run_at(ee_completion_queue *queue, void *tag, ee_time deadline, uint64_t slack,
                           ee_task_cancellation cancellation, ee_task_handle *handle) {
  eei_tasks_task_handle_t raw;
  if (!eei_tasks_run_at(borrow_queue(queue), TAG(queue, tag), deadline, slack, (eei_tasks_cancellation_t)cancellation,
                        &raw))
    return EE_OP_REFUSED;
  if (handle != NULL) *handle = (ee_task_handle){raw.slot, raw.generation};
  return EE_OP_PENDING;
}

int ee_task_cancel(ee_task_handle handle) {
  return eei_tasks_cancel(&(eei_tasks_task_handle_t){handle.slot, handle.generation});
}
