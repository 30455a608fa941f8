// An echo server that reads and writes by itself, as one does on epoll: descriptor-echo HOST:PORT [IDLE_MS]
//
// Every connection is a descriptor. The program reads until nothing is left, writes until nothing is taken, and asks
// to be told when that changes; one notification is outstanding at a time. A connection that is silent for IDLE_MS is
// closed.
// Prints `listening HOST:PORT`; port 0 lets the system choose.
#include <stdio.h>
#include <stdlib.h>
#include "event_engine.h"

#define READ_MAX 65536
// Reads and writes in a row before others have their turn.
#define TURNS_MAX 32

typedef struct server {
  ee_completion_queue_functor functor; // Accepts.
  ee_completion_queue *queue;
  ee_listener *listener;
  ee_endpoint *accepted;
} server;

typedef struct connection {
  ee_descriptor *descriptor;
  ee_slice_buffer *buffer; // What is to be written yet.
} connection;

static uint64_t idle_ms;

static void fail(const char *what, ee_status status) {
  fprintf(stderr, "descriptor-echo: %s: %s %s\n", what, ee_status_code_name(status.code),
          ee_reason_name(status.reason));
  exit(1);
}

// The peer ended, broke off or was silent. What was written still leaves.
static void close_connection(connection *self) {
  ee_descriptor_delete(self->descriptor);
  ee_slice_buffer_destroy(self->buffer);
  free(self);
}

static void serve(void *arg);

static void on_readable(void *arg, ee_notification_outcome outcome) {
  if (outcome == EE_NOTIFY_TIMED_OUT)
    close_connection(arg);
  else
    serve(arg);
}

static void write_rest(void *arg) {
  connection *self = arg;
  size_t count;
  ee_descriptor_clear_writable(self->descriptor);
  const ee_status status = ee_descriptor_write(self->descriptor, self->buffer, &count);
  if (status.code == EE_OK && ee_slice_buffer_length(self->buffer) == 0)
    serve(self);
  else if (status.code != EE_OK ||
           ee_descriptor_notify_when_writable(self->descriptor, write_rest, self) == EE_OP_REFUSED)
    close_connection(self);
}

static ee_op_start wait_for_bytes(connection *self) {
  const ee_time deadline = idle_ms > 0 ? ee_deadline_in_ms(idle_ms) : EE_INF_FUTURE;
  return ee_descriptor_notify_when_readable_or_timeout(self->descriptor, on_readable, self, deadline);
}

// Goes on until the connection has nothing or takes nothing, and returns what starting to wait came to. What was read
// is written before more is read, so who does not read is not read from either.
static ee_op_start move_bytes(connection *self) {
  size_t count;
  ee_descriptor_clear_readable(self->descriptor);
  ee_descriptor_clear_writable(self->descriptor);
  for (int turn = 0; turn < TURNS_MAX; turn++) {
    if (ee_descriptor_read(self->descriptor, self->buffer, READ_MAX, &count).code != EE_OK) return EE_OP_REFUSED;
    if (count == 0) return wait_for_bytes(self);
    if (ee_descriptor_write(self->descriptor, self->buffer, &count).code != EE_OK) return EE_OP_REFUSED;
    if (ee_slice_buffer_length(self->buffer) > 0)
      return ee_descriptor_notify_when_writable(self->descriptor, write_rest, self);
  }
  return ee_run_function(serve, self, EE_PRIORITY_MED, NULL);
}

static void serve(void *arg) {
  if (move_bytes(arg) == EE_OP_REFUSED) close_connection(arg);
}

static void begin(ee_endpoint *endpoint) {
  connection *self = malloc(sizeof *self);
  if (self == NULL) {
    ee_endpoint_destroy(endpoint);
    return;
  }
  *self = (connection){ee_descriptor_register(endpoint), ee_slice_buffer_create()};
  serve(self);
}

static void on_accept(ee_completion_queue_functor *functor, int ok) {
  server *self = (server *)functor;
  if (!ok) fail("accept", ee_completion_queue_functor_status());
  begin(self->accepted);
  if (ee_listener_accept(self->listener, self->queue, functor, &self->accepted) == EE_OP_REFUSED) exit(1);
}

static ee_listener *listen_at(const char *text) {
  ee_listener *listener = ee_listener_create(NULL);
  ee_address address;
  char bound[EE_ADDRESS_TEXT_MAX];
  ee_status status = ee_address_parse(text, &address);
  if (status.code == EE_OK) status = ee_listener_bind(listener, &address, &address.port);
  if (status.code == EE_OK) status = ee_listener_start(listener);
  if (status.code != EE_OK) fail(text, status);
  printf("listening %s\n", ee_address_format(&address, bound));
  fflush(stdout);
  return listener;
}

int main(int argc, char **argv) {
  if (argc < 2 || argc > 3) {
    fprintf(stderr, "usage: descriptor-echo HOST:PORT [IDLE_MS]\n");
    return 2;
  }
  if (argc == 3) idle_ms = strtoull(argv[2], NULL, 10);
  server self = {.functor = {on_accept, 0}, .queue = ee_completion_queue_create_for_callback(NULL, NULL)};
  self.listener = listen_at(argv[1]);
  if (ee_listener_accept(self.listener, self.queue, &self.functor, &self.accepted) == EE_OP_REFUSED) return 1;
  for (;;) ee_run(EE_INF_FUTURE);
}
