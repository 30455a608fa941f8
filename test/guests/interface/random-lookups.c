// Random look-ups against a model: each has exactly one event on its queue, unless it was cancelled or its queue was
// dropped; and what is claimed belongs to what was asked.
#include <stdio.h>

#include "check.h"

enum { QUEUES = 3, RESOLVERS = 3, LOOKUPS = 1 << 16, SLOTS = 24 };

typedef enum { ADDRESSES, SERVICES, TEXTS } Kind;

/** What a name comes to. Records: how many of each kind; none: why not. */
static const struct {
  const char *name;
  int records[3];
  uint8_t reason;
} NAMES[] = {
    {"localhost:80", {2, 0, 0}, 0},
    {"some.test:81", {1, 2, 3}, 0},
    {"many.test:82", {60, -1, -1}, EEI_STATUS_REASON_NO_RECORDS},
    {"empty.test:83", {-1, -1, -1}, EEI_STATUS_REASON_NO_RECORDS},
    {"nobody.test:84", {-1, -1, -1}, EEI_STATUS_REASON_NAME_UNRESOLVABLE},
    {"a..b:85", {-1, -1, -1}, EEI_STATUS_REASON_INVALID_ARGUMENT},
    {"silent.test:86", {-1, -1, -1}, EEI_STATUS_REASON_TIMEOUT},
};
enum { NAME_COUNT = sizeof NAMES / sizeof *NAMES };

/** By tag. Tags are never used again. */
static struct {
  bool outstanding, tried, has_deadline;
  uint8_t queue, name;
  uint32_t resolver; // which of all that ever were
  Kind kind;
  Lookup handle;
} lookups[LOOKUPS];
static uint32_t tags;

static Queue queues[QUEUES];
static Resolver resolvers[RESOLVERS];
static uint32_t serials[RESOLVERS], latest; // 0: dropped before this
static char servers[32];
static uint32_t state;

static uint32_t below(uint32_t limit) {
  state = state * 1664525 + 1013904223;
  return (uint32_t)((uint64_t)(state ^ state >> 15) * limit >> 32);
}

static bool lives(uint32_t serial) {
  for (int i = 0; i < RESOLVERS; i++)
    if (serials[i] == serial) return true;
  return false;
}

static void replace_resolver(uint32_t which) {
  if (serials[which] != 0) drop_resolver(resolvers[which]);
  resolvers[which] = resolver_of(servers);
  serials[which] = ++latest;
}

static void start(uint32_t queue, uint32_t which) {
  EXPECT(++tags < LOOKUPS);
  uint32_t name = below(NAME_COUNT);
  bool has_deadline = below(4) == 0;
  uint64_t deadline = has_deadline ? eei_tasks_now() + below(3 * MS) : NEVER;
  Lookup *handle = &lookups[tags].handle;
  lookups[tags].outstanding = true;
  lookups[tags].has_deadline = has_deadline;
  lookups[tags].queue = (uint8_t)queue;
  lookups[tags].name = (uint8_t)name;
  lookups[tags].resolver = serials[which];
  lookups[tags].kind = (Kind)below(3);
  switch (lookups[tags].kind) {
  case ADDRESSES: EXPECT(look_up(resolvers[which], queues[queue], tags, NAMES[name].name, "", deadline, handle)); break;
  case SERVICES: EXPECT(look_up_srv(resolvers[which], queues[queue], tags, NAMES[name].name, deadline, handle)); break;
  default: EXPECT(look_up_txt(resolvers[which], queues[queue], tags, NAMES[name].name, deadline, handle));
  }
}

/** How many records there are; -1 after a failure. */
static int claimed(uint64_t ticket, Kind kind) {
  raw_string_t why;
  size_t count;
  if (kind == ADDRESSES) {
    eei_resolvers_list_ip_socket_address_t list;
    if (!eei_resolvers_claim_addresses(ticket, &list, &why)) goto failed;
    count = list.len;
    eei_resolvers_list_ip_socket_address_free(&list);
  } else if (kind == SERVICES) {
    eei_resolvers_list_srv_record_t list;
    if (!eei_resolvers_claim_services(ticket, &list, &why)) goto failed;
    count = list.len;
    eei_resolvers_list_srv_record_free(&list);
  } else {
    raw_list_list_u8_t list;
    if (!eei_resolvers_claim_texts(ticket, &list, &why)) goto failed;
    count = list.len;
    raw_list_list_u8_free(&list);
  }
  return (int)count;
failed:
  EXPECT(why.len > 0);
  raw_string_free(&why);
  return -1;
}

static void take(uint32_t queue, Event event) {
  uint32_t tag = (uint32_t)event.tag;
  EXPECT(event.type == OP_COMPLETE && event.tag > 0 && event.tag <= tags);
  EXPECT(lookups[tag].outstanding && lookups[tag].queue == queue);
  lookups[tag].outstanding = false;
  EXPECT(!eei_resolvers_cancel_lookup(&lookups[tag].handle)); // too late
  bool resolver_lives = lives(lookups[tag].resolver);
  int wanted = NAMES[lookups[tag].name].records[lookups[tag].kind];
  if (event.reason == EEI_STATUS_REASON_CANCELLED) {
    EXPECT(lookups[tag].tried || !resolver_lives);
  } else if (event.reason == EEI_STATUS_REASON_DEADLINE_EXCEEDED) {
    EXPECT(lookups[tag].has_deadline);
  } else {
    EXPECT(event.success == (wanted >= 0) && (resolver_lives || event.value != 0));
    EXPECT(event.success || event.reason == NAMES[lookups[tag].name].reason);
  }
  if (below(3) == 0) return; // nobody claims it
  EXPECT(claimed(event.value, lookups[tag].kind) == (event.success && resolver_lives ? wanted : -1));
  if (below(3) == 0) EXPECT(claimed(event.value, lookups[tag].kind) == -1);
}

static void take_all(uint32_t queue, uint64_t deadline) {
  for (Event event; (event = next_until(queues[queue], deadline)).type != QUEUE_TIMEOUT;) take(queue, event);
}

/** Whatever is outstanding on it ends without an event. */
static void replace_queue(uint32_t queue) {
  take_all(queue, 0);
  drop_queue(queues[queue]);
  queues[queue] = next_queue();
  for (uint32_t tag = 1; tag <= tags; tag++)
    if (lookups[tag].queue == queue) lookups[tag].outstanding = false;
}

/** One of the latest: the others have ended, most of them. */
static void cancel_one(void) {
  uint32_t tag = tags - below(tags < SLOTS ? tags : SLOTS);
  if (tag == 0) return;
  if (below(2)) {
    eei_resolvers_try_cancel_lookup(&lookups[tag].handle);
    lookups[tag].tried = true;
  } else if (eei_resolvers_cancel_lookup(&lookups[tag].handle)) {
    lookups[tag].outstanding = false;
  }
}

static void step(void) {
  uint32_t queue = below(QUEUES), which = below(RESOLVERS);
  switch (below(20)) {
  case 0: replace_resolver(which); break;
  case 1: replace_queue(queue); break;
  case 2:
  case 3:
  case 4: cancel_one(); break;
  case 5:
  case 6:
  case 7:
  case 8: serve(); break;
  case 9:
  case 10:
  case 11:
  case 12: take_all(queue, below(2) ? 0 : eei_tasks_now() + below(MS)); break;
  default: start(queue, which);
  }
}

void check_lookups_at_random(uint32_t seed, uint32_t steps) {
  state = seed;
  open_nameserver(servers);
  for (uint32_t i = 0; i < QUEUES; i++) queues[i] = next_queue();
  for (uint32_t i = 0; i < RESOLVERS; i++) replace_resolver(i);
  for (uint32_t i = 0; i < steps; i++) step();
  for (uint32_t i = 0; i < RESOLVERS; i++) {
    drop_resolver(resolvers[i]);
    serials[i] = 0;
  }
  for (uint32_t i = 0; i < QUEUES; i++) {
    shutdown_queue(queues[i]);
    for (Event event; (event = next(queues[i])).type != QUEUE_SHUTDOWN;) take(i, event);
    drop_queue(queues[i]);
  }
  for (uint32_t tag = 1; tag <= tags; tag++) EXPECT(!lookups[tag].outstanding);
  close_nameserver();
  printf("%u look-ups\n", tags);
}
