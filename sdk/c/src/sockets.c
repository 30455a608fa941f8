// Listeners and connects: where endpoints come from.
#include "internal.h"

#define ADDRESSES_MAX 16

static eei_listeners_socket_options_t raw_options(const ee_socket_options *options) {
  if (options == NULL) return (eei_listeners_socket_options_t){0};
  return (eei_listeners_socket_options_t){
      .keep_alive = options->keep_alive != 0,
      .keep_alive_idle = options->keep_alive_idle,
      .keep_alive_interval = options->keep_alive_interval,
      .keep_alive_count = options->keep_alive_count,
      .receive_buffer = options->receive_buffer,
      .send_buffer = options->send_buffer,
      .hop_limit = options->hop_limit,
      .backlog = options->backlog,
  };
}

ee_listener *ee_listener_create(const ee_socket_options *options) {
  eei_listeners_socket_options_t raw = raw_options(options);
  return POINTER(ee_listener, eei_listeners_constructor_listener(&raw));
}

void ee_listener_destroy(ee_listener *listener) {
  eei_listeners_listener_drop_own((eei_listeners_own_listener_t){HANDLE(listener)});
}

ee_status ee_listener_bind(ee_listener *listener, const ee_address *address, uint16_t *port) {
  wasi_network_ip_socket_address_t wasi;
  uint16_t bound;
  eei_status_status_t status;
  ee_address_to_wasi(address, &wasi);
  bool succeeded = eei_listeners_method_listener_bind(BORROW_LISTENER(listener), &wasi, &bound, &status);
  if (succeeded && port != NULL) *port = bound;
  return status_unless(succeeded, &status);
}

ee_status ee_listener_start(ee_listener *listener) {
  eei_status_status_t status;
  return status_unless(eei_listeners_method_listener_start(BORROW_LISTENER(listener), &status), &status);
}

ee_op_start ee_listener_accept(ee_listener *listener, ee_completion_queue *queue, void *tag, ee_endpoint **endpoint) {
  DEMAND(queue->polling_type == EE_CQ_DEFAULT_POLLING, "the queue of an accept must have default polling");
  (void)TAG(queue, tag);
  ee_outcome *outcome = ee_outcome_create(queue, tag, OUTCOME_ENDPOINT, endpoint);
  ee_op_start start = (ee_op_start)eei_listeners_method_listener_accept(BORROW_LISTENER(listener), borrow_queue(queue),
                                                                        outcome_tag(outcome));
  if (start != EE_OP_PENDING) ee_outcome_destroy(outcome);
  return start;
}

ee_op_start ee_listener_shutdown(ee_listener *listener, ee_completion_queue *queue, void *tag) {
  return (ee_op_start)eei_listeners_method_listener_shutdown(BORROW_LISTENER(listener), borrow_queue(queue),
                                                             TAG(queue, tag));
}

void ee_listener_set_quota(ee_listener *listener, ee_memory_quota *quota) {
  eei_listeners_method_listener_set_quota(BORROW_LISTENER(listener), BORROW_QUOTA(quota));
}

ee_op_start ee_connect(ee_completion_queue *queue, void *tag, const ee_address *addresses, size_t count,
                       const ee_socket_options *options, ee_time deadline, ee_endpoint **endpoint,
                       ee_connection_handle *handle) {
  DEMAND(count >= 1 && count <= ADDRESSES_MAX, "a connect takes 1 to 16 addresses");
  (void)TAG(queue, tag);
  wasi_network_ip_socket_address_t wasi[ADDRESSES_MAX];
  for (size_t i = 0; i < count; i++) ee_address_to_wasi(&addresses[i], &wasi[i]);
  eei_connections_list_ip_socket_address_t list = {wasi, count};
  eei_connections_socket_options_t raw = raw_options(options);
  eei_connections_connection_handle_t name;
  ee_outcome *outcome = ee_outcome_create(queue, tag, OUTCOME_ENDPOINT, endpoint);
  if (!eei_connections_connect(borrow_queue(queue), outcome_tag(outcome), &list, &raw, deadline, &name)) {
    ee_outcome_destroy(outcome);
    return EE_OP_REFUSED;
  }
  outcome->slot = name.slot;
  outcome->generation = name.generation;
  if (handle != NULL) *handle = (ee_connection_handle){name.slot, name.generation, outcome};
  return EE_OP_PENDING;
}

int ee_connect_cancel(ee_connection_handle handle) {
  eei_connections_connection_handle_t name = {handle.slot, handle.generation};
  if (!eei_connections_cancel_connect(&name)) return 0;
  ee_outcome_forget(handle.internal, false, handle.slot, handle.generation);
  return 1;
}
