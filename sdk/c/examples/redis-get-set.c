// Sets and gets a key of a Redis server: redis-get-set HOST:PORT KEY [VALUE]
//
// Straight-line code on a PLUCK queue: every step starts an operation and waits for its own event, with a deadline for
// the whole. Both commands are sent at once, and their answers are read as they come, however the bytes are cut.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "event_engine.h"

#define DEADLINE_MS 5000
#define ANSWER_MAX (1 << 20)

typedef struct client {
  ee_completion_queue *queue;
  ee_endpoint *endpoint;
  ee_slice_buffer *out, *in;
  ee_time deadline;
  char *answers; // What was read; [taken, used) is not yet looked at.
  size_t taken, used;
} client;

static void fail(const char *what, const char *why) {
  fprintf(stderr, "redis-get-set: %s: %s\n", what, why);
  exit(1);
}

static void demand(const char *what, ee_status status) {
  const char *reason = ee_reason_name(status.reason);
  if (status.code != EE_OK) fail(what, *reason != 0 ? reason : ee_status_code_name(status.code));
}

// Waits for the operation that was started under the tag `what`, which is also what is said if it fails.
static void finish(client *self, const char *what, ee_op_start start) {
  if (start == EE_OP_DONE) return;
  if (start == EE_OP_REFUSED) fail(what, "refused");
  ee_event event = ee_completion_queue_pluck(self->queue, (void *)(uintptr_t)what, self->deadline, NULL);
  if (event.type == EE_QUEUE_TIMEOUT) fail(what, "no answer in time");
  demand(what, event.status);
}

static void connect_to(client *self, const char *server) {
  static const char what[] = "connect";
  ee_address address;
  demand(server, ee_address_parse(server, &address));
  finish(self, what,
         ee_connect(self->queue, (void *)(uintptr_t)what, &address, 1, NULL, self->deadline, &self->endpoint, NULL));
}

static void append(client *self, const char *bytes, size_t length) {
  demand("memory", ee_slice_buffer_append(self->out, bytes, length));
}

// A command as Redis wants it: how many words, and each with its length in front.
static void add_command(client *self, const char *const *words, int count) {
  char head[32];
  append(self, head, (size_t)snprintf(head, sizeof head, "*%d\r\n", count));
  for (int i = 0; i < count; i++) {
    append(self, head, (size_t)snprintf(head, sizeof head, "$%zu\r\n", strlen(words[i])));
    append(self, words[i], strlen(words[i]));
    append(self, "\r\n", 2);
  }
}

static void send_commands(client *self) {
  static const char what[] = "send";
  void *tag = (void *)(uintptr_t)what;
  finish(self, what, ee_endpoint_write(self->endpoint, self->queue, tag, self->out, 0, EE_MAY_COMPLETE_INLINE));
}

static void read_more(client *self) {
  static const char what[] = "receive";
  void *tag = (void *)(uintptr_t)what;
  finish(self, what, ee_endpoint_read(self->endpoint, self->queue, tag, self->in, 0, EE_MAY_COMPLETE_INLINE));
  uint64_t length = ee_slice_buffer_length(self->in);
  if (length > ANSWER_MAX - self->used) fail(what, "more than 1 MiB");
  self->used += ee_slice_buffer_copy_out(self->in, 0, self->answers + self->used, (size_t)length);
}

// The next line, without its end.
static char *read_line(client *self) {
  for (size_t at = self->taken;; at++) {
    while (at + 1 >= self->used) read_more(self);
    if (memcmp(self->answers + at, "\r\n", 2) != 0) continue;
    char *line = self->answers + self->taken;
    self->answers[at] = 0;
    self->taken = at + 2;
    return line;
  }
}

// `length` bytes and the line's end behind them.
static char *read_bytes(client *self, size_t length) {
  while (self->used - self->taken < length + 2) read_more(self);
  char *bytes = self->answers + self->taken;
  bytes[length] = 0;
  self->taken += length + 2;
  return bytes;
}

static void print_answer(client *self) {
  char *line = read_line(self);
  if (*line == '-') fail("server", line + 1);
  if (*line != '$') {
    printf("%s\n", line + 1);
    return;
  }
  long length = strtol(line + 1, NULL, 10);
  if (length > ANSWER_MAX) fail("receive", "more than 1 MiB");
  if (length < 0)
    printf("(nil)\n");
  else
    printf("%s\n", read_bytes(self, (size_t)length));
}

int main(int argc, char **argv) {
  if (argc < 3 || argc > 4) {
    fprintf(stderr, "usage: redis-get-set HOST:PORT KEY [VALUE]\n");
    return 2;
  }
  client self = {
      .queue = ee_completion_queue_create_for_pluck(NULL),
      .out = ee_slice_buffer_create(),
      .in = ee_slice_buffer_create(),
      .deadline = ee_deadline_in_ms(DEADLINE_MS),
      .answers = malloc(ANSWER_MAX),
  };
  if (self.answers == NULL) fail("memory", "not enough");
  connect_to(&self, argv[1]);
  if (argc == 4) add_command(&self, (const char *const[]){"SET", argv[2], argv[3]}, 3);
  add_command(&self, (const char *const[]){"GET", argv[2]}, 2);
  send_commands(&self);
  for (int answer = 3; answer <= argc; answer++) print_answer(&self);
  ee_endpoint_destroy(self.endpoint);
  ee_slice_buffer_destroy(self.out);
  ee_slice_buffer_destroy(self.in);
  ee_completion_queue_destroy(self.queue);
  free(self.answers);
  return 0;
}
