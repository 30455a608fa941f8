// The libuv flavour: every state of a direction by every operation on it. A program goes to a state, does one thing
// there, then nothing more is there to read or written, and at last the descriptor is deleted.
//
// What its upcalls were told: d the last bytes, D bytes with more to come (re-armed), c closed, r released or forced
// with nothing to do.
#include <stdio.h>
#include <string.h>
#include "harness.h"

enum { READABLE, WRITABLE };

typedef enum state {
  IDLE,
  ARMED,
  TOLD,       // The event is on its way,
  TOLD_EMPTY, // and there will be nothing.
  IN_ALLOC,
  IN_LAST_UPCALL,
  IN_REARMED_UPCALL,
  REARMED,
  STATES,
} state;

typedef enum action { CLEAR, FORCE, CLOSE, RELEASE, DELETE, NOTIFY_AFTER, NOTIFY_WHEN, ACTIONS } action;

static const char *const expected[STATES][NOTIFY_AFTER] = {
    [IDLE] = {"", "", "", "", ""},
    [ARMED] = {"c", "r", "c", "r", "c"},
    [TOLD] = {"d", "d", "c", "r", "c"},
    [TOLD_EMPTY] = {"c", "r", "c", "r", "c"},
    [IN_ALLOC] = {"d", "d", "c", "r", "c"},
    [IN_LAST_UPCALL] = {"dc", "dc", "d", "d", "d"}, // The next one begins where it may, and is not forced by that.
    [IN_REARMED_UPCALL] = {"Dc", "Dr", "Dc", "Dr", "Dc"},
    [REARMED] = {"Dc", "Dr", "Dc", "Dr", "Dc"},
};

static struct {
  ee_descriptor *descriptor;
  int direction;
  state where;
  action what;
  bool acted, deleted;
  char log[8], bytes[8];
} play;

static void notify_after(void);
static void never(void *arg) { CHECK(arg == NULL); }

static void act(void) {
  ee_descriptor *descriptor = play.descriptor;
  const bool reads = play.direction == READABLE;
  CHECK(!play.acted);
  play.acted = true;
  switch (play.what) {
  case CLEAR: (reads ? ee_descriptor_clear_readable : ee_descriptor_clear_writable)(descriptor); break;
  case FORCE: (reads ? ee_descriptor_force_readable : ee_descriptor_force_writable)(descriptor); break;
  case CLOSE: ee_descriptor_close(descriptor); break;
  case RELEASE: ee_endpoint_destroy(ee_descriptor_release(descriptor)); break;
  case DELETE:
    ee_descriptor_delete(descriptor);
    play.deleted = true;
    break;
  case NOTIFY_AFTER: notify_after(); break;
  case NOTIFY_WHEN:
    (reads ? ee_descriptor_notify_when_readable : ee_descriptor_notify_when_writable)(descriptor, never, NULL);
    break;
  default: CHECK(false);
  }
}

static void told(ee_status status, bool rearmed) {
  char letter = rearmed ? 'D' : 'd';
  if (status.code == EE_CANCELLED) letter = status.reason == EE_REASON_ENDPOINT_CLOSED ? 'c' : 'r';
  CHECK(status.code == EE_OK || (status.code == EE_CANCELLED && !rearmed));
  play.log[strlen(play.log)] = letter;
  if (play.where == (rearmed ? IN_REARMED_UPCALL : IN_LAST_UPCALL) && !play.acted) act();
}

static void on_read(void *arg, const ee_read_status *status) {
  CHECK(arg == &play && (status->length > 0) == (status->status.code == EE_OK));
  CHECK(status->base == play.bytes || (status->base == NULL && status->length == 0));
  told(status->status, status->rearmed);
}

static ee_read_buffer alloc_cb(void *arg, size_t suggested) {
  CHECK(arg == &play && suggested == 65536);
  if (play.where == IN_ALLOC && !play.acted) act();
  return (ee_read_buffer){play.bytes, 4};
}

static void on_write(void *arg, const ee_write_status *status) {
  CHECK(arg == &play && (status->written > 0) == (status->status.code == EE_OK));
  told(status->status, status->rearmed);
}

static void notify_after(void) {
  if (play.direction == READABLE) {
    CHECK(ee_descriptor_notify_after_read(play.descriptor, on_read, alloc_cb, &play) == EE_OP_PENDING);
    return;
  }
  ee_slice_buffer *data = ee_slice_buffer_create();
  CHECK(ee_slice_buffer_append(data, "abcd", 4).code == EE_OK);
  CHECK(ee_descriptor_notify_after_write(play.descriptor, on_write, &play, data) == EE_OP_PENDING);
  CHECK(ee_slice_buffer_length(data) == 0);
  ee_slice_buffer_destroy(data);
}

static void run_all(void) {
  while (stub_look() + ee_run(EE_INF_PAST) > 0) continue;
}

static void reach(void) {
  const int32_t handle = stub_descriptor();
  stub_connection *connection = stub_connection_of(handle);
  if (play.where == IDLE) return;
  notify_after();
  if (play.where == ARMED) return;
  const bool fills = play.where == IN_REARMED_UPCALL || play.where == REARMED;
  const bool empty = play.where == TOLD_EMPTY;
  connection->incoming = "abcd";
  connection->incoming_length = empty ? 0 : fills ? 4 : 2;
  connection->room = empty ? 0 : fills ? 2 : 4;
  stub_become(handle, (uint8_t)play.direction);
  if (play.where > TOLD_EMPTY) CHECK(ee_run(EE_INF_PAST) == 1);
  CHECK(play.acted == (play.where >= IN_ALLOC && play.where <= IN_REARMED_UPCALL));
}

static void play_one(int direction, state where, action what) {
  memset(&play, 0, sizeof play);
  play.descriptor = ee_descriptor_register((ee_endpoint *)(uintptr_t)stub_open(STUB_ENDPOINT));
  play.direction = direction;
  play.where = where;
  play.what = what;
  reach();
  if (!play.acted) act();
  run_all();
  if (where == IN_LAST_UPCALL && what <= FORCE) {
    notify_after();
    run_all();
    CHECK(strcmp(play.log, "d") == 0);
  }
  if (!play.deleted) ee_descriptor_delete(play.descriptor);
  run_all();
  CHECK(stub_outstanding() == 0);
}

static void whole_table(void) {
  for (int direction = READABLE; direction <= WRITABLE; direction++)
    for (state where = IDLE; where < STATES; where++)
      for (action what = CLEAR; what < NOTIFY_AFTER; what++) {
        if (direction == WRITABLE && where == IN_ALLOC) continue;
        play_one(direction, where, what);
        if (strcmp(play.log, expected[where][what]) == 0) continue;
        fprintf(stderr, "direction %d, state %d, action %d: %s, not %s\n", direction, (int)where, (int)what, play.log,
                expected[where][what]);
        CHECK(false);
      }
  ee_event_manager_close();
}

// A state in which neither flavour may begin.
#define BUSY(direction, where)                                                                                         \
  static void after_##direction##_##where(void) { play_one(direction, where, NOTIFY_AFTER); }                          \
  static void when_##direction##_##where(void) { play_one(direction, where, NOTIFY_WHEN); }
#define BUSY_CASES(direction, where, name)                                                                             \
  {"should refuse another " name, after_##direction##_##where, "the one before is not over"}, {                        \
    "should refuse a notification beside a " name, when_##direction##_##where, "this one reads or writes by itself"    \
  }

BUSY(READABLE, ARMED)
BUSY(READABLE, TOLD)
BUSY(READABLE, IN_ALLOC)
BUSY(READABLE, IN_LAST_UPCALL)
BUSY(READABLE, IN_REARMED_UPCALL)
BUSY(READABLE, REARMED)
BUSY(WRITABLE, ARMED)
BUSY(WRITABLE, TOLD)
BUSY(WRITABLE, IN_LAST_UPCALL)
BUSY(WRITABLE, IN_REARMED_UPCALL)
BUSY(WRITABLE, REARMED)

const test_case libuv_table_tests[] = {
    {"should go from every state of a read or write as the table of its machine says", whole_table, NULL},
    BUSY_CASES(READABLE, ARMED, "read that is armed"),
    BUSY_CASES(READABLE, TOLD, "read whose event is on its way"),
    BUSY_CASES(READABLE, IN_ALLOC, "read that asks for a buffer"),
    BUSY_CASES(READABLE, IN_LAST_UPCALL, "read in its last upcall"),
    BUSY_CASES(READABLE, IN_REARMED_UPCALL, "read in an upcall that is re-armed"),
    BUSY_CASES(READABLE, REARMED, "read that is armed again"),
    BUSY_CASES(WRITABLE, ARMED, "write that is armed"),
    BUSY_CASES(WRITABLE, TOLD, "write whose event is on its way"),
    BUSY_CASES(WRITABLE, IN_LAST_UPCALL, "write in its last upcall"),
    BUSY_CASES(WRITABLE, IN_REARMED_UPCALL, "write in an upcall that is re-armed"),
    BUSY_CASES(WRITABLE, REARMED, "write that is armed again"),
    {0},
};
