// An engine of a few hundred lines behind the bindings, so that the library can be tested natively with sanitizers.
//
// Nothing in it happens by itself: a test says how outstanding operations end (stub_end). It checks what it is given
// (handles, kinds, one operation per direction) and aborts where the engine would trap.
#ifndef STUB_ENGINE_H
#define STUB_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include "ee_bindings.h"

typedef enum stub_kind {
  STUB_FREE,
  STUB_FACTORY,
  STUB_QUEUE,
  STUB_POLLABLE,
  STUB_SLICE,
  STUB_BUFFER,
  STUB_QUOTA,
  STUB_ALLOCATOR,
  STUB_LISTENER,
  STUB_ENDPOINT,
  STUB_RESOLVER,
  STUB_DESCRIPTOR,
} stub_kind;

// The cases of operation-start, under a name that does not depend on the interface.
enum { STUB_PENDING, STUB_DONE, STUB_REFUSED };

typedef enum stub_operation_kind {
  STUB_OWN,
  STUB_TASK,
  STUB_READ,
  STUB_WRITE,
  STUB_ACCEPT,
  STUB_CONNECT,
  STUB_RECLAIMER,
  STUB_ALLOCATE,
  STUB_LISTENER_SHUTDOWN,
  STUB_LOOKUP,
  STUB_FUNCTION, // Its object is its priority, as of the next one.
  STUB_ALARM,
  STUB_NOTIFICATION, // Its object is its descriptor.
} stub_operation_kind;

// What the library asked for, outstanding until stub_end.
typedef struct stub_operation {
  stub_operation_kind kind;
  int32_t queue;
  int32_t object;
  uint64_t tag;
  uint32_t name; // Of a connect, a task or a look-up.
  struct stub_operation *next;
} stub_operation;

typedef struct stub_state {
  uint64_t now;
  bool refuse;           // Operations do not start.
  unsigned begin_most;   // Unless 0: run_functions begins so many of a call.
  bool complete_inline;  // Reads and writes are done at once where they may be.
  bool lists_elsewhere;  // Lists arrive in memory of their own.
  bool fail;             // What can fail does, with UNAVAILABLE and connection-refused.
  uint32_t most;         // Of the last call that asked for several events.
  uint64_t deadline;     // Of the last wait.
  unsigned crossings;    // Waits that reached the engine.
  uint32_t bytes_most;   // Of the last read of a descriptor.
  uint64_t slack;        // Of the last alarm.
  unsigned calls;        // Of run_function and run_functions.
  int holds;             // shutdown_ref without shutdown_unref.
  unsigned sweeps;       // Finished.
  char asked[128];       // What the last look-up or resolver was made of.
  void (*on_wait)(void); // Runs when a wait finds nothing; may end operations.
} stub_state;

extern stub_state stub;

// The oldest outstanding operation of a kind, or null.
stub_operation *stub_find(stub_operation_kind kind);
unsigned stub_outstanding(void);
// Ends it. `value` is what the event carries; stub_ticket makes one that can be claimed.
void stub_end(stub_operation *operation, int code, int reason, uint64_t value);
uint64_t stub_ticket(void);
// The ticket of a look-up that found so many records, or of one that failed.
uint64_t stub_found(unsigned count);
#define STUB_FAILED UINT64_MAX

// What a connection under a descriptor does, and what was done to it.
typedef struct stub_connection {
  const char *incoming; // Bytes to be read, which are there.
  size_t incoming_length;
  bool incoming_ended; // Behind them.
  bool broken;         // Reads and writes fail.
  size_t room;         // Bytes that are taken now.
  char outgoing[2048]; // What was written,
  size_t outgoing_length;
  bool outgoing_ended; // and ended.
  uint8_t priorities[3];
  bool status[3];
} stub_connection;

// That of a descriptor, until the end of the test.
stub_connection *stub_connection_of(int32_t descriptor);
// The handle of the newest descriptor.
int32_t stub_descriptor(void);
// The notification of a condition that is registered, or null.
stub_operation *stub_registered(int32_t descriptor, uint8_t condition);
// The event comes: the condition is set.
void stub_become(int32_t descriptor, uint8_t condition);
// What can be read or written becomes an event where somebody waits for it. Returns how many.
unsigned stub_look(void);

// Objects that live, of all kinds.
unsigned stub_live(void);
// Forgets everything, for the next test.
void stub_reset(void);

// For the parts of the stub.
int32_t stub_open(stub_kind kind);
void stub_check(stub_kind kind, int32_t handle);
void stub_close(stub_kind kind, int32_t handle);
uint8_t stub_start(stub_operation_kind kind, int32_t queue, int32_t object, uint64_t tag, uint32_t *name);
bool stub_cancel(stub_operation_kind kind, uint32_t name);
void *stub_list(const void *bytes, size_t length, size_t alignment);
_Noreturn void stub_trap(const char *why);

// The library's: where the engine asks for memory for lists.
extern void *cabi_realloc(void *old, size_t old_size, size_t alignment, size_t size);

#endif
