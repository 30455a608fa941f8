// An echo server straight on WASI 0.2, without an engine: what one would write by hand for `wasi:io/poll`.
// usage: wasi-echo --listen A.B.C.D:PORT
//
// Each connection is in one of these states; `step` makes the moves.
//
//            nothing to read            no permit
//   READING <---------------> (moving) <---------> WRITING
//                                | end of input
//                                v     the stream has given everything away
//                             ENDING ------------------------------------> closed
//
// A permit comes before a read and bounds it, so no byte is ever held. Connections that moved bytes lately are "hot"
// and polled alone, because a poll costs the host a look at every pollable in the list.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wasi.h"

enum {
  READ_MAX = 65536, // Bytes: no host gives more at once.
  READ_MIN = 2048,  // Bytes: some hosts clear as much as is asked for.
  ROUNDS_MAX = 4,   // Rounds of one connection in a row.
  ACCEPTS_MAX = 64, // Connections taken in a row.
  ALL_MAX = 128,    // Up to so many connections every poll asks for all.
  STEPS_MAX = 100,  // Wasmtime answers "not ready" after 128 steps without a yield.
  QUIET_MAX = 5,    // Polls of all that a connection stays hot without moving bytes.
  BACKLOG = 4096,   // Connections that wait for accept.
};
/** How long only the hot ones are polled between two polls of all, in nanoseconds. */
static const uint64_t HOT_NS = 20 * 1000 * 1000;

typedef enum { READING, WRITING, ENDING, CLOSED } State;

typedef struct {
  tcp_own_tcp_socket_t socket;
  streams_own_input_stream_t input;
  streams_own_output_stream_t output;
  streams_own_pollable_t readable;
  streams_own_pollable_t writable;
  State state;
  uint32_t ask; // Bytes that the next read asks for at most.
  size_t at;    // Its place in `all`.
  bool hot;
  unsigned quiet; // Polls of all since it moved bytes.
} Connection;

static Connection **all;
static Connection **hot;
static Connection **asked; // What the last poll asked for, in its order.
static poll_borrow_pollable_t *handles;
static size_t count, room, hot_count, hot_room;
static tcp_own_tcp_socket_t listener;
static tcp_own_pollable_t acceptable;
static bool full; // No more sockets: until one is closed the listener is left alone.
static size_t steps;

static void fail(const char *what, int code) {
  fprintf(stderr, "wasi-echo: %s: error %d\n", what, code);
  exit(1);
}

static void *grown(void *memory, size_t items, size_t size) {
  void *result = realloc(memory, items * size);
  if (result == NULL) fail("memory", 0);
  return result;
}

/** Before so many calls that a cooperative host counts: lets it run its own work if they might be too many. */
static void prepare(size_t amount) {
  if (steps + amount <= STEPS_MAX) return;
  steps = 0;
  poll_own_pollable_t now = monotonic_subscribe_duration(0);
  poll_method_pollable_block(poll_borrow_pollable(now));
  poll_pollable_drop_own(now);
}

static void spend(size_t amount) {
  prepare(amount);
  steps += amount;
}

static void heat(Connection *connection) {
  connection->quiet = 0;
  if (connection->hot) return;
  if (hot_count == hot_room) {
    hot_room = hot_room ? hot_room * 2 : 64;
    hot = grown(hot, hot_room, sizeof *hot);
  }
  connection->hot = true;
  hot[hot_count++] = connection;
}

static void add(tcp_tuple3_own_tcp_socket_own_input_stream_own_output_stream_t *accepted) {
  if (count == room) {
    room = room ? room * 2 : 64;
    all = grown(all, room, sizeof *all);
    asked = grown(asked, room, sizeof *asked);
    handles = grown(handles, room + 2, sizeof *handles);
  }
  Connection *connection = grown(NULL, 1, sizeof *connection);
  *connection = (Connection){
      .socket = accepted->f0,
      .input = accepted->f1,
      .output = accepted->f2,
      .readable = streams_method_input_stream_subscribe(streams_borrow_input_stream(accepted->f1)),
      .writable = streams_method_output_stream_subscribe(streams_borrow_output_stream(accepted->f2)),
      .ask = READ_MIN,
      .at = count,
  };
  all[count++] = connection;
  heat(connection);
}

/** Children before their parents. The place in `hot` is cleared by the next poll of all. */
static void drop(Connection *connection) {
  poll_pollable_drop_own(connection->readable);
  poll_pollable_drop_own(connection->writable);
  streams_input_stream_drop_own(connection->input);
  streams_output_stream_drop_own(connection->output);
  tcp_tcp_socket_drop_own(connection->socket);
  all[connection->at] = all[--count];
  all[connection->at]->at = connection->at;
  connection->state = CLOSED;
  full = false;
  if (!connection->hot) free(connection);
}

/** What a failed call of a stream leads to: the end of the stream, or the connection broke. */
static State ended(streams_stream_error_t *error, State orderly) {
  if (error->tag == STREAMS_STREAM_ERROR_CLOSED) return orderly;
  io_error_error_drop_own(error->val.last_operation_failed);
  return CLOSED;
}

static State flush(Connection *connection) {
  streams_stream_error_t error;
  if (streams_method_output_stream_flush(streams_borrow_output_stream(connection->output), &error)) return ENDING;
  return ended(&error, CLOSED);
}

/** One permit, one read, one write. Returns the state, READING with `*again` when bytes moved. */
static State move(Connection *connection, bool *again) {
  streams_borrow_output_stream_t output = streams_borrow_output_stream(connection->output);
  streams_stream_error_t error;
  uint64_t permit;
  spend(2);
  if (!streams_method_output_stream_check_write(output, &permit, &error)) return ended(&error, CLOSED);
  if (permit == 0) return connection->state == ENDING ? ENDING : WRITING;
  if (connection->state == ENDING) {
    tcp_error_code_t code;
    tcp_method_tcp_socket_shutdown(tcp_borrow_tcp_socket(connection->socket), TCP_SHUTDOWN_TYPE_SEND, &code);
    return CLOSED;
  }
  wasi_list_u8_t bytes;
  uint64_t most = permit < connection->ask ? permit : connection->ask;
  streams_borrow_input_stream_t input = streams_borrow_input_stream(connection->input);
  if (!streams_method_input_stream_read(input, most, &bytes, &error)) {
    return ended(&error, ENDING) == ENDING ? flush(connection) : CLOSED;
  }
  if (bytes.len == 0) return READING;
  if (bytes.len == connection->ask && connection->ask < READ_MAX) connection->ask *= 2;
  if (bytes.len < connection->ask / 4 && connection->ask > READ_MIN) connection->ask /= 2;
  // A short read has emptied the socket; another look would be for nothing.
  *again = bytes.len == most;
  bool written = streams_method_output_stream_write(output, &bytes, &error);
  wasi_list_u8_free(&bytes);
  connection->quiet = 0;
  return written ? READING : ended(&error, CLOSED);
}

static void step(Connection *connection) {
  bool again = true;
  for (int round = 0; round < ROUNDS_MAX && again; round++) {
    again = false;
    State before = connection->state;
    connection->state = move(connection, &again);
    if (connection->state == ENDING && before != ENDING) again = true;
    if (connection->state == CLOSED) {
      drop(connection);
      return;
    }
  }
}

static void accept(void) {
  for (int round = 0; round < ACCEPTS_MAX; round++) {
    tcp_tuple3_own_tcp_socket_own_input_stream_own_output_stream_t accepted;
    tcp_error_code_t code;
    spend(1);
    if (tcp_method_tcp_socket_accept(tcp_borrow_tcp_socket(listener), &accepted, &code)) {
      add(&accepted);
    } else if (code == NETWORK_ERROR_CODE_WOULD_BLOCK) {
      return;
    } else if (code == NETWORK_ERROR_CODE_NEW_SOCKET_LIMIT) {
      full = count > 0;
      return;
    }
  }
}

/** Cools down who has been quiet for some time. */
static void sort(void) {
  size_t kept = 0;
  for (size_t index = 0; index < hot_count; index++) {
    Connection *connection = hot[index];
    if (connection->state == CLOSED) {
      free(connection);
    } else if (++connection->quiet <= QUIET_MAX) {
      hot[kept++] = connection;
    } else {
      connection->hot = false;
    }
  }
  hot_count = kept;
}

/** Asks for `list`, the listener and, when `wait_ns` is not for ever, a clock, and runs what is ready. */
static bool poll_some(Connection **list, size_t length, uint64_t wait_ns) {
  // Where the list begins goes round: a cooperative host finds only so many ready in one poll.
  static size_t turn;
  size_t used = 0;
  for (size_t index = 0; index < length; index++) {
    Connection *connection = list[(turn + index) % length];
    if (connection->state == CLOSED) continue;
    handles[used] = poll_borrow_pollable(connection->state == READING ? connection->readable : connection->writable);
    asked[used++] = connection;
  }
  size_t connections = used;
  poll_own_pollable_t clock = {0};
  if (!full) handles[used++] = poll_borrow_pollable(acceptable);
  if (wait_ns != UINT64_MAX) handles[used++] = poll_borrow_pollable(clock = monotonic_subscribe_duration(wait_ns));
  prepare(used); // Every one may be ready, and each is a step.
  wasi_list_u32_t ready;
  poll_poll(&(poll_list_borrow_pollable_t){handles, used}, &ready);
  if (wait_ns != UINT64_MAX) poll_pollable_drop_own(clock);
  steps += ready.len;
  bool accepting = false, moved = false;
  size_t last = 0;
  for (size_t index = 0; index < ready.len; index++) {
    size_t at = ready.ptr[index];
    if (at < connections) {
      last = at;
      moved = true;
      heat(asked[at]);
      step(asked[at]);
    } else {
      accepting |= at == connections && !full;
    }
  }
  turn += last + 1;
  wasi_list_u32_free(&ready);
  if (accepting) accept();
  return moved || accepting;
}

static void serve(void) {
  for (;;) {
    bool busy = true;
    uint64_t until = monotonic_now() + HOT_NS;
    while (busy && count > ALL_MAX && hot_count > 0 && monotonic_now() < until)
      busy = poll_some(hot, hot_count, HOT_NS);
    sort();
    bool wait = count <= ALL_MAX || hot_count == 0 || !busy;
    poll_some(all, count, wait ? UINT64_MAX : 0);
  }
}

static void listen(network_ipv4_socket_address_t address) {
  tcp_error_code_t code;
  network_borrow_network_t network = network_borrow_network(instance_network_instance_network());
  network_ip_socket_address_t where = {.tag = NETWORK_IP_SOCKET_ADDRESS_IPV4, .val = {.ipv4 = address}};
  if (!tcp_create_create_tcp_socket(NETWORK_IP_ADDRESS_FAMILY_IPV4, &listener, &code)) fail("socket", code);
  tcp_borrow_tcp_socket_t socket = tcp_borrow_tcp_socket(listener);
  acceptable = tcp_method_tcp_socket_subscribe(socket);
  if (!tcp_method_tcp_socket_set_listen_backlog_size(socket, BACKLOG, &code)) fail("backlog", code);
  if (!tcp_method_tcp_socket_start_bind(socket, network, &where, &code)) fail("bind", code);
  while (!tcp_method_tcp_socket_finish_bind(socket, &code)) {
    if (code != NETWORK_ERROR_CODE_WOULD_BLOCK) fail("bind", code);
    poll_method_pollable_block(poll_borrow_pollable(acceptable));
  }
  if (!tcp_method_tcp_socket_start_listen(socket, &code)) fail("listen", code);
  while (!tcp_method_tcp_socket_finish_listen(socket, &code)) {
    if (code != NETWORK_ERROR_CODE_WOULD_BLOCK) fail("listen", code);
    poll_method_pollable_block(poll_borrow_pollable(acceptable));
  }
  if (!tcp_method_tcp_socket_local_address(socket, &where, &code)) fail("address", code);
  network_ipv4_address_t ip = where.val.ipv4.address;
  printf("listening %d.%d.%d.%d:%d\n", ip.f0, ip.f1, ip.f2, ip.f3, where.val.ipv4.port);
  fflush(stdout);
}

int main(int argc, char **argv) {
  network_ipv4_socket_address_t at;
  network_ipv4_address_t *ip = &at.address;
  const char *form = "%hhu.%hhu.%hhu.%hhu:%hu";
  if (argc != 3 || strcmp(argv[1], "--listen") != 0 ||
      sscanf(argv[2], form, &ip->f0, &ip->f1, &ip->f2, &ip->f3, &at.port) != 5) {
    fprintf(stderr, "usage: wasi-echo --listen A.B.C.D:PORT\n");
    return 2;
  }
  listen(at);
  serve();
}
