// Checks of the interfaces, from the inside: each is a function that leaves
// nothing behind. The first expectation that does not hold ends the program,
// because what it would leave open would fail the others.
#ifndef CHECK_H
#define CHECK_H

#include "raw-names.h"

typedef struct {
  const char *name;
  void (*run)(void);
} Check;

/** Each file has one list, which ends with a name that is NULL. */
extern const Check slice_checks[], buffer_checks[], queue_checks[], wait_checks[], poll_checks[], task_checks[],
    memory_checks[], reclaimer_checks[], listener_checks[], connection_checks[], endpoint_checks[], resolver_checks[],
    lookup_checks[], ending_checks[], manager_checks[], descriptor_checks[], released_checks[], engine_checks[],
    charge_checks[];

#define EXPECT(condition) check_expect(condition, #condition, __FILE__, __LINE__)
void check_expect(bool condition, const char *text, const char *file, int line);

/** The event of an operation: its tag, its code and its reason, and `success`
 * as the code says. */
#define EXPECT_EVENT(event, tag, code, reason) check_event(event, tag, code, reason, __FILE__, __LINE__)
#define EXPECT_OK(event, tag) EXPECT_EVENT(event, tag, EEI_STATUS_STATUS_CODE_OK, EEI_STATUS_REASON_NONE)
void check_event(Event event, uint64_t tag, uint8_t code, uint8_t reason, const char *file, int line);

/** So many random calls, which seed decides about. */
void check_at_random(uint32_t seed, uint32_t steps);
void check_lookups_at_random(uint32_t seed, uint32_t steps);
void check_alarms_at_random(uint32_t seed, uint32_t steps);
void check_descriptors_at_random(uint32_t seed, uint32_t steps);

/** Sockets with options of every kind; whoever runs this looks at them. */
void check_options(void);

/** The one shutdown, held for a while. */
void check_held_shutdown(void);

/** What a host that grants no network answers. */
void check_without_network(void);

/** The next event. Far more time than anything needs: a check fails when it is
 * over. */
Event next(Queue queue);
/** Nothing is there, and nothing comes within one turn. */
void expect_nothing(Queue queue);
/** Shuts it down, expects that no event is left and drops it. */
void end_queue(Queue queue);

/** Live records of a kind; the kinds are those of docs/architecture.md. */
uint32_t live(uint32_t kind);
/** Lets the engine run until there is none. The queue has no event meanwhile.
 */
void wait_until_gone(Queue queue, uint32_t kind);

Buffer buffer_of(const char *text);
bool holds(Buffer buffer, const char *text);
void fill(Buffer buffer, size_t bytes);

/** A listener on 127.0.0.1, started; `*port` is where. */
Listener start_listening(uint16_t *port);
/** The endpoint that the event brought. */
void connect_to(Queue queue, uint64_t tag, uint16_t port);
Endpoint claim(Event event);
/** Two ends of one connection. */
typedef struct {
  Endpoint client, server;
} Pair;
Pair connected_pair(Queue queue);
static inline void drop_pair(Pair pair) {
  drop_endpoint(pair.client);
  drop_endpoint(pair.server);
}
/** The first slice of a buffer that has some. */
static inline Slice first_slice(Buffer buffer) {
  Slice slice;
  EXPECT(eei_slices_method_slice_buffer_take_first(buffer_ref(buffer), &slice));
  return slice;
}
/** Opens a nameserver in this program, on a UDP port of 127.0.0.1, and writes
 * its address to `servers`. It has these names, each with what begins its first
 * label: `some` has records of every type, `many` 60 addresses, `empty` no
 *  record, `silent` is never answered; others are not there. Records are good
 * for a minute. */
void open_nameserver(char servers[32]);
/** Answers what has been asked. */
void serve(void);
/** The next event, answering questions meanwhile. */
Event next_served(Queue queue);
/** A resolver that asks `servers`. */
Resolver resolver_of(const char *servers);
/** The look-up with this ticket failed, and the text has `part`. */
#define EXPECT_FAILURE(ticket, part) expect_failure(ticket, part, __FILE__, __LINE__)
void expect_failure(uint64_t ticket, const char *part, const char *file, int line);
/** Questions that came. */
extern uint32_t questions;
void close_nameserver(void);

/** Writes `text` at one end and reads it at the other. */
void pass(Endpoint from, Endpoint to, Queue queue, const char *text);

#endif
