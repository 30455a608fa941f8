// What a guest may do wrong, one thing per run: the program's argument names
// it.
#ifndef CASES_H
#define CASES_H

#include "raw-names.h"

typedef struct {
  const char *name;
  void (*run)(void);
} Case;

/** Rules of this package that are broken: each run ends with a trap and one
 * line that names the rule. */
extern const Case buffer_cases[], queue_cases[], socket_cases[], lookup_cases[], memory_cases[], manager_cases[];
/** Rules of the component model that are broken: the host traps. */
extern const Case handle_cases[], manager_handle_cases[];
/** No rule is broken, but much is asked for: each run ends by itself. */
extern const Case greedy_cases[], greedy_lookup_cases[], greedy_manager_cases[];

/** A listener on 127.0.0.1, started. */
Listener start_listening(uint16_t *port);
/** An endpoint that is connected to itself, so to say: both ends are the
 * guest's. */
typedef struct {
  Endpoint client, server;
} Pair;
Pair connected_pair(Queue queue);
/** Bytes that cost the guest nothing: the same megabyte, again and again. */
void fill(Buffer buffer, uint32_t megabytes);
int64_t free_of_default_quota(void);
/** One line of what came of it. */
void say(const char *name, unsigned long long number);

#endif
