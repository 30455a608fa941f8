// A program with a poll loop of its own, in which the engine is one of the things it waits for: own-loop HOST:PORT
//
// The loop waits at once for its standard input, for the next of its own timers and for the engine, and nobody else
// waits: the engine's closures run when it calls ee_run(EE_INF_PAST). The program is a small chat: lines of standard
// input go to everybody who is connected, lines of those are printed, and a timer of the loop counts them now and then.
// `quit`, or the end of standard input, ends it. Prints `listening HOST:PORT`; port 0 lets the system choose.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ee_bindings.h" // Of WASI: standard input and the clock.
#include "event_engine.h"

#define LINE_MAX_LENGTH 256
#define PERIOD 50000000 // Nanoseconds.

static void fail(const char *what, ee_status status) {
  fprintf(stderr, "own-loop: %s: %s %s\n", what, ee_status_code_name(status.code), ee_reason_name(status.reason));
  exit(1);
}

// Text that comes in pieces, as lines. A line that is too long is cut in two.
typedef struct lines {
  char text[LINE_MAX_LENGTH + 1];
  size_t length;
} lines;

static void add_text(lines *self, const void *bytes, size_t length, void (*on_line)(void *arg, const char *line),
                     void *arg) {
  const char *text = bytes;
  for (size_t i = 0; i < length; i++) {
    if (text[i] != '\n') self->text[self->length++] = text[i];
    if (text[i] != '\n' && self->length < LINE_MAX_LENGTH) continue;
    self->text[self->length] = 0;
    self->length = 0;
    on_line(arg, self->text);
  }
}

// ---- What runs in the engine: connections, which are descriptors of the libuv flavour ----

typedef struct client {
  struct client *next;
  ee_descriptor *descriptor;
  int number;
  int pending; // Closures that are outstanding.
  int writing;
  lines input;
  char bytes[64];
  ee_slice_buffer *output; // What waits until the write before is over.
} client;

static client *clients;
static int count_of_clients, lines_heard;

static void run_later(client *self, void (*function)(void *arg)) {
  self->pending++;
  if (ee_run_function(function, self, EE_PRIORITY_MED, NULL) == EE_OP_REFUSED) exit(1);
}

// A closure of the client's has ended. 0: the client is closed, and goes with the last of them.
static int go_on(client *self) {
  self->pending--;
  if (!ee_descriptor_is_closed(self->descriptor)) return 1;
  if (self->pending > 0) return 0;
  client **at = &clients;
  while (*at != self) at = &(*at)->next;
  *at = self->next;
  ee_descriptor_delete(self->descriptor);
  ee_slice_buffer_destroy(self->output);
  free(self);
  return 0;
}

static void on_client_line(void *arg, const char *line) {
  lines_heard++;
  printf("%d: %s\n", ((client *)arg)->number, line);
}

static ee_read_buffer give_buffer(void *arg, size_t suggested_length) {
  client *self = arg;
  (void)suggested_length; // Small ones, for the sake of the example: long lines come in several upcalls.
  return (ee_read_buffer){self->bytes, sizeof self->bytes};
}

static void read_more(void *arg);

static void on_read(void *arg, const ee_read_status *status) {
  client *self = arg;
  if (status->length > 0) add_text(&self->input, status->base, status->length, on_client_line, self);
  if (status->rearmed) return; // The buffer was filled, and the read goes on by itself.
  if (status->status.code != EE_OK) {
    printf("%d is gone\n", self->number);
    ee_descriptor_close(self->descriptor); // A write that is under way is told.
  }
  if (go_on(self)) run_later(self, read_more); // The next read begins when this one is over: after this upcall.
}

static void read_more(void *arg) {
  client *self = arg;
  if (!go_on(self)) return;
  self->pending++;
  if (ee_descriptor_notify_after_read(self->descriptor, on_read, give_buffer, self) == EE_OP_REFUSED) exit(1);
}

static void write_more(void *arg);

static void on_write(void *arg, const ee_write_status *status) {
  client *self = arg;
  if (status->rearmed || !go_on(self)) return;
  self->writing = ee_slice_buffer_length(self->output) > 0;
  if (self->writing) run_later(self, write_more);
}

static void write_more(void *arg) {
  client *self = arg;
  if (!go_on(self)) return;
  self->pending++;
  if (ee_descriptor_notify_after_write(self->descriptor, on_write, self, self->output) == EE_OP_REFUSED) exit(1);
}

static void say_to(client *self, const char *line) {
  if (ee_slice_buffer_append(self->output, line, strlen(line)).code != EE_OK) return;
  (void)ee_slice_buffer_append(self->output, "\n", 1);
  if (!self->writing) run_later(self, write_more);
  self->writing = 1;
}

typedef struct server {
  ee_completion_queue_functor functor; // Accepts.
  ee_completion_queue *queue;
  ee_listener *listener;
  ee_endpoint *accepted;
  int over;
} server;

static void on_accept(ee_completion_queue_functor *functor, int ok) {
  server *self = (server *)functor;
  self->over = !ok;
  if (!ok) return;
  client *new = calloc(1, sizeof *new);
  if (new == NULL) exit(1);
  *new = (client){.next = clients, .number = ++count_of_clients, .output = ee_slice_buffer_create()};
  new->descriptor = ee_descriptor_register(self->accepted);
  clients = new;
  printf("%d is here\n", new->number);
  run_later(new, read_more);
  if (ee_listener_accept(self->listener, self->queue, functor, &self->accepted) == EE_OP_REFUSED) exit(1);
}

static void listen_at(server *self, const char *text) {
  ee_address address;
  char bound[EE_ADDRESS_TEXT_MAX];
  *self = (server){.functor = {on_accept, 0},
                   .queue = ee_completion_queue_create_for_callback(NULL, NULL),
                   .listener = ee_listener_create(NULL)};
  ee_status status = ee_address_parse(text, &address);
  if (status.code == EE_OK) status = ee_listener_bind(self->listener, &address, &address.port);
  if (status.code == EE_OK) status = ee_listener_start(self->listener);
  if (status.code != EE_OK) fail(text, status);
  if (ee_listener_accept(self->listener, self->queue, &self->functor, &self->accepted) == EE_OP_REFUSED) exit(1);
  printf("listening %s\n", ee_address_format(&address, bound));
}

// ---- What runs in the loop: standard input and timers ----

typedef struct loop {
  int running;
  wasi_stdin_own_input_stream_t input;
  lines typed;
  wasi_clock_instant_t due; // The timer's.
  int lines_told;
} loop;

static void on_typed_line(void *arg, const char *line) {
  loop *self = arg;
  if (strcmp(line, "quit") == 0) self->running = 0;
  for (client *each = clients; self->running && each != NULL; each = each->next) say_to(each, line);
}

static void read_input(loop *self) {
  ee_bindings_list_u8_t bytes;
  wasi_streams_stream_error_t error;
  if (!wasi_streams_method_input_stream_read(wasi_streams_borrow_input_stream(self->input), 4096, &bytes, &error)) {
    wasi_streams_stream_error_free(&error);
    self->running = 0;
    return;
  }
  add_text(&self->typed, bytes.ptr, bytes.len, on_typed_line, self);
  if (bytes.len > 0) free(bytes.ptr);
}

static void run_timer(loop *self) {
  while (self->due <= wasi_clock_now()) self->due += PERIOD;
  if (self->lines_told != lines_heard) printf("%d lines so far\n", self->lines_told = lines_heard);
}

static void run_loop(loop *self) {
  ee_pollable *engine = ee_run_subscribe();
  ee_pollable *input = ee_pollable_from_wasi(
      wasi_streams_method_input_stream_subscribe(wasi_streams_borrow_input_stream(self->input)).__handle);
  for (self->running = 1; self->running;) {
    fflush(stdout);
    ee_pollable *timer = ee_pollable_from_wasi(wasi_clock_subscribe_instant(self->due).__handle);
    ee_pollable *const all[] = {engine, input, timer};
    uint32_t ready[3];
    const size_t count = ee_poll(all, 3, ready);
    ee_pollable_destroy(timer);
    for (size_t i = 0; i < count; i++) {
      if (all[ready[i]] == input) read_input(self);
      if (all[ready[i]] == timer) run_timer(self);
    }
    ee_run(EE_INF_PAST); // Whatever woke the loop.
  }
  ee_pollable_destroy(engine);
  ee_pollable_destroy(input);
}

int main(int argc, char **argv) {
  server server;
  if (argc != 2) {
    fprintf(stderr, "usage: own-loop HOST:PORT\n");
    return 2;
  }
  loop self = {.input = wasi_stdin_get_stdin(), .due = wasi_clock_now() + PERIOD};
  listen_at(&server, argv[1]);
  run_loop(&self);
  // Everything is told that it ends, and the closures that say so are waited for.
  ee_listener_destroy(server.listener);
  for (client *each = clients; each != NULL; each = each->next) ee_descriptor_close(each->descriptor);
  while (!server.over || clients != NULL) ee_run(EE_INF_FUTURE);
  ee_completion_queue_destroy(server.queue);
  ee_event_manager_close();
  wasi_streams_input_stream_drop_own(self.input);
  printf("bye\n");
  return 0;
}
