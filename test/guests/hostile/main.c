// Runs the case that the argument names. It says "about to" first, so that a
// test knows that the end came by the case.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

static void need(bool condition, const char *what) {
  if (condition) return;
  printf("cannot %s\n", what);
  exit(1);
}

Listener start_listening(uint16_t *port) {
  Options options = {0};
  Listener listener = eei_listeners_constructor_listener(&options);
  Address address = localhost(0);
  Status status;
  need(eei_listeners_method_listener_bind(listener_ref(listener), &address, port, &status), "bind");
  need(eei_listeners_method_listener_start(listener_ref(listener), &status), "listen");
  return listener;
}

Pair connected_pair(Queue queue) {
  uint16_t port;
  Listener listener = start_listening(&port);
  Address address = localhost(port);
  Connect connect;
  start_accept(listener, queue, 1);
  need(start_connect(queue, 2, &address, 1, NEVER, &connect), "connect");
  Pair pair;
  for (int i = 0; i < 2; i++) {
    Event event = next_until(queue, NEVER);
    need(eei_endpoints_claim(event.value, event.tag == 1 ? &pair.server : &pair.client), "claim");
  }
  eei_listeners_listener_drop_own(listener);
  return pair;
}

void fill(Buffer buffer, uint32_t megabytes) {
  uint8_t *bytes = calloc(1 << 20, 1);
  raw_list_u8_t list = {bytes, 1 << 20};
  Slice slice;
  Status status;
  need(eei_slices_static_slice_copied_from(&list, &slice, &status), "make a slice");
  for (; megabytes > 0; megabytes--) {
    Slice clone = eei_slices_method_slice_clone(slice_ref(slice));
    eei_slices_method_slice_buffer_append_slice(buffer_ref(buffer), clone);
  }
  eei_slices_slice_drop_own(slice);
  free(bytes);
}

int64_t free_of_default_quota(void) {
  Quota quota = eei_memory_static_memory_quota_default();
  int64_t bytes = eei_memory_method_memory_quota_free(quota_ref(quota));
  eei_memory_memory_quota_drop_own(quota);
  return bytes;
}

void say(const char *name, unsigned long long number) {
  printf("%s %llu\n", name, number);
  fflush(stdout);
}

static const struct {
  const char *name;
  const Case *cases;
} LISTS[] = {
    {"rules", buffer_cases},          {"rules", queue_cases},
    {"rules", socket_cases},          {"rules", lookup_cases},
    {"rules", memory_cases},          {"rules", manager_cases},
    {"handles", handle_cases},        {"handles", manager_handle_cases},
    {"greedy", greedy_cases},         {"greedy", greedy_lookup_cases},
    {"greedy", greedy_manager_cases},
};

/** usage: hostile CASE, or the name of a list for the names of its cases */
int main(int argc, char **argv) {
  const char *wanted = argc > 1 ? argv[1] : "";
  bool found = false;
  for (size_t i = 0; i < sizeof LISTS / sizeof *LISTS; i++) {
    for (const Case *each = LISTS[i].cases; each->name != NULL; each++) {
      if (strcmp(LISTS[i].name, wanted) == 0) {
        puts(each->name);
        found = true;
      } else if (strcmp(each->name, wanted) == 0) {
        printf("about to: %s\n", wanted);
        fflush(stdout);
        each->run();
        puts("done");
        return 0;
      }
    }
  }
  return found ? 0 : 2;
}
