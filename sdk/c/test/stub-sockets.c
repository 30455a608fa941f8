// Tasks, endpoints, listeners, connects and addresses of the stub.
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stub-engine.h"

static const eei_status_status_t failure = {14, 15};
static wasi_network_ip_socket_address_t last_address;

uint64_t eei_tasks_now(void) { return stub.now; }

eei_tasks_operation_start_t eei_tasks_run(eei_tasks_borrow_completion_queue_t queue, uint64_t tag) {
  return stub_start(STUB_TASK, queue.__handle, 0, tag, NULL);
}

bool eei_tasks_run_at(eei_tasks_borrow_completion_queue_t queue, uint64_t tag, uint64_t deadline, uint64_t slack,
                      eei_tasks_cancellation_t cancellation, eei_tasks_task_handle_t *ret) {
  if (deadline < slack || cancellation > EEI_TASKS_CANCELLATION_COMPLETES) stub_trap("not a task");
  ret->generation = 1;
  return stub_start(STUB_TASK, queue.__handle, 0, tag, &ret->slot) == STUB_PENDING;
}

static uint8_t start(stub_operation_kind kind, int32_t queue, int32_t endpoint, uint64_t tag, int32_t buffer,
                     bool may_complete_inline) {
  stub_check(STUB_ENDPOINT, endpoint);
  stub_check(STUB_BUFFER, buffer);
  if (may_complete_inline && stub.complete_inline) return STUB_DONE;
  return stub_start(kind, queue, endpoint, tag, NULL);
}

eei_endpoints_operation_start_t eei_endpoints_method_endpoint_read(eei_endpoints_borrow_endpoint_t self,
                                                                   eei_endpoints_borrow_completion_queue_t queue,
                                                                   uint64_t tag,
                                                                   eei_endpoints_borrow_slice_buffer_t into,
                                                                   uint32_t hint, bool may_complete_inline) {
  if (hint > 1 << 20) stub_trap("more than 1 MiB");
  return start(STUB_READ, queue.__handle, self.__handle, tag, into.__handle, may_complete_inline);
}

eei_endpoints_operation_start_t eei_endpoints_method_endpoint_write(eei_endpoints_borrow_endpoint_t self,
                                                                    eei_endpoints_borrow_completion_queue_t queue,
                                                                    uint64_t tag,
                                                                    eei_endpoints_borrow_slice_buffer_t data,
                                                                    uint32_t max_frame, bool may_complete_inline) {
  if (max_frame > 1 << 20) stub_trap("more than 1 MiB");
  return start(STUB_WRITE, queue.__handle, self.__handle, tag, data.__handle, may_complete_inline);
}

void eei_endpoints_method_endpoint_shutdown_send(eei_endpoints_borrow_endpoint_t self) {
  stub_check(STUB_ENDPOINT, self.__handle);
}

void eei_endpoints_method_endpoint_local_address(eei_endpoints_borrow_endpoint_t self,
                                                 eei_endpoints_ip_socket_address_t *ret) {
  stub_check(STUB_ENDPOINT, self.__handle);
  *ret = last_address;
}

void eei_endpoints_method_endpoint_peer_address(eei_endpoints_borrow_endpoint_t self,
                                                eei_endpoints_ip_socket_address_t *ret) {
  eei_endpoints_method_endpoint_local_address(self, ret);
}

void eei_endpoints_method_endpoint_set_allocator(eei_endpoints_borrow_endpoint_t self,
                                                 eei_endpoints_borrow_memory_allocator_t allocator) {
  stub_check(STUB_ENDPOINT, self.__handle);
  stub_check(STUB_ALLOCATOR, allocator.__handle);
}

void eei_endpoints_endpoint_drop_own(eei_endpoints_own_endpoint_t own) { stub_close(STUB_ENDPOINT, own.__handle); }

eei_listeners_own_listener_t eei_listeners_constructor_listener(eei_listeners_socket_options_t *options) {
  if (options->keep_alive != (options->keep_alive_idle > 0)) stub_trap("options that were not asked for");
  return (eei_listeners_own_listener_t){stub_open(STUB_LISTENER)};
}

void eei_listeners_listener_drop_own(eei_listeners_own_listener_t own) { stub_close(STUB_LISTENER, own.__handle); }

bool eei_listeners_method_listener_bind(eei_listeners_borrow_listener_t self,
                                        eei_listeners_ip_socket_address_t *address, uint16_t *ret,
                                        eei_listeners_status_t *err) {
  stub_check(STUB_LISTENER, self.__handle);
  *err = failure;
  *ret = 4242;
  last_address = *address;
  return !stub.fail;
}

bool eei_listeners_method_listener_start(eei_listeners_borrow_listener_t self, eei_listeners_status_t *err) {
  stub_check(STUB_LISTENER, self.__handle);
  *err = failure;
  return !stub.fail;
}

eei_listeners_operation_start_t eei_listeners_method_listener_accept(eei_listeners_borrow_listener_t self,
                                                                     eei_listeners_borrow_completion_queue_t queue,
                                                                     uint64_t tag) {
  stub_check(STUB_LISTENER, self.__handle);
  return stub_start(STUB_ACCEPT, queue.__handle, self.__handle, tag, NULL);
}

eei_listeners_operation_start_t eei_listeners_method_listener_shutdown(eei_listeners_borrow_listener_t self,
                                                                       eei_listeners_borrow_completion_queue_t queue,
                                                                       uint64_t tag) {
  stub_check(STUB_LISTENER, self.__handle);
  return stub_start(STUB_LISTENER_SHUTDOWN, queue.__handle, self.__handle, tag, NULL);
}

void eei_listeners_method_listener_set_quota(eei_listeners_borrow_listener_t self,
                                             eei_listeners_borrow_memory_quota_t quota) {
  stub_check(STUB_LISTENER, self.__handle);
  stub_check(STUB_QUOTA, quota.__handle);
}

bool eei_connections_connect(eei_connections_borrow_completion_queue_t queue, uint64_t tag,
                             eei_connections_list_ip_socket_address_t *addresses,
                             eei_connections_socket_options_t *options, uint64_t deadline,
                             eei_connections_connection_handle_t *ret) {
  if (addresses->len < 1 || addresses->len > 16 || options->hop_limit > 64) stub_trap("not a connect");
  last_address = addresses->ptr[addresses->len - 1];
  stub.deadline = deadline;
  ret->generation = 7;
  return stub_start(STUB_CONNECT, queue.__handle, 0, tag, &ret->slot) == STUB_PENDING;
}

// IPv4 by the system's functions, and of IPv6 only what they write.
bool eei_addresses_parse(ee_bindings_string_t *text, eei_addresses_ip_socket_address_t *ret,
                         eei_addresses_status_t *err) {
  char host[64] = "", copy[100] = "";
  unsigned port = 0;
  uint8_t bytes[16];
  *err = (eei_addresses_status_t){3, 4};
  if (text->len >= sizeof copy) return false;
  memcpy(copy, text->ptr, text->len);
  memset(ret, 0, sizeof *ret);
  if (sscanf(copy, "[%63[^]]]:%u", host, &port) == 2 && inet_pton(AF_INET6, host, bytes) == 1) {
    uint16_t parts[8];
    for (int i = 0; i < 8; i++) parts[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
    ret->tag = WASI_NETWORK_IP_SOCKET_ADDRESS_IPV6;
    ret->val.ipv6.port = (uint16_t)port;
    memcpy(&ret->val.ipv6.address, parts, sizeof parts);
    return true;
  }
  if (sscanf(copy, "%63[0-9.]:%u", host, &port) != 2 || inet_pton(AF_INET, host, bytes) != 1) return false;
  ret->val.ipv4.port = (uint16_t)port;
  memcpy(&ret->val.ipv4.address, bytes, 4);
  return true;
}

void eei_addresses_format(eei_addresses_ip_socket_address_t *address, ee_bindings_string_t *ret) {
  char host[64], text[100];
  if (address->tag == WASI_NETWORK_IP_SOCKET_ADDRESS_IPV4) {
    inet_ntop(AF_INET, &address->val.ipv4.address, host, sizeof host);
    snprintf(text, sizeof text, "%s:%u", host, address->val.ipv4.port);
  } else {
    uint8_t bytes[16];
    uint16_t parts[8];
    memcpy(parts, &address->val.ipv6.address, sizeof parts);
    for (int i = 0; i < 16; i++) bytes[i] = (uint8_t)(i % 2 == 0 ? parts[i / 2] >> 8 : parts[i / 2]);
    inet_ntop(AF_INET6, bytes, host, sizeof host);
    snprintf(text, sizeof text, "[%s]:%u", host, address->val.ipv6.port);
  }
  ret->len = strlen(text);
  ret->ptr = stub_list(text, ret->len, 1);
}

uint32_t eei_engine_shutdown(void) { return stub.holds > 0 ? 0 : 3; }

bool eei_engine_live(uint32_t kind, uint32_t *ret) {
  *ret = stub_live();
  return kind < 5;
}

void eei_engine_set_turn_bound(uint32_t calls) {
  if (calls == 0 || calls > 1 << 20) stub_trap("a bound of a turn is 1 to 1,048,576");
}

bool eei_engine_statistic(uint32_t kind, uint64_t *ret) {
  *ret = 100 + kind;
  return kind < 5;
}
