// The libuv flavour: bytes, buffers and failures.
#include <stdlib.h>
#include <string.h>
#include "harness.h"

enum { READABLE, WRITABLE, HAS_ERROR };

static ee_descriptor *make(stub_connection **connection) {
  ee_descriptor *descriptor = ee_descriptor_register((ee_endpoint *)(uintptr_t)stub_open(STUB_ENDPOINT));
  *connection = stub_connection_of(stub_descriptor());
  return descriptor;
}

static void run_all(void) {
  while (stub_look() + ee_run(EE_INF_PAST) > 0) continue;
}

// A program that reads into buffers of its own, each of which it must get back once, and writes.
typedef struct program {
  size_t buffer_length; // Of the next buffer; 0 gives none.
  char *buffer;         // The one that the library has.
  int buffers, upcalls;
  bool is_over;
  ee_read_status last;
  ee_write_status last_write;
  uint64_t left; // Of what it writes.
  char got[4096];
  size_t got_length;
} program;

static ee_read_buffer alloc_cb(void *arg, size_t suggested) {
  program *self = arg;
  CHECK(suggested == 65536 && self->buffer == NULL);
  self->buffers++;
  if (self->buffer_length > 0) self->buffer = malloc(self->buffer_length);
  return (ee_read_buffer){self->buffer, self->buffer_length};
}

static void on_read(void *arg, const ee_read_status *status) {
  program *self = arg;
  CHECK(!self->is_over && status->base == self->buffer);
  CHECK(status->status.code == EE_OK ? status->length > 0 : status->length == 0 && !status->rearmed);
  if (status->status.code == EE_OK) CHECK(status->rearmed == (status->length == self->buffer_length));
  if (status->length > 0) memcpy(self->got + self->got_length, status->base, status->length);
  self->got_length += status->length;
  free(self->buffer);
  self->buffer = NULL;
  self->upcalls++;
  self->is_over = !status->rearmed;
  self->last = *status;
}

static void read_all(ee_descriptor *descriptor, program *self) {
  self->is_over = false;
  CHECK(ee_descriptor_notify_after_read(descriptor, on_read, alloc_cb, self) == EE_OP_PENDING);
}

static void provide(stub_connection *connection, const char *text) {
  connection->incoming = text;
  connection->incoming_length = strlen(text);
}

static void reads(void) {
  stub_connection *connection;
  ee_descriptor *descriptor = make(&connection);
  program self = {.buffer_length = 4};
  read_all(descriptor, &self);
  run_all();
  CHECK(self.buffers == 0 && self.upcalls == 0); // It is asked when something is there.
  provide(connection, "abcdefghij");
  run_all();
  CHECK(self.is_over && self.upcalls == 3 && self.buffers == 3);
  CHECK(self.got_length == 10 && memcmp(self.got, "abcdefghij", 10) == 0);
  // Another read. An event that brings nothing is not told, and its buffer waits for the next.
  read_all(descriptor, &self);
  for (int i = 0; i < 3; i++) {
    stub_become(stub_descriptor(), READABLE);
    run_all();
  }
  CHECK(!self.is_over && self.upcalls == 3 && self.buffers == 4);
  provide(connection, "kl");
  run_all();
  CHECK(self.is_over && self.got_length == 12 && self.buffers == 4);
  // Forced while bytes are there it is as any other; so is the empty event after it.
  provide(connection, "####");
  read_all(descriptor, &self);
  ee_descriptor_force_readable(descriptor);
  run_all();
  stub_become(stub_descriptor(), READABLE);
  run_all();
  CHECK(!self.is_over && self.upcalls == 5 && self.got_length == 16);
  provide(connection, "!");
  run_all();
  self.got_length = 12;
  CHECK(self.is_over && self.buffers == 6);
  // Bytes come before the end, which is told by the read after it.
  provide(connection, "mnop");
  connection->incoming_ended = true;
  read_all(descriptor, &self);
  run_all();
  CHECK(self.is_over && self.got_length == 16 && self.upcalls == 8);
  CHECK(self.last.status.code == EE_INTERNAL && self.last.status.reason == EE_REASON_END_OF_STREAM);
  connection->broken = true;
  read_all(descriptor, &self);
  run_all();
  CHECK(self.is_over && self.last.status.reason == EE_REASON_CONNECTION_RESET && connection->status[HAS_ERROR]);
  ee_descriptor_delete(descriptor);
  ee_event_manager_close();
}

static void without_a_buffer(void) {
  stub_connection *connection;
  ee_descriptor *descriptor = make(&connection);
  program self = {0};
  provide(connection, "abc");
  read_all(descriptor, &self);
  run_all();
  CHECK(self.is_over && self.upcalls == 1 && self.last.status.reason == EE_REASON_OUT_OF_MEMORY);
  CHECK(self.last.status.code == EE_RESOURCE_EXHAUSTED);
  self.buffer_length = 2 << 20; // At most 1 MiB of it is asked for at once.
  read_all(descriptor, &self);
  run_all();
  CHECK(self.is_over && self.got_length == 3 && memcmp(self.got, "abc", 3) == 0 && stub.bytes_most == 1 << 20);
  ee_descriptor_delete(descriptor);
  ee_event_manager_close();
}

static void on_write(void *arg, const ee_write_status *status) {
  program *self = arg;
  CHECK(!self->is_over && self->left - status->written == status->left);
  if (status->status.code == EE_OK) CHECK(status->rearmed == (status->left > 0));
  self->left = status->left;
  self->upcalls++;
  self->is_over = !status->rearmed;
  self->last_write = *status;
}

static ee_op_start write_text(ee_descriptor *descriptor, program *self, ee_slice_buffer *data, const char *text) {
  CHECK(ee_slice_buffer_append(data, text, strlen(text)).code == EE_OK);
  self->left = ee_slice_buffer_length(data);
  self->is_over = false;
  return ee_descriptor_notify_after_write(descriptor, on_write, self, data);
}

static void writes(void) {
  stub_connection *connection;
  ee_descriptor *descriptor = make(&connection);
  ee_slice_buffer *data = ee_slice_buffer_create();
  program self = {0};
  stub.refuse = true;
  CHECK(write_text(descriptor, &self, data, "abcde") == EE_OP_REFUSED);
  CHECK(ee_slice_buffer_length(data) == 5); // Untouched.
  stub.refuse = false;
  CHECK(write_text(descriptor, &self, data, "fghij") == EE_OP_PENDING);
  CHECK(ee_slice_buffer_length(data) == 0);
  run_all();
  CHECK(self.upcalls == 0);
  for (unsigned i = 1; i <= 3; i++) {
    stub_become(stub_descriptor(), WRITABLE); // Nothing is taken, and nothing told.
    run_all();
    connection->room = 4;
    run_all();
    CHECK(self.upcalls == (int)i && self.is_over == (i == 3));
  }
  CHECK(connection->outgoing_length == 10 && memcmp(connection->outgoing, "abcdefghij", 10) == 0);
  connection->room = 0;
  // Of nothing: once, and at once.
  CHECK(write_text(descriptor, &self, data, "") == EE_OP_PENDING);
  stub_become(stub_descriptor(), WRITABLE);
  run_all();
  CHECK(self.is_over && self.upcalls == 4 && self.last_write.status.code == EE_OK);
  // What is never written is dropped, and said.
  CHECK(write_text(descriptor, &self, data, "lost") == EE_OP_PENDING);
  connection->broken = true;
  run_all();
  CHECK(self.is_over && self.last_write.status.reason == EE_REASON_CONNECTION_RESET && self.last_write.left == 4);
  connection->broken = false;
  connection->room = 100;
  CHECK(write_text(descriptor, &self, data, "kl") == EE_OP_PENDING);
  run_all();
  CHECK(self.is_over && connection->outgoing_length == 12 && memcmp(connection->outgoing + 10, "kl", 2) == 0);
  CHECK(ee_slice_buffer_length(data) == 0);
  connection->room = 0;
  CHECK(write_text(descriptor, &self, data, "lost") == EE_OP_PENDING);
  ee_descriptor_force_writable(descriptor);
  run_all();
  CHECK(self.is_over && self.last_write.status.code == EE_CANCELLED && self.last_write.left == 4);
  ee_descriptor_shutdown_send(descriptor);
  ee_slice_buffer_destroy(data);
  ee_descriptor_delete(descriptor);
  ee_event_manager_close();
}

static void refuse_next(void *arg, const ee_read_status *status) {
  stub.refuse = status->rearmed;
  on_read(arg, status);
}

// A read that was re-armed, and cannot be: the engine is full. Its closure runs once more all the same.
static void full_engine(void) {
  stub_connection *connection;
  ee_descriptor *descriptor = make(&connection);
  program self = {.buffer_length = 2};
  provide(connection, "abcd");
  CHECK(ee_descriptor_notify_after_read(descriptor, refuse_next, alloc_cb, &self) == EE_OP_PENDING);
  run_all();
  CHECK(self.is_over && self.upcalls == 2 && self.got_length == 2);
  CHECK(self.last.status.code == EE_RESOURCE_EXHAUSTED && connection->incoming_length == 2);
  ee_descriptor_delete(descriptor);
  ee_event_manager_close();
}

static ee_read_buffer nowhere(void *arg, size_t suggested) {
  CHECK(((program *)arg)->buffer == NULL);
  return (ee_read_buffer){NULL, suggested};
}

// An allocation that failed, with the length that it should have had.
static void null_buffer(void) {
  stub_connection *connection;
  ee_descriptor *descriptor = make(&connection);
  program self = {.buffer_length = 8};
  provide(connection, "abcd");
  CHECK(ee_descriptor_notify_after_read(descriptor, on_read, nowhere, &self) == EE_OP_PENDING);
  run_all();
  CHECK(self.is_over && self.upcalls == 1 && self.got_length == 0);
  CHECK(self.last.status.code == EE_RESOURCE_EXHAUSTED && connection->incoming_length == 4);
  read_all(descriptor, &self);
  run_all();
  CHECK(self.is_over && self.got_length == 4);
  ee_descriptor_delete(descriptor);
  ee_event_manager_close();
}

static void never(void *arg) { CHECK(arg == NULL); }

static void both_flavours(void) {
  stub_connection *connection;
  ee_descriptor *descriptor = make(&connection);
  program self = {.buffer_length = 4};
  read_all(descriptor, &self);
  // The other direction may have the other flavour.
  CHECK(ee_descriptor_notify_when_writable(descriptor, never, NULL) == EE_OP_PENDING);
  CHECK(ee_descriptor_notify_when_has_error(descriptor, never, NULL) == EE_OP_PENDING);
  ee_descriptor_delete(descriptor);
  run_all();
  CHECK(self.is_over);
  ee_event_manager_close();
}

static void read_beside_notification(void) {
  stub_connection *connection;
  ee_descriptor *descriptor = make(&connection);
  program self = {0};
  CHECK(ee_descriptor_notify_when_readable(descriptor, never, NULL) == EE_OP_PENDING);
  read_all(descriptor, &self);
}

static void write_beside_notification(void) {
  stub_connection *connection;
  ee_descriptor *descriptor = make(&connection);
  program self = {0};
  CHECK(ee_descriptor_notify_when_writable(descriptor, never, NULL) == EE_OP_PENDING);
  write_text(descriptor, &self, ee_slice_buffer_create(), "a");
}

static void read_by_hand(void) {
  stub_connection *connection;
  ee_descriptor *descriptor = make(&connection);
  program self = {.buffer_length = 4};
  read_all(descriptor, &self);
  size_t count;
  ee_descriptor_read(descriptor, ee_slice_buffer_create(), 1, &count);
}

static void write_by_hand(void) {
  stub_connection *connection;
  ee_descriptor *descriptor = make(&connection);
  program self = {0};
  CHECK(write_text(descriptor, &self, ee_slice_buffer_create(), "a") == EE_OP_PENDING);
  size_t count;
  ee_descriptor_write(descriptor, ee_slice_buffer_create(), &count);
}

static void read_closed(void) {
  stub_connection *connection;
  ee_descriptor *descriptor = make(&connection);
  program self = {0};
  ee_descriptor_close(descriptor);
  read_all(descriptor, &self);
}

static void end_in_a_write(void) {
  stub_connection *connection;
  ee_descriptor *descriptor = make(&connection);
  program self = {0};
  CHECK(write_text(descriptor, &self, ee_slice_buffer_create(), "a") == EE_OP_PENDING);
  ee_descriptor_shutdown_send(descriptor);
}

// ---- Random ----

#define STREAM 1500

// Reads and writes of random sizes over a connection that brings and takes random amounts, through forced and empty
// events: what was told is what was there, in order and once, whatever is closed when.
static void random_connection(void) {
  static char incoming[STREAM], outgoing[STREAM];
  stub_connection *connection;
  ee_descriptor *descriptor = make(&connection);
  const int32_t handle = stub_descriptor();
  program reader = {.is_over = true}, writer = {.is_over = true};
  ee_slice_buffer *data = ee_slice_buffer_create();
  size_t brought = 0, asked = 0;
  uint64_t dropped = 0;
  for (size_t i = 0; i < STREAM; i++) incoming[i] = (char)(i * 7 + i / 256), outgoing[i] = (char)(i * 5 + i / 256);
  connection->incoming = incoming;
  for (int step = 0; step < 600; step++) {
    const uint32_t amount = 1 + test_random(12);
    switch (test_random(8)) {
    case 0:
      if (brought + amount > STREAM) break;
      brought += amount;
      connection->incoming_length += amount;
      break;
    case 1: connection->room = test_random(8); break;
    case 2:
      if (!reader.is_over) break;
      reader.buffer_length = test_random(6);
      read_all(descriptor, &reader);
      break;
    case 3:
      if (!writer.is_over || asked + amount > STREAM || dropped > 0) break;
      CHECK(ee_slice_buffer_append(data, outgoing + asked, amount).code == EE_OK);
      CHECK(write_text(descriptor, &writer, data, "") == EE_OP_PENDING);
      asked += amount;
      break;
    case 4: stub_become(handle, (uint8_t)test_random(2)); break;
    case 5:
      if (test_random(4) == 0) ee_descriptor_force_readable(descriptor);
      if (test_random(16) == 0) ee_descriptor_force_writable(descriptor);
      break;
    case 6: stub_look(); break;
    default: ee_run(EE_INF_PAST);
    }
    if (writer.is_over) dropped += writer.left, writer.left = 0;
    CHECK(reader.got_length + connection->incoming_length == brought);
    CHECK(memcmp(reader.got, incoming, reader.got_length) == 0);
    CHECK(connection->outgoing_length + writer.left + dropped == asked);
    CHECK(memcmp(connection->outgoing, outgoing, connection->outgoing_length) == 0);
  }
  ee_descriptor_delete(descriptor);
  run_all();
  CHECK(reader.is_over && writer.is_over && reader.buffer == NULL);
  ee_slice_buffer_destroy(data);
}

static void random_connections(void) {
  for (int i = 0; i < 50; i++) random_connection();
  ee_event_manager_close();
}

const test_case libuv_tests[] = {
    {"should read into the program's buffers, each of which comes back once", reads, NULL},
    {"should lose no byte when it gets no buffer, and ask for 1 MiB at most", without_a_buffer, NULL},
    {"should write all of a buffer in as many parts as the connection takes", writes, NULL},
    {"should run a re-armed closure once more when the engine is full", full_engine, NULL},
    {"should write to no buffer at null", null_buffer, NULL},
    {"should let each direction have its flavour", both_flavours, NULL},
    {"should lose and double nothing in random reads and writes", random_connections, NULL},
    {"should refuse a read beside a notification", read_beside_notification, "a notification outstanding"},
    {"should refuse a write beside a notification", write_beside_notification, "a notification outstanding"},
    {"should refuse to read by hand beside a read", read_by_hand, "descriptor_read: a notify_after_read is not"},
    {"should refuse to write by hand beside a write", write_by_hand, "descriptor_write: a notify_after_write is"},
    {"should refuse to read from a closed descriptor", read_closed, "after_read: the descriptor is closed"},
    {"should refuse to end the sending within a write", end_in_a_write, "must have written everything"},
    {0},
};
