// Handles, operations, queues and waits of the stub.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stub-engine.h"

#define HANDLES 4096

typedef struct stub_event {
  eei_completion_queues_event_t raw;
  struct stub_event *next;
} stub_event;

typedef struct stub_queue {
  eei_completion_queues_attributes_t attributes;
  unsigned pending, pollables;
  bool shut_down;
  stub_event *first, *last;
} stub_queue;

stub_state stub;

static stub_kind kinds[HANDLES];
static stub_queue queues[HANDLES];
static int32_t queue_of_pollable[HANDLES];
static stub_operation *operations;
static stub_queue callbacks;
static unsigned tickets, claimed;
static uint32_t names;

_Noreturn void stub_trap(const char *why) {
  fprintf(stderr, "trap: %s\n", why);
  abort();
}

int32_t stub_open(stub_kind kind) {
  for (int32_t i = 1; i < HANDLES; i++) {
    if (kinds[i] != STUB_FREE) continue;
    kinds[i] = kind;
    return i;
  }
  stub_trap("too many handles");
}

void stub_check(stub_kind kind, int32_t handle) {
  if (handle <= 0 || handle >= HANDLES || kinds[handle] != kind) stub_trap("a handle that is not one");
}

void stub_close(stub_kind kind, int32_t handle) {
  stub_check(kind, handle);
  kinds[handle] = STUB_FREE;
}

unsigned stub_live(void) {
  unsigned count = 0;
  for (int32_t i = 1; i < HANDLES; i++) count += kinds[i] != STUB_FREE;
  return count;
}

void *stub_list(const void *bytes, size_t length, size_t alignment) {
  void *list = stub.lists_elsewhere && length > 0 ? malloc(length) : cabi_realloc(NULL, 0, alignment, length);
  if (length > 0) memcpy(list, bytes, length);
  return list;
}

// ---- Events ----

static void push(stub_queue *queue, const eei_completion_queues_event_t *raw) {
  stub_event *event = malloc(sizeof *event);
  *event = (stub_event){*raw, NULL};
  *(queue->last != NULL ? &queue->last->next : &queue->first) = event;
  queue->last = event;
}

static bool take(stub_queue *queue, const uint64_t *tag, eei_completion_queues_event_t *raw) {
  stub_event *before = NULL;
  for (stub_event *event = queue->first; event != NULL; before = event, event = event->next) {
    if (tag != NULL && event->raw.tag != *tag) continue;
    *(before != NULL ? &before->next : &queue->first) = event->next;
    if (queue->last == event) queue->last = before;
    *raw = event->raw;
    free(event);
    return true;
  }
  return false;
}

static void release(stub_queue *queue) {
  if (--queue->pending > 0 || queue->attributes.shutdown_tag == 0) return;
  push(&callbacks, &(eei_completion_queues_event_t){2, true, 0, 0, queue->attributes.shutdown_tag, 0});
}

// ---- Operations ----

uint8_t stub_start(stub_operation_kind kind, int32_t queue, int32_t object, uint64_t tag, uint32_t *name) {
  stub_check(STUB_QUEUE, queue);
  if (stub.refuse || queues[queue].pending == 0) return STUB_REFUSED;
  stub_operation **end = &operations;
  for (; *end != NULL; end = &(*end)->next) {
    bool same = (*end)->kind == kind && (*end)->object == object;
    if (same && (kind == STUB_READ || kind == STUB_WRITE)) stub_trap("one operation per direction");
  }
  *end = malloc(sizeof **end);
  **end = (stub_operation){kind, queue, object, tag, ++names, NULL};
  if (name != NULL) *name = names;
  queues[queue].pending++;
  return STUB_PENDING;
}

stub_operation *stub_find(stub_operation_kind kind) {
  stub_operation *operation = operations;
  while (operation != NULL && operation->kind != kind) operation = operation->next;
  return operation;
}

unsigned stub_outstanding(void) {
  unsigned count = 0;
  for (stub_operation *operation = operations; operation != NULL; operation = operation->next) count++;
  return count;
}

static stub_operation unlink_operation(stub_operation *operation) {
  stub_operation **at = &operations;
  while (*at != operation) at = &(*at)->next;
  *at = operation->next;
  stub_operation copy = *operation;
  free(operation);
  return copy;
}

void stub_end(stub_operation *operation, int code, int reason, uint64_t value) {
  stub_operation ended = unlink_operation(operation);
  stub_queue *queue = &queues[ended.queue];
  eei_completion_queues_event_t raw = {2, code == 0, (uint8_t)code, (uint8_t)reason, ended.tag, value};
  bool is_callback = queue->attributes.completion_type == EEI_COMPLETION_QUEUES_COMPLETION_TYPE_CALLBACK;
  if (is_callback)
    push(&callbacks, &raw);
  else if (kinds[ended.queue] == STUB_QUEUE)
    push(queue, &raw);
  release(queue);
}

bool stub_cancel(stub_operation_kind kind, uint32_t name) {
  stub_operation *operation = operations;
  while (operation != NULL && (operation->kind != kind || operation->name != name)) operation = operation->next;
  if (operation == NULL) return false;
  release(&queues[unlink_operation(operation).queue]);
  return true;
}

bool eei_tasks_cancel(eei_tasks_task_handle_t *task) { return stub_cancel(STUB_TASK, task->slot); }

bool eei_connections_cancel_connect(eei_connections_connection_handle_t *connection) {
  return stub_cancel(STUB_CONNECT, connection->slot);
}

uint64_t stub_ticket(void) { return ++tickets; }

bool eei_endpoints_claim(uint64_t ticket, eei_endpoints_own_endpoint_t *ret) {
  if (ticket == 0 || ticket > tickets) return false;
  claimed++;
  ret->__handle = stub_open(STUB_ENDPOINT);
  return true;
}

// ---- Queues ----

bool eei_completion_queues_static_factory_lookup(eei_completion_queues_attributes_t *attributes,
                                                 eei_completion_queues_own_factory_t *ret,
                                                 eei_completion_queues_status_t *err) {
  bool is_callback = attributes->completion_type == EEI_COMPLETION_QUEUES_COMPLETION_TYPE_CALLBACK;
  *err = (eei_completion_queues_status_t){3, 4};
  if (attributes->version < 1 || attributes->version > 2) return false;
  if (attributes->shutdown_tag != 0 && (!is_callback || attributes->version < 2)) return false;
  ret->__handle = stub_open(STUB_FACTORY);
  queues[ret->__handle] = (stub_queue){.attributes = *attributes};
  return true;
}

eei_completion_queues_borrow_factory_t eei_completion_queues_borrow_factory(eei_completion_queues_own_factory_t own) {
  return (eei_completion_queues_borrow_factory_t){own.__handle};
}

void eei_completion_queues_factory_drop_own(eei_completion_queues_own_factory_t own) {
  stub_close(STUB_FACTORY, own.__handle);
}

eei_completion_queues_own_completion_queue_t
eei_completion_queues_method_factory_create(eei_completion_queues_borrow_factory_t self) {
  stub_check(STUB_FACTORY, self.__handle);
  int32_t handle = stub_open(STUB_QUEUE);
  queues[handle] = (stub_queue){.attributes = queues[self.__handle].attributes, .pending = 1};
  return (eei_completion_queues_own_completion_queue_t){handle};
}

void eei_completion_queues_method_completion_queue_shutdown(eei_completion_queues_borrow_completion_queue_t self) {
  stub_check(STUB_QUEUE, self.__handle);
  stub_queue *queue = &queues[self.__handle];
  if (queue->shut_down) return;
  queue->shut_down = true;
  release(queue);
}

void eei_completion_queues_completion_queue_drop_own(eei_completion_queues_own_completion_queue_t own) {
  stub_queue *queue = &queues[own.__handle];
  if (queue->first != NULL) stub_trap("a queue with events");
  if (queue->pollables > 0) stub_trap("a queue with pollables");
  eei_completion_queues_method_completion_queue_shutdown(
      (eei_completion_queues_borrow_completion_queue_t){own.__handle});
  stub_close(STUB_QUEUE, own.__handle);
}

bool eei_completion_queues_method_completion_queue_begin_op(eei_completion_queues_borrow_completion_queue_t self,
                                                            uint64_t tag) {
  return stub_start(STUB_OWN, self.__handle, 0, tag, NULL) == STUB_PENDING;
}

void eei_completion_queues_method_completion_queue_end_op(eei_completion_queues_borrow_completion_queue_t self,
                                                          uint64_t tag, bool success) {
  stub_operation *operation = operations;
  while (operation != NULL &&
         (operation->kind != STUB_OWN || operation->tag != tag || operation->queue != self.__handle))
    operation = operation->next;
  if (operation == NULL) stub_trap("no such operation");
  stub_end(operation, success ? 0 : 1, 0, 0);
}

// ---- Waits ----

static uint8_t wait(stub_queue *queue, const uint64_t *tag, uint64_t deadline, eei_completion_queues_event_t *ret) {
  stub.crossings++;
  stub.deadline = deadline;
  *ret = (eei_completion_queues_event_t){0};
  if (take(queue, tag, ret)) return ret->type;
  if (stub.on_wait != NULL) stub.on_wait();
  if (take(queue, tag, ret)) return ret->type;
  return ret->type = queue != &callbacks && queue->pending == 0 ? EEI_COMPLETION_QUEUES_EVENT_TYPE_QUEUE_SHUTDOWN
                                                                : EEI_COMPLETION_QUEUES_EVENT_TYPE_QUEUE_TIMEOUT;
}

static void batch(stub_queue *queue, uint32_t most, uint64_t deadline, eei_completion_queues_list_event_t *ret) {
  if (most == 0 || most > 1024) stub_trap("1 to 1024 events");
  eei_completion_queues_event_t events[1024];
  bool is_event = wait(queue, NULL, deadline, &events[0]) == EEI_COMPLETION_QUEUES_EVENT_TYPE_OP_COMPLETE;
  size_t count = is_event || queue != &callbacks;
  while (is_event && count < most && take(queue, NULL, &events[count])) count++;
  stub.most = most;
  ret->ptr = stub_list(events, count * sizeof *events, 8);
  ret->len = count;
}

void eei_completion_queues_method_completion_queue_next_batch(eei_completion_queues_borrow_completion_queue_t self,
                                                              uint32_t most, uint64_t deadline,
                                                              eei_completion_queues_list_event_t *ret) {
  stub_check(STUB_QUEUE, self.__handle);
  if (queues[self.__handle].attributes.completion_type != 0) stub_trap("next wants a NEXT queue");
  batch(&queues[self.__handle], most, deadline, ret);
}

void eei_completion_queues_method_completion_queue_pluck(eei_completion_queues_borrow_completion_queue_t self,
                                                         uint64_t tag, uint64_t deadline,
                                                         eei_completion_queues_event_t *ret) {
  stub_check(STUB_QUEUE, self.__handle);
  if (queues[self.__handle].attributes.completion_type != 1) stub_trap("pluck wants a PLUCK queue");
  wait(&queues[self.__handle], &tag, deadline, ret);
}

void eei_completion_queues_callbacks(uint32_t most, uint64_t deadline, eei_completion_queues_list_event_t *ret) {
  batch(&callbacks, most, deadline, ret);
}

// ---- Pollables ----

eei_completion_queues_own_pollable_t
eei_completion_queues_method_completion_queue_subscribe(eei_completion_queues_borrow_completion_queue_t self) {
  stub_check(STUB_QUEUE, self.__handle);
  int32_t handle = stub_open(STUB_POLLABLE);
  queue_of_pollable[handle] = self.__handle;
  queues[self.__handle].pollables++;
  return (eei_completion_queues_own_pollable_t){handle};
}

eei_poll_own_pollable_t eei_poll_static_pollable_from_wasi(eei_poll_own_wasi_pollable_t pollable) {
  int32_t handle = stub_open(STUB_POLLABLE);
  queue_of_pollable[handle] = -pollable.__handle; // Odd ones are ready.
  return (eei_poll_own_pollable_t){handle};
}

eei_poll_borrow_pollable_t eei_poll_borrow_pollable(eei_poll_own_pollable_t own) {
  return (eei_poll_borrow_pollable_t){own.__handle};
}

void eei_poll_pollable_drop_own(eei_poll_own_pollable_t own) {
  stub_close(STUB_POLLABLE, own.__handle);
  if (queue_of_pollable[own.__handle] > 0) queues[queue_of_pollable[own.__handle]].pollables--;
}

bool eei_poll_method_pollable_ready(eei_poll_borrow_pollable_t self) {
  stub_check(STUB_POLLABLE, self.__handle);
  int32_t queue = queue_of_pollable[self.__handle];
  if (queue <= 0) return -queue % 2 == 1;
  bool is_callback = queues[queue].attributes.completion_type == EEI_COMPLETION_QUEUES_COMPLETION_TYPE_CALLBACK;
  return (is_callback ? &callbacks : &queues[queue])->first != NULL || queues[queue].pending == 0;
}

void eei_poll_poll(eei_poll_list_borrow_pollable_t *in, ee_bindings_list_u32_t *ret) {
  uint32_t ready[64];
  size_t count = 0;
  stub.crossings++;
  if (in->len == 0 || in->len > 64) stub_trap("1 to 64 pollables");
  if (stub.on_wait != NULL) stub.on_wait();
  for (uint32_t i = 0; i < in->len; i++)
    if (eei_poll_method_pollable_ready(in->ptr[i])) ready[count++] = i;
  if (count == 0) stub_trap("a wait that would never end");
  ret->ptr = stub_list(ready, count * sizeof *ready, 4);
  ret->len = count;
}

void stub_reset(void) {
  eei_completion_queues_event_t raw;
  while (operations != NULL) unlink_operation(operations);
  for (int32_t i = 0; i < HANDLES; i++)
    while (take(&queues[i], NULL, &raw)) continue;
  while (take(&callbacks, NULL, &raw)) continue;
  memset(kinds, 0, sizeof kinds);
  stub = (stub_state){.now = 1000000000};
  tickets = claimed = 0;
}
