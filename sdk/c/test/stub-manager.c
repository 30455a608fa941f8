// Functions, alarms and descriptors of the stub. A connection does nothing by itself: a test says what there is to read
// and how much is taken, and stub_look or stub_become make events of it.
#include <stdlib.h>
#include <string.h>
#include "stub-engine.h"

#define HANDLES 256

static struct {
  stub_connection connection;
  uint32_t registered[3]; // Names of operations, or 0.
  bool closed;
} descriptors[HANDLES];
static int32_t newest;

// ---- Functions and alarms ----

eei_event_manager_operation_start_t eei_event_manager_run_function(eei_event_manager_borrow_completion_queue_t queue,
                                                                   uint64_t tag,
                                                                   eei_event_manager_priority_t priority) {
  stub.calls++;
  if (priority > EEI_EVENT_MANAGER_PRIORITY_SYSTEM) stub_trap("no such priority");
  return stub_start(STUB_FUNCTION, queue.__handle, priority, tag, NULL);
}

uint32_t eei_event_manager_run_functions(eei_event_manager_borrow_completion_queue_t queue,
                                         eei_event_manager_list_task_t *tasks) {
  uint32_t most = stub.begin_most > 0 && stub.begin_most < tasks->len ? stub.begin_most : (uint32_t)tasks->len;
  stub.calls++;
  if (tasks->len > 1 << 20) stub_trap("a list of more than 16 MiB");
  for (uint32_t i = 0; i < most; i++) {
    if (tasks->ptr[i].priority > EEI_EVENT_MANAGER_PRIORITY_SYSTEM) stub_trap("no such priority");
    if (stub_start(STUB_FUNCTION, queue.__handle, tasks->ptr[i].priority, tasks->ptr[i].tag, NULL) != STUB_PENDING)
      return i;
  }
  return most;
}

bool eei_event_manager_schedule_alarm(eei_event_manager_borrow_completion_queue_t queue, uint64_t tag,
                                      uint64_t deadline, uint64_t slack, eei_event_manager_priority_t priority,
                                      eei_event_manager_task_handle_t *ret) {
  if (priority > EEI_EVENT_MANAGER_PRIORITY_SYSTEM) stub_trap("no such priority");
  stub.deadline = deadline;
  stub.slack = slack;
  ret->generation = 7;
  return stub_start(STUB_ALARM, queue.__handle, priority, tag, &ret->slot) == STUB_PENDING;
}

bool eei_event_manager_consistent_cancel(eei_event_manager_task_handle_t *alarm, uint64_t *ret) {
  if (alarm->generation != 7) stub_trap("a handle that was never given out");
  *ret = 0;
  return stub_cancel(STUB_ALARM, alarm->slot);
}

void eei_event_manager_shutdown_ref(void) { stub.holds++; }

void eei_event_manager_shutdown_unref(void) {
  if (stub.holds-- == 0) stub_trap("an unref without its ref");
}

// ---- Descriptors ----

stub_connection *stub_connection_of(int32_t descriptor) { return &descriptors[descriptor].connection; }

int32_t stub_descriptor(void) { return newest; }

static void *open_one(int32_t handle) {
  stub_check(STUB_DESCRIPTOR, handle);
  if (descriptors[handle].closed) stub_trap("the descriptor is closed");
  return &descriptors[handle];
}

static eei_descriptors_own_descriptor_t made(void) {
  newest = stub_open(STUB_DESCRIPTOR);
  if (newest >= HANDLES) stub_trap("too many handles before a descriptor");
  memset(&descriptors[newest], 0, sizeof descriptors[newest]);
  memset(descriptors[newest].connection.priorities, EEI_EVENT_MANAGER_PRIORITY_MED, 3);
  return (eei_descriptors_own_descriptor_t){newest};
}

eei_descriptors_own_descriptor_t eei_descriptors_static_descriptor_register(eei_descriptors_own_endpoint_t endpoint) {
  stub_close(STUB_ENDPOINT, endpoint.__handle);
  return made();
}

eei_descriptors_own_descriptor_t
eei_descriptors_static_descriptor_register_wasi(eei_descriptors_own_tcp_socket_t socket,
                                                eei_descriptors_own_input_stream_t input,
                                                eei_descriptors_own_output_stream_t output) {
  if (input.__handle != socket.__handle + 1 || output.__handle != socket.__handle + 2) stub_trap("other handles");
  return made();
}

stub_operation *stub_registered(int32_t descriptor, uint8_t condition) {
  const uint32_t name = descriptors[descriptor].registered[condition];
  stub_operation *operation = stub_find(STUB_NOTIFICATION);
  while (operation != NULL && operation->name != name) operation = operation->next;
  return name != 0 ? operation : NULL;
}

static void tell(int32_t descriptor, uint8_t condition) {
  stub_operation *operation = stub_registered(descriptor, condition);
  descriptors[descriptor].registered[condition] = 0;
  if (operation != NULL) stub_end(operation, 0, 0, 0);
}

void stub_become(int32_t descriptor, uint8_t condition) {
  descriptors[descriptor].connection.status[condition] = true;
  tell(descriptor, condition);
}

unsigned stub_look(void) {
  unsigned found = 0;
  for (int32_t handle = 1; handle < HANDLES; handle++) {
    const stub_connection *connection = &descriptors[handle].connection;
    const bool ready[] = {connection->incoming_length > 0 || connection->incoming_ended || connection->broken,
                          connection->room > 0 || connection->broken};
    for (uint8_t condition = 0; condition < 2; condition++) {
      if (!ready[condition] || stub_registered(handle, condition) == NULL) continue;
      stub_become(handle, condition);
      found++;
    }
  }
  return found;
}

eei_descriptors_operation_start_t
eei_descriptors_method_descriptor_notify_when(eei_descriptors_borrow_descriptor_t self,
                                              eei_descriptors_borrow_completion_queue_t queue, uint64_t tag,
                                              eei_descriptors_condition_t condition, uint64_t deadline) {
  open_one(self.__handle);
  uint32_t *registered = &descriptors[self.__handle].registered[condition];
  if (stub_registered(self.__handle, condition) != NULL) stub_trap("one notification per condition");
  const uint8_t start = stub_start(STUB_NOTIFICATION, queue.__handle, self.__handle, tag, registered);
  stub.deadline = deadline;
  if (start == STUB_PENDING && descriptors[self.__handle].connection.status[condition]) tell(self.__handle, condition);
  return start;
}

void eei_descriptors_method_descriptor_clear(eei_descriptors_borrow_descriptor_t self,
                                             eei_descriptors_condition_t condition) {
  open_one(self.__handle);
  descriptors[self.__handle].connection.status[condition] = false;
}

void eei_descriptors_method_descriptor_force(eei_descriptors_borrow_descriptor_t self,
                                             eei_descriptors_condition_t condition) {
  open_one(self.__handle);
  stub_become(self.__handle, condition);
}

void eei_descriptors_method_descriptor_set_priority(eei_descriptors_borrow_descriptor_t self,
                                                    eei_descriptors_condition_t condition,
                                                    eei_descriptors_priority_t priority) {
  open_one(self.__handle);
  descriptors[self.__handle].connection.priorities[condition] = priority;
}

static eei_descriptors_status_t broken(int32_t handle) {
  stub_become(handle, EEI_DESCRIPTORS_CONDITION_HAS_ERROR);
  return (eei_descriptors_status_t){14, 16};
}

bool eei_descriptors_method_descriptor_read(eei_descriptors_borrow_descriptor_t self,
                                            eei_descriptors_borrow_slice_buffer_t into, uint32_t most, uint32_t *ret,
                                            eei_descriptors_status_t *err) {
  open_one(self.__handle);
  stub_connection *connection = &descriptors[self.__handle].connection;
  *ret = connection->incoming_length < most ? (uint32_t)connection->incoming_length : most;
  stub.bytes_most = most;
  *err = (eei_descriptors_status_t){13, 22};
  if (connection->broken) *err = broken(self.__handle);
  if (connection->broken || (connection->incoming_length == 0 && connection->incoming_ended)) return false;
  ee_bindings_list_u8_t bytes = {(uint8_t *)(uintptr_t)connection->incoming, *ret};
  eei_slices_status_t status;
  if (*ret > 0 && !eei_slices_method_slice_buffer_append(into, &bytes, &status)) stub_trap("no place for bytes");
  connection->incoming += *ret;
  connection->incoming_length -= *ret;
  return true;
}

bool eei_descriptors_method_descriptor_write(eei_descriptors_borrow_descriptor_t self,
                                             eei_descriptors_borrow_slice_buffer_t data, uint32_t *ret,
                                             eei_descriptors_status_t *err) {
  open_one(self.__handle);
  stub_connection *connection = &descriptors[self.__handle].connection;
  if (connection->broken) *err = broken(self.__handle);
  if (connection->broken) return false;
  if (connection->outgoing_ended) stub_trap("a write after the end");
  const uint64_t length = eei_slices_method_slice_buffer_length(data);
  *ret = connection->room < length ? (uint32_t)connection->room : (uint32_t)length;
  if (*ret > sizeof connection->outgoing - connection->outgoing_length) stub_trap("too much for the stub");
  eei_slices_own_slice_buffer_t part = eei_slices_constructor_slice_buffer();
  eei_slices_borrow_slice_buffer_t lent = {part.__handle};
  ee_bindings_list_u8_t bytes;
  eei_slices_method_slice_buffer_move_first(data, *ret, lent);
  eei_slices_method_slice_buffer_copy_out(lent, 0, *ret, &bytes);
  if (*ret > 0) memcpy(connection->outgoing + connection->outgoing_length, bytes.ptr, *ret);
  if (*ret > 0) free(bytes.ptr);
  eei_slices_slice_buffer_drop_own(part);
  connection->outgoing_length += *ret;
  connection->room -= *ret;
  return true;
}

void eei_descriptors_method_descriptor_shutdown_send(eei_descriptors_borrow_descriptor_t self) {
  open_one(self.__handle);
  descriptors[self.__handle].connection.outgoing_ended = true;
}

void eei_descriptors_method_descriptor_close(eei_descriptors_borrow_descriptor_t self) {
  stub_check(STUB_DESCRIPTOR, self.__handle);
  descriptors[self.__handle].closed = true;
  for (uint8_t condition = 0; condition < 3; condition++) tell(self.__handle, condition);
}

bool eei_descriptors_method_descriptor_is_closed(eei_descriptors_borrow_descriptor_t self) {
  stub_check(STUB_DESCRIPTOR, self.__handle);
  return descriptors[self.__handle].closed;
}

void eei_descriptors_descriptor_drop_own(eei_descriptors_own_descriptor_t handle) {
  eei_descriptors_method_descriptor_close((eei_descriptors_borrow_descriptor_t){handle.__handle});
  stub_close(STUB_DESCRIPTOR, handle.__handle);
}

eei_descriptors_own_endpoint_t eei_descriptors_static_descriptor_release(eei_descriptors_own_descriptor_t descriptor) {
  open_one(descriptor.__handle);
  eei_descriptors_descriptor_drop_own(descriptor);
  return (eei_descriptors_own_endpoint_t){stub_open(STUB_ENDPOINT)};
}

void eei_descriptors_static_descriptor_release_wasi(
    eei_descriptors_own_descriptor_t descriptor, eei_descriptors_borrow_slice_buffer_t rest,
    eei_descriptors_tuple3_own_tcp_socket_own_input_stream_own_output_stream_t *ret) {
  open_one(descriptor.__handle);
  eei_descriptors_descriptor_drop_own(descriptor);
  ee_bindings_list_u8_t bytes = {(uint8_t *)(uintptr_t) "ahead", 5};
  eei_slices_status_t status;
  if (!eei_slices_method_slice_buffer_append(rest, &bytes, &status)) stub_trap("no place for bytes");
  ret->f0.__handle = 70;
  ret->f1.__handle = 71;
  ret->f2.__handle = 72;
}
