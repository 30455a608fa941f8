// Rules about endpoints, listeners and connects.
#include "cases.h"

static void read_twice(void) {
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  start_read(pair.server, queue, 1, new_buffer(), 0, false);
  start_read(pair.server, queue, 2, new_buffer(), 0, true);
}

static void write_twice(void) {
  Queue queue = next_queue();
  Pair pair = connected_pair(queue);
  Buffer data = new_buffer();
  fill(data, 64);
  start_write(pair.client, queue, 1, data, 0, true);
  append(data, "more", 4);
  start_write(pair.client, queue, 2, data, 0, true);
}

static void accept_without_listening(void) {
  uint16_t port;
  start_accept(start_listening(&port), queue_of(BY_NEXT, NON_LISTENING, 0), 1);
}

static void accept_without_polling(void) {
  uint16_t port;
  start_accept(start_listening(&port), queue_of(BY_NEXT, NON_POLLING, 0), 1);
}

static void shut_down(Listener listener) {
  eei_listeners_method_listener_shutdown(listener_ref(listener), ref(next_queue()), 1);
}

static void shut_down_twice(void) {
  uint16_t port;
  Listener listener = start_listening(&port);
  shut_down(listener);
  shut_down(listener);
}

static void accept_after_the_shutdown(void) {
  uint16_t port;
  Listener listener = start_listening(&port);
  shut_down(listener);
  start_accept(listener, next_queue(), 1);
}

static void connect_to(size_t count) {
  Address addresses[17];
  for (int i = 0; i < 17; i++) addresses[i] = localhost(1);
  Connect connect;
  start_connect(next_queue(), 1, addresses, count, NEVER, &connect);
}

static void connect_to_nobody(void) { connect_to(0); }

static void connect_to_17(void) { connect_to(17); }

const Case socket_cases[] = {
    {"read-twice", read_twice},
    {"write-twice", write_twice},
    {"accept-without-listening", accept_without_listening},
    {"accept-without-polling", accept_without_polling},
    {"shut-down-twice", shut_down_twice},
    {"accept-after-the-shutdown", accept_after_the_shutdown},
    {"connect-to-nobody", connect_to_nobody},
    {"connect-to-17", connect_to_17},
    {NULL, NULL},
};
