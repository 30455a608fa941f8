// Short names for the bindings of the engine, and what every guest on them
// needs. No function here can fail: what the interface answers with an error is
// told as one.
#ifndef RAW_NAMES_H
#define RAW_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raw.h"

typedef eei_completion_queues_own_completion_queue_t Queue;
typedef eei_completion_queues_borrow_completion_queue_t QueueRef;
typedef eei_completion_queues_event_t Event;
typedef eei_slices_own_slice_t Slice;
typedef eei_slices_own_slice_buffer_t Buffer;
typedef eei_slices_borrow_slice_buffer_t BufferRef;
typedef eei_status_status_t Status;
typedef eei_memory_own_memory_quota_t Quota;
typedef eei_memory_own_memory_allocator_t Allocator;
typedef eei_endpoints_own_endpoint_t Endpoint;
typedef eei_endpoints_borrow_endpoint_t EndpointRef;
typedef eei_listeners_own_listener_t Listener;
typedef eei_listeners_socket_options_t Options;
typedef eei_poll_own_pollable_t Pollable;
typedef eei_poll_borrow_pollable_t PollableRef;
typedef eei_tasks_task_handle_t Task;
typedef eei_event_manager_task_t Function;
typedef eei_descriptors_own_descriptor_t Descriptor;
typedef eei_connections_connection_handle_t Connect;
typedef eei_resolvers_own_dns_resolver_t Resolver;
typedef eei_resolvers_lookup_handle_t Lookup;
typedef wasi_network_ip_socket_address_t Address;

enum { PENDING, DONE, REFUSED };                      // operation-start
enum { QUEUE_SHUTDOWN, QUEUE_TIMEOUT, OP_COMPLETE };  // event-type
enum { BY_NEXT, BY_PLUCK, BY_CALLBACK };              // completion-type
enum { DEFAULT_POLLING, NON_LISTENING, NON_POLLING }; // polling-type
enum { SILENT, COMPLETES };                           // cancellation
enum { BENIGN, IDLE, DESTRUCTIVE };                   // reclamation-pass
enum { LOW, MED, HIGH, IMMEDIATE, SYSTEM };           // priority
enum { READABLE, WRITABLE, HAS_ERROR };               // condition

#define NEVER UINT64_MAX
#define MS 1000000ull

/** A handle is the same number whether it is owned or lent. */
static inline QueueRef ref(Queue queue) { return (QueueRef){queue.__handle}; }
static inline BufferRef buffer_ref(Buffer buffer) { return (BufferRef){buffer.__handle}; }
static inline EndpointRef endpoint_ref(Endpoint endpoint) { return (EndpointRef){endpoint.__handle}; }
static inline eei_slices_borrow_slice_t slice_ref(Slice slice) { return (eei_slices_borrow_slice_t){slice.__handle}; }
static inline eei_listeners_borrow_listener_t listener_ref(Listener listener) {
  return (eei_listeners_borrow_listener_t){listener.__handle};
}
static inline eei_memory_borrow_memory_quota_t quota_ref(Quota quota) {
  return (eei_memory_borrow_memory_quota_t){quota.__handle};
}
static inline void set_default_quota(uint64_t bytes) {
  Quota quota = eei_memory_static_memory_quota_default();
  eei_memory_method_memory_quota_set_size(quota_ref(quota), bytes);
  eei_memory_memory_quota_drop_own(quota); // it lives on
}
static inline eei_memory_borrow_memory_allocator_t allocator_ref(Allocator allocator) {
  return (eei_memory_borrow_memory_allocator_t){allocator.__handle};
}
static inline eei_resolvers_borrow_dns_resolver_t resolver_ref(Resolver resolver) {
  return (eei_resolvers_borrow_dns_resolver_t){resolver.__handle};
}
static inline PollableRef pollable_ref(Pollable pollable) { return (PollableRef){pollable.__handle}; }

static inline uint64_t in_ms(uint64_t ms) { return eei_tasks_now() + ms * MS; }

static inline Queue next_queue(void) { return eei_completion_queues_static_completion_queue_create_for_next(); }

/** A queue of these attributes, version 2. */
static inline Queue queue_of(uint8_t completion, uint8_t polling, uint64_t shutdown_tag) {
  eei_completion_queues_attributes_t attributes = {2, completion, polling, shutdown_tag};
  eei_completion_queues_own_factory_t factory;
  Status status;
  if (!eei_completion_queues_static_factory_lookup(&attributes, &factory, &status)) __builtin_trap();
  eei_completion_queues_borrow_factory_t lent = {factory.__handle};
  Queue queue = eei_completion_queues_method_factory_create(lent);
  eei_completion_queues_factory_drop_own(factory);
  return queue;
}

static inline Event next_until(Queue queue, uint64_t deadline) {
  Event event;
  eei_completion_queues_method_completion_queue_next(ref(queue), deadline, &event);
  return event;
}

static inline void shutdown_queue(Queue queue) { eei_completion_queues_method_completion_queue_shutdown(ref(queue)); }
static inline void drop_queue(Queue queue) { eei_completion_queues_completion_queue_drop_own(queue); }

static inline bool begin_op(Queue queue, uint64_t tag) {
  return eei_completion_queues_method_completion_queue_begin_op(ref(queue), tag);
}
static inline void end_op(Queue queue, uint64_t tag, bool success) {
  eei_completion_queues_method_completion_queue_end_op(ref(queue), tag, success);
}

static inline int run_function(Queue queue, uint64_t tag, uint8_t priority) {
  return eei_event_manager_run_function(ref(queue), tag, priority);
}
static inline uint32_t run_functions(Queue queue, Function *functions, size_t count) {
  eei_event_manager_list_task_t list = {functions, count};
  return eei_event_manager_run_functions(ref(queue), &list);
}
/** False: refused. */
static inline bool set_alarm(Queue queue, uint64_t tag, uint64_t deadline, uint64_t slack, uint8_t priority,
                             Task *alarm) {
  return eei_event_manager_schedule_alarm(ref(queue), tag, deadline, slack, priority, alarm);
}
/** Its tag, or `otherwise`. */
static inline uint64_t cancel_alarm(Task alarm, uint64_t otherwise) {
  uint64_t tag;
  return eei_event_manager_consistent_cancel(&alarm, &tag) ? tag : otherwise;
}

static inline Buffer new_buffer(void) { return eei_slices_constructor_slice_buffer(); }
static inline void drop_buffer(Buffer buffer) { eei_slices_slice_buffer_drop_own(buffer); }
static inline uint64_t length_of(Buffer buffer) { return eei_slices_method_slice_buffer_length(buffer_ref(buffer)); }
/** False: the quota had no room. */
static inline bool append(Buffer buffer, const void *bytes, size_t length) {
  raw_list_u8_t list = {(uint8_t *)bytes, length};
  Status status;
  return eei_slices_method_slice_buffer_append(buffer_ref(buffer), &list, &status);
}

static inline int start_read(Endpoint endpoint, Queue queue, uint64_t tag, Buffer into, uint32_t hint, bool inlined) {
  return eei_endpoints_method_endpoint_read(endpoint_ref(endpoint), ref(queue), tag, buffer_ref(into), hint, inlined);
}
static inline int start_write(Endpoint endpoint, Queue queue, uint64_t tag, Buffer data, uint32_t frame, bool inlined) {
  return eei_endpoints_method_endpoint_write(endpoint_ref(endpoint), ref(queue), tag, buffer_ref(data), frame, inlined);
}
static inline void drop_endpoint(Endpoint endpoint) { eei_endpoints_endpoint_drop_own(endpoint); }

static inline eei_descriptors_borrow_descriptor_t descriptor_ref(Descriptor descriptor) {
  return (eei_descriptors_borrow_descriptor_t){descriptor.__handle};
}
static inline Descriptor to_descriptor(Endpoint endpoint) {
  return eei_descriptors_static_descriptor_register(endpoint);
}
static inline Endpoint to_endpoint(Descriptor descriptor) {
  return eei_descriptors_static_descriptor_release(descriptor);
}
static inline int notify(Descriptor descriptor, Queue queue, uint64_t tag, uint8_t condition, uint64_t deadline) {
  return eei_descriptors_method_descriptor_notify_when(descriptor_ref(descriptor), ref(queue), tag, condition,
                                                       deadline);
}
static inline void clear_status(Descriptor descriptor, uint8_t condition) {
  eei_descriptors_method_descriptor_clear(descriptor_ref(descriptor), condition);
}
static inline void force_status(Descriptor descriptor, uint8_t condition) {
  eei_descriptors_method_descriptor_force(descriptor_ref(descriptor), condition);
}
static inline void set_priority(Descriptor descriptor, uint8_t condition, uint8_t priority) {
  eei_descriptors_method_descriptor_set_priority(descriptor_ref(descriptor), condition, priority);
}
/** Bytes, or the negated reason. */
static inline int64_t read_now(Descriptor descriptor, Buffer into, uint32_t most) {
  uint32_t count;
  Status status;
  bool good =
      eei_descriptors_method_descriptor_read(descriptor_ref(descriptor), buffer_ref(into), most, &count, &status);
  return good ? count : -(int64_t)status.reason;
}
static inline int64_t write_now(Descriptor descriptor, Buffer data) {
  uint32_t count;
  Status status;
  bool good = eei_descriptors_method_descriptor_write(descriptor_ref(descriptor), buffer_ref(data), &count, &status);
  return good ? count : -(int64_t)status.reason;
}
static inline void end_output(Descriptor descriptor) {
  eei_descriptors_method_descriptor_shutdown_send(descriptor_ref(descriptor));
}
static inline void close_descriptor(Descriptor descriptor) {
  eei_descriptors_method_descriptor_close(descriptor_ref(descriptor));
}
static inline bool is_closed(Descriptor descriptor) {
  return eei_descriptors_method_descriptor_is_closed(descriptor_ref(descriptor));
}
static inline void drop_descriptor(Descriptor descriptor) { eei_descriptors_descriptor_drop_own(descriptor); }

static inline int start_accept(Listener listener, Queue queue, uint64_t tag) {
  return eei_listeners_method_listener_accept(listener_ref(listener), ref(queue), tag);
}

static inline Address localhost(uint16_t port) {
  Address address = {.tag = WASI_NETWORK_IP_SOCKET_ADDRESS_IPV4, .val.ipv4 = {port, {127, 0, 0, 1}}};
  return address;
}

/** False: refused. */
static inline bool start_connect(Queue queue, uint64_t tag, Address *addresses, size_t count, uint64_t deadline,
                                 Connect *connect) {
  eei_connections_list_ip_socket_address_t list = {addresses, count};
  Options options = {0};
  return eei_connections_connect(ref(queue), tag, &list, &options, deadline, connect);
}

/** The bindings do not change a text that they are given, but do not say so. */
static inline raw_string_t text_of(const char *text) {
  return (raw_string_t){(uint8_t *)(uintptr_t)text, __builtin_strlen(text)};
}

static inline raw_list_u8_t text_of_bytes(const char *text) {
  return (raw_list_u8_t){(uint8_t *)(uintptr_t)text, __builtin_strlen(text)};
}

/** One that asks `servers`. False: `why` is the caller's to free. */
static inline bool make_resolver(const char *servers, Resolver *resolver, raw_string_t *why) {
  eei_resolvers_resolver_options_t options = {.servers = text_of(servers)};
  return eei_resolvers_static_dns_resolver_create(&options, NULL, resolver, why);
}

/** False: refused. */
static inline bool look_up(Resolver resolver, Queue queue, uint64_t tag, const char *name, const char *port,
                           uint64_t deadline, Lookup *lookup) {
  raw_string_t text = text_of(name), default_port = text_of(port);
  return eei_resolvers_method_dns_resolver_lookup_hostname(resolver_ref(resolver), ref(queue), tag, &text,
                                                           &default_port, deadline, lookup);
}
static inline bool look_up_srv(Resolver resolver, Queue queue, uint64_t tag, const char *name, uint64_t deadline,
                               Lookup *lookup) {
  raw_string_t text = text_of(name);
  return eei_resolvers_method_dns_resolver_lookup_srv(resolver_ref(resolver), ref(queue), tag, &text, deadline, lookup);
}
static inline bool look_up_txt(Resolver resolver, Queue queue, uint64_t tag, const char *name, uint64_t deadline,
                               Lookup *lookup) {
  raw_string_t text = text_of(name);
  return eei_resolvers_method_dns_resolver_lookup_txt(resolver_ref(resolver), ref(queue), tag, &text, deadline, lookup);
}
static inline void drop_resolver(Resolver resolver) { eei_resolvers_dns_resolver_drop_own(resolver); }

#endif
