// Closures with priorities, alarms with slack, and descriptors: the part of event_engine.h that follows gRPC's text
// "EventManager API" (2020), and is included there. docs/event-manager.md is the guide.
//
// Closures. A function and its argument, which are to be run once (a descriptor's upcalls: as often as their line
// says). They are functors of a CALLBACK queue that the library keeps: only ee_run runs them, and of what is there the
// highest priority first, within one priority what came first. They may do what functors may, and never run inside of
// the call that schedules them; those of cancelled alarms run inside of the call that cancels.
// How many. Closures and operations together, 1,048,576 outstanding or not yet run. What would be one more is
// EE_OP_REFUSED: nothing was taken, and the closure never runs.
#ifndef EVENT_ENGINE_MANAGER_H
#define EVENT_ENGINE_MANAGER_H

#include "event_engine.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ee_priority {
  EE_PRIORITY_MIN = 0,
  EE_PRIORITY_LOW = 0,
  EE_PRIORITY_MED = 1, // Everything of the engine that names no priority.
  EE_PRIORITY_HIGH = 2,
  EE_PRIORITY_IMMEDIATE = 3,
  EE_PRIORITY_SYSTEM = 4,
  EE_PRIORITY_MAX = 4,
  EE_NUM_PRIORITIES = 5
} ee_priority;

// ---- Functions ---------------------------------------------------------------------------------------------------

// Names one function that was scheduled, for ever. Functions cannot be cancelled.
typedef struct ee_task_key {
  uint64_t serial;
} ee_task_key;

typedef struct ee_em_task {
  void (*handler)(void *arg);
  void *arg;
  ee_priority priority;
  ee_task_key *key; // Filled when it was scheduled; may be null.
} ee_em_task;

// Runs `handler` as soon as possible (RunFunction); also when the engine was shut down. `key` may be null, here and
// below.
ee_op_start ee_run_function(void (*handler)(void *arg), void *arg, ee_priority priority, ee_task_key *key);
// The same for `count` functions, and one crossing into the engine (RunFunctions). Returns how many are scheduled, from
// the first on: all of them, unless the engine is full. `tasks` may go at once.
size_t ee_run_functions(const ee_em_task *tasks, size_t count);

// ---- Alarms ------------------------------------------------------------------------------------------------------

// Names one alarm, for ever. All zeros name none. The last field is the library's.
typedef struct ee_alarm_key {
  uint64_t serial;
  void *internal;
} ee_alarm_key;

// Runs `closure` exactly once: with fired = 1 at or after `deadline` (ScheduleAlarmIn; the text's deadline is absolute,
// too), or with 0 when it was cancelled before that or the engine was shut down.
ee_op_start ee_schedule_alarm_in(ee_time deadline, void (*closure)(void *arg, int fired), void *arg,
                                 ee_priority priority, ee_alarm_key *key);
// It may come up to `slack` nanoseconds later where that saves a wake-up (ScheduleAlarmInWithSlack). UINT64_MAX: it
// never wakes the engine, and runs with the first turn after its deadline; a wait for it alone traps.
ee_op_start ee_schedule_alarm_in_with_slack(ee_time deadline, void (*closure)(void *arg, int fired), void *arg,
                                            ee_priority priority, ee_alarm_key *key, uint64_t slack);
// 1: the closure had not begun, and has run with 0 inside of this call, which may be anywhere, other closures and
// functors among it. 0, and nothing happens, for every other key: also from within the closure itself.
int ee_consistent_cancel(ee_alarm_key key);
// The same, and the closure is not running when it returns, unless the caller stands within it. There is one thread: a
// closure that runs now has called this itself, directly or through others. Waiting for it would never end, so that is
// answered with 0 at once.
int ee_blocking_consistent_cancel(ee_alarm_key key);

// ---- Shutdown ----------------------------------------------------------------------------------------------------

// While there were more calls of the first than of the second, ee_engine_shutdown only takes note (and returns 0); the
// last unref then shuts the engine down. Traps: a ref after the shutdown, an unref without its ref.
void ee_shutdown_ref(void);
void ee_shutdown_unref(void);
// Gives back what the library keeps for closures in the engine. Those that are outstanding still run, from ee_run, and
// the next one makes it anew. For leak checks: nobody else needs it. Aborts while a pollable of ee_run_subscribe lives.
void ee_event_manager_close(void);

// ---- A poll loop of one's own ------------------------------------------------------------------------------------

// A pollable that is ready while ee_run has something to run (level-triggered): closures of this header, and functors
// of every other CALLBACK queue. A loop that waits for it by ee_poll, together with what else it waits for, calls
// ee_run(EE_INF_PAST) whenever it wakes.
ee_pollable *ee_run_subscribe(void);

// ---- Descriptors: connections whose owner reads and writes himself, and is told when he can ----------------------
//
//              the event comes, ..._force_...
//   CLEAR --------------------------------------> SET       one such status for readable, writable and has error each
//          <-------------- ..._clear_...
//
// A notification that is registered runs once its status is SET, and one that is registered at SET soon. The status
// stays SET until it is cleared, so a program clears it, reads or writes until nothing is left, and then asks again.

typedef struct ee_descriptor ee_descriptor;

// Takes the endpoint over (RegisterFileDescriptor). No read or write of it may be outstanding. Its allocator, if it has
// one, pays for what is read.
ee_descriptor *ee_descriptor_register(ee_endpoint *endpoint);
// Takes over the handles of a connected wasi:sockets/tcp socket and of its streams, on which no pollable is left.
ee_descriptor *ee_descriptor_register_wasi(int32_t socket, int32_t input, int32_t output);
// Closes it, if it is not closed or released, and ends it (DeleteDescriptor). Closures of it that are outstanding still
// run. It may be called from within one.
void ee_descriptor_delete(ee_descriptor *descriptor);

// Every registered closure runs soon. Bytes that were written still leave, and the peer sees an orderly end. Nothing
// can be registered any more. Idempotent.
void ee_descriptor_close(ee_descriptor *descriptor);
int ee_descriptor_is_closed(ee_descriptor *descriptor); // Also after a release.
// Like closing, but the connection goes on as an endpoint, the caller's (ReleaseFD). Not once it is closed. The
// descriptor is still to be deleted.
ee_endpoint *ee_descriptor_release(ee_descriptor *descriptor);

typedef struct ee_wasi_connection {
  int32_t socket, input, output; // The caller's to drop.
} ee_wasi_connection;

// The same as handles of WASI. Bytes that the engine has read already are added to `rest`.
ee_wasi_connection ee_descriptor_release_wasi(ee_descriptor *descriptor, ee_slice_buffer *rest);

// The program's own pointer; null at first.
void *ee_descriptor_data(const ee_descriptor *descriptor);
void ee_descriptor_set_data(ee_descriptor *descriptor, void *data);

#define EE_DESCRIPTOR_TEXT_MAX 160 // Bytes of the longest text of a descriptor, the 0 at its end among them.

// A line for people: what is registered, and what is under way. Returns `text`.
char *ee_descriptor_to_string(const ee_descriptor *descriptor, char text[EE_DESCRIPTOR_TEXT_MAX]);

// The priority of the closures that become due from now on; EE_PRIORITY_MED at first.
void ee_descriptor_set_read_priority(ee_descriptor *descriptor, ee_priority priority);
void ee_descriptor_set_write_priority(ee_descriptor *descriptor, ee_priority priority);
void ee_descriptor_set_error_priority(ee_descriptor *descriptor, ee_priority priority);

// ---- Descriptors, the epoll flavour ------------------------------------------------------------------------------

typedef enum ee_notification_outcome { EE_NOTIFY_FD_BECAME_READY, EE_NOTIFY_TIMED_OUT } ee_notification_outcome;

// Runs `upcall` once: when the status is or becomes SET, the descriptor is closed, released or deleted. One may be
// registered per status, and a second traps; the upcall may register again. Not on a closed descriptor.
ee_op_start ee_descriptor_notify_when_readable(ee_descriptor *descriptor, void (*upcall)(void *arg), void *arg);
ee_op_start ee_descriptor_notify_when_writable(ee_descriptor *descriptor, void (*upcall)(void *arg), void *arg);
// An error is also seen by a read or a write. While nobody reads it is looked for only as long as this is registered,
// and it cannot be seen behind bytes that were not read, nor behind the peer's end: to wait there for nothing else
// could never end, and traps.
ee_op_start ee_descriptor_notify_when_has_error(ee_descriptor *descriptor, void (*upcall)(void *arg), void *arg);
// The same with a deadline: EE_NOTIFY_TIMED_OUT when that came first, and the status stays as it is.
ee_op_start ee_descriptor_notify_when_readable_or_timeout(ee_descriptor *descriptor,
                                                          void (*upcall)(void *arg, ee_notification_outcome outcome),
                                                          void *arg, ee_time deadline);
ee_op_start ee_descriptor_notify_when_writable_or_timeout(ee_descriptor *descriptor,
                                                          void (*upcall)(void *arg, ee_notification_outcome outcome),
                                                          void *arg, ee_time deadline);

// Makes the status CLEAR, to tell new events from old ones. Nothing is lost by it: what is still there counts as new.
// A closure that was to run still does.
void ee_descriptor_clear_readable(ee_descriptor *descriptor);
void ee_descriptor_clear_writable(ee_descriptor *descriptor);
void ee_descriptor_clear_has_error(ee_descriptor *descriptor);
// Makes the status SET, whatever the connection says, so what is registered runs.
void ee_descriptor_force_readable(ee_descriptor *descriptor);
void ee_descriptor_force_writable(ee_descriptor *descriptor);
void ee_descriptor_force_has_error(ee_descriptor *descriptor);

// What one does with the text's fd(). Neither waits. Not on a closed descriptor, nor in a direction where the other
// flavour is at work.
// Adds up to `most` bytes that are there to `into`, and fills `*count`: 0 when nothing is there now. The end of the
// peer's sending is EE_INTERNAL with EE_REASON_END_OF_STREAM. EE_RESOURCE_EXHAUSTED: the default quota is to pay, and
// is far overcommitted; nothing was read, and a later read may do better.
ee_status ee_descriptor_read(ee_descriptor *descriptor, ee_slice_buffer *into, uint32_t most, size_t *count);
// Takes from the start of `data` what the connection takes now, and fills `*count` with how many bytes that was: 0 when
// there is no room now, which may be so for a moment after an accept, too.
ee_status ee_descriptor_write(ee_descriptor *descriptor, ee_slice_buffer *data, size_t *count);
// Ends the sending direction behind what was written. Reads go on; no write may follow. Not while bytes of an
// ee_descriptor_notify_after_write wait: that aborts.
void ee_descriptor_shutdown_send(ee_descriptor *descriptor);

// ---- Descriptors, the libuv flavour ------------------------------------------------------------------------------
//
// The library reads and writes, and tells after it. A direction has either flavour at a time, not both.

typedef struct ee_read_buffer {
  void *base;
  size_t length;
} ee_read_buffer;

typedef struct ee_read_status {
  ee_status status; // The peer's end is EE_INTERNAL with EE_REASON_END_OF_STREAM.
  void *base;       // What alloc_cb gave, the program's again. Null when it was not asked.
  size_t length;    // So many bytes from `base` on were read; 0 with a failure.
  int rearmed;      // The closure runs again, after this upcall and a new buffer: there may be more.
} ee_read_status;

// Reads once something is there, into a buffer that alloc_cb gives then (65,536 bytes are a good length; at most 1 MiB
// is filled at once), and runs `upcall` with it. When the buffer was filled it goes on by itself after the upcall, else
// the read is over. So every buffer comes back in exactly one upcall, and a read ends with exactly one that is not
// re-armed. Its failures: a buffer at null or of length 0 is EE_RESOURCE_EXHAUSTED, and no byte is lost; EE_CANCELLED
// is closing or deleting the descriptor (EE_REASON_ENDPOINT_CLOSED), also when the upcall that was re-armed did it, and
// releasing it, or ..._force_readable with nothing to read (EE_REASON_CANCELLED).
// One may be outstanding: calling it before the read is over, which is when its last upcall has returned, aborts.
// alloc_cb may do what an upcall may.
ee_op_start ee_descriptor_notify_after_read(ee_descriptor *descriptor,
                                            void (*upcall)(void *arg, const ee_read_status *status),
                                            ee_read_buffer (*alloc_cb)(void *arg, size_t suggested_length), void *arg);

typedef struct ee_write_status {
  ee_status status;
  size_t written; // Bytes since the last upcall.
  uint64_t left;  // Bytes that wait; when the write is over, bytes that never leave.
  int rearmed;    // The closure runs again, after this upcall: something is left.
} ee_write_status;

// Writes all of `data`, which is empty when this returns EE_OP_PENDING and untouched when it is refused. `upcall` runs
// each time the connection took a part, until nothing is left or it failed; it ends as a read does, ..._force_writable
// while nothing is taken among it. One may be outstanding, as of reads.
ee_op_start ee_descriptor_notify_after_write(ee_descriptor *descriptor,
                                             void (*upcall)(void *arg, const ee_write_status *status), void *arg,
                                             ee_slice_buffer *data);

// ---- Turns -------------------------------------------------------------------------------------------------------

// How many tasks, timers and ready sources one turn runs at most, of each: 1 to 1,048,576; 1,024 at first.
void ee_engine_set_turn_bound(uint32_t calls);
// 1: fills `*value` with what the engine counted since it began. 0: a number that docs/statistics.md does not list.
int ee_engine_statistic(uint32_t kind, uint64_t *value);

#ifdef __cplusplus
}
#endif
#endif
