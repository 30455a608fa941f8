// Descriptors and their epoll flavour.
#include <string.h>
#include "harness.h"

enum { READABLE, WRITABLE, HAS_ERROR };

static ee_endpoint *endpoint(void) { return (ee_endpoint *)(uintptr_t)stub_open(STUB_ENDPOINT); }

typedef struct told {
  int runs, outcome;
  ee_descriptor *deletes; // Which it deletes, or null.
} told;

static void tell(void *arg) {
  told *self = arg;
  self->runs++;
  if (self->deletes != NULL) ee_descriptor_delete(self->deletes);
}

static void tell_outcome(void *arg, ee_notification_outcome outcome) {
  ((told *)arg)->outcome = (int)outcome;
  tell(arg);
}

static void run_all(void) {
  while (ee_run(EE_INF_PAST) > 0) continue;
}

typedef struct kind {
  ee_op_start (*plain)(ee_descriptor *, void (*)(void *), void *);
  ee_op_start (*timed)(ee_descriptor *, void (*)(void *, ee_notification_outcome), void *, ee_time);
  void (*clear)(ee_descriptor *);
  void (*force)(ee_descriptor *);
  void (*set_priority)(ee_descriptor *, ee_priority);
} kind;

static const kind kinds[] = {
    {ee_descriptor_notify_when_readable, ee_descriptor_notify_when_readable_or_timeout, ee_descriptor_clear_readable,
     ee_descriptor_force_readable, ee_descriptor_set_read_priority},
    {ee_descriptor_notify_when_writable, ee_descriptor_notify_when_writable_or_timeout, ee_descriptor_clear_writable,
     ee_descriptor_force_writable, ee_descriptor_set_write_priority},
    {ee_descriptor_notify_when_has_error, NULL, ee_descriptor_clear_has_error, ee_descriptor_force_has_error,
     ee_descriptor_set_error_priority},
};

// Registers, plainly or with a deadline.
static void notify(ee_descriptor *descriptor, int condition, bool timed, told *notes) {
  *notes = (told){.outcome = -1};
  if (timed)
    CHECK(kinds[condition].timed(descriptor, tell_outcome, notes, 777) == EE_OP_PENDING);
  else
    CHECK(kinds[condition].plain(descriptor, tell, notes) == EE_OP_PENDING);
  CHECK(stub.deadline == (timed ? 777 : EE_INF_FUTURE));
}

static void expect_once(const told *notes, bool timed, ee_notification_outcome outcome) {
  CHECK(notes->runs == 0); // Not before ee_run.
  run_all();
  CHECK(notes->runs == 1 && notes->outcome == (timed ? (int)outcome : -1));
}

static void every_condition(void) {
  ee_descriptor *descriptor = ee_descriptor_register(endpoint());
  const int32_t handle = stub_descriptor();
  const stub_connection *connection = stub_connection_of(handle);
  told notes;
  for (int condition = READABLE; condition <= HAS_ERROR; condition++) {
    const kind *of = &kinds[condition];
    for (int timed = 0; timed <= (of->timed != NULL); timed++) {
      notify(descriptor, condition, timed, &notes);
      stub_become(handle, (uint8_t)condition);
      expect_once(&notes, timed, EE_NOTIFY_FD_BECAME_READY);
      notify(descriptor, condition, timed, &notes); // It is set still.
      expect_once(&notes, timed, EE_NOTIFY_FD_BECAME_READY);
      of->clear(descriptor);
      CHECK(!connection->status[condition]);
      notify(descriptor, condition, timed, &notes);
      run_all();
      CHECK(notes.runs == 0);
      of->force(descriptor);
      CHECK(connection->status[condition]);
      expect_once(&notes, timed, EE_NOTIFY_FD_BECAME_READY);
      of->clear(descriptor);
    }
    if (of->timed != NULL) {
      notify(descriptor, condition, true, &notes);
      stub_end(stub_registered(handle, (uint8_t)condition), EE_DEADLINE_EXCEEDED, 0, 0);
      expect_once(&notes, true, EE_NOTIFY_TIMED_OUT);
    }
    of->set_priority(descriptor, (ee_priority)(condition + 2));
    for (int other = 0; other < 3; other++)
      CHECK(connection->priorities[other] == (other <= condition ? other + 2 : EE_PRIORITY_MED));
    stub.refuse = true;
    CHECK(of->plain(descriptor, tell, &notes) == EE_OP_REFUSED);
    stub.refuse = false;
  }
  ee_descriptor_delete(descriptor);
  ee_event_manager_close();
}

static void every_ending(void) {
  for (int ending = 0; ending < 4; ending++) {
    ee_descriptor *descriptor = ee_descriptor_register(endpoint());
    told notes[4];
    for (int condition = READABLE; condition <= HAS_ERROR; condition++)
      notify(descriptor, condition, condition == WRITABLE, &notes[condition]);
    ee_slice_buffer *rest = ee_slice_buffer_create();
    CHECK(!ee_descriptor_is_closed(descriptor));
    if (ending == 0) ee_descriptor_close(descriptor);
    if (ending == 1) ee_endpoint_destroy(ee_descriptor_release(descriptor));
    if (ending == 2) {
      const ee_wasi_connection wasi = ee_descriptor_release_wasi(descriptor, rest);
      CHECK(wasi.socket == 70 && wasi.input == 71 && wasi.output == 72 && ee_slice_buffer_length(rest) == 5);
    }
    ee_slice_buffer_destroy(rest);
    if (ending < 3) {
      CHECK(ee_descriptor_is_closed(descriptor));
      ee_descriptor_close(descriptor); // Idempotent, and what follows means nothing any more.
      ee_descriptor_clear_readable(descriptor);
      ee_descriptor_force_writable(descriptor);
      ee_descriptor_set_error_priority(descriptor, EE_PRIORITY_MAX);
    }
    ee_descriptor_delete(descriptor);
    for (int condition = READABLE; condition <= HAS_ERROR; condition++) CHECK(notes[condition].runs == 0);
    run_all();
    for (int condition = READABLE; condition <= HAS_ERROR; condition++) CHECK(notes[condition].runs == 1);
    CHECK(notes[WRITABLE].outcome == EE_NOTIFY_FD_BECAME_READY);
    CHECK(stub_outstanding() == 0);
  }
  ee_event_manager_close();
}

// The first of three closures deletes the descriptor, and the others still run.
static void deleted_by_a_closure(void) {
  ee_descriptor *descriptor = ee_descriptor_register(endpoint());
  const int32_t handle = stub_descriptor();
  told notes[3];
  for (int condition = READABLE; condition <= HAS_ERROR; condition++)
    notify(descriptor, condition, false, &notes[condition]);
  notes[WRITABLE].deletes = descriptor;
  stub_become(handle, WRITABLE);
  run_all();
  for (int condition = READABLE; condition <= HAS_ERROR; condition++) CHECK(notes[condition].runs == 1);
  ee_event_manager_close();
}

static void bytes(void) {
  ee_descriptor *descriptor = ee_descriptor_register_wasi(10, 11, 12);
  stub_connection *connection = stub_connection_of(stub_descriptor());
  ee_slice_buffer *buffer = ee_slice_buffer_create();
  size_t count = 99;
  char text[8] = "";
  CHECK(ee_descriptor_read(descriptor, buffer, 10, &count).code == EE_OK && count == 0);
  connection->incoming = "abcdef";
  connection->incoming_length = 6;
  connection->incoming_ended = true;
  CHECK(ee_descriptor_read(descriptor, buffer, 4, &count).code == EE_OK && count == 4);
  CHECK(ee_descriptor_read(descriptor, buffer, 4, &count).code == EE_OK && count == 2);
  CHECK(ee_slice_buffer_copy_out(buffer, 0, text, 8) == 6 && strcmp(text, "abcdef") == 0);
  const ee_status end = ee_descriptor_read(descriptor, buffer, 4, &count);
  CHECK(end.code == EE_INTERNAL && end.reason == EE_REASON_END_OF_STREAM && count == 0);
  CHECK(ee_descriptor_write(descriptor, buffer, &count).code == EE_OK && count == 0);
  connection->room = 4;
  CHECK(ee_descriptor_write(descriptor, buffer, &count).code == EE_OK && count == 4);
  CHECK(ee_slice_buffer_length(buffer) == 2 && memcmp(connection->outgoing, "abcd", 4) == 0);
  ee_descriptor_shutdown_send(descriptor);
  CHECK(connection->outgoing_ended);
  connection->broken = true;
  CHECK(ee_descriptor_write(descriptor, buffer, &count).reason == EE_REASON_CONNECTION_RESET && count == 0);
  CHECK(connection->status[HAS_ERROR]);
  ee_slice_buffer_destroy(buffer);
  ee_descriptor_delete(descriptor);
}

static ee_read_buffer no_buffer(void *arg, size_t suggested) {
  (void)arg, (void)suggested;
  return (ee_read_buffer){NULL, 0};
}

static void ignore_read(void *arg, const ee_read_status *status) { (void)arg, (void)status; }

static void described(void) {
  ee_descriptor *descriptor = ee_descriptor_register(endpoint());
  char text[EE_DESCRIPTOR_TEXT_MAX];
  told notes;
  int mine;
  CHECK(ee_descriptor_data(descriptor) == NULL);
  ee_descriptor_set_data(descriptor, &mine);
  CHECK(ee_descriptor_data(descriptor) == &mine);
  CHECK(strstr(ee_descriptor_to_string(descriptor, text), ", open; closures: readable 0, writable 0, has error 0;"));
  notify(descriptor, WRITABLE, false, &notes);
  CHECK(ee_descriptor_notify_after_read(descriptor, ignore_read, no_buffer, NULL) == EE_OP_PENDING);
  CHECK(strstr(ee_descriptor_to_string(descriptor, text), "writable 1, has error 0; read armed, write idle") != NULL);
  ee_descriptor_close(descriptor);
  CHECK(strstr(ee_descriptor_to_string(descriptor, text), ", closed; closures: readable 0, writable 1,") != NULL);
  run_all();
  CHECK(strstr(ee_descriptor_to_string(descriptor, text), "has error 0; read idle, write idle") != NULL);
  ee_descriptor_delete(descriptor);
  descriptor = ee_descriptor_register(endpoint());
  ee_endpoint_destroy(ee_descriptor_release(descriptor));
  CHECK(strstr(ee_descriptor_to_string(descriptor, text), ", released; ") != NULL);
  ee_descriptor_delete(descriptor);
  ee_event_manager_close();
}

// ---- Misuse ----

static ee_descriptor *closed(void) {
  ee_descriptor *descriptor = ee_descriptor_register(endpoint());
  ee_descriptor_close(descriptor);
  return descriptor;
}

static void twice(void) {
  ee_descriptor *descriptor = ee_descriptor_register(endpoint());
  told notes;
  for (int i = 0; i < 2; i++) notify(descriptor, READABLE, false, &notes);
}

static void notify_closed(void) { ee_descriptor_notify_when_writable(closed(), tell, NULL); }
static void release_closed(void) { ee_descriptor_release(closed()); }
static void release_wasi_closed(void) { ee_descriptor_release_wasi(closed(), NULL); }
static void end_closed(void) { ee_descriptor_shutdown_send(closed()); }

static void read_closed(void) {
  size_t count;
  ee_descriptor_read(closed(), ee_slice_buffer_create(), 1, &count);
}

static void write_closed(void) {
  size_t count;
  ee_descriptor_write(closed(), ee_slice_buffer_create(), &count);
}

static void strange_priority(void) { ee_descriptor_set_read_priority(closed(), (ee_priority)5); }

static void delete_twice(void) {
  ee_descriptor *descriptor = ee_descriptor_register(endpoint());
  told notes;
  notify(descriptor, READABLE, false, &notes); // Its closure is to run still, so it is there still.
  for (int i = 0; i < 2; i++) ee_descriptor_delete(descriptor);
}

const test_case descriptor_tests[] = {
    {"should run a notification once: at its event, at a set status, when forced, at its deadline", every_condition,
     NULL},
    {"should run what is registered when a descriptor is closed, released or deleted", every_ending, NULL},
    {"should let a closure delete its descriptor before the other closures of it", deleted_by_a_closure, NULL},
    {"should read and write what there is, without waiting", bytes, NULL},
    {"should describe a descriptor, and keep the program's data", described, NULL},
    {"should refuse a second notification of one status", twice, "one notification per condition"},
    {"should refuse a notification of a closed descriptor", notify_closed, "when_writable: the descriptor is closed"},
    {"should refuse to release a closed descriptor", release_closed, "release: the descriptor is closed"},
    {"should refuse to give out handles of a closed descriptor", release_wasi_closed, "the descriptor is closed"},
    {"should refuse to end the sending of a closed descriptor", end_closed, "the descriptor is closed"},
    {"should refuse a read of a closed descriptor", read_closed, "descriptor_read: the descriptor is closed"},
    {"should refuse a write to a closed descriptor", write_closed, "descriptor_write: the descriptor is closed"},
    {"should refuse a strange priority of a descriptor", strange_priority, "a priority is 0 to 4"},
    {"should refuse to delete a descriptor twice", delete_twice, "the descriptor was deleted before"},
    {0},
};
