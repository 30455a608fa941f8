// A static HTTP/1.1 server with functors: http-static HOST:PORT
//
// Serves a small table of resources: keep-alive, pipelining, GET and HEAD; 400, 404, 405, 413, 431 and 505 for the
// rest. Answers are slices that are made once and shared, so a response copies nothing. Everything that a client can
// make it hold is bounded: 8 KiB of request, 64 answers at a time, 15 seconds per request or answer, 1,000 connections.
//
//            requests in what was read        a last answer was sent
//   READING <-------------------------> WRITING ---------------------> LINGERING ---> closed
//      |        all answers were sent      |     (no more is sent; what still comes is read and thrown away, or the
//      +-----------------------------------+------> closed     system would destroy the answer on its way)
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "event_engine.h"

#define REQUEST_MAX 8192
#define ANSWERS_MAX 64
#define CONNECTIONS_MAX 1000
#define PATIENCE_NS 15000000000u
#define LINGER_NS 5000000000u
#define SWEEP_NS 1000000000u
#define TURNS_MAX 4 // Operations in a row that end at once, of ANSWERS_MAX answers each: the others wait for them.

// ---- What is served ----

typedef struct resource {
  const char *path, *status, *type, *body, *extra;
  ee_slice *heads[2]; // Of an answer before others, and of a last one.
  ee_slice *content;
} resource;

enum { BAD_REQUEST, NOT_FOUND, NOT_ALLOWED, TOO_LARGE, HEAD_TOO_LARGE, OLD_VERSION, ERRORS };

static resource errors[ERRORS] = {
    {.status = "400 Bad Request", .type = "text/plain", .body = "bad request\n"},
    {.status = "404 Not Found", .type = "text/plain", .body = "not found\n"},
    {.status = "405 Method Not Allowed", .type = "text/plain", .body = "GET, HEAD\n", .extra = "Allow: GET, HEAD\r\n"},
    {.status = "413 Content Too Large", .type = "text/plain", .body = "no content, please\n"},
    {.status = "431 Request Header Fields Too Large", .type = "text/plain", .body = "too long\n"},
    {.status = "505 HTTP Version Not Supported", .type = "text/plain", .body = "HTTP/1.1, please\n"},
};

static resource table[] = {
    {.path = "/",
     .type = "text/html; charset=utf-8",
     .body = "<!doctype html>\n<link rel=stylesheet href=/style.css>\n<h1>It works</h1>\n"},
    {.path = "/style.css", .type = "text/css", .body = "h1 { color: teal }\n"},
    {.path = "/hello.txt", .type = "text/plain", .body = "Hello, world\n"},
};

static void fail(const char *what, ee_status status) {
  fprintf(stderr, "http-static: %s: %s %s\n", what, ee_status_code_name(status.code), ee_reason_name(status.reason));
  exit(1);
}

static ee_slice *slice_of(const char *bytes, size_t length) {
  ee_slice *slice;
  ee_status status = ee_slice_from_copied_buffer(bytes, length, &slice);
  if (status.code != EE_OK) fail("memory", status);
  return slice;
}

static void prepare(resource *self) {
  char head[256];
  size_t length = strlen(self->body);
  const char *status = self->status != NULL ? self->status : "200 OK", *extra = self->extra != NULL ? self->extra : "";
  for (int last = 0; last < 2; last++) {
    int size = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s%s\r\n", status,
                        self->type, length, extra, last ? "Connection: close\r\n" : "");
    self->heads[last] = slice_of(head, (size_t)size);
  }
  self->content = slice_of(self->body, length);
}

// ---- Requests ----

typedef struct request {
  char *method, *target;
  int minor, hosts, close, keep_alive, has_body, bad;
} request;

static int is_token(const char *text) {
  static const char others[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return *text != 0 && text[strspn(text, others)] == 0;
}

// Whether a list of tokens, parted by commas, has this one.
static int lists(const char *value, const char *token) {
  for (size_t length = strlen(token); *value != 0;) {
    value += strspn(value, ", \t");
    size_t size = strcspn(value, ", \t");
    if (size == length && strncasecmp(value, token, size) == 0) return 1;
    value += size;
  }
  return 0;
}

static void read_field(request *self, char *line) {
  char *colon = strchr(line, ':');
  if (colon == NULL) {
    self->bad = 1;
    return;
  }
  *colon = 0;
  char *value = colon + 1 + strspn(colon + 1, " \t");
  if (!is_token(line)) self->bad = 1; // Also a folded line, and a space before the colon.
  if (strcasecmp(line, "Host") == 0) self->hosts++;
  if (strcasecmp(line, "Transfer-Encoding") == 0) self->has_body = 1;
  if (strcasecmp(line, "Content-Length") == 0) self->has_body |= value[strspn(value, "0")] != 0 || *value == 0;
  if (strcasecmp(line, "Connection") != 0) return;
  self->close |= lists(value, "close");
  self->keep_alive |= lists(value, "keep-alive");
}

// The first line. -1: another version of HTTP.
static int read_line(request *self, char *line) {
  char *target = strchr(line, ' '), *version = target != NULL ? strchr(target + 1, ' ') : NULL;
  if (version == NULL) return 0;
  *target++ = *version++ = 0;
  self->method = line;
  self->target = target;
  if (!is_token(line) || strncmp(version, "HTTP/", 5) != 0) return 0;
  if (strcmp(version, "HTTP/1.0") != 0 && strcmp(version, "HTTP/1.1") != 0) return -1;
  self->minor = version[7] - '0';
  if (strncasecmp(target, "http://", 7) == 0) {
    self->target = strchr(target + 7, '/');
    if (self->target == NULL) self->target = "/";
  }
  self->target[strcspn(self->target, "?")] = 0;
  return *self->target == '/' || *self->target == '*';
}

static const resource *find(const char *path) {
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (strcmp(path, table[i].path) == 0) return &table[i];
  return &errors[NOT_FOUND];
}

// What one request gets. `head` ends with an empty line, has no 0, and is taken apart. Sets `last` and `head_only`.
static const resource *answer_to(char *head, int *last, int *head_only) {
  request request = {0};
  char *line = head, *end = strstr(head, "\r\n");
  *end = 0;
  *last = 1;
  int understood = read_line(&request, line);
  if (understood <= 0) return &errors[understood < 0 ? OLD_VERSION : BAD_REQUEST];
  for (line = end + 2; (end = strstr(line, "\r\n")) != line; line = end + 2) {
    *end = 0;
    if (strpbrk(line, "\r\n") != NULL) request.bad = 1;
    read_field(&request, line);
  }
  *head_only = strcmp(request.method, "HEAD") == 0;
  if (request.bad || (request.minor == 1 ? request.hosts != 1 : request.hosts > 1)) return &errors[BAD_REQUEST];
  if (!*head_only && strcmp(request.method, "GET") != 0) return &errors[NOT_ALLOWED];
  if (request.has_body) return &errors[TOO_LARGE];
  *last = request.close || (request.minor == 0 && !request.keep_alive);
  return find(request.target);
}

// ---- Connections ----

typedef struct connection {
  ee_completion_queue_functor functor;
  ee_endpoint *endpoint; // Null: given up; the functor runs once more.
  ee_slice_buffer *in, *out;
  uint64_t in_taken; // Bytes of `in` that are in `request` or were answered.
  ee_time deadline;
  int answers, last, lingering;
  size_t used;
  struct connection *next, *previous;
  char request[REQUEST_MAX + 1];
} connection;

static ee_completion_queue *queue;
static ee_listener *listener;
static ee_endpoint *accepted;
static connection connections; // The head of a ring.
static int connection_count, accepting, sweeping;
static ee_time now; // Not older than a sweep.

static void accept_next(void);

static void close_connection(connection *self) {
  if (self->endpoint != NULL) ee_endpoint_destroy(self->endpoint);
  ee_slice_buffer_destroy(self->in);
  ee_slice_buffer_destroy(self->out);
  self->next->previous = self->previous;
  self->previous->next = self->next;
  free(self);
  connection_count--;
  accept_next();
}

static void answer(connection *self, const resource *resource, int last, int head_only) {
  ee_slice_buffer_add(self->out, ee_slice_ref(resource->heads[last]));
  if (!head_only) ee_slice_buffer_add(self->out, ee_slice_ref(resource->content));
  self->answers++;
  self->last = last;
}

// Answers the first request that is complete, and says whether there was one.
static int answer_one(connection *self) {
  char *head = self->request;
  while (strncmp(head, "\r\n", 2) == 0) head += 2; // Empty lines in front are allowed.
  char *end = strstr(head, "\r\n\r\n");
  int has_zero = strlen(self->request) < self->used;
  if (end == NULL && !has_zero && self->used < REQUEST_MAX) return 0;
  int last = 1, head_only = 0;
  if (has_zero)
    answer(self, &errors[BAD_REQUEST], 1, 0);
  else if (end == NULL)
    answer(self, &errors[HEAD_TOO_LARGE], 1, 0);
  else {
    size_t size = (size_t)(end + 4 - self->request);
    const resource *found = answer_to(head, &last, &head_only);
    answer(self, found, last, head_only);
    self->used -= size;
    memmove(self->request, self->request + size, self->used + 1);
  }
  return 1;
}

// Answers what is complete, as far as a batch goes. More of what was read fits the request only when some is answered.
static void answer_all(connection *self) {
  for (;;) {
    size_t got =
        ee_slice_buffer_copy_out(self->in, self->in_taken, self->request + self->used, REQUEST_MAX - self->used);
    self->in_taken += got;
    self->used += got;
    self->request[self->used] = 0;
    int answered = 0;
    while (self->answers < ANSWERS_MAX && !self->last && answer_one(self)) answered = 1;
    if (self->last || self->answers == ANSWERS_MAX || (got == 0 && !answered)) return;
  }
}

// Starts what comes next after an operation that succeeded.
static ee_op_start start_next(connection *self, unsigned flags) {
  if (!self->last) answer_all(self);
  if (self->answers > 0) {
    self->answers = 0;
    self->deadline = now + PATIENCE_NS;
    return ee_endpoint_write(self->endpoint, queue, &self->functor, self->out, 0, flags);
  }
  if (self->last && !self->lingering) {
    self->lingering = 1;
    self->deadline = now + LINGER_NS;
    ee_endpoint_shutdown_send(self->endpoint);
  }
  self->in_taken = 0;
  return ee_endpoint_read(self->endpoint, queue, &self->functor, self->in, 0, flags);
}

static void on_progress(ee_completion_queue_functor *functor, int ok) {
  connection *self = (connection *)functor;
  ee_op_start start = ok && self->endpoint != NULL ? EE_OP_DONE : EE_OP_REFUSED;
  for (int turn = 0; start == EE_OP_DONE; turn++)
    start = start_next(self, turn < TURNS_MAX ? EE_MAY_COMPLETE_INLINE : 0);
  if (start == EE_OP_REFUSED) close_connection(self);
}

// ---- Time and listening ----

static void on_sweep(ee_completion_queue_functor *functor, int ok);

static ee_completion_queue_functor sweeper = {on_sweep, 0};

// Gives up what took too long. While there is nobody it does not run.
static void sweep_later(void) {
  if (sweeping || connection_count == 0) return;
  now = ee_now();
  sweeping = ee_task_run_at(queue, &sweeper, now + SWEEP_NS, SWEEP_NS / 4, EE_TASK_SILENT, NULL) == EE_OP_PENDING;
}

static void on_sweep(ee_completion_queue_functor *functor, int ok) {
  (void)functor, (void)ok;
  sweeping = 0;
  sweep_later();
  for (connection *self = connections.next; self != &connections; self = self->next) {
    if (self->deadline > now || self->endpoint == NULL) continue;
    ee_endpoint_destroy(self->endpoint);
    self->endpoint = NULL;
  }
}

static void on_accept(ee_completion_queue_functor *functor, int ok) {
  (void)functor;
  if (!ok) fail("accept", ee_completion_queue_functor_status());
  accepting = 0;
  connection *self = malloc(sizeof *self);
  if (self == NULL) {
    ee_endpoint_destroy(accepted);
    accept_next();
    return;
  }
  memset(self, 0, offsetof(connection, request));
  self->functor = (ee_completion_queue_functor){on_progress, 0};
  self->endpoint = accepted;
  self->in = ee_slice_buffer_create();
  self->out = ee_slice_buffer_create();
  self->next = &connections;
  self->previous = connections.previous;
  self->previous->next = connections.previous = self;
  connection_count++;
  accept_next();
  sweep_later();
  self->deadline = now + PATIENCE_NS;
  on_progress(&self->functor, 1);
}

static ee_completion_queue_functor acceptor = {on_accept, 0};

static void accept_next(void) {
  if (accepting || connection_count >= CONNECTIONS_MAX) return;
  accepting = ee_listener_accept(listener, queue, &acceptor, &accepted) == EE_OP_PENDING;
}

static void listen_at(const char *text) {
  ee_address address;
  char bound[EE_ADDRESS_TEXT_MAX];
  listener = ee_listener_create(NULL);
  ee_status status = ee_address_parse(text, &address);
  if (status.code == EE_OK) status = ee_listener_bind(listener, &address, &address.port);
  if (status.code == EE_OK) status = ee_listener_start(listener);
  if (status.code != EE_OK) fail(text, status);
  printf("listening %s\n", ee_address_format(&address, bound));
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: http-static HOST:PORT\n");
    return 2;
  }
  connections.next = connections.previous = &connections;
  queue = ee_completion_queue_create_for_callback(NULL, NULL);
  for (size_t i = 0; i < ERRORS; i++) prepare(&errors[i]);
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) prepare(&table[i]);
  listen_at(argv[1]);
  accept_next();
  for (;;) ee_run(EE_INF_FUTURE);
}
