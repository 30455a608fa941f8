// Completion queues. A NEXT queue takes events from the engine up to 64 at a time and holds those that the program has
// not asked for yet; they count as being in the queue.
#include <stdlib.h>
#include "internal.h"

static const char reserved_attributes[] = "the version of the attributes must be 1 or 2";

struct ee_completion_queue_factory {
  char unused; // Attributes say everything.
};

static const ee_completion_queue_factory default_factory = {0};

static int version_known(const ee_completion_queue_attributes *attributes) {
  return attributes->version >= 1 && attributes->version <= EE_CQ_CURRENT_VERSION;
}

const ee_completion_queue_factory *
ee_completion_queue_factory_lookup(const ee_completion_queue_attributes *attributes) {
  DEMAND(version_known(attributes), reserved_attributes);
  return &default_factory;
}

// The field came with version 2: older attributes have none.
static uint64_t shutdown_tag(const ee_completion_queue_attributes *attributes) {
  return attributes->version >= 2 ? (uint64_t)(uintptr_t)attributes->cq_shutdown_cb : 0;
}

ee_completion_queue *ee_completion_queue_create(const ee_completion_queue_factory *factory,
                                                const ee_completion_queue_attributes *attributes, void *reserved) {
  DEMAND_RESERVED_NULL();
  DEMAND(factory == &default_factory, "the factory must be one that was looked up");
  DEMAND(version_known(attributes), reserved_attributes);
  bool is_next = attributes->cq_completion_type == EE_CQ_NEXT;
  bool is_callback = attributes->cq_completion_type == EE_CQ_CALLBACK;
  eei_completion_queues_attributes_t raw = {
      .version = (uint32_t)attributes->version,
      .completion_type = (eei_completion_queues_completion_type_t)attributes->cq_completion_type,
      .polling_type = (eei_completion_queues_polling_type_t)attributes->cq_polling_type,
      .shutdown_tag = is_callback ? shutdown_tag(attributes) : 0,
  };
  eei_completion_queues_own_factory_t own;
  eei_status_status_t status;
  DEMAND(eei_completion_queues_static_factory_lookup(&raw, &own, &status), "the engine has no such queue");
  ee_completion_queue *queue = malloc(sizeof *queue + (is_next ? HELD_MAX * sizeof *queue->held : 0));
  DEMAND(queue != NULL, "out of memory");
  *queue = (ee_completion_queue){
      .own = eei_completion_queues_method_factory_create(eei_completion_queues_borrow_factory(own)),
      .completion_type = attributes->cq_completion_type,
      .polling_type = attributes->cq_polling_type,
  };
  eei_completion_queues_factory_drop_own(own);
  if (is_callback) ee_functors_count_queue(1);
  return queue;
}

static ee_completion_queue *create(const char *function, ee_cq_completion_type type, int version,
                                   ee_completion_queue_functor *shutdown_callback, void *reserved) {
  if (reserved != NULL) ee_misuse(function, "reserved must be null");
  ee_completion_queue_attributes attributes = {version, type, EE_CQ_DEFAULT_POLLING, shutdown_callback};
  return ee_completion_queue_create(&default_factory, &attributes, NULL);
}

ee_completion_queue *ee_completion_queue_create_for_next(void *reserved) {
  return create(__func__, EE_CQ_NEXT, 1, NULL, reserved);
}

ee_completion_queue *ee_completion_queue_create_for_pluck(void *reserved) {
  return create(__func__, EE_CQ_PLUCK, 1, NULL, reserved);
}

ee_completion_queue *ee_completion_queue_create_for_callback(ee_completion_queue_functor *shutdown_callback,
                                                             void *reserved) {
  return create(__func__, EE_CQ_CALLBACK, 2, shutdown_callback, reserved);
}

void ee_completion_queue_shutdown(ee_completion_queue *queue) {
  eei_completion_queues_method_completion_queue_shutdown(borrow_queue(queue));
}

void ee_completion_queue_destroy(ee_completion_queue *queue) {
  DEMAND(queue->held_first == queue->held_count, "every event must be taken before");
  DEMAND(queue->pollables == 0, "every pollable of the queue must be destroyed before");
  eei_completion_queues_completion_queue_drop_own(queue->own);
  while (queue->outcomes.first != NULL) ee_outcome_destroy(queue->outcomes.first);
  if (queue->completion_type == EE_CQ_CALLBACK) ee_functors_count_queue(-1);
  free(queue);
}

uint64_t ee_tag(const char *function, const ee_completion_queue *queue, void *tag) {
  if (queue->completion_type == EE_CQ_CALLBACK && tag == NULL)
    ee_misuse(function, "the tag of an operation on a CALLBACK queue must be a functor");
  return (uint64_t)(uintptr_t)tag;
}

int ee_cq_begin_op(ee_completion_queue *queue, void *tag) {
  return eei_completion_queues_method_completion_queue_begin_op(borrow_queue(queue), TAG(queue, tag));
}

void ee_cq_end_op(ee_completion_queue *queue, void *tag, int success) {
  ee_application_callback_exec_ctx_enter();
  eei_completion_queues_method_completion_queue_end_op(borrow_queue(queue), TAG(queue, tag), success != 0);
  if (queue->completion_type == EE_CQ_CALLBACK && ((ee_completion_queue_functor *)tag)->inlineable)
    ee_functors_detect_one();
  ee_application_callback_exec_ctx_leave();
}
