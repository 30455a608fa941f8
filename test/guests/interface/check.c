// What the checks have in common; see check.h.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { SECONDS_MAX = 20 };

static const char *current = "nothing";

void check_expect(bool condition, const char *text, const char *file, int line) {
  if (condition) return;
  const char *name = strrchr(file, '/');
  printf("FAIL %s: %s (%s:%d)\n", current, text, name ? name + 1 : file, line);
  exit(1);
}

void check_event(Event event, uint64_t tag, uint8_t code, uint8_t reason, const char *file, int line) {
  char text[160];
  snprintf(text, sizeof text, "an event of type %d, tag %llu, code %d, reason %d, success %d", event.type,
           (unsigned long long)event.tag, event.code, event.reason, event.success);
  bool right = event.type == OP_COMPLETE && event.tag == tag && event.code == code && event.reason == reason;
  check_expect(right && event.success == (code == 0), text, file, line);
}

Event next(Queue queue) {
  Event event = next_until(queue, in_ms(SECONDS_MAX * 1000));
  EXPECT(event.type != QUEUE_TIMEOUT);
  return event;
}

void expect_nothing(Queue queue) { EXPECT(next_until(queue, 0).type == QUEUE_TIMEOUT); }

void end_queue(Queue queue) {
  shutdown_queue(queue);
  EXPECT(next(queue).type == QUEUE_SHUTDOWN);
  drop_queue(queue);
}

uint32_t live(uint32_t kind) {
  uint32_t count = 0;
  EXPECT(eei_engine_live(kind, &count));
  return count;
}

void wait_until_gone(Queue queue, uint32_t kind) {
  uint64_t deadline = in_ms(SECONDS_MAX * 1000);
  while (live(kind) > 0) {
    EXPECT(eei_tasks_now() < deadline);
    EXPECT(next_until(queue, in_ms(1)).type == QUEUE_TIMEOUT);
  }
}

Buffer buffer_of(const char *text) {
  Buffer buffer = new_buffer();
  EXPECT(append(buffer, text, strlen(text)));
  return buffer;
}

bool holds(Buffer buffer, const char *text) {
  raw_list_u8_t bytes;
  eei_slices_method_slice_buffer_copy_out(buffer_ref(buffer), 0, UINT32_MAX, &bytes);
  bool same = bytes.len == strlen(text) && memcmp(bytes.ptr, text, bytes.len) == 0;
  raw_list_u8_free(&bytes);
  return same && length_of(buffer) == strlen(text);
}

void fill(Buffer buffer, size_t bytes) {
  static uint8_t pattern[65536];
  for (size_t i = 0; i < sizeof pattern; i++) pattern[i] = (uint8_t)(i * 7 + i / 251);
  while (bytes > 0) {
    size_t part = bytes < sizeof pattern ? bytes : sizeof pattern;
    EXPECT(append(buffer, pattern, part));
    bytes -= part;
  }
}

Listener start_listening(uint16_t *port) {
  Options options = {0};
  Listener listener = eei_listeners_constructor_listener(&options);
  Address address = localhost(0);
  Status status;
  EXPECT(eei_listeners_method_listener_bind(listener_ref(listener), &address, port, &status));
  EXPECT(*port != 0);
  EXPECT(eei_listeners_method_listener_start(listener_ref(listener), &status));
  return listener;
}

void connect_to(Queue queue, uint64_t tag, uint16_t port) {
  Address address = localhost(port);
  Connect connect;
  EXPECT(start_connect(queue, tag, &address, 1, in_ms(SECONDS_MAX * 1000), &connect));
}

Endpoint claim(Event event) {
  Endpoint endpoint;
  EXPECT(event.success && event.value != 0);
  EXPECT(eei_endpoints_claim(event.value, &endpoint));
  return endpoint;
}

Pair connected_pair(Queue queue) {
  uint16_t port;
  Listener listener = start_listening(&port);
  EXPECT(start_accept(listener, queue, 1) == PENDING);
  connect_to(queue, 2, port);
  Pair pair;
  for (int i = 0; i < 2; i++) {
    Event event = next(queue);
    EXPECT(event.tag == 1 || event.tag == 2);
    *(event.tag == 1 ? &pair.server : &pair.client) = claim(event);
  }
  eei_listeners_listener_drop_own(listener);
  return pair;
}

void pass(Endpoint from, Endpoint to, Queue queue, const char *text) {
  Buffer data = buffer_of(text), got = new_buffer();
  EXPECT(start_write(from, queue, 11, data, 0, false) == PENDING);
  EXPECT_OK(next(queue), 11);
  EXPECT(start_read(to, queue, 12, got, (uint32_t)strlen(text), false) == PENDING);
  EXPECT_OK(next(queue), 12);
  EXPECT(holds(got, text));
  drop_buffer(data);
  drop_buffer(got);
}

/** Closed sockets take some turns to go. */
static void expect_all_gone(void) {
  uint64_t deadline = in_ms(SECONDS_MAX * 1000);
  for (;;) {
    uint32_t kind = 0, count, first = UINT32_MAX, first_count = 0;
    for (; eei_engine_live(kind, &count); kind++) {
      if (count == 0 || first != UINT32_MAX) continue;
      first = kind;
      first_count = count;
    }
    EXPECT(kind == 31);
    if (first == UINT32_MAX) return;
    if (eei_tasks_now() > deadline) {
      printf("FAIL %s: %u of the kind %u are left\n", current, first_count, first);
      exit(1);
    }
    eei_completion_queues_list_event_t none;
    eei_completion_queues_callbacks(1, in_ms(2), &none);
    EXPECT(none.len == 0);
    eei_completion_queues_list_event_free(&none);
  }
}

static void run_all(const Check *list, const char *filter) {
  for (; list->name != NULL; list++) {
    if (filter != NULL && strcmp(filter, "list") == 0) {
      puts(list->name);
      continue;
    }
    if (filter != NULL && strstr(list->name, filter) == NULL) continue;
    current = list->name;
    list->run();
    expect_all_gone();
    printf("ok %s\n", current);
    fflush(stdout);
  }
}

/** Each is run alone, by its name. */
static const Check alone[] = {
    {"denied", check_without_network},
    {"options", check_options},
    {"held", check_held_shutdown},
    {NULL, NULL},
};

/** Each is run with a seed and a number of steps. */
static const struct {
  const char *name;
  void (*run)(uint32_t seed, uint32_t steps);
} random_checks[] = {
    {"random", check_at_random},
    {"names", check_lookups_at_random},
    {"alarms", check_alarms_at_random},
    {"sockets", check_descriptors_at_random},
};

/** False: there is none of this name. */
static bool run_one(int argc, char **argv) {
  for (const Check *each = alone; argc == 2 && each->name != NULL; each++) {
    if (strcmp(argv[1], each->name) != 0) continue;
    current = each->name;
    each->run();
    return true;
  }
  for (size_t i = 0; argc == 4 && i < sizeof random_checks / sizeof *random_checks; i++) {
    if (strcmp(argv[1], random_checks[i].name) != 0) continue;
    current = random_checks[i].name;
    random_checks[i].run((uint32_t)strtoul(argv[2], NULL, 10), (uint32_t)strtoul(argv[3], NULL, 10));
    return true;
  }
  return false;
}

/** usage: interface [list | PART OF A NAME | one of `alone` | one of
 * `random_checks` SEED STEPS] */
int main(int argc, char **argv) {
  const Check *lists[] = {slice_checks,      buffer_checks,   queue_checks,     wait_checks,     poll_checks,
                          task_checks,       memory_checks,   reclaimer_checks, listener_checks, connection_checks,
                          endpoint_checks,   resolver_checks, lookup_checks,    ending_checks,   manager_checks,
                          descriptor_checks, released_checks, charge_checks,   engine_checks};
  setvbuf(stdout, NULL, _IOLBF, 1024);
  if (run_one(argc, argv)) {
    expect_all_gone();
    printf("ok %s\n", current);
    return 0;
  }
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) run_all(lists[i], argc > 1 ? argv[1] : NULL);
  return 0;
}
