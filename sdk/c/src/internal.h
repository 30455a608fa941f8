// What the sources of the library share. The bindings (eei_...) are written from wit/ and are the only way out.
#ifndef EE_INTERNAL_H
#define EE_INTERNAL_H

#include <stdbool.h>
#include "event_engine.h"
#include "ee_bindings.h"

typedef eei_completion_queues_event_t raw_event;
typedef eei_completion_queues_borrow_completion_queue_t raw_queue;

// ---- misuse.c: a rule of the header was broken ----

_Noreturn void ee_misuse(const char *function, const char *rule);

#define DEMAND(condition, rule) ((condition) ? (void)0 : ee_misuse(__func__, rule))
#define DEMAND_RESERVED_NULL() DEMAND(reserved == NULL, "reserved must be null")

// ---- landing.c: where lists from the engine arrive ----

// The next list that the engine returns arrives at `target` when it fits `room` bytes, in place of new memory.
void ee_land(void *target, size_t room);
// The list is here: `bytes` bytes at `list`. Moves them to the target if they arrived elsewhere.
void ee_landed(const char *function, void *list, size_t bytes);

// ---- Objects without state of their own are handles of the engine in the shape of pointers ----

#define POINTER(type, owned) ((type *)(uintptr_t)(uint32_t)(owned).__handle)
#define HANDLE(object) ((int32_t)(uintptr_t)(object))

#define BORROW_ENDPOINT(object) ((eei_endpoints_borrow_endpoint_t){HANDLE(object)})
#define BORROW_LISTENER(object) ((eei_listeners_borrow_listener_t){HANDLE(object)})
#define BORROW_SLICE(object) ((eei_slices_borrow_slice_t){HANDLE(object)})
#define BORROW_BUFFER(object) ((eei_slices_borrow_slice_buffer_t){HANDLE(object)})
#define BORROW_QUOTA(object) ((eei_memory_borrow_memory_quota_t){HANDLE(object)})
#define BORROW_RESOLVER(object) ((eei_resolvers_borrow_dns_resolver_t){HANDLE(object)})
#define BORROW_ALLOCATOR(object) ((eei_memory_borrow_memory_allocator_t){HANDLE(object)})

// ---- status.c, addresses.c: numbers are the same on both sides, shapes are not ----

static inline ee_status status_of(eei_status_status_code_t code, eei_status_reason_t reason) {
  return (ee_status){(ee_status_code)code, (ee_reason)reason};
}

// What a call of the bindings came to that returns whether it succeeded.
static inline ee_status status_unless(bool succeeded, const eei_status_status_t *status) {
  return succeeded ? (ee_status){EE_OK, EE_REASON_NONE} : status_of(status->code, status->reason);
}

void ee_address_to_wasi(const ee_address *address, wasi_network_ip_socket_address_t *wasi);
ee_address ee_address_from_wasi(const wasi_network_ip_socket_address_t *wasi);

// ---- queue.c ----

typedef struct ee_outcome ee_outcome;

typedef struct ee_outcome_list {
  ee_outcome *first, *last;
} ee_outcome_list;

#define HELD_MAX 64

struct ee_completion_queue {
  eei_completion_queues_own_completion_queue_t own;
  ee_cq_completion_type completion_type;
  ee_cq_polling_type polling_type;
  unsigned pollables;
  ee_outcome_list outcomes; // Not of a CALLBACK queue: its functors run even if it is destroyed.
  // NEXT queues only: events that came with an earlier one, and are still in the queue as far as the program knows.
  unsigned held_first, held_count;
  raw_event held[];
};

static inline raw_queue borrow_queue(const ee_completion_queue *queue) { return (raw_queue){queue->own.__handle}; }

// The tag of the program for the bindings. The functor of a CALLBACK queue must exist.
uint64_t ee_tag(const char *function, const ee_completion_queue *queue, void *tag);
#define TAG(queue, tag) ee_tag(__func__, queue, tag)

// The event for the program. What the operation brought is at its place then.
ee_event ee_event_of(const raw_event *raw);

// ---- outcomes.c: operations whose event brings something ----

typedef enum ee_outcome_kind {
  OUTCOME_ENDPOINT,
  OUTCOME_SWEEP,
  OUTCOME_ADDRESSES, // This and what follows are look-ups.
  OUTCOME_SERVICES,
  OUTCOME_TEXTS,
} ee_outcome_kind;

struct ee_outcome {
  ee_outcome *next, *previous; // In the list, oldest first; `next` also among the free ones.
  ee_outcome_list *list;       // Null: free.
  void *tag;
  void *target; // Of type ee_endpoint **, ee_reclamation_sweep * or ee_dns_result **.
  ee_outcome_kind kind;
  uint32_t slot, generation; // Of a connect or a look-up.
};

// In the bindings, the tag of such an operation is its record with this bit, which no pointer of wasm32 has.
#define OUTCOME_TAG ((uint64_t)1 << 63)

ee_outcome *ee_outcome_create(ee_completion_queue *queue, void *tag, ee_outcome_kind kind, void *target);
void ee_outcome_destroy(ee_outcome *outcome);
// The oldest one of the queue with this tag, or null.
ee_outcome *ee_outcome_find(const ee_completion_queue *queue, const void *tag);
// Destroys the record of an operation that was cancelled, unless it is somebody else's by now: its queue may be gone.
void ee_outcome_forget(ee_outcome *outcome, bool is_lookup, uint32_t slot, uint32_t generation);
// Fills the target and destroys the record. The event gets the program's tag, and may turn out to be a failure.
void ee_outcome_deliver(const raw_event *raw, ee_event *event);

static inline uint64_t outcome_tag(const ee_outcome *outcome) { return (uint64_t)(uintptr_t)outcome | OUTCOME_TAG; }

// ---- resolvers.c ----

// The result of a look-up. The event says how that ended, and says it anew when the result is gone.
ee_dns_result *ee_dns_result_claim(ee_outcome_kind kind, uint64_t ticket, ee_event *event);

// ---- functors.c ----

void ee_functors_count_queue(int difference);
// Functors that ee_run has to run, besides those in the engine.
bool ee_functors_kept(void);
// A wait that drove everything is over, or the operation of an inlineable functor has ended: the end of the outermost
// scope looks for such functors.
void ee_functors_detect_after_wait(void);
void ee_functors_detect_one(void);

// ---- closures.c: what is to be run once, as the functor of an operation ----

typedef void ee_functor_run(ee_completion_queue_functor *functor, int ok);

typedef struct ee_closure {
  ee_completion_queue_functor functor; // First: the record is the tag of the operation.
  void *arg;
  union {
    void (*function)(void *arg);
    void (*alarm)(void *arg, int fired);
    void (*notification)(void *arg, ee_notification_outcome outcome);
  } run;
  uint64_t serial; // Of an alarm that can be cancelled; otherwise 0.
  union {
    struct ee_closure *next; // Among the free ones.
    eei_tasks_task_handle_t alarm;
    struct {
      ee_descriptor *descriptor;
      eei_descriptors_condition_t condition;
    } notified;
  } of;
} ee_closure;

// A record for one operation on the library's queue.
ee_closure *ee_closure_create(ee_functor_run *run, void *arg);
// Gives it back. Functors do so before they run anything.
void ee_closure_destroy(ee_closure *closure);
ee_completion_queue *ee_closure_queue(void);

static inline uint64_t closure_tag(const ee_closure *closure) { return (uint64_t)(uintptr_t)closure; }

#define DEMAND_PRIORITY(priority) DEMAND((unsigned)(priority) < EE_NUM_PRIORITIES, "a priority is 0 to 4")

// ---- libuv.c ----

// Gives back the buffer in which bytes wait for their place.
void ee_landing_buffer_destroy(void);

#endif
