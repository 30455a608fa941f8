// The event engine for guests in C (C11, wasm32 with wasi-libc). docs/c.md is the guide, wit/ the contract below.
//
// The shapes of completion queues follow gRPC's texts "Completion Queue creation" (2017) and "Core callback-based
// completion queue" (2020), the operations the EventEngine texts of 2021 and 2022, under the prefix ee_.
//
// Operations. Each names a queue and a tag. When it is EE_OP_PENDING, exactly one event with that tag comes on that
// queue (or the functor runs once), unless it was cancelled in a way that says otherwise.
// Ownership. What `create` gives, `destroy` takes back. Unless a line says otherwise, no function keeps or frees what a
// pointer refers to. A null object is never allowed.
// Errors. What can fail returns an ee_status. Breaking a rule of this header is not an error but a defect: one line on
// stderr names the rule and the program aborts, or the engine traps.
// Threads. There is one.
#ifndef EVENT_ENGINE_H
#define EVENT_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- Status ------------------------------------------------------------------------------------------------------

// The canonical codes, with the numbers of gRPC and of absl::StatusCode.
typedef enum ee_status_code {
  EE_OK,
  EE_CANCELLED,
  EE_UNKNOWN,
  EE_INVALID_ARGUMENT,
  EE_DEADLINE_EXCEEDED,
  EE_NOT_FOUND,
  EE_ALREADY_EXISTS,
  EE_PERMISSION_DENIED,
  EE_RESOURCE_EXHAUSTED,
  EE_FAILED_PRECONDITION,
  EE_ABORTED,
  EE_OUT_OF_RANGE,
  EE_UNIMPLEMENTED,
  EE_INTERNAL,
  EE_UNAVAILABLE,
  EE_DATA_LOSS,
  EE_UNAUTHENTICATED,
} ee_status_code;

// What happened, where one code stands for several things. The first 22 are the errors of wasi:sockets.
typedef enum ee_reason {
  EE_REASON_NONE,
  EE_REASON_UNKNOWN,
  EE_REASON_ACCESS_DENIED,
  EE_REASON_NOT_SUPPORTED,
  EE_REASON_INVALID_ARGUMENT,
  EE_REASON_OUT_OF_MEMORY,
  EE_REASON_TIMEOUT,
  EE_REASON_CONCURRENCY_CONFLICT,
  EE_REASON_NOT_IN_PROGRESS,
  EE_REASON_WOULD_BLOCK,
  EE_REASON_INVALID_STATE,
  EE_REASON_NEW_SOCKET_LIMIT,
  EE_REASON_ADDRESS_NOT_BINDABLE,
  EE_REASON_ADDRESS_IN_USE,
  EE_REASON_REMOTE_UNREACHABLE,
  EE_REASON_CONNECTION_REFUSED,
  EE_REASON_CONNECTION_RESET,
  EE_REASON_CONNECTION_ABORTED,
  EE_REASON_DATAGRAM_TOO_LARGE,
  EE_REASON_NAME_UNRESOLVABLE,
  EE_REASON_TEMPORARY_RESOLVER_FAILURE,
  EE_REASON_PERMANENT_RESOLVER_FAILURE,
  EE_REASON_END_OF_STREAM, // The peer ended its sending in order, and every byte before that was delivered.
  EE_REASON_CANCELLED,
  EE_REASON_DEADLINE_EXCEEDED,
  EE_REASON_STREAM_FAILED,
  EE_REASON_ENDPOINT_CLOSED, // The endpoint was destroyed while the operation was outstanding.
  EE_REASON_NO_RECORDS,      // The name is there, and has no record of the type that was asked for.
  EE_REASON_ALIAS_LOOP,      // Aliases of names lead in a circle, or on for too long.
} ee_reason;

typedef struct ee_status {
  ee_status_code code;
  ee_reason reason;
} ee_status;

// Static text: "UNAVAILABLE", and "connection-refused" ("" for EE_REASON_NONE).
const char *ee_status_code_name(ee_status_code code);
const char *ee_reason_name(ee_reason reason);

// ---- Time: nanoseconds of the monotonic clock --------------------------------------------------------------------

typedef uint64_t ee_time;
#define EE_INF_PAST ((ee_time)0)
#define EE_INF_FUTURE UINT64_MAX

ee_time ee_now(void);
ee_time ee_deadline_in_ms(uint64_t milliseconds);

// ---- Addresses ---------------------------------------------------------------------------------------------------

typedef struct ee_address {
  uint8_t family; // 4 or 6
  uint16_t port;
  uint8_t bytes[16]; // In network order; the first 4 of an IPv4 address.
  uint32_t flow_info;
  uint32_t scope_id;
} ee_address;

#define EE_ADDRESS_TEXT_MAX 80 // Bytes of the longest text of an address, the 0 at its end among them.

// Reads "127.0.0.1:80" or "[::1]:80". EE_INVALID_ARGUMENT for anything else, names among it.
ee_status ee_address_parse(const char *text, ee_address *address);
// Writes the text of an address, and returns `text`.
char *ee_address_format(const ee_address *address, char text[EE_ADDRESS_TEXT_MAX]);

// ---- Slices: bytes that stay in the engine -----------------------------------------------------------------------

typedef struct ee_slice ee_slice;               // A reference to a run of bytes that nobody changes.
typedef struct ee_slice_buffer ee_slice_buffer; // A sequence of slices.

// A copy of `length` bytes. EE_RESOURCE_EXHAUSTED when they do not fit the default quota.
ee_status ee_slice_from_copied_buffer(const void *bytes, size_t length, ee_slice **slice);
ee_slice *ee_slice_ref(ee_slice *slice);
void ee_slice_unref(ee_slice *slice);
size_t ee_slice_length(ee_slice *slice);
// Another reference, to the bytes from `begin` to `end` (exclusive), which lie within the slice.
ee_slice *ee_slice_sub(ee_slice *slice, size_t begin, size_t end);
// Copies the whole slice to `target`, which has room for ee_slice_length bytes.
void ee_slice_copy_out(ee_slice *slice, void *target);

// From the start of a read or an allocation into a buffer until its event was returned nothing else may be done with
// the buffer but to destroy it.
ee_slice_buffer *ee_slice_buffer_create(void);
void ee_slice_buffer_destroy(ee_slice_buffer *buffer);
uint64_t ee_slice_buffer_length(ee_slice_buffer *buffer); // Bytes.
size_t ee_slice_buffer_count(ee_slice_buffer *buffer);    // Slices.
// Adds a copy of `length` bytes. EE_RESOURCE_EXHAUSTED, and nothing added, when they do not fit the default quota.
ee_status ee_slice_buffer_append(ee_slice_buffer *buffer, const void *bytes, size_t length);
void ee_slice_buffer_add(ee_slice_buffer *buffer, ee_slice *slice);       // At the end; takes the reference.
void ee_slice_buffer_undo_take(ee_slice_buffer *buffer, ee_slice *slice); // At the start; takes the reference.
ee_slice *ee_slice_buffer_take_first(ee_slice_buffer *buffer);            // The caller's; null when it is empty.
void ee_slice_buffer_move_first(ee_slice_buffer *from, uint64_t length, ee_slice_buffer *to); // To its end.
void ee_slice_buffer_move_last(ee_slice_buffer *from, uint64_t length, ee_slice_buffer *to);  // To its end.
void ee_slice_buffer_trim_end(ee_slice_buffer *buffer, uint64_t length);
void ee_slice_buffer_swap(ee_slice_buffer *one, ee_slice_buffer *other);
void ee_slice_buffer_clear(ee_slice_buffer *buffer);
// Copies at most `length` bytes from byte `offset` on to `target`, and returns how many. At most 1 MiB per call.
size_t ee_slice_buffer_copy_out(ee_slice_buffer *buffer, uint64_t offset, void *target, size_t length);

// ---- Completion queues -------------------------------------------------------------------------------------------

typedef struct ee_completion_queue ee_completion_queue;
typedef struct ee_completion_queue_factory ee_completion_queue_factory; // Static; nobody destroys it.

#define EE_CQ_CURRENT_VERSION 2

typedef enum ee_cq_completion_type {
  EE_CQ_NEXT,     // Events leave by ee_completion_queue_next and _next_batch only.
  EE_CQ_PLUCK,    // By ee_completion_queue_pluck only.
  EE_CQ_CALLBACK, // Tags are functors, which the library runs (version 2).
} ee_cq_completion_type;

typedef enum ee_cq_polling_type {
  EE_CQ_DEFAULT_POLLING, // Waiting on the queue drives everything.
  EE_CQ_NON_LISTENING,   // Everything but listeners.
  EE_CQ_NON_POLLING,     // Timers and tasks only. A wait that nothing could end traps.
} ee_cq_polling_type;

// What the tag of an operation on a CALLBACK queue points to; usually the first field of a struct of the program's.
typedef struct ee_completion_queue_functor {
  // Runs once per operation. ok is 1 when it succeeded. It may start and cancel operations, wait on other queues,
  // destroy what it likes and free the functor. It must not call ee_run.
  void (*functor_run)(struct ee_completion_queue_functor *functor, int ok);
  // 0: ee_run runs it. 1: it may also run when the outermost scope of another call of the library ends (see the
  // execution context below).
  int inlineable;
} ee_completion_queue_functor;

typedef struct ee_completion_queue_attributes {
  int version; // 1 or 2
  ee_cq_completion_type cq_completion_type;
  ee_cq_polling_type cq_polling_type;
  // From version 2 on, for CALLBACK queues: runs (ok) when the queue is shut down, after every other functor of it.
  // Null for none.
  ee_completion_queue_functor *cq_shutdown_cb;
} ee_completion_queue_attributes;

typedef enum ee_completion_type { EE_QUEUE_SHUTDOWN, EE_QUEUE_TIMEOUT, EE_OP_COMPLETE } ee_completion_type;

// Beyond its type, only EE_OP_COMPLETE has meaning; the rest is 0 otherwise.
typedef struct ee_event {
  ee_completion_type type;
  int success; // Whether status.code is EE_OK.
  void *tag;
  ee_status status;
} ee_event;

// What starting an operation came to.
typedef enum ee_op_start {
  EE_OP_PENDING, // Its event will come.
  EE_OP_DONE,    // Done already and successful; there will be no event. Only with EE_MAY_COMPLETE_INLINE.
  EE_OP_REFUSED, // Not started, no event: the queue is shut down, or 1,048,576 operations are not yet taken.
} ee_op_start;

// In all of these `reserved` must be null, and a version that is not known aborts.
const ee_completion_queue_factory *ee_completion_queue_factory_lookup(const ee_completion_queue_attributes *attributes);
// With the attributes of the look-up.
ee_completion_queue *ee_completion_queue_create(const ee_completion_queue_factory *factory,
                                                const ee_completion_queue_attributes *attributes, void *reserved);
ee_completion_queue *ee_completion_queue_create_for_next(void *reserved);
ee_completion_queue *ee_completion_queue_create_for_pluck(void *reserved);
ee_completion_queue *ee_completion_queue_create_for_callback(ee_completion_queue_functor *shutdown_callback,
                                                             void *reserved);

// Waits for the next event, until `deadline`; the engine runs meanwhile, once even if the deadline was over before.
// EE_QUEUE_SHUTDOWN, from then on always, once all has ended and every event was returned.
ee_event ee_completion_queue_next(ee_completion_queue *queue, ee_time deadline, void *reserved);
// The same for up to `most` (at least 1) events at once. Returns how many: at least 1, which may be a shutdown or a
// timeout, and at most 64.
size_t ee_completion_queue_next_batch(ee_completion_queue *queue, ee_event *events, size_t most, ee_time deadline,
                                      void *reserved);
// Waits for an event with this tag. Accepts, connects and reclaimers come before other operations with their tag.
ee_event ee_completion_queue_pluck(ee_completion_queue *queue, void *tag, ee_time deadline, void *reserved);

// Operations begin only as long as one is outstanding. Idempotent.
void ee_completion_queue_shutdown(ee_completion_queue *queue);
// Shuts it down if that was not done. Operations that are outstanding end without an event, and what they bring is
// closed; but functors of a CALLBACK queue still run. Aborts when events are left that nobody took, or a pollable.
void ee_completion_queue_destroy(ee_completion_queue *queue);

// An operation of the program's own. begin is 0 when it is refused; end ends the oldest one with this tag.
int ee_cq_begin_op(ee_completion_queue *queue, void *tag);
void ee_cq_end_op(ee_completion_queue *queue, void *tag, int success);

// ---- Functors and the application callback execution context ------------------------------------------------------
//
// ee_run is the executor. Other calls that wait on a queue with default polling (next, pluck, poll) and ee_cq_end_op
// are scopes: when the outermost scope ends, the `inlineable` functors whose operations ended run, one at a time. So
// no functor runs inside of another, nor between enter and leave.

// Waits until an operation of a CALLBACK queue ends or `deadline` is over, runs what there is, and returns how many
// functors ran: 0 means a timeout. Never inside of a scope.
size_t ee_run(ee_time deadline);
void ee_application_callback_exec_ctx_enter(void);
void ee_application_callback_exec_ctx_leave(void);
// How the operation ended whose functor runs now. Only inside of a functor.
ee_status ee_completion_queue_functor_status(void);

// ---- Waiting for several things ----------------------------------------------------------------------------------

typedef struct ee_pollable ee_pollable;

// Ready while the queue has an event or is shut down (level-triggered); that of a CALLBACK queue, which has none, while
// ee_run has functors to run. Destroyed before the queue.
ee_pollable *ee_completion_queue_subscribe(ee_completion_queue *queue);
// Takes the handle of a wasi:io/poll pollable over.
ee_pollable *ee_pollable_from_wasi(int32_t handle);
void ee_pollable_destroy(ee_pollable *pollable);
int ee_pollable_ready(ee_pollable *pollable);
void ee_pollable_block(ee_pollable *pollable);
// Waits until at least one of the `count` (at least 1) pollables is ready. Writes the indexes of those that are to
// `ready`, which has room for `count`, and returns how many.
size_t ee_poll(ee_pollable *const *pollables, size_t count, uint32_t *ready);

// ---- Tasks -------------------------------------------------------------------------------------------------------

typedef enum ee_task_cancellation {
  EE_TASK_SILENT,    // A cancelled task has no event (2022).
  EE_TASK_COMPLETES, // It has its event, with EE_CANCELLED (2021, and gRPC's alarms).
} ee_task_cancellation;

// Names one task, for ever.
typedef struct ee_task_handle {
  uint32_t slot, generation;
} ee_task_handle;

// An event behind what is queued already.
ee_op_start ee_task_run(ee_completion_queue *queue, void *tag);
// An event at or after `deadline`, up to `slack` nanoseconds later where that saves a wake-up.
ee_op_start ee_task_run_at(ee_completion_queue *queue, void *tag, ee_time deadline, uint64_t slack,
                           ee_task_cancellation cancellation, ee_task_handle *handle);
// 1: it had not begun, and is cancelled. 0 for every other handle.
int ee_task_cancel(ee_task_handle handle);

// ---- Memory ------------------------------------------------------------------------------------------------------

typedef struct ee_memory_quota ee_memory_quota;         // A limit that allocators share.
typedef struct ee_memory_allocator ee_memory_allocator; // Takes memory from a quota.

typedef enum ee_reclamation_pass { EE_PASS_BENIGN, EE_PASS_IDLE, EE_PASS_DESTRUCTIVE } ee_reclamation_pass;

// Names one sweep that a reclaimer was asked for.
typedef struct ee_reclamation_sweep {
  uint64_t ticket;
} ee_reclamation_sweep;

ee_memory_quota *ee_memory_quota_create(uint64_t size); // UINT64_MAX is no limit.
ee_memory_quota *ee_memory_quota_default(void);         // A reference, to be destroyed like the others.
void ee_memory_quota_destroy(ee_memory_quota *quota);   // It lives on as long as an allocator uses it.
void ee_memory_quota_set_size(ee_memory_quota *quota, uint64_t size);
int64_t ee_memory_quota_free_bytes(ee_memory_quota *quota); // Negative when overcommitted.
double ee_memory_quota_pressure(ee_memory_quota *quota);    // 0 to 1

ee_memory_allocator *ee_memory_allocator_create(ee_memory_quota *quota);
// What it gave out lives on and comes back by itself; posted reclaimers end with EE_CANCELLED.
void ee_memory_allocator_destroy(ee_memory_allocator *allocator);
// Takes `least` to `most` bytes, at most 1 GiB, and returns how many. Never waits; may overcommit.
uint32_t ee_memory_allocator_reserve(ee_memory_allocator *allocator, uint32_t least, uint32_t most);
void ee_memory_allocator_release(ee_memory_allocator *allocator, uint32_t bytes);
uint64_t ee_memory_allocator_taken(ee_memory_allocator *allocator);
// Adds `bytes` of memory to `into` once the quota has them. EE_RESOURCE_EXHAUSTED, and no event, when the quota is
// smaller than that; otherwise EE_OK and `start` says the rest.
ee_status ee_memory_allocator_allocate(ee_memory_allocator *allocator, ee_completion_queue *queue, void *tag,
                                       uint32_t bytes, ee_slice_buffer *into, ee_op_start *start);
// Asks to be told when memory is short; one outstanding per pass, a newer one cancels the older. When the event is
// returned successful, `*sweep` is filled: it outlives the operation.
ee_op_start ee_memory_allocator_post_reclaimer(ee_memory_allocator *allocator, ee_completion_queue *queue, void *tag,
                                               ee_reclamation_pass pass, ee_reclamation_sweep *sweep);
// The reclaimer gave back what it could. Exactly once per sweep.
void ee_reclamation_sweep_finish(ee_reclamation_sweep sweep);

// ---- Endpoints ---------------------------------------------------------------------------------------------------

typedef struct ee_endpoint ee_endpoint; // An established connection.

#define EE_MAY_COMPLETE_INLINE 1u

// Clears `into` and fills it: at least 1 byte, and `hint` bytes (at most 1 MiB) unless the peer ends or memory is short
// first. One read may be outstanding.
ee_op_start ee_endpoint_read(ee_endpoint *endpoint, ee_completion_queue *queue, void *tag, ee_slice_buffer *into,
                             uint32_t hint, unsigned flags);
// Writes all of `data`, which is empty when this returns, in pieces of at most `max_frame` bytes (0: as the engine
// likes). Ends when the stream has taken every byte. One write may be outstanding.
ee_op_start ee_endpoint_write(ee_endpoint *endpoint, ee_completion_queue *queue, void *tag, ee_slice_buffer *data,
                              uint32_t max_frame, unsigned flags);
// Ends the sending direction behind what is being written. Reads go on; no write may follow.
void ee_endpoint_shutdown_send(ee_endpoint *endpoint);
// Outstanding operations end with EE_CANCELLED; written bytes still leave, and the peer sees an orderly end.
void ee_endpoint_destroy(ee_endpoint *endpoint);
ee_address ee_endpoint_local_address(ee_endpoint *endpoint);
ee_address ee_endpoint_peer_address(ee_endpoint *endpoint);
// Who pays for what is read, from before the first read on.
void ee_endpoint_set_allocator(ee_endpoint *endpoint, ee_memory_allocator *allocator);

// ---- Listeners and connections -----------------------------------------------------------------------------------

// Wishes; 0 leaves a setting as the system has it. Times in nanoseconds, buffers in bytes.
typedef struct ee_socket_options {
  int keep_alive;
  uint64_t keep_alive_idle, keep_alive_interval;
  uint32_t keep_alive_count, receive_buffer, send_buffer, backlog;
  uint8_t hop_limit;
} ee_socket_options;

typedef struct ee_listener ee_listener;

// `options` may be null, here and below; they hold for what it accepts, too.
ee_listener *ee_listener_create(const ee_socket_options *options);
// Without the event of ee_listener_shutdown. Outstanding accepts end with EE_CANCELLED.
void ee_listener_destroy(ee_listener *listener);
// Before start. Port 0 lets the system choose; `port` (may be null) is filled with what it became.
ee_status ee_listener_bind(ee_listener *listener, const ee_address *address, uint16_t *port);
ee_status ee_listener_start(ee_listener *listener);
// Lets one connection in; any number may be outstanding, and without one nobody is let in. When the event is returned
// successful, `*endpoint` is filled, and the caller's: it outlives the operation. The queue has default polling.
ee_op_start ee_listener_accept(ee_listener *listener, ee_completion_queue *queue, void *tag, ee_endpoint **endpoint);
// Its event is the last of the listener. Once.
ee_op_start ee_listener_shutdown(ee_listener *listener, ee_completion_queue *queue, void *tag);
// Nobody is let in while the pressure of `quota` is above 0.99. Before start.
void ee_listener_set_quota(ee_listener *listener, ee_memory_quota *quota);

// Names one connect, for ever. The last field is the library's.
typedef struct ee_connection_handle {
  uint32_t slot, generation;
  void *internal;
} ee_connection_handle;

// Connects to the first of 1 to 16 addresses that answers. `*endpoint` is filled as by an accept. `handle` may be
// null.
ee_op_start ee_connect(ee_completion_queue *queue, void *tag, const ee_address *addresses, size_t count,
                       const ee_socket_options *options, ee_time deadline, ee_endpoint **endpoint,
                       ee_connection_handle *handle);
// 1: it had not ended, and there will be no event. 0 for every other handle.
int ee_connect_cancel(ee_connection_handle handle);

// ---- The engine as a whole ---------------------------------------------------------------------------------------

// Cancels every task, and those to come, unless ee_shutdown_ref holds it. Returns how many silent ones were dropped.
uint32_t ee_engine_shutdown(void);
// Live records of one kind, for leak checks (docs/architecture.md lists the kinds). 0 past the last kind.
int ee_engine_live(uint32_t kind, uint32_t *count);

#ifdef __cplusplus
}
#endif

#include "event_engine_dns.h"     // Names
#include "event_engine_manager.h" // Closures with priorities, alarms, descriptors

#endif
