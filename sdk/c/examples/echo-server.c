// An echo server with functors: echo-server HOST:PORT
//
// Every connection has one functor and one slice buffer, and does one thing at a time: it reads, writes what it read
// and reads again. The bytes never leave the engine. Prints `listening HOST:PORT`; port 0 lets the system choose.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "event_engine.h"

// Operations in a row that end at once before others have their turn.
#define TURNS_MAX 32

typedef struct server {
  ee_completion_queue_functor functor; // Accepts.
  ee_completion_queue *queue;
  ee_listener *listener;
  ee_endpoint *accepted;
} server;

typedef struct connection {
  ee_completion_queue_functor functor; // Reads and writes, in turns.
  ee_completion_queue *queue;
  ee_endpoint *endpoint;
  ee_slice_buffer *buffer;
  int reading;
} connection;

static void fail(const char *what, ee_status status) {
  fprintf(stderr, "echo-server: %s: %s %s\n", what, ee_status_code_name(status.code), ee_reason_name(status.reason));
  exit(1);
}

static void close_connection(connection *self) {
  ee_endpoint_destroy(self->endpoint);
  ee_slice_buffer_destroy(self->buffer);
  free(self);
}

// Starts the other operation. Every few turns it asks for an event although the operation may be done at once.
static ee_op_start start_other(connection *self, int turn) {
  unsigned flags = turn < TURNS_MAX ? EE_MAY_COMPLETE_INLINE : 0;
  self->reading = !self->reading;
  if (self->reading) return ee_endpoint_read(self->endpoint, self->queue, &self->functor, self->buffer, 0, flags);
  return ee_endpoint_write(self->endpoint, self->queue, &self->functor, self->buffer, 0, flags);
}

static void on_progress(ee_completion_queue_functor *functor, int ok) {
  connection *self = (connection *)functor;
  ee_op_start start = ok ? EE_OP_DONE : EE_OP_REFUSED;
  for (int turn = 0; start == EE_OP_DONE; turn++) start = start_other(self, turn);
  // The peer ended or broke off. What was written still leaves.
  if (start == EE_OP_REFUSED) close_connection(self);
}

static void serve(ee_completion_queue *queue, ee_endpoint *endpoint) {
  connection *self = malloc(sizeof *self);
  if (self == NULL) {
    ee_endpoint_destroy(endpoint);
    return;
  }
  *self = (connection){{on_progress, 0}, queue, endpoint, ee_slice_buffer_create(), 0};
  on_progress(&self->functor, 1);
}

static void on_accept(ee_completion_queue_functor *functor, int ok) {
  server *self = (server *)functor;
  if (!ok) fail("accept", ee_completion_queue_functor_status());
  serve(self->queue, self->accepted);
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
  if (argc != 2) {
    fprintf(stderr, "usage: echo-server HOST:PORT\n");
    return 2;
  }
  server self = {.functor = {on_accept, 0}, .queue = ee_completion_queue_create_for_callback(NULL, NULL)};
  self.listener = listen_at(argv[1]);
  if (ee_listener_accept(self.listener, self.queue, &self.functor, &self.accepted) == EE_OP_REFUSED) return 1;
  for (;;) ee_run(EE_INF_FUTURE);
}
