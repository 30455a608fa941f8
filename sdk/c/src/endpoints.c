// Endpoints.
#include "internal.h"

ee_op_start ee_endpoint_read(ee_endpoint *endpoint, ee_completion_queue *queue, void *tag, ee_slice_buffer *into,
                             uint32_t hint, unsigned flags) {
  return (ee_op_start)eei_endpoints_method_endpoint_read(BORROW_ENDPOINT(endpoint), borrow_queue(queue),
                                                         TAG(queue, tag), BORROW_BUFFER(into), hint,
                                                         (flags & EE_MAY_COMPLETE_INLINE) != 0);
}

ee_op_start ee_endpoint_write(ee_endpoint *endpoint, ee_completion_queue *queue, void *tag, ee_slice_buffer *data,
                              uint32_t max_frame, unsigned flags) {
  return (ee_op_start)eei_endpoints_method_endpoint_write(BORROW_ENDPOINT(endpoint), borrow_queue(queue),
                                                          TAG(queue, tag), BORROW_BUFFER(data), max_frame,
                                                          (flags & EE_MAY_COMPLETE_INLINE) != 0);
}

void ee_endpoint_shutdown_send(ee_endpoint *endpoint) {
  eei_endpoints_method_endpoint_shutdown_send(BORROW_ENDPOINT(endpoint));
}

void ee_endpoint_destroy(ee_endpoint *endpoint) {
  eei_endpoints_endpoint_drop_own((eei_endpoints_own_endpoint_t){HANDLE(endpoint)});
}

ee_address ee_endpoint_local_address(ee_endpoint *endpoint) {
  wasi_network_ip_socket_address_t wasi;
  eei_endpoints_method_endpoint_local_address(BORROW_ENDPOINT(endpoint), &wasi);
  return ee_address_from_wasi(&wasi);
}

ee_address ee_endpoint_peer_address(ee_endpoint *endpoint) {
  wasi_network_ip_socket_address_t wasi;
  eei_endpoints_method_endpoint_peer_address(BORROW_ENDPOINT(endpoint), &wasi);
  return ee_address_from_wasi(&wasi);
}

void ee_endpoint_set_allocator(ee_endpoint *endpoint, ee_memory_allocator *allocator) {
  eei_endpoints_method_endpoint_set_allocator(BORROW_ENDPOINT(endpoint), BORROW_ALLOCATOR(allocator));
}
