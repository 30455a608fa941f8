// Fetches / from many HTTP servers at once, on a NEXT queue:
//   fetch-many [--deadline MS] [--first N] HOST:PORT...
//
// Prints a line per server. Each fetch has its deadline; with --first, what is left is cancelled once N have succeeded.
//
//   CONNECTING --> WRITING --> READING --> done      an alarm is outstanding all the time, and ends with the fetch;
//       |             |           |                  when it goes off it cancels the connect, or destroys the
//       +-------------+-----------+--> failed        endpoint and waits for the event of what was outstanding
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "event_engine.h"

typedef enum state { CONNECTING, WRITING, READING, ENDED } state;

struct fetch;

// What tags point to: who gets the event.
typedef struct step {
  struct fetch *fetch;
  void (*run)(struct fetch *fetch, const ee_event *event);
} step;

typedef struct fetch {
  step progress, alarm;
  const char *server;
  state state;
  ee_status why; // Of a fetch that is being given up.
  ee_connection_handle connection;
  ee_task_handle timer;
  ee_endpoint *endpoint;
  ee_slice_buffer *buffer;
  uint64_t bytes;
  char head[16]; // "HTTP/1.1 200 ..."
} fetch;

static ee_completion_queue *queue;
static fetch *fetches;
static size_t count, succeeded, wanted;

static void give_up_rest(void);

// The last of a fetch. Its alarm has no event any more, unless it has gone off already.
static void end(fetch *self, ee_status status) {
  self->state = ENDED;
  ee_task_cancel(self->timer);
  if (self->endpoint != NULL) ee_endpoint_destroy(self->endpoint);
  if (self->buffer != NULL) ee_slice_buffer_destroy(self->buffer);
  self->endpoint = NULL;
  self->buffer = NULL;
  if (status.code != EE_OK) {
    printf("%s failed: %s %s\n", self->server, ee_status_code_name(status.code), ee_reason_name(status.reason));
    return;
  }
  printf("%s %.3s, %llu bytes\n", self->server, self->head + 9, (unsigned long long)self->bytes);
  if (++succeeded == wanted) give_up_rest();
}

// Ends a fetch from outside. What is outstanding on its endpoint ends with an event, which ends the fetch.
static void give_up(fetch *self, ee_status why) {
  if (self->state == ENDED || self->why.code != EE_OK) return;
  self->why = why;
  if (self->state == CONNECTING) {
    if (ee_connect_cancel(self->connection)) end(self, why);
    return;
  }
  ee_endpoint_destroy(self->endpoint);
  self->endpoint = NULL;
}

static void give_up_rest(void) {
  for (size_t i = 0; i < count; i++) give_up(&fetches[i], (ee_status){EE_CANCELLED, EE_REASON_CANCELLED});
}

static ee_op_start read_more(fetch *self) {
  self->state = READING;
  return ee_endpoint_read(self->endpoint, queue, &self->progress, self->buffer, 0, 0);
}

static ee_op_start send_request(fetch *self) {
  char request[160];
  int length =
      snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", self->server);
  self->state = WRITING;
  self->buffer = ee_slice_buffer_create();
  if (ee_slice_buffer_append(self->buffer, request, (size_t)length).code != EE_OK) return EE_OP_REFUSED;
  return ee_endpoint_write(self->endpoint, queue, &self->progress, self->buffer, 0, 0);
}

static ee_op_start take_answer(fetch *self) {
  if (self->bytes < sizeof self->head) {
    size_t room = sizeof self->head - (size_t)self->bytes;
    ee_slice_buffer_copy_out(self->buffer, 0, self->head + self->bytes, room);
  }
  self->bytes += ee_slice_buffer_length(self->buffer);
  return read_more(self);
}

// The servers close the connection behind their answers, so the end of the stream is the end of the answer.
static int is_answered(const fetch *self, const ee_event *event) {
  return self->state == READING && event->status.reason == EE_REASON_END_OF_STREAM && self->bytes >= sizeof self->head;
}

static void on_progress(fetch *self, const ee_event *event) {
  if (is_answered(self, event))
    end(self, (ee_status){EE_OK, EE_REASON_NONE});
  else if (self->why.code != EE_OK)
    end(self, self->why);
  else if (!event->success)
    end(self, event->status);
  else {
    ee_op_start start = EE_OP_REFUSED;
    if (self->state == CONNECTING)
      start = send_request(self);
    else if (self->state == WRITING)
      start = read_more(self);
    else
      start = take_answer(self);
    if (start == EE_OP_REFUSED) end(self, (ee_status){EE_RESOURCE_EXHAUSTED, EE_REASON_NONE});
  }
}

static void on_alarm(fetch *self, const ee_event *event) {
  if (event->success) give_up(self, (ee_status){EE_DEADLINE_EXCEEDED, EE_REASON_DEADLINE_EXCEEDED});
}

static void start(fetch *self, const char *server, ee_time deadline) {
  *self = (fetch){.progress = {self, on_progress}, .alarm = {self, on_alarm}, .server = server};
  ee_address address;
  ee_status status = ee_address_parse(server, &address);
  if (status.code != EE_OK || strlen(server) >= EE_ADDRESS_TEXT_MAX) {
    fprintf(stderr, "fetch-many: not an address: %s\n", server);
    exit(2);
  }
  if (ee_task_run_at(queue, &self->alarm, deadline, 0, EE_TASK_SILENT, &self->timer) == EE_OP_REFUSED ||
      ee_connect(queue, &self->progress, &address, 1, NULL, EE_INF_FUTURE, &self->endpoint, &self->connection) ==
          EE_OP_REFUSED) {
    end(self, (ee_status){EE_RESOURCE_EXHAUSTED, EE_REASON_NONE});
  }
}

// The value of an option in front of the servers, or what it is by default.
static unsigned long long option(int *at, int argc, char **argv, const char *name, unsigned long long otherwise) {
  if (*at + 1 >= argc || strcmp(argv[*at], name) != 0) return otherwise;
  *at += 2;
  return strtoull(argv[*at - 1], NULL, 10);
}

int main(int argc, char **argv) {
  int at = 1;
  ee_time deadline = ee_deadline_in_ms(option(&at, argc, argv, "--deadline", 5000));
  wanted = (size_t)option(&at, argc, argv, "--first", 0);
  count = (size_t)(argc - at);
  fetches = calloc(count > 0 ? count : 1, sizeof *fetches);
  if (count == 0 || fetches == NULL) {
    fprintf(stderr, "usage: fetch-many [--deadline MS] [--first N] HOST:PORT...\n");
    return 2;
  }
  queue = ee_completion_queue_create_for_next(NULL);
  for (size_t i = 0; i < count; i++) start(&fetches[i], argv[at + (int)i], deadline);
  // Operations still begin as long as one is outstanding, and every fetch has its alarm. So the queue ends with them.
  ee_completion_queue_shutdown(queue);
  for (;;) {
    ee_event event = ee_completion_queue_next(queue, EE_INF_FUTURE, NULL);
    if (event.type == EE_QUEUE_SHUTDOWN) break;
    step *step = event.tag;
    step->run(step->fetch, &event);
  }
  ee_completion_queue_destroy(queue);
  free(fetches);
  return succeeded >= (wanted > 0 ? wanted : count) ? 0 : 1;
}
